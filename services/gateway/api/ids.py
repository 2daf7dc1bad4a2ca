"""Ids as Segment's users know them.

A function's id there begins with its kind: `sfnc_…`, `dfn_…`, `ifnd_…` and `ifns_…` are all Penstock's `fn_…`. What
follows is the catalog id, which stands alone where Segment wants it so. `sfn_<source id>` is the instance of a source
function that a source has. All of these are understood wherever a function's id is asked for.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from penstock.config.v1 import config_pb2
from services.gateway.api.errors import not_found

_PREFIXES = {
    config_pb2.FUNCTION_KIND_SOURCE: "sfnc_",
    config_pb2.FUNCTION_KIND_DESTINATION: "dfn_",
    config_pb2.FUNCTION_KIND_INSERT_DESTINATION: "ifnd_",
    config_pb2.FUNCTION_KIND_INSERT_SOURCE: "ifns_",
}
_OWN = "fn_"
_SOURCE = "src_"
_FUNCTION_PATTERN = re.compile(r"(?:fn_|sfnc_|dfn_|ifnd_|ifns_)?([0-9a-z]{26})")
_INSTANCE_PATTERN = re.compile(r"sfn_(?:src_)?([0-9a-z]{26})")

FunctionId = Annotated[str, Field(description="`sfnc_…`, `dfn_…`, `ifnd_…`, `ifns_…` or `fn_…`.", min_length=1)]


def function_id(sent: str) -> str:
    """Give our id of a function, in whatever form it was sent. Raises ApiError (404) for what is no id of one."""
    found = _FUNCTION_PATTERN.fullmatch(sent)
    if found is None:
        raise not_found(f"There is no function {sent[:120]!r}.")
    return _OWN + found[1]


def source_of_instance(sent: str) -> str:
    """Give our id of the source whose instance this is; empty when it is no id of an instance."""
    found = _INSTANCE_PATTERN.fullmatch(sent)
    return _SOURCE + found[1] if found else ""


def class_id(function: str, kind: config_pb2.FunctionKind.ValueType) -> str:
    """Give the id that Segment's users know a function by."""
    return _PREFIXES.get(kind, _OWN) + catalog_id(function)


def catalog_id(function: str) -> str:
    """Give the id without what tells its kind."""
    return function.removeprefix(_OWN)
