"""What is said of examples that do not fit the network's input, and that no other message says the contrary."""

from __future__ import annotations

import pytest

from netspec.data.source import shape_misfit
from netspec.pipeline import check_text
from netspec.shapes import Shape

CHANNELS_FIRST = "which are images with their channels first"
MOVED = "store them channels last, as `numpy.moveaxis(x, 1, -1)` makes them"


@pytest.mark.parametrize(
    ("shape", "wanted", "message"),
    [
        ((8, 8, 1), (8, 8, 1), None),
        ((8, 8, 1), (None, None, 1), None),
        ((4,), (5,), "gives examples of 4, and the network takes 5; write `input: [4]`"),
        (
            (1, 8, 8),
            (8, 8, 1),
            f"gives examples of 1 x 8 x 8, {CHANNELS_FIRST}, and the network takes 8 x 8 x 1; {MOVED}",
        ),
        (
            (3, 32, 32),
            (28, 28, 1),
            f"gives examples of 3 x 32 x 32, {CHANNELS_FIRST}, and the network takes 28 x 28 x 1; {MOVED}, "
            "and write `input: [32, 32, 3]`",
        ),
    ],
)
def test_what_is_said(shape: tuple[int, ...], wanted: Shape, message: str | None) -> None:
    assert shape_misfit(shape, wanted) == message


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (8, 8, 1), (32, 32, 3), (28, 28)])
def test_no_input_is_advised_that_a_lint_warns_of(shape: tuple[int, ...]) -> None:
    said = shape_misfit(shape, (5, 5, 5)) or ""
    given = said.partition("`input: ")[2].partition("`")[0]
    text = (
        f"netspec: 1\ninput: {given}\nlayers: [{{conv: {{filters: 4, kernel_size: 3, activation: relu}}}}, flatten]\n"
    )
    assert check_text(text).problems == ()
