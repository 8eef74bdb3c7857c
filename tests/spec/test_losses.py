"""Which way a metric improves, and what an output must be to learn what data gives to predict."""

from __future__ import annotations

import pytest

from netspec.data.schema import Target
from netspec.pipeline import check_text
from netspec.shapes import Shape
from netspec.spec.losses import higher_is_better, misfit

NUMBERS = Target("csv", "numbers")
PAIRS = Target("npz", "numbers", shape=(2,))
TEN = Target("digits", "classes", 10)
TWO = Target("corners", "classes", 2)
THREE = Target("folder", "classes", 3)
PIXELS = Target("npz", "classes", 3, shape=(4, 6))
STEPS = Target("npz", "classes", 2, shape=(9,))
PLACED = "the output `main` is {}, and `npz` has 3 classes at 4 x 6 positions; it is to be 4 x 6 x 3"


@pytest.mark.parametrize("name", ["accuracy", "val_accuracy", "val_main_accuracy", "auc", "precision", "main_recall"])
def test_higher_is_better(name: str) -> None:
    assert higher_is_better(name)


@pytest.mark.parametrize("name", ["loss", "val_loss", "mean_squared_error", "val_mean_absolute_error", "inaccuracy"])
def test_lower_is_better(name: str) -> None:
    assert not higher_is_better(name)


@pytest.mark.parametrize(
    ("targets", "shape", "said"),
    [
        (NUMBERS, (1,), None),
        (NUMBERS, (10,), ("NS701", "the output `main` is 10, and what `csv` gives to predict is 1", False)),
        (PAIRS, (2,), None),
        (PAIRS, (1,), ("NS701", "the output `main` is 1, and what `npz` gives to predict is 2", False)),
        (TEN, (10,), None),
        (TEN, (1,), ("NS702", "the output `main` has 1 number, and `digits` has 10 classes", True)),
        (TEN, (9,), ("NS702", "the output `main` has 9 numbers, and `digits` has 10 classes", True)),
        (TWO, (1,), None),  # yes or no
        (THREE, (1,), ("NS702", "the output `main` has 1 number, and `folder` has 3 classes", True)),
        # a class for each position
        (PIXELS, (4, 6, 3), None),
        (PIXELS, (None, 6, None), None),
        (PIXELS, (4, 6, 2), ("NS702", PLACED.format("4 x 6 x 2"), True)),
        (PIXELS, (4, 5, 3), ("NS702", PLACED.format("4 x 5 x 3"), False)),
        (PIXELS, (4, 3), ("NS702", PLACED.format("4 x 3"), False)),
        (STEPS, (9, 1), None),
        (STEPS, (None, 2), None),
    ],
)
def test_an_output_fits_what_there_is_to_predict(
    targets: Target, shape: Shape, said: tuple[str, str, bool] | None
) -> None:
    found = misfit("main", shape, None, targets)
    assert (None if found is None else (found.code, found.message, found.is_width)) == said


@pytest.mark.parametrize(
    ("loss", "said", "fixed"),
    [
        ("{type: mse}", ", or null; write the name alone: `mean_squared_error`", ["mean_squared_error"]),
        ("{class_name: Huber}", ", or null; write the name alone: `huber`", ["huber"]),
        ("{name: qqqq}", ", not 'qqqq'", []),
        ("{type: 3}", ", not 3", []),
        ("{type: mse, name: mse}", ", not 'mse'; did you mean `mean_squared_error`?", ["mean_squared_error"]),
        ("{main: mse}", ", not 'mse'; did you mean `mean_squared_error`?", []),
    ],
)
def test_a_loss_in_a_map_that_says_its_name(loss: str, said: str, fixed: list[str]) -> None:
    spec = check_text(f"netspec: 1\ninput: [8]\nlayers: [{{dense: 1}}]\ntrain: {{loss: {loss}}}\n")
    names = (
        "sparse_categorical_crossentropy, categorical_crossentropy, binary_crossentropy, binary_focal_crossentropy, …"
    )
    problem = spec.problems[0]
    assert problem.message == f"`train`: `loss` must be one of 17 names ({names}){said}"
    assert [fix.title for fix in problem.fixes] == fixed
