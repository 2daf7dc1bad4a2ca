"""Least squares: whether a figure grows, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Half the width of a 95 % interval in standard errors, for samples by the dozen.
_WIDTH = 1.96


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth per unit, and how far off it may be with a confidence of 95 %, were the samples independent."""

    value: float
    margin: float


def slope(at: Sequence[float], figures: Sequence[float]) -> Slope:
    """Fit a line through three points or more."""
    line = statistics.linear_regression(at, figures)
    rest = sum((figure - line.intercept - line.slope * x) ** 2 for x, figure in zip(at, figures, strict=True))
    mean = statistics.fmean(at)
    spread = sum((x - mean) ** 2 for x in at)
    return Slope(line.slope, _WIDTH * math.sqrt(rest / (len(at) - 2) / spread))
