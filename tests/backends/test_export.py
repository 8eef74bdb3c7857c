"""`netspec export`: every format by the tool that it is for, compared with Keras before it is kept.

ONNX is written where its packages are installed, the program of PyTorch on the PyTorch backend, the others on TensorFlow.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from netspec.api import build, train
from netspec.cli import main

from .test_formats import HAS_ONNX, NETWORKS

pytestmark = pytest.mark.backend
BACKEND = keras.backend.backend()
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow writes it")
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="PyTorch writes it")
DIFFERENCE = re.compile(r"largest difference from Keras: (\S+) of the largest output\n")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def netspec(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


def exported(*arguments: str) -> float:
    """The difference that is printed."""
    status, out, err = netspec("export", *arguments)
    assert status == 0, err
    found = DIFFERENCE.search(out)
    assert found is not None, out
    return float(found[1])


TRAINED = """\
netspec: 1
name: digits
input: [8, 8, 1]
layers: [{conv: {filters: 4, kernel_size: 3}}, batch_norm, relu, flatten, {dense: {units: 10, activation: softmax}}]
data: {source: digits}
train: {epochs: 1, seed: 1}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("trained")
    (folder / "digits.yaml").write_text(TRAINED)
    return str(train(folder / "digits.yaml", runs=folder / "runs").folder)


def batch() -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    return rng.random((3, 8, 8, 1), np.float32), rng


def expected(run: str, x: Any) -> Any:
    from netspec.training.reopen import load_run_or_model

    return load_run_or_model(Path(run)).network.predict_on_batch(x)


@on_tensorflow
def test_a_run_as_tensorflow_lite_answers_alike(run: str) -> None:
    import tensorflow as tf

    assert exported(run, "-o", "digits.tflite") < 1e-5
    x, _ = batch()
    with pytest.warns(UserWarning, match="tf.lite.Interpreter is deprecated"):
        runner = tf.lite.Interpreter("digits.tflite").get_signature_runner()
    assert runner(input=x)["output_0"] == pytest.approx(expected(run, x), abs=1e-6)


@on_tensorflow
def test_what_runs_the_file_says_nothing_to_the_terminal() -> None:
    """TensorFlow Lite tells of its delegate beneath Python."""
    Path("net.yaml").write_text("netspec: 1\ninput: [4]\nlayers:\n  - dense: 2\n", encoding="utf-8")
    command = [sys.executable, "-m", "netspec", "export", "net.yaml", "-o", "net.tflite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert DIFFERENCE.search(done.stdout) is not None


@on_tensorflow
def test_a_run_as_a_saved_model_answers_alike(run: str) -> None:
    import tensorflow as tf

    assert exported(run, "--format", "saved_model", "-o", "served") < 1e-5
    x, _ = batch()
    assert np.asarray(tf.saved_model.load("served").serve(x)) == pytest.approx(expected(run, x), abs=1e-6)


@pytest.mark.skipif(not HAS_ONNX or BACKEND != "tensorflow", reason="needs the extra `onnx`, and TensorFlow")
def test_a_run_as_onnx_answers_alike(run: str) -> None:
    import onnxruntime

    assert exported(run, "-o", "digits.onnx") < 1e-5
    x, _ = batch()
    (found,) = onnxruntime.InferenceSession("digits.onnx").run(None, {"input": x})
    assert found == pytest.approx(expected(run, x), abs=1e-6)


@on_torch
def test_a_run_as_a_program_of_pytorch_answers_alike_for_batches_of_any_size(run: str) -> None:
    import torch

    assert exported(run, "-o", "digits.pt2") < 1e-5
    x, _ = batch()
    program = torch.export.load("digits.pt2").module()
    for count in (2, 3):
        found = program(torch.from_numpy(x[:count])).detach().numpy()
        assert found == pytest.approx(expected(run, x[:count]), abs=1e-6)


PLAIN = "netspec: 1\nname: net\ninput: [8, 8, 3]\nlayers: [flatten, {dense: 3}]\n"
NAMES = [name for name in NETWORKS if name != "unknown_sizes"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", [pytest.param("tflite", marks=on_tensorflow), pytest.param("pt2", marks=on_torch)])
def test_networks_of_all_sorts(name: str, suffix: str) -> None:
    Path("net.yaml").write_text(f"netspec: 1\nname: net\n{NETWORKS[name]}")
    if (name, suffix) == ("whole_numbers", "tflite"):  # a recurrent layer, whose loop TensorFlow Lite cannot take
        status, out, err = netspec("export", "net.yaml", "-o", "net.tflite")
        assert (status, out) == (1, "")
        assert err.startswith("net.tflite: error NS706: the network cannot be converted to TensorFlow Lite (")
        assert [path.name for path in Path().iterdir()] == ["net.yaml"]
        return
    difference = exported("net.yaml", "-o", f"net.{suffix}", "--seed", "1")
    assert difference <= 1e-4
    assert exported("net.yaml", "-o", f"net.{suffix}", "--seed", "1") == difference  # netspec replaces its own


@pytest.mark.parametrize(
    ("format_", "suffix", "module"),
    [
        pytest.param("tflite", "tflite", "tflite_file", marks=on_tensorflow),
        pytest.param("torch", "pt2", "torch_file", marks=on_torch),
    ],
)
def test_what_differs_is_not_kept(format_: str, suffix: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import import_module

    Path("net.yaml").write_text(PLAIN)
    wrong = keras.ops.zeros((2, 3))
    found = [np.zeros((2, 3), np.float32)] if format_ == "tflite" else wrong
    monkeypatch.setattr(import_module(f"netspec.backends.keras.{module}"), "run", lambda *_: found)
    status, out, err = netspec("export", "net.yaml", "--format", format_)
    assert (status, out, err) == (
        1,
        "",
        f"net.{suffix}: error NS706: what was written differs from the model by 1 of the largest output; it was not kept\n",
    )
    assert [path.name for path in Path().iterdir()] == ["net.yaml"]


@pytest.mark.parametrize(
    ("format_", "backend", "words"),
    [
        ("saved_model", "tensorflow", "a SavedModel is written on the TensorFlow backend"),
        ("tflite", "tensorflow", "a TensorFlow Lite file is written on the TensorFlow backend"),
        ("torch", "torch", "an exported program is written on the PyTorch backend"),
    ],
)
def test_what_another_backend_writes_is_refused_with_the_way_to_it(format_: str, backend: str, words: str) -> None:
    if backend == BACKEND:
        pytest.skip("this backend writes it")
    Path("net.yaml").write_text(PLAIN)
    status, out, err = netspec("export", "net.yaml", "--format", format_, "-o", "out")
    assert (status, out, err) == (
        1,
        "",
        f"out: error NS706: {words}, and this is {BACKEND}; set KERAS_BACKEND={backend}\n",
    )


def test_a_format_is_chosen(run: str) -> None:
    assert netspec("export", run) == (2, "", "netspec export: choose a format with --format, or by the suffix of -o\n")
    assert netspec("export", run, "-o", "net.zip")[0] == 2
    status, out, err = netspec("export", run, "-o", "copy.keras")
    assert (status, err) == (0, "")
    assert out.startswith("wrote copy.keras: ")
    x, _ = batch()
    assert keras.models.load_model("copy.keras").predict_on_batch(x) == pytest.approx(expected(run, x))
    Path("net.yaml").write_text(TRAINED)
    assert build("net.yaml").count_params() == keras.models.load_model("copy.keras").count_params()
