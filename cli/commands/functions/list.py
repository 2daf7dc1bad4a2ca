"""`penstock functions list`: the functions of the workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.function_files import KINDS, kind_name, named_kind
from cli.functions.listing import all_functions
from cli.lazy import new_app
from cli.output import as_dict, table
from cli.session import Session, command

app = new_app()


@app.command()
@command
async def list_functions(
    session: Session, kind: Annotated[str, typer.Option("--kind", help=f"Only these: {', '.join(KINDS)}.")] = ""
) -> None:
    """List the functions of the workspace."""
    functions = [f async for f in all_functions(session.channel) if not kind or f.kind == named_kind(kind)]
    session.output.show(
        [as_dict(function) for function in functions],
        table(
            ["NAME", "ID", "KIND", "HANDLERS", "LATEST VERSION"],
            (
                [f.display_name, f.function_id, kind_name(f.kind), ", ".join(f.handlers), f.latest_version_id]
                for f in functions
            ),
            empty="No functions yet: penstock functions init NAME --kind KIND",
        ),
    )
