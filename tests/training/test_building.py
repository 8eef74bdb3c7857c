"""`netspec build` of a run and of a model file: the weights that were learned, in another format."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from .conftest import SMALL, netspec, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained run, for all tests of this module; none of them may change it."""
    return trained(tmp_path_factory, epochs=2)


BATCH = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype(np.float32)


def test_a_run_in_another_format(run: str) -> None:
    result = netspec("build", run, "--format", "saved_model")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("wrote small: 650 parameters, ")
    import tensorflow as tf

    expected = keras.models.load_model(f"{run}/model.keras")(BATCH)
    assert np.allclose(tf.saved_model.load("small").serve(BATCH), expected, atol=1e-6)


def test_a_model_file_knows_its_classes(run: str) -> None:
    result = netspec("build", f"{run}/model.keras", "-o", "copy.keras")
    assert (result.status, result.err) == (0, "")
    np.save("some.npy", BATCH)
    expected = netspec("predict", run, "some.npy")
    copied = netspec("predict", "copy.keras", "some.npy")
    assert (copied.status, copied.out) == (0, expected.out)
    np.savez("odd.npz", x=BATCH, y=np.array([1, 2, 42]))
    refused = netspec("evaluate", "copy.keras", "--data", "odd.npz")
    assert refused.err == (
        "<options>: error NS703: `y` in 'odd.npz' holds the class '42', which the run does not know, whose classes are "
        "'0', '1', '2', '3', '4', '5', '6', '7', '8' and 1 more\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "python"], "a script builds the network with initial weights; give it the spec of the run"),
        ([], "choose a format with --format, or a path with -o; a .keras file is what a run has"),
        (["-o", "x.keras", "--seed", "1"], "--seed is for a spec; a run keeps its own"),
        (["-o", "x.keras", "--set", "n=1"], "--set is for a spec; a run keeps its own"),
    ],
)
def test_what_a_run_does_not_take(run: str, arguments: list[str], message: str) -> None:
    result = netspec("build", run, *arguments)
    assert (result.status, result.out, result.err) == (2, "", f"netspec build: {message}\n")


def test_a_spec_has_no_weights_to_choose() -> None:
    Path("small.yaml").write_text(SMALL)
    assert netspec("build", "small.yaml", "--weights", "best").err == (
        "netspec build: --weights is for a run, and a spec has none\n"
    )
