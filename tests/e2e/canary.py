"""Looks for a secret in whatever an installation keeps and answers, in every form that it could have taken."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import nats
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

# Of a secret of any form, this much at its beginning tells enough; what was cut in the middle is found too.
TELLING = 12


def forms(canary: str) -> Mapping[str, bytes]:
    """Give what the beginning of a canary looks like, by the name of the form. It is of letters and digits, so that
    JSON and URLs leave it as it is, however often they are nested.
    """
    assert canary[:TELLING].isalnum()
    raw = canary[:TELLING].encode()
    found = {"plain": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    for shift, begin in enumerate((0, 2, 3)):
        # The characters at the ends depend on the neighbours; those in the middle do not.
        found[f"base64+{shift}"] = base64.b64encode(b"\0" * shift + raw)[begin : begin + TELLING]
    return found


def leaks(canaries: Collection[str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Search the places; tell which form of which canary is where."""
    wanted = {form: (canary, name) for canary in canaries for name, form in forms(canary).items()}
    pattern = re.compile(b"|".join(re.escape(form) for form in wanted))
    return sorted(
        {
            "{1} of {0} in {2}: …{3!r}".format(*wanted[hit[0]], place, data[max(hit.start() - 60, 0) : hit.end() + 20])
            for place, data in places
            for hit in pattern.finditer(data)
        }
    )


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()


def tables(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every row of every SQLite database in a folder, as it reads: on the disk, a long value is in pieces."""
    for path in sorted(folder.glob("*.db")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
                yield f"{path.name}:{name}", b"\n".join(_bytes(value) for row in rows for value in row)


async def messages(data_dir: Path, url: str) -> list[tuple[str, bytes]]:
    """Give every message of every stream, with its subject and headers."""
    users = json.loads((data_dir / "nats.conf").read_text())["authorization"]["users"]
    user = next(user for user in users if user["user"] == "delivery")
    client = await nats.connect(url, user=user["user"], password=user["password"])
    try:
        return [message async for message in _messages(client.jetstream())]
    finally:
        await client.close()


async def _messages(stream: JetStreamContext) -> AsyncIterator[tuple[str, bytes]]:
    for info in await stream.streams_info():
        name = info.config.name or ""
        for number in range(max(info.state.first_seq, 1), info.state.last_seq + 1):
            try:
                message = await stream.get_msg(name, number)
            except NotFoundError:
                continue
            head = json.dumps(message.headers).encode()
            yield f"{name}:{message.subject}", head + (message.data or b"")


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
