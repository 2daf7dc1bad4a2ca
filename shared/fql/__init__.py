"""FQL, the filter query language: conditions on JSON messages, such as `type = "track" and match(event, "Order *")`."""

from shared.fql.condition import Condition, parse
from shared.fql.errors import FqlError, Undecidable
from shared.fql.parser import MAX_BYTES

__all__ = ["MAX_BYTES", "Condition", "FqlError", "Undecidable", "parse"]
