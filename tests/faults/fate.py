"""What shall become of each event: decided by its number alone, so that sender, receiver and account agree.

Even numbers come as webhooks and go to `healthy` and `failing`, odd ones by gRPC and go to `healthy` and `slow`.
"""

from __future__ import annotations

DESTINATIONS = ("healthy", "failing", "slow")

_DEAD_ONE_IN = 50
_REPEATED_ONE_IN = 10
_WISHED_AWAY_ONE_IN = 25
_SLOWEST_S = 0.1


def is_webhook(number: int) -> bool:
    """Tell by which door the event comes."""
    return number % 2 == 0


def second_destination(number: int) -> str:
    """Name the destination besides `healthy`."""
    return "failing" if is_webhook(number) else "slow"


def is_wished_away(number: int) -> bool:
    """Tell whether the event's integrations object keeps it from its second destination."""
    return _mixed(number, 1) % _WISHED_AWAY_ONE_IN == 0


def destinations(number: int) -> tuple[str, ...]:
    """Name the destinations that the event must reach, or be a dead letter of."""
    return ("healthy",) if is_wished_away(number) else ("healthy", second_destination(number))


def is_never_taken(number: int) -> bool:
    """Tell whether `failing` refuses the event however often it comes."""
    return _mixed(number, 2) % _DEAD_ONE_IN == 0


def refusals(number: int) -> int:
    """Count the tries that `failing` refuses before it takes the event."""
    return 1 + number % 3 if _mixed(number, 3) % _REPEATED_ONE_IN == 0 else 0


def slowness_s(number: int) -> float:
    """Seconds for which `slow` thinks."""
    return _mixed(number, 4) % 1000 / 1000 * _SLOWEST_S


def _mixed(number: int, salt: int) -> int:
    return ((number + 1) * 2654435761 ^ salt * 40503 * 65537) % 2**32 >> 7
