"""What a node makes of the numbers in one window: the product of matrices that it is, or what stands in a product's place."""

from __future__ import annotations

from typing import NamedTuple


class Combination(NamedTuple):
    """How one window's numbers become the output's at that position, for each group of channels by itself."""

    groups: int  # of channels, which do not meet
    seen: int  # channels of the input in a group
    made: int  # channels of the output that a group makes
    how: str = "sum"  # of products with weights; or the `max`, `avg` or `l2` of the window, which has no weights
