"""Values that a folder does not hold: where they are read when they are needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

FORMS = '{ env = "VARIABLE" } or { file = "PATH" }'


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable of the environment, or a file; of a relative path the folder is where it begins."""

    env: str = ""
    file: Path = Path()

    @classmethod
    def read(cls, value: object, folder: Path) -> Reference | None:
        """Read a reference; None for what is none."""
        match value:
            case {"env": str(env)} if len(cast("dict[str, Any]", value)) == 1:
                return cls(env=env)
            case {"file": str(file)} if len(cast("dict[str, Any]", value)) == 1:
                return cls(file=folder / file)
            case _:
                return None

    def resolve(self) -> str:
        """Give the text. Raises LookupError that says what is not there."""
        if self.env:
            if self.env not in os.environ:
                raise LookupError(f"the environment has no variable {self.env}")
            return os.environ[self.env]
        try:
            return self.file.read_bytes().decode().removesuffix("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8 text"
            raise LookupError(f"{self.file} cannot be read: {why}") from None
