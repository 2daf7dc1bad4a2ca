"""What the demonstration tells, step by step; each step runs the command that a person would type."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.markup import escape

from cli.demo.receiver import Received, Receiver

# A step that takes longer has failed.
STEP_TIMEOUT_S = 60.0
_API_KEY = "crm-key-of-the-demo"
_SHOWN_HEADERS = ("idempotency-key", "traceparent")


class DemoError(Exception):
    """A step failed; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Story:
    """The steps, over a running installation and a running receiver."""

    console: Console
    data_dir: Path
    examples: Path
    receiver: Receiver

    async def tell(self) -> None:
        """Tell all of it. Raises DemoError at the step that fails."""
        webhook_url = await self._prepare()
        self._heading("The shop sends a webhook: an order was paid")
        event_id = await self._send(webhook_url, order_id=5123400417)
        await self._arrived(2)
        self._heading("One trace shows the whole way of this event")
        await self._trace(event_id)
        self._heading("Another order, while the CRM is down for its first two requests")
        self.receiver.failures = 2
        event_id = await self._send(webhook_url, order_id=5123400418)
        await self._arrived(4)
        await self._settled(event_id, deliveries=2)
        await self._penstock("deliveries", "list", "--event", event_id)
        await self._trace(event_id)

    async def _prepare(self) -> str:
        self._heading("Two functions, a source and a destination")
        await self._penstock("functions", "push", str(self.examples / "shop-orders.js"))
        await self._penstock("functions", "push", str(self.examples / "crm.js"))
        made = await self._penstock("sources", "create", "shop", "--function", "shop-orders")
        url = made.partition("Webhook URL")[2].split()[0]
        await self._penstock(
            "destinations", "create", "crm", "--function", "crm",
            "--set", f"endpoint=http://127.0.0.1:{self.receiver.port}", "--set", f"apiKey={_API_KEY}",
        )  # fmt: skip
        await self._penstock("connect", "shop", "crm")
        return url

    async def _send(self, url: str, *, order_id: int) -> str:
        order = json.loads((self.examples / "order.json").read_text())
        body = order["body"] | {"id": order_id}
        self.console.print(f"[bold]POST[/] {url}")
        async with httpx2.AsyncClient(trust_env=False, timeout=STEP_TIMEOUT_S) as client:
            answer = await client.post(url, json=body, headers=order["headers"])
        if answer.status_code != HTTPStatus.ACCEPTED:
            raise DemoError(f"The webhook was answered with {answer.status_code}: {answer.text}")
        event_id = answer.json()["event_id"]
        self.console.print(f"  [green]202[/] {event_id}   [dim](the log has it: nothing can lose it now)[/]\n")
        return event_id

    async def _arrived(self, count: int) -> None:
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S):
                await self.receiver.succeeded(count)
        except TimeoutError:
            raise DemoError(f"Not all requests reached the CRM within {STEP_TIMEOUT_S:.0f} s.") from None

    async def _settled(self, event_id: str, *, deliveries: int) -> None:
        """Wait until the projector has told of all deliveries: it runs a moment behind."""

        async def succeeded() -> bool:
            found = json.loads(await self._run("deliveries", "list", "--event", event_id, "--json"))
            done = [each for each in found if each["status"] == "STATUS_SUCCEEDED" and each.get("destination_id")]
            return len(done) == deliveries

        await _eventually(succeeded, "the deliveries are recorded")

    async def _trace(self, event_id: str) -> None:
        async def complete() -> bool:
            found: dict[str, Any] = json.loads(
                await self._run("traces", "show", event_id, "--json", check=False) or "{}"
            )
            services = {span["service"] for span in found.get("spans", [])}
            return {"penstock-gateway", "penstock-delivery", "penstock-executor"} <= services

        await _eventually(complete, "the trace is complete")
        await self._penstock("traces", "show", event_id)

    async def _penstock(self, *arguments: str) -> str:
        shown = " ".join(arguments).replace(_API_KEY, "…")
        self.console.print(f"[bold]$ penstock {escape(shown)}[/]")
        output = await self._run(*arguments)
        self.console.print("  " + output.replace("\n", "\n  ").rstrip(), markup=False, highlight=False, soft_wrap=True)
        return output

    async def _run(self, *arguments: str, check: bool = True) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *arguments, "--data-dir", str(self.data_dir),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(STEP_TIMEOUT_S):
            output, errors = await process.communicate()
        if check and process.returncode:
            raise DemoError(f"penstock {' '.join(arguments)} failed:\n{errors.decode()}{output.decode()}")
        return output.decode()

    def _heading(self, text: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{text}[/]", align="left")


def show_request(console: Console, request: Received) -> None:
    """Print a request as the CRM got it."""
    color = "green" if request.status == HTTPStatus.OK else "yellow"
    console.print(f"  [{color}]CRM got {request.method} {request.path} → answers {request.status}[/]")
    for name in _SHOWN_HEADERS:
        console.print(f"    [dim]{name}: {request.headers[name]}[/]", soft_wrap=True)
    console.print(f"    {json.dumps(request.body)}", markup=False, soft_wrap=True)


async def _eventually(condition: Any, what: str) -> None:
    try:
        async with asyncio.timeout(STEP_TIMEOUT_S):
            while not await condition():  # noqa: ASYNC110 another process gives no event to wait for
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise DemoError(f"Waited {STEP_TIMEOUT_S:.0f} s until {what}, in vain.") from None
