"""What the cases under `tests/sandbox` cannot say: how runs share a process."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.local import make_executor, run_function
from services.executor.outside import Answer, OutgoingRequest
from services.executor.pool import SandboxPool
from services.executor.results import ErrorKind, FunctionKind, Invocation, Limits
from tests.unit.executor.engines import TRACK, cache_dir, executor, program, run

__all__ = ["cache_dir", "executor"]


class Recorded(CannedOutside):
    """Keeps the requests."""

    def __init__(self) -> None:
        super().__init__({"*": {}})
        self.requests: list[OutgoingRequest] = []

    async def fetch(self, request: OutgoingRequest) -> Answer:
        self.requests.append(request)
        return await super().fetch(request)


async def test_a_sandbox_is_used_again_until_it_has_to_end(executor: Executor) -> None:
    function = program("let n = 0; function onTrack() { return ++n }", limits=Limits(retire_events=2))
    results = [await executor.run(function, TRACK) for _ in range(3)]
    assert [json.loads(result.returned) for result in results] == [1, 2, 1]
    assert [result.usage.cold for result in results] == [True, False, True]
    assert [result.usage.earlier_events for result in results] == [0, 1, 0]


async def test_a_sandbox_that_has_grown_is_ended(executor: Executor) -> None:
    function = program("let kept; function onTrack() { kept = new ArrayBuffer(40e6) }")
    first, second = [await executor.run(function, TRACK) for _ in range(2)]
    assert first.usage.memory_bytes > 40_000_000
    assert second.usage.cold


async def test_code_that_does_not_fit_into_its_memory_is_told(executor: Executor) -> None:
    result = await run(executor, "function onTrack() {}", limits=Limits(memory_bytes=1024 * 1024))
    assert result.error is not None
    assert result.error.kind == ErrorKind.OUT_OF_MEMORY


async def test_two_instances_share_nothing(executor: Executor) -> None:
    code = "let n = 0; function onTrack() { JSON.parse = null; return ++n }"
    results = [await executor.run(program(code, key=key), TRACK) for key in "aba"]
    assert [json.loads(result.returned) for result in results] == [1, 1, 2]


async def test_one_event_at_a_time_in_a_sandbox(executor: Executor) -> None:
    code = """let running = 0;
    async function onTrack() {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return running--;
    }"""
    results = await asyncio.gather(*(executor.run(program(code), TRACK) for _ in range(20)))
    assert {result.returned for result in results} == {b"1"}


async def test_a_cancelled_run_ends_its_sandbox_and_its_requests(executor: Executor) -> None:
    function = program(
        """let n = 0;
        async function onTrack(event) {
          n++;
          if (event.wait) await new Promise((resolve) => setTimeout(resolve, 60000));
          return n;
        }"""
    )
    task = asyncio.create_task(executor.run(function, Invocation(payload=b'{"type":"track","wait":true}')))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await executor.run(function, TRACK)).returned == b"1"


async def test_an_event_that_is_no_json_is_an_error_of_the_event(executor: Executor) -> None:
    result = await executor.run(program("function onTrack() {}"), Invocation(payload=b"{"))
    assert result.error is not None
    assert (result.error.kind, result.error.name) == (ErrorKind.BAD_REQUEST, "SyntaxError")


async def test_requests_carry_the_trace_on(cache_dir: Path) -> None:
    outside = Recorded()
    executor = make_executor(cache_dir=cache_dir, outside=outside, pool=SandboxPool())
    trace = "0af7651916cd43dd8448eb211c80319c"
    invocation = Invocation(payload=b'{"type":"track"}', traceparent=f"00-{trace}-b7ad6b7169203331-01")
    result = await executor.run(program("async function onTrack() { await fetch('https://api.example/') }"), invocation)
    assert outside.requests[0].traceparent == f"00-{trace}-{result.requests[0].span_id}-01"


async def test_credentials_of_requests_are_not_shown(executor: Executor) -> None:
    code = """async function onTrack() {
      const headers = { Authorization: 'Bearer x', 'X-Api-Key': 'k', Cookie: 'c', Accept: 'text/plain' };
      await fetch('https://api.example/', { headers });
    }"""
    result = await run(executor, code)
    shown = {name.lower() for name, _value in result.requests[0].headers}
    assert "accept" in shown
    assert not shown & {"authorization", "x-api-key", "cookie"}


@pytest.mark.parametrize(
    "code",
    [
        "function onTrack() { for (;;) setTimeout(() => {}, 1e6) }",
        "function onTrack() { for (;;) fetch('https://api.example/').catch(() => {}) }",
    ],
)
async def test_what_waits_at_a_time_is_bounded(executor: Executor, code: str) -> None:
    code = code.replace("for (;;)", "for (let i = 0; i < 2000; i++)")
    result = await run(executor, code)
    assert result.error is not None
    assert result.error.message == "An event may have 1,000 timers and requests waiting."


async def test_empty_lines_of_the_log_are_bounded_too(executor: Executor) -> None:
    result = await run(executor, "function onTrack() { for (let i = 0; i < 10000; i++) console.log('') }")
    assert 0 < len(result.logs) <= Limits().log_bytes + 1


async def test_texts_that_are_no_unicode_are_made_such(executor: Executor) -> None:
    result = await run(executor, "function onTrack() { console.log('\\ud800'); throw new Error('\\udc00') }")
    assert result.error is not None
    assert (result.error.message, result.logs[0].text) == ("?", "\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("expression", ["null", "'x'.repeat(70000000)", "new Array(9e6).fill('ab')"])
async def test_whatever_is_returned_the_next_event_runs(executor: Executor, expression: str) -> None:
    function = program(f"function onTrack(event) {{ return event.userId ? {expression} : 'fine' }}")
    await executor.run(function, TRACK)
    assert (await executor.run(function, Invocation(payload=b'{"type":"track"}'))).returned == b'"fine"'


async def test_what_is_shown_of_the_requests_is_bounded_over_all(executor: Executor) -> None:
    code = """async function onTrack() {
      const headers = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`x-${i}`, 'v'.repeat(700)]));
      for (let i = 0; i < 50; i++) await fetch('https://api.example/', { headers });
    }"""
    requests = (await run(executor, code)).requests
    shown = [sum(len(name) + len(value) for name, value in each.headers) for each in requests]
    assert len(shown) == 50
    assert max(shown) < 20_000


async def test_a_poisoned_object_prototype_does_not_reach_what_is_told_of_the_run(executor: Executor) -> None:
    code = """function onTrack() {
      Object.prototype.toJSON = Array.prototype.toJSON = () => 7;
      console.log(1);
      return {};
    }"""
    result = await run(executor, code)
    assert (result.error, result.returned, [line.text for line in result.logs]) == (None, b"7", ["1"])


async def test_a_function_runs_without_any_server(cache_dir: Path) -> None:
    result = await run_function(
        code="function onRequest(request) { return request.json().n + 1 }",
        kind=FunctionKind.SOURCE,
        invocation=Invocation(
            payload=b'{"method":"POST","url":"https://a.example/","headers":[],"body":"{\\"n\\":1}"}'
        ),
        outside=CannedOutside({}),
        cache_dir=cache_dir,
    )
    assert (result.error, result.returned) == (None, b"2")


async def test_a_warm_sandbox_needs_its_image_no_more(executor: Executor) -> None:
    function = program("let n = 0; function onTrack() { return ++n }")
    await executor.run(function, TRACK)
    executor._images._images.clear()
    assert (await executor.run(function, TRACK)).returned == b"2"
    assert not executor._images._images
