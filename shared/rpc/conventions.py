"""What both sides of a call must know."""

from __future__ import annotations

# The person whom a service speaks for: a serialised `penstock.access.v1.Actor`.
ACTOR_METADATA = "penstock-actor-bin"
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
MESSAGE_LIMITS = (
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
)
