"""A recorded run, run again, is the same bit for bit; what is not the same is said."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.executor.canned import CannedOutside
from services.executor.executor import Executor
from services.executor.local import make_executor
from services.executor.pool import SandboxPool
from services.executor.recording import record as records
from services.executor.recording.replayer import ReplayMismatchError
from services.executor.recording.runs import run_again, run_recorded
from services.executor.results import InvocationResult, Limits
from tests.unit.executor.engines import TRACK, cache_dir, program

__all__ = ["cache_dir"]

ANSWERS = {
    "*/slow": {"delay_ms": 3, "body": "slow"},
    "*/broken": {"error": "ECONNRESET"},
    "*/bytes": {"status": 201, "headers": {"x-a": "b"}, "body": {"list": [1.5, None, "ü"]}},
    "*": {},
}
STATEMENTS = st.sampled_from(
    [
        "await Promise.all(['slow', 'bytes', ''].map((p) => get(p)));",
        "await Promise.race([get('slow'), sleep(1)]);",
        "out.push(await get('broken').catch((error) => error.message));",
        "await sleep(1); out.push(Date.now());",
        "setTimeout(() => console.log('late', Math.random()), 2);",
        "const t = setInterval(() => { out.push(performance.now()); clearInterval(t) }, 1);",
        "out.push(Math.random(), crypto.randomUUID(), crypto.randomBytes(9).toString('hex'));",
        "out.push(crypto.createHash('sha256').update(String(out)).digest('hex'));",
        "try { crypto.createHash('none') } catch (error) { console.warn(error) }",
        "console.log('%s at %d', out.length, new Date(), { out });",
        "get('slow').then((text) => console.log(text));",
        "if (Math.random() < 0.3) throw new RetryError('again ' + Math.random());",
        "out.push(await cache.load('k', 1000, async () => get('slow')), await cache.load('k', 1000, () => 1));",
        "cache.load('l', 5, async () => { await sleep(2); throw 'no' }).catch((text) => out.push(text));",
        "out.push(crypto.createHmac('sha256', settings.key).update('x').digest('hex'));",
        "for (let i = 0; i < 5000; i++) out.length = Math.min(out.length, 20);",
    ]
)
HEAD = """const born = %s;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const get = async (path) => (await fetch('https://api.example/' + path, { method: 'POST', body: path })).text();
async function onTrack(event, settings) { const out = [born, settings.key];
"""


@pytest.fixture(scope="module")
def executor(cache_dir: Path) -> Executor:
    return make_executor(cache_dir=cache_dir, outside=CannedOutside(ANSWERS), pool=SandboxPool())


async def recorded(
    executor: Executor, code: str, *, values: dict[str, Any] | None = None, answers: Any = ANSWERS, **more: Any
) -> tuple[InvocationResult, str]:
    values = values or {}
    function = program(code, settings=json.dumps(values).encode(), once=True, **more)
    result, record = await run_recorded(
        executor,
        function,
        TRACK,
        outside=CannedOutside(answers),
        sensitive={k: values[k] for k in values if k != "url"},
    )
    return result, records.write(record)


async def again(executor: Executor, code: str, text: str, **values: Any) -> tuple[InvocationResult, list[str]]:
    return await run_again(executor, program(code), records.read(text), settings=values)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STATEMENTS, max_size=8, unique=True), st.sampled_from(["0", "Math.random()", "Date.now()"]))
async def test_a_run_is_the_same_again(executor: Executor, statements: list[str], born: str) -> None:
    code = HEAD % born + "\n".join(statements) + "\nreturn out }"
    first, text = await recorded(executor, code, values={"key": "a secret key"})
    second, differs = await again(executor, code, text, key="a secret key")
    assert differs == []
    assert (second.returned, second.logs, second.error) == (first.returned, first.logs, first.error)
    assert second.usage.fuel == first.usage.fuel
    shown = [(each.url, each.status, each.error_code, each.response_body) for each in first.requests]
    assert [(each.url, each.status, each.error_code, each.response_body) for each in second.requests] == shown


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        ("for (;;) Math.random()", Limits(fuel=5_000_000)),
        ("await new Promise((resolve) => setTimeout(resolve, 60000))", Limits(wall_s=0.05)),
        ("const kept = []; for (;;) kept.push(new Uint8Array(1e6))", Limits(memory_bytes=32 * 1024 * 1024)),
        ("const f = () => f() + 1; return f()", Limits()),
        ("fetch('https://api.example/slow').then(() => { for (;;); }); return 1", Limits(fuel=5_000_000)),
        ("return new Promise(() => {})", Limits()),
    ],
)
async def test_limits_are_hit_at_the_same_point(executor: Executor, body: str, limits: Limits) -> None:
    code = f"async function onTrack() {{ {body} }}"
    first, text = await recorded(executor, code, limits=limits)
    second, differs = await again(executor, code, text)
    assert differs == []
    assert (second.error, second.logs, second.usage.fuel) == (first.error, first.logs, first.usage.fuel)


SECRET = 'sk "live"/ü+0123456789\nsecond line of it'
WITH_SECRET = """async function onTrack(event, { key, url }) {
  const base64 = Buffer.from('user:' + key).toString('base64');
  const headers = { authorization: `Basic ${base64}`, 'x-key': encodeURIComponent(key) };
  const body = JSON.stringify({ key });
  const answer = await fetch(`${url}?key=${encodeURIComponent(key)}`, { method: 'POST', headers, body });
  console.log(key, { key }, base64, Buffer.from(key).toString('hex'));
  crypto.createHmac('sha256', key).update('x').digest('hex');
  return { [key]: await answer.text() };
}"""


async def test_no_record_holds_a_secret(executor: Executor) -> None:
    values = {"key": SECRET, "url": "https://api.example/echo"}
    echoed = {"*": {"headers": {"x-echo": quote(SECRET)}, "body": {"echo": SECRET, "twice": json.dumps([SECRET])}}}
    first, text = await recorded(executor, WITH_SECRET, values=values, answers=echoed)
    assert first.error is None
    for part in (SECRET, *SECRET.splitlines()):
        data = part.encode()
        for written in (part, json.dumps(part)[1:-1], quote(part, safe=""), data.hex(), data.hex().upper()):
            assert written not in text
        assert base64.b64encode(data)[4:-4].decode() not in text
        assert base64.b64encode(b"user:" + data)[8:-4].decode() not in text
    second, differs = await again(executor, WITH_SECRET, text, key=SECRET)
    assert (differs, second.returned, second.usage.fuel) == ([], first.returned, first.usage.fuel)


@pytest.mark.parametrize(
    ("values", "told"),
    [({}, "sensitive settings: key must be given"), ({"key": "another"}, "sensitive settings (key) have other values")],
)
async def test_the_same_secrets_must_be_given_again(executor: Executor, values: dict[str, str], told: str) -> None:
    code = "function onTrack(event, { key }) { return key.length }"
    _first, text = await recorded(executor, code, values={"key": "a secret key"})
    with pytest.raises(ReplayMismatchError) as error:
        await again(executor, code, text, **values)
    assert told in str(error.value)


async def test_other_code_is_another_run(executor: Executor) -> None:
    _first, text = await recorded(executor, "function onTrack() {}")
    with pytest.raises(ReplayMismatchError, match="the code is another"):
        await again(executor, "function onTrack() { }", text)
    other = text.replace(json.loads(text)["image"], "0" * 64)
    with pytest.raises(ReplayMismatchError, match="engine, runtime or machine have changed"):
        await again(executor, "function onTrack() {}", other)


FETCHING = """async function onTrack() {
  crypto.randomBytes(4);
  await fetch('https://api.example/a', { headers: { x: 'y' } });
  return 1;
}"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data["requests"][0].update(url="https://api.example/b"), 'url was "https://api.example/b"'),
        (lambda data: data["requests"][0].update(body={"text": "x"}), 'body was {"text": "x"}, is null'),
        (lambda data: data.update(requests=[]), "GET https://api.example/a was not requested"),
        (lambda data: data.update(turns=[]), "goes on to wait"),
        (lambda data: data.update(turns=data["turns"] * 2), "ended before the last 1 recorded answers"),
        (lambda data: data.update(calls=[]), "called the host's 'random_bytes', which"),
        (lambda data: data.update(calls=data["calls"] * 2), "ended before the last 1 recorded calls of the host"),
        (lambda data: data["calls"][0].update(name="hash"), "where the recorded run called 'hash'"),
        (lambda data: data["calls"][0].update(arguments=""), "with other arguments"),
    ],
)
async def test_what_differs_is_said(executor: Executor, change: Any, told: str) -> None:
    _first, text = await recorded(executor, FETCHING)
    data = json.loads(text)
    change(data)
    with pytest.raises(ReplayMismatchError) as error:
        await again(executor, FETCHING, json.dumps(data))
    assert told in str(error.value)


async def test_an_outcome_that_differs_is_named(executor: Executor) -> None:
    _first, text = await recorded(executor, "function onTrack() { return Math.random() }")
    data = json.loads(text)
    data["seed"] = "00" * 24
    _second, differs = await again(executor, "function onTrack() { return Math.random() }", json.dumps(data))
    assert "returned" in differs
    assert "logs" not in differs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Expecting"),
        ("[]", "its format is None"),
        ('{"format": "penstock.record/9"}', "its format is 'penstock.record/9'"),
        ('{"format": "penstock.record/1", "kind": "no kind"}', ":"),
    ],
)
def test_a_record_of_another_form_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        records.read(text)


async def test_a_mark_that_a_server_wrote_stays_its_text(executor: Executor) -> None:
    code = "async function onTrack(e, { key }) { return (await fetch('https://api.example/')).text() }"
    written = {"*": {"body": "⟦0123456789ab:0⟧ a secret key"}}
    first, text = await recorded(executor, code, values={"key": "a secret key"}, answers=written)
    second, differs = await again(executor, code, text, key="a secret key")
    assert (differs, second.returned) == ([], first.returned)
