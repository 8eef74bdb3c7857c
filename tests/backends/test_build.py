"""`netspec build`: the model that comes out, and the file that is whole or not there."""

from __future__ import annotations

import io
import json
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.backends.keras.importing import import_keras
from netspec.cli import main
from netspec.diagnostics.words import show
from netspec.report.inspection import as_dict

pytestmark = pytest.mark.backend

SPEC = """\
netspec: 1
name: small
inputs: {left: [12, 12, 3], right: [12, 12, 3]}
blocks:
  Tower:
    layers:
      - conv: {filters: 4, kernel_size: 3, strides: 2, padding: 1, rounding: floor}
      - batch_norm
      - pool: {type: avg, pool_size: 3, strides: 2, padding: 1, rounding: floor}
      - pool: {type: l2, pool_size: 3, strides: 1, padding: same}
layers:
  - Tower: {name: a, from: left, trainable: false}
  - Tower: {name: b, from: right, share: a}
  - subtract: {from: [a, b], name: apart}
  - head: {name: side, body: [{global_pool: max}, {dense: 2}]}
  - pool: {pool_size: 3, strides: 2, padding: 1}
  - slice: {stop: 2}
  - flatten
  - dense: {units: 3, activation: softmax, name: main}
"""


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The spec in a file."""
    (tmp_path / "small.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path / "small.yaml"


def test_the_model_has_the_promised_layers_shapes_and_parameters(path: Path) -> None:
    model, graph = netspec.build(path), netspec.load(path)
    totals = graph.totals()
    assert model.count_params() == totals.parameters
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == totals.trainable_parameters
    for node in graph.nodes:
        if not node.is_input and node.share is None and node.kind_name not in ("pool", "slice"):
            assert tuple(model.get_layer(node.layer).output.shape[1:]) == node.shape, node.path
    outputs = {name: list(tensor.shape[1:]) for name, tensor in model.output.items()}
    assert outputs == as_dict(graph)["outputs"] == {"main": [3], "side": [2]}


def test_a_file_opens_without_netspec(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "small.keras"
    status, out, err = run("build", str(path), "-o", str(target), "--seed", "7")
    assert (status, err) == (0, "")
    assert out.startswith(f"wrote {target}: 165 parameters, ")
    x = np.random.default_rng(0).random((2, 12, 12, 3), dtype="float32")
    keras = import_keras()
    mine = keras.models.load_model(target).predict({"left": x, "right": 1 - x}, verbose=0)
    code = (
        "import sys, numpy as np, keras; sys.modules['netspec'] = None\n"
        "m = keras.models.load_model(sys.argv[1]); x = np.random.default_rng(0).random((2, 12, 12, 3), dtype='float32')\n"
        "p = m.predict({'left': x, 'right': 1 - x}, verbose=0); print(p['main'].tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), mine["main"], atol=1e-6)


def test_the_file_says_what_it_needs(tmp_path: Path) -> None:
    spec, target = tmp_path / "n.yaml", tmp_path / "n.keras"
    spec.write_text("netspec: 1\ninput: [8, 8, 4]\nlayers: [lrn, {1x1: 2}]\n", encoding="utf-8")
    status, out, _ = run("build", str(spec), "-o", str(target))
    assert status == 0
    assert out.splitlines()[1] == "it holds layers of netspec's own (`lrn_1`): opening it needs `import netspec.layers`"
    with zipfile.ZipFile(target) as archive:
        note = json.loads(archive.read("netspec.json"))
    assert (note["requires"], note["layers"], note["spec"]) == (
        ["netspec-keras"],
        ["lrn_1"],
        spec.read_text(encoding="utf-8"),
    )


def test_the_script_builds_the_same_model(path: Path, tmp_path: Path) -> None:
    script = tmp_path / "small.py"
    assert run("build", str(path), "--format", "python", "-o", str(script))[0] == 0
    made, built = runpy.run_path(str(script))["build_model"](), netspec.build(path)
    made.set_weights(built.get_weights())
    x = np.random.default_rng(0).random((2, 12, 12, 3), dtype="float32")
    given = {"left": x, "right": 1 - x}
    ours, theirs = built.predict(given, verbose=0), made.predict(given, verbose=0)
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_a_wrong_spec_writes_nothing(tmp_path: Path) -> None:
    spec, target = tmp_path / "n.yaml", tmp_path / "n.keras"
    spec.write_text("netspec: 1\ninput: [8, 8, 4]\nlayers: [{1x1: 0}]\n", encoding="utf-8")
    status, out, err = run("build", str(spec), "-o", str(target))
    assert (status, out, target.exists()) == (1, "", False)
    assert "error NS205: `1x1`: `filters` must be a whole number of at least 1, not 0" in err


def test_a_failed_write_leaves_the_old_file_and_no_other(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "small.keras"
    assert run("build", str(path), "-o", str(target))[0] == 0
    before = target.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    status, _, err = run("build", str(path), "-o", str(target))
    assert (status, target.read_bytes()) == (1, before)
    assert f"error NS709: cannot write '{target}': the disk is full" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.keras", "small.yaml"]


def test_weights_that_do_not_fit_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    spec = tmp_path / "n.yaml"
    spec.write_text("netspec: 1\ninput: [1000000]\nlayers: [{dense: 1000000}]\n", encoding="utf-8")
    status, _, err = run("build", str(spec), "-o", str(tmp_path / "n.keras"))
    assert status == 1
    assert (
        "NS709: the weights need 3.64 TiB on disk, and " in err or "NS602: the weights need 3.64 TiB of memory" in err
    )
    with pytest.raises(netspec.SpecError, match=r"NS602: the weights need 3\.64 TiB of memory, and .* are free"):
        netspec.build(spec)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("small.h5", "NS706: a Keras model's file ends in .keras, unlike 'small.h5'"),
        ("blocker/small.keras", "NS709: cannot write "),
    ],
)
def test_places_that_cannot_be_written(path: Path, tmp_path: Path, output: str, message: str) -> None:
    (tmp_path / "blocker").write_text("a file where a folder is wanted", encoding="utf-8")
    status, out, err = run("build", str(path), "--format", "keras", "-o", str(tmp_path / output))
    assert (status, out) == (1, "")
    assert message in err


@pytest.mark.parametrize(
    ("form", "output", "said"),
    [
        ("onnx", "small.keras", "a file that ends in .keras is of the format keras, and --format says onnx"),
        ("keras", "small.py", "a file that ends in .py is of the format python, and --format says keras"),
        ("saved_model", "small.pt2", "a file that ends in .pt2 is of the format torch, and --format says saved_model"),
    ],
)
def test_a_path_of_another_format(path: Path, tmp_path: Path, form: str, output: str, said: str) -> None:
    status, out, err = run("build", str(path), "--format", form, "-o", str(tmp_path / output))
    assert (status, out, err.splitlines()[0]) == (2, "", f"netspec build: {said}")
    assert not (tmp_path / output).exists()


def test_the_spec_itself_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    (tmp_path / "link.py").symlink_to(path)
    for output in (path, tmp_path / "link.py"):
        status, out, err = run("build", str(path), "--format", "python", "-o", str(output))
        assert (status, out) == (1, "")
        assert err == f"{output}: error NS709: this is what is read, which would be lost; choose another with -o\n"
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", ["-1", "4294967296", "9" * 400, "1.5", "x"])
def test_a_seed_that_is_none_is_wrong_usage(path: Path, seed: str) -> None:
    status, out, err = run("build", str(path), f"--seed={seed}")
    assert (status, out) == (2, "")
    assert f"argument --seed: a seed is a whole number from 0 to 4294967295, not {show(seed)}" in err


def test_a_chain_of_thousands_of_layers_is_built_and_saved(tmp_path: Path) -> None:
    """Keras goes through it by recursion, at which Python stops after some thousand calls unless it is told."""
    path = tmp_path / "deep.yaml"
    path.write_text("netspec: 1\ninput: [2]\nlayers:\n  - linear: {repeat: 2000}\n  - dense: 2\n", encoding="utf-8")
    status = main(["build", str(path), "-o", str(tmp_path / "deep.keras")], io.StringIO(), io.StringIO())
    assert status == 0
    model = import_keras().models.load_model(tmp_path / "deep.keras", compile=False)
    assert len(model.layers) == 2002


def test_a_name_that_begins_with_an_underscore_runs_all_the_same(tmp_path: Path) -> None:
    """TensorFlow refuses such a name for the scope that a model computes in."""
    path = tmp_path / "2nd.yaml"
    path.write_text("netspec: 1\ninput: [3]\nlayers: [{dense: 2}]\n")
    model = netspec.build(path)
    assert model.name == "model_2nd"
    assert model.predict(np.zeros((1, 3), "float32"), verbose=0).shape == (1, 2)
