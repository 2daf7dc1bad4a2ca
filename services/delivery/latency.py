"""Latencies in buckets that grow by 9 percent, and percentiles of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

# Eight buckets for each doubling: a value is known to 9 percent.
_PER_DOUBLING = 8


def bucket_of(latency_ms: float) -> int:
    """Give the number of the bucket for a latency; 0 has all up to a millisecond."""
    return 0 if latency_ms <= 1 else math.ceil(_PER_DOUBLING * math.log2(latency_ms) - 1e-9)


def upper_ms(bucket: int) -> float:
    """Give the largest latency that a bucket holds."""
    return 2 ** (bucket / _PER_DOUBLING)


def percentile_ms(counts: Mapping[int, int], percent: int) -> float:
    """Give the latency that so many percent of the counted ones did not exceed. There must be one."""
    wanted = math.ceil(sum(counts.values()) * percent / 100)
    for bucket, count in sorted(counts.items()):
        wanted -= count
        if wanted <= 0:
            return upper_ms(bucket)
    raise ValueError("nothing was counted")
