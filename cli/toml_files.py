"""TOML files that people write, checked against a model: what is wrong is told by file, place, and what is allowed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import pydantic
import typer

T = TypeVar("T", bound=pydantic.BaseModel)


class TomlTable(pydantic.BaseModel):
    """A table of a file; a key that it does not know is refused with those that it does."""

    model_config: ClassVar[pydantic.ConfigDict] = pydantic.ConfigDict(frozen=True)

    @pydantic.model_validator(mode="before")
    @classmethod
    def refuse_unknown_keys(cls, data: Any) -> Any:
        """Name the keys that are allowed: a misspelt one is the most common mistake."""
        if not isinstance(data, dict):
            return data
        unknown = [key for key in cast("dict[str, Any]", data) if key not in cls.model_fields]
        if unknown:
            allowed = ", ".join(cls.model_fields)
            raise ValueError(f"there is no key {', '.join(map(repr, unknown))}; allowed are {allowed}")
        return cast("dict[str, Any]", data)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file. Raises typer.BadParameter that names the file, line and column."""
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise typer.BadParameter(f"{path} is not TOML: {error}.") from None


def validated(path: Path, model: type[T], data: object, *, inside: str = "") -> T:
    """Make a model of a file, or of one table of it. Raises typer.BadParameter for all mistakes."""
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        told = [f"{path}: {_place(inside, each['loc'])}{_message(each['msg'])}." for each in found]
        raise typer.BadParameter("\n".join(dict.fromkeys(told))) from None


def _place(inside: str, location: tuple[int | str, ...]) -> str:
    steps = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in location)
    place = (inside + steps).removeprefix(".")
    return f"{place}: " if place else ""


def _message(text: str) -> str:
    text = text.removeprefix("Value error, ").removesuffix(".")
    return text[:1].lower() + text[1:]
