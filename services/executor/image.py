"""An image as sandboxes start from it, and go back to it."""

from __future__ import annotations

from functools import cached_property, lru_cache

from wasmtime import Module

from services.executor.engine import Engine
from services.executor.unchecked import UncheckedGuest
from services.executor.written_pages import WrittenPages


class Image:
    """A function's image, loaded. `library_bytes` of its memory are libraries, which are not the function's own."""

    def __init__(self, engine: Engine, module: Module, *, is_stored: bool, library_bytes: int = 0) -> None:
        self.engine = engine
        self.module = module
        self.is_stored = is_stored
        self.library_bytes = library_bytes

    def restore(self, guest: UncheckedGuest) -> bool:
        """Make a guest of this image again what it was when it started; False if that cannot be."""
        pages = _written_pages()
        return pages is not None and guest.restore(self._untouched, pages)

    @cached_property
    def _untouched(self) -> UncheckedGuest:
        """A guest that nobody enters: its memory is the image itself, shared with all others."""
        return UncheckedGuest(self.engine, self.module, memory_bytes=2**32, host_call=lambda _request: (b"", 0))


@lru_cache(maxsize=1)
def _written_pages() -> WrittenPages | None:
    try:
        return WrittenPages()
    except OSError:
        return None
