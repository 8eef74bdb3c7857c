"""The whole table: for every kind, what is accepted and what is refused."""

from __future__ import annotations

from . import (
    table_composition,
    table_convolution,
    table_features,
    table_images,
    table_operations,
    table_plain,
    table_sequence,
    table_shape,
)
from .case import Case

CASES: dict[str, list[Case]] = {
    **table_convolution.CASES,
    **table_plain.CASES,
    **table_shape.CASES,
    **table_images.CASES,
    **table_features.CASES,
    **table_sequence.CASES,
    **table_composition.CASES,
    **table_operations.CASES,
}

for _kind, _cases in table_operations.MORE.items():
    CASES[_kind] = [*CASES[_kind], *_cases]
