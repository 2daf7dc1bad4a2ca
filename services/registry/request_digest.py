"""Tells one request from another, without keeping either."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from google.protobuf.message import Message


def request_digest(request: Message) -> str:
    """Give the SHA-256 of a request in hex.

    Of the values of settings only their names count: whoever reads the digest of a short secret finds the secret.
    """
    copy = type(request)()
    copy.CopyFrom(request)
    for _, value in copy.ListFields():
        settings = getattr(value, "settings", None)
        if isinstance(settings, bytes):
            value.settings = _names(settings)
    return hashlib.sha256(copy.SerializeToString(deterministic=True)).hexdigest()


def _names(settings: bytes) -> bytes:
    try:
        values: Any = json.loads(settings or b"{}")
    except (ValueError, RecursionError):  # refused when it is looked at
        return b""
    return json.dumps(sorted(cast("dict[str, Any]", values))).encode() if isinstance(values, dict) else b""
