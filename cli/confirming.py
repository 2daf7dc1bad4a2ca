"""Asking before something is done that cannot be taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.session import Session

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm(session: Session, question: str, *, yes: bool) -> None:
    """Ask unless told not to; end the command when the answer is no, or nobody is there to give it."""
    if yes:
        return
    if not session.output.errors.is_terminal:
        raise typer.BadParameter("Nobody is there to confirm it: add --yes.")
    typer.confirm(question, abort=True, err=True)
