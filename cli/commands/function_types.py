"""`penstock functions types`: what an editor needs to know of the runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

import services.executor
from cli.lazy import new_app
from cli.output import Output
from cli.session import Json

app = new_app()

_PARTS = ("events", "web", "streams", "node", "libraries")
_TYPES = Path(services.executor.__file__).parent / "types"
_HEAD = (
    "// What a Penstock function has at hand, written by `penstock functions types`: write it anew after an upgrade.\n"
)
# Each file has a scope of its own, as each function has; packages' types are read only where they are imported.
TSCONFIG = {
    "compilerOptions": {
        "target": "es2023",
        "lib": ["esnext"],
        "module": "preserve",
        "moduleDetection": "force",
        "types": [],
        "allowJs": True,
        "strict": True,
        "skipLibCheck": True,
        "noEmit": True,
        "resolveJsonModule": True,
        "isolatedModules": True,
    }
}


@app.command()
def write_types(
    folder: Annotated[
        Path, typer.Argument(help="Folder with functions.", exists=True, file_okay=False, writable=True)
    ] = Path(),
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Write penstock.d.ts, and a tsconfig.json if there is none: editors then complete and check functions.

    Pushing compiles TypeScript without checking its types. Check them with [bold]npx tsc[/] in the folder.
    """
    types, config = folder / "penstock.d.ts", folder / "tsconfig.json"
    types.write_text(declarations())
    written = [str(types)]
    if not config.exists():
        config.write_text(json.dumps(TSCONFIG, indent=2) + "\n")
        written.append(str(config))
    Output(as_json=as_json).show({"written": written}, f"Wrote {' and '.join(written)}")


def declarations() -> str:
    """Give the declarations of everything that a function has at hand."""
    return _HEAD + "\n".join((_TYPES / f"{part}.d.ts").read_text() for part in _PARTS)
