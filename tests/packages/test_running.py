"""A kind of a package in Keras: built, trained, resumed, saved and opened again."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import netspec
from netspec.diagnostics.problems import SpecError
from netspec.kinds.packages import allowing
from netspec.outputs import NOTE
from tests.packages.test_allowing import ALLOW, KIND, run
from tests.support.installed import package

pytestmark = pytest.mark.backend


def test_a_run_asks_for_the_package_and_never_loads_it(shine: Path) -> None:
    status, text = run("train", *ALLOW, "sun.yaml", "--epochs", "1", "--runs", "runs")
    assert status == 0, text
    (folder,) = Path("runs/sun").iterdir()
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["kinds"] == {"netspec-shine": "0.1.0"}
    assert record["versions"]["netspec-shine"] == "0.1.0"
    assert "requires:" in (folder / "resolved.yaml").read_text(encoding="utf-8")
    said = (
        f"{folder}: error NS718: it needs the kinds of netspec-shine 0.1.0: the kinds of the package 'netspec-shine' "
        "are not loaded; if you trust it, allow it with `--kinds netspec-shine` or in netspec.toml\n"
    )
    assert run("train", "--resume", str(folder), "--epochs", "2") == (1, said)
    assert run("evaluate", str(folder)) == (1, said)
    status, text = run("train", *ALLOW, "--resume", str(folder), "--epochs", "2")
    assert status == 0, text
    assert run("evaluate", *ALLOW, str(folder))[0] == 0
    model = folder / "model.keras"
    assert run("evaluate", str(model), "--data", "digits") == (1, said.replace(str(folder), str(model)))
    assert run("evaluate", *ALLOW, str(model), "--data", "digits")[0] == 0
    with zipfile.ZipFile(model) as archive:
        note = json.loads(archive.read(NOTE))
    assert (note["requires"], note["layers"], note["kinds"]) == (
        ["netspec-shine"],
        ["shine_1"],
        {"netspec-shine": "0.1.0"},
    )


def test_a_resumed_run_tells_of_another_version(shine: Path) -> None:
    assert run("train", *ALLOW, "sun.yaml", "--epochs", "1", "--runs", "runs")[0] == 0
    (folder,) = Path("runs/sun").iterdir()
    (info,) = (shine.parent / "site").glob("*.dist-info")
    metadata = info / "METADATA"
    metadata.write_text(metadata.read_text(encoding="utf-8").replace("0.1.0", "0.1.1"), encoding="utf-8")
    text = run("train", *ALLOW, "--resume", str(folder), "--epochs", "2")[1]
    assert "the run was begun with netspec-shine 0.1.0, and goes on with 0.1.1\n" in text


def test_keras_opens_what_is_built(shine: Path) -> None:
    import keras
    import numpy as np

    status, text = run("build", *ALLOW, "sun.yaml", "-o", "sun.keras")
    assert status == 0
    assert text.splitlines()[1:] == [
        "it holds layers of packages (`shine_1`): opening it needs the import of `netspec_shine.layers`"
    ]
    opened = keras.models.load_model("sun.keras")
    with allowing(["netspec-shine"]):
        built = netspec.build("sun.yaml")
    built.set_weights(opened.get_weights())
    images = np.random.default_rng(0).random((4, 8, 8, 1), dtype="float32")
    np.testing.assert_array_equal(opened.predict(images, verbose=0), built.predict(images, verbose=0))


LAYERS = {
    "unregistered": (
        "import keras\nclass Twinkle(keras.layers.Layer):\n    def __init__(self, stars, **more):\n        super().__init__(**more)\n",
        "`netspec_{case}.layers.Twinkle` is not registered with Keras, which could not open a saved model with it; put "
        '`@keras.saving.register_keras_serializable(package="…")` above the class',
    ),
    "nameless": ("", "`netspec_{case}.layers.Twinkle` does not exist, and a kind names it in `keras_layers`"),
    "broken": ("import nothing_of_it\n", "`netspec_{case}.layers` cannot be imported: ModuleNotFoundError: No module named 'nothing_of_it'"),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYERS)
def test_a_layer_that_cannot_be_used_is_told(site: Path, case: str) -> None:
    code, said = LAYERS[case]
    package(site, f"netspec-{case}", KIND.replace('"Identity"', f'"netspec_{case}.layers.Twinkle"'))
    (site / f"netspec_{case}" / "layers.py").write_text(code, encoding="utf-8")
    Path("net.yaml").write_text("netspec: 1\ninput: [8]\nlayers:\n  - twinkle: 3\n", encoding="utf-8")
    with allowing([f"netspec-{case}"]), pytest.raises(SpecError) as caught:
        netspec.build("net.yaml")
    assert [(problem.code, problem.message) for problem in caught.value.problems] == [("NS718", said.format(case=case))]
