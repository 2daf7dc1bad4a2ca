"""The event that everything is measured with: a Segment track call of 0.9 KB, as in the figures of other systems."""

from __future__ import annotations

import json
import time
from typing import Any


def track(number: int) -> dict[str, Any]:
    """Make a track event with a messageId of its own and the time of its making."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"bench-{number}-{time.time_ns()}",
        "userId": "user-20771",
        "timestamp": "2026-11-20T16:42:10.000Z",
        "sent": time.time(),
        "context": {
            "ip": "203.0.113.7",
            "library": {"name": "analytics-node-next", "version": "3.1.0"},
            "page": {
                "url": "https://shop.example/checkout/done",
                "title": "Thank you",
                "referrer": "https://shop.example/cart",
            },
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0",
            "locale": "en-GB",
            "timezone": "Europe/London",
        },
        "properties": {
            "order_id": "5123400417",
            "currency": "EUR",
            "total": 84.5,
            "products": [
                {"product_id": "MUG-02", "name": "Enamel mug", "price": 17.25, "quantity": 2},
                {"product_id": "LAMP-7", "name": "Storm lamp", "price": 50, "quantity": 1},
            ],
            "coupon": "AUTUMN",
            "shipping": 4.9,
        },
    }


def track_json(number: int) -> bytes:
    """Make the event as the log carries it."""
    return json.dumps(track(number)).encode()
