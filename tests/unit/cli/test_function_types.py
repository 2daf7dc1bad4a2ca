"""The types that authors get: they hold together, know every global of the engine, and tell right from wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.function_files import KINDS
from cli.main import app
from services.executor.executor import Executor
from services.executor.local import DIST
from tests.unit.executor.engines import cache_dir, executor, run
from tests.unit.prelude.test_prelude import ENVIRONMENT, PRELUDE

__all__ = ["cache_dir", "executor"]

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
TSC = PRELUDE / "node_modules" / "typescript" / "bin" / "tsc"
RIGHT = """
interface Settings extends Penstock.Settings { apiKey: string }

export const onIdentify: Penstock.OnIdentify<Settings> = async (event, settings) => {
  const key: string = settings.apiKey;
  const signature = crypto.createHmac('sha256', key).update(event.userId ?? '').digest('hex');
  const cached = await cache.load('a', 1000, async () => ({ n: signature.length }));
  return cached.n + Buffer.from(signature, 'hex').readUInt8(0);
};

export async function onTrack(event: Penstock.Track<{ price?: number }>, settings: Settings): Promise<void> {
  const url = new URL('https://example.com/');
  url.searchParams.set('event', event.event);
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${settings.apiKey}` },
    body: JSON.stringify({ price: event.properties?.price?.toFixed(2) }),
    timeout: 1000,
  });
  if (answer.status >= 500) throw new RetryError(`status ${answer.status}`);
  const bytes: Buffer = await answer.buffer();
  console.log('%s', bytes.toString('base64'), answer.headers.raw()['set-cookie']);
  setTimeout((text: string) => console.log(text), 10, 'later').unref();
  _.chunk([1, 2, 3], 2);
  const text: string = new TextDecoder().decode(new TextEncoder().encode('x'));
  throw new ValidationError(text + bytes.toHex());
}

async function onRequest(request: Penstock.ServerRequest) {
  const { id } = request.json();
  Segment.track({ event: 'Seen', userId: id, properties: { at: request.headers.get('date') } });
  Segment.set({ collection: 'things', id, properties: {} });
}

async function onBatch(events: Penstock.AnyEvent[]): Promise<Penstock.BatchEntry[]> {
  return events.map((event) => (event.type === 'track' ? { status: 200 } : { status: 400, errormessage: event.type }));
}
"""
WRONG = """
async function onTrack(event: Penstock.Track) {
  event.event.toFixed(2);
  Segment.track({ event: 'no id' });
  Segment.track({ userId: 'no event' });
  require('fs');
  process.exit();
  document.title;
  fetch('https://example.com', { timout: 5 });
  new Headers().getAll('x');
  crypto.createHash('md5').digest('utf9');
  await cache.load('key', 5);
}
"""


def checked(folder: Path) -> list[str]:
    done = subprocess.run(
        ["node", str(TSC), "--pretty", "false"],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


async def globals_of(executor: Executor) -> list[str]:
    """All global names, with every library loaded that some word loads; some packages leave `__…` of their own."""
    index = json.loads((DIST / "libraries" / "index.json").read_text())
    words = [word for library in index for word in library["words"]]
    code = f"/* {' '.join(words)} */ async function onTrack() {{ return Object.getOwnPropertyNames(globalThis); }}"
    return json.loads((await run(executor, code)).returned)


@pytest.mark.slow
async def test_the_types_are_those_of_the_runtime(tmp_path: Path, executor: Executor) -> None:
    names = await globals_of(executor)
    assert {"fetch", "Segment", "_", "zlib"} <= set(names)
    assert CliRunner().invoke(app, ["functions", "types", str(tmp_path)]).exit_code == 0
    config = tmp_path / "tsconfig.json"
    config.write_text(config.read_text().replace('"skipLibCheck": true', '"skipLibCheck": false'))
    (tmp_path / "right.ts").write_text(RIGHT)
    # `exports` is there for the oldest form of source functions alone.
    typed = (name for name in names if name not in ("undefined", "exports") and not name.startswith("__"))
    (tmp_path / "names.ts").write_text("".join(f"void {name};\n" for name in typed))
    (tmp_path / "wrong.ts").write_text(WRONG)
    for kind in KINDS:
        shutil.copy(ROOT / "cli" / "templates" / kind / "function.ts", tmp_path / f"{kind}.ts")
    for example in ("typescript", "package", "workspace"):
        shutil.copytree(EXAMPLES / example, tmp_path / example, ignore=shutil.ignore_patterns("node_modules"))
    found = checked(tmp_path)
    # Only the packages are unknown that nobody has installed here.
    known = (line for line in found if not line.startswith(" ") and "TS2307" not in line)
    lines = {line.partition(",")[0] for line in known}
    assert lines == {f"wrong.ts({number}" for number in range(3, 13)}, "\n".join(found)


def test_a_tsconfig_of_the_author_stays(tmp_path: Path) -> None:
    (tmp_path / "tsconfig.json").write_text("{}")
    done = CliRunner().invoke(app, ["functions", "types", str(tmp_path), "--json"])
    assert json.loads(done.stdout) == {"written": [f"{tmp_path}{os.sep}penstock.d.ts"]}
    assert (tmp_path / "tsconfig.json").read_text() == "{}"
