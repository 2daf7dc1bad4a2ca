"""Source text of functions as it is stored and sent: its bound, and the source map that may stand at its end."""

from __future__ import annotations

# A message may have 16 MiB, and an image of more would be larger than a sandbox may be.
MAX_CODE_BYTES = 5 * 1024 * 1024
MAP_MARK = "//# sourceMappingURL=data:application/json;base64,"


def split_source_map(code: str) -> tuple[str, str]:
    """Give the code without its inline source map, and the map in base64; an empty text where the last line is none.

    The map is a comment on a line of its own, so that no line or column changes without it.
    """
    start = code.rfind("\n") if not code.endswith("\n") else code.rfind("\n", 0, -1)
    last = code[start + 1 :]
    if start < 0 or not last.startswith(MAP_MARK):
        return code, ""
    return code[: start + 1], last.removeprefix(MAP_MARK).rstrip("\n")
