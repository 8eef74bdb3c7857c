"""What follows from a monitored metric: pure functions of its history, so that a resumed run decides alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from netspec.spec.losses import higher_is_better
from netspec.spec.training_settings import Plateau


class Verdict(NamedTuple):
    """What a history says: the index of the best epoch (None before there is one), and how many came since."""

    best: int | None
    since: int


def judge(values: Sequence[float], *, maximise: bool, min_delta: float = 0.0) -> Verdict:
    """The best of the values so far. To be better by no more than `min_delta`, or not finite, is no improvement."""
    best: int | None = None
    sign = -1.0 if maximise else 1.0
    for index, value in enumerate(values):
        if math.isfinite(value) and (best is None or sign * value < sign * values[best] - min_delta):
            best = index
    return Verdict(best, len(values) - 1 - (-1 if best is None else best))


def maximises(metric: str, mode: str = "auto") -> bool:
    """Whether a higher value of the metric is better; `mode` says so, or leaves it to what the metric is."""
    return higher_is_better(metric) if mode == "auto" else mode == "max"


def rate_on_plateau(values: Sequence[float], peak: float, schedule: Plateau) -> float:
    """The learning rate of the epoch after those in which the monitored metric had these values, as Keras reduces it."""
    sign = -1.0 if maximises(schedule.monitor, schedule.mode) else 1.0
    rate, best = peak, math.inf
    waited = cooldown = 0
    for value in values:
        if cooldown:
            cooldown, waited = cooldown - 1, 0
        if math.isfinite(value) and sign * value < best - schedule.min_delta:
            best, waited = sign * value, 0
        elif not cooldown:
            waited += 1
            if waited >= schedule.patience and rate > schedule.min_lr:
                rate = max(rate * schedule.factor, schedule.min_lr)
                cooldown, waited = schedule.cooldown, 0
    return rate
