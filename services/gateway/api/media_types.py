"""Media types: JSON by its own name, and by the names of Segment's versions."""

from __future__ import annotations

from services.gateway.api.errors import ApiError, Fault

JSON = "application/json"
VERSIONS = ("v1", "v1beta", "v1alpha", "stable", "beta", "alpha")
KNOWN = (JSON, *(f"application/vnd.segment.{version}+json" for version in VERSIONS))
_RANGES = ("*/*", "application/*")


def answered_as(accept: str) -> str:
    """Choose what an answer is called, of what the client takes: every operation is answered under every name.

    Raises ApiError (406) when it takes none of them.
    """
    if not accept.strip():
        return JSON
    wanted = [(quality, name) for quality, name in map(_quality, accept.split(",")) if quality > 0]
    known = [(quality, JSON if name in _RANGES else name) for quality, name in wanted if name in (*KNOWN, *_RANGES)]
    if not known:
        raise ApiError(406, Fault("not-acceptable", f"Answers are {JSON} or {KNOWN[1]} and the like."))
    return max(known, key=lambda each: each[0])[1]


def require_json(content_type: str, content_encoding: str) -> None:
    """Refuse bodies of other kinds; one that does not say what it is passes for JSON. Raises ApiError (415)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind not in KNOWN:
        raise ApiError(415, Fault("unsupported-media-type", f"Send the body as {JSON}."))
    if content_encoding.strip().lower() not in ("", "identity"):
        raise ApiError(415, Fault("unsupported-media-type", "The body must not be compressed."))


def _quality(wanted: str) -> tuple[float, str]:
    name, *parameters = [part.strip().lower() for part in wanted.split(";")]
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return float(quality), name
    except ValueError:
        return 0.0, name
