"""NS814: variances that start below zero, with Keras as the oracle: the advice is given where what it builds gives NaN."""

from __future__ import annotations

import pytest

from netspec.kinds.arguments import INITIALIZERS
from netspec.pipeline import Spec, check_text
from netspec.syntax.edits import apply

BELOW = (
    *(f"{distribution}_{shape}" for distribution in ("glorot", "he", "lecun") for shape in ("uniform", "normal")),
    *("uniform", "random_normal", "truncated_normal", "random_uniform", "variance_scaling"),
    *("{constant: -1}", "{constant: -0.001}", "{random_uniform: {minval: 1, maxval: -1}}"),
    *("{random_normal: {mean: 1, stddev: 1}}", "{truncated_normal: {mean: 1, stddev: 1}}"),
)
ABOVE = (
    *("zeros", "ones", "{constant: 0.5}", "{constant: -0.0005}", "{random_uniform: {minval: 0, maxval: 1}}"),
    *("{random_normal: {mean: 1, stddev: 0.02}}", "{truncated_normal: {mean: 1, stddev: 0.5}}"),
)


def normed(initializer: str, more: str = "", *, after: str = "") -> Spec:
    """A batch normalisation whose variances start so."""
    node = f"  - batch_norm: {{moving_variance_initializer: {initializer}, name: norm{more}}}\n"
    return check_text(f"netspec: 1\ninput: [2048]\nlayers:\n{node}{after}", "spec.yaml")


def test_each_initializer_is_here() -> None:
    named = " ".join((*BELOW, *ABOVE))
    assert [name for name in INITIALIZERS if name not in named] == ["orthogonal"]  # which makes no vectors


@pytest.mark.parametrize("initializer", BELOW)
def test_what_can_be_below_zero_is_advised_on(initializer: str) -> None:
    checked = normed(initializer)
    (problem,) = checked.problems
    name = initializer.strip("{").split(":")[0]
    assert (problem.code, problem.span.line) == ("NS814", 4)
    assert problem.message == (
        f"batch_norm `norm`: `moving_variance_initializer: {name}` can give variances below 0, which have no square root: outputs are "
        "then NaN until training has raised them"
    )
    (fix,) = problem.fixes
    assert fix.title == "moving_variance_initializer: ones"
    assert check_text(apply(checked.text, fix.edits)).problems == ()


@pytest.mark.parametrize("initializer", ABOVE)
def test_what_is_not_below_zero_is_not(initializer: str) -> None:
    assert normed(initializer).problems == ()


def test_epsilon_lifts_them_but_not_what_renorm_keeps() -> None:
    assert normed("{constant: -0.5}", ", epsilon: 1").problems == ()
    (problem,) = normed("{constant: -0.0005}", ", renorm: true").problems
    assert problem.code == "NS814"


def test_it_is_said_once_of_each_line() -> None:
    (problem,) = normed("he_normal", ", repeat: 3", after="  - batch_norm: {share: norm_1}\n").problems
    assert problem.node == "norm_1"


@pytest.mark.backend
@pytest.mark.parametrize("initializer", [*BELOW, *ABOVE])
def test_keras_gives_nan_there_and_nowhere_else(initializer: str) -> None:
    import numpy as np

    from netspec.backends.keras.compiling import compile_graph

    checked = normed(initializer)
    assert checked.graph is not None
    made = np.asarray(compile_graph(checked.graph)(np.ones((1, 2048), "float32")))
    assert bool(np.isfinite(made).all()) == (not checked.problems)
