"""Training starts with the weights that `netspec import --weights` wrote."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from netspec.cli import main
from netspec.training.reopen import load_run_or_model

pytestmark = pytest.mark.backend


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def attentive() -> Any:
    """A layer with several weights of one name, one that runs both ways, a head."""
    x = keras.Input((4, 3))
    y = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    y = layers.Bidirectional(layers.LSTM(2), name="ways")(y)
    return keras.Model(x, layers.Dense(3, activation="softmax", name="head")(y))


def run(*words: str) -> tuple[int, str]:
    """What a command prints on both streams."""
    out = io.StringIO()
    return main([*words], out, out), out.getvalue()


@pytest.fixture
def imported(here: Path) -> Any:
    """A model, its spec `m.yaml`, its weights `w.npz`, data `d.npz`."""
    model = attentive()
    for layer in model.layers:
        layer.set_weights([np.random.default_rng(2).normal(size=each.shape) for each in layer.get_weights()])
    model.save("m.keras")
    assert run("import", "m.keras", "-o", "m.yaml", "--weights", "w.npz")[0] == 0
    rng = np.random.default_rng(0)
    np.savez("d.npz", x=rng.random((40, 4, 3)).astype("float32"), y=np.arange(40) % 3)
    return model


TRAIN = ("train", "m.yaml", "--data", "d.npz", "--epochs", "1", "--runs", "runs")


def test_every_weight_has_a_name_of_its_own(imported: Any) -> None:
    with np.load("w.npz") as arrays:
        assert sum(arrays[name].size for name in arrays) == imported.count_params()
        assert "attention/query/kernel" in arrays
        assert np.array_equal(arrays["attention/value/kernel"], imported.get_layer("attention").get_weights()[4])


def test_training_starts_with_them(imported: Any) -> None:
    status, text = run(*TRAIN, "--init", "w.npz", "--train", "optimizer={sgd: {learning_rate: 1.0e-12}}")
    assert status == 0, text
    assert "weights of w.npz: 3 of 3 nodes start with them\n" in text
    record = json.loads(next(Path("runs").glob("*/*/run.json")).read_text(encoding="utf-8"))
    assert {key: record["init"][key] for key in ("given", "source", "nodes", "loaded", "missing")} == {
        "given": "w.npz",
        "source": "w.npz",
        "nodes": 3,
        "loaded": 3,
        "missing": [],
    }
    trained = load_run_or_model(next(Path("runs").glob("*/*"))).network
    for one, other in zip(trained.get_weights(), imported.get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-6)


def test_nodes_that_get_none_are_named(imported: Any) -> None:
    np.savez("d.npz", x=np.zeros((40, 4, 3), "float32"), y=np.arange(40) % 5)
    text = Path("m.yaml").read_text(encoding="utf-8").replace("units: 3", "units: 5")
    Path("m.yaml").write_text(text.replace("name: ways", "name: other"), encoding="utf-8")
    status, printed = run(*TRAIN, "--init", "w.npz")
    assert status == 0, printed
    assert (
        "weights of w.npz: 1 of 3 nodes start with them\n"
        "  `other`: there is none there\n"
        "  `head`: new head, [4, 5] here and [4, 3] there\n"
    ) in printed


def damaged(member: bytes) -> None:
    with zipfile.ZipFile("w.npz", "w") as archive:
        archive.writestr("head/kernel.npy", member)


WRONG = {
    "no archive": (lambda: Path("w.npz").write_bytes(b"no"), "is no .npz ('File is not a zip file')"),
    "nothing": (lambda: np.savez("w.npz"), "is an archive without arrays"),
    "no array": (lambda: damaged(b"no"), "holds `head/kernel`, which is no array ("),
    "texts": (
        lambda: np.savez("w.npz", **{"head/kernel": np.array(["a"])}),
        "holds `head/kernel`, whose elements are no numbers but '<U1'",
    ),
    "objects": (
        lambda: np.savez("w.npz", **{"head/kernel": np.array([{}], dtype=object)}),  # type: ignore[arg-type]
        "holds `head/kernel`, whose elements are no numbers but 'object'",
    ),
    "NaN": (
        lambda: np.savez("w.npz", **{"head/kernel": np.full((4, 3), np.nan), "head/bias": np.zeros(3)}),
        "holds numbers that are none (NaN or infinity) in `head/kernel`",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_files_that_are_not_of_weights(what: str, imported: Any) -> None:
    make, words = WRONG[what]
    make()
    status, text = run(*TRAIN, "--init", "w.npz")
    assert status == 1
    assert f"error NS713: 'w.npz' {words}" in text


def test_weights_of_another_network(imported: Any) -> None:
    np.savez("w.npz", **{"elsewhere/kernel": np.zeros((2, 2))})
    status, text = run(*TRAIN, "--init", "w.npz")
    assert status == 1
    assert "error NS713: the weights of w.npz fit no node of the network; `attention`: there is none there" in text
