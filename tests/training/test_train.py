"""`netspec train`: what it prints, what it writes, and what it says when it cannot."""

from __future__ import annotations

import errno
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from netspec.api import train
from netspec.backends.requirements import on_jax
from netspec.training.reports.writing import missing
from netspec.training.runs import RunFolder
from netspec.training.session import Session

from .conftest import SMALL, Write, netspec, only_run

OF_EXTRAS = {"report.html", "tensorboard"}  # what is written where a package is installed
WILD = "optimizer={sgd: 1e30}"
HEADS = """\
netspec: 1
name: heads
input: [8, 8, 1]
layers:
  - flatten
  - head: {name: aux, body: [{dense: 10}, softmax]}
  - dense: {units: 16, activation: relu}
  - dropout: 0.2
  - dense: {units: 10, name: main}
data: {source: digits}
train:
  epochs: 2
  batch_size: 128
  loss_weights: {aux: 0.3}
  augment: [{random_translation: {height_factor: $shift, width_factor: 0.1}}, {gaussian_noise: 0.05}]
params: {shift: 0.1}
"""


def write_train(*lines: str) -> str:
    """The small spec with other lines under `train`."""
    return SMALL.replace("train: {epochs: 2, batch_size: 128}\n", "train:\n" + "".join(f"  {line}\n" for line in lines))


def test_a_run(write: Write) -> None:
    path = write()
    result = netspec("train", path)
    assert (result.status, result.err) == (0, "")
    assert result.settled == (
        "small: 650 parameters, on MACHINE\n"
        "digits: 1,294 examples to train on, 144 to validate, 359 to test\n"
        "run: runs/small/TIME\n"
        "epoch 1/2   loss N   accuracy N   val_loss N   val_accuracy N   T s\n"
        "epoch 2/2   loss N   accuracy N   val_loss N   val_accuracy N   T s\n"
        "\n"
        "test   359 examples   loss N   accuracy N\n"
        "\n"
        + ("report: runs/small/TIME/report.html\n" if not missing() else "")
        + "evaluate again with: netspec evaluate runs/small/TIME\n"
    )
    run = only_run()
    assert (run / "report.html").exists() == (not missing())
    assert {file.name for file in run.iterdir()} - OF_EXTRAS == {
        "best.npz", "history.csv", "last.npz", "metrics.jsonl", "model.keras", "resolved.yaml", "run.json", "spec.yaml",
    }  # fmt: skip
    assert (run / "spec.yaml").read_bytes() == Path(path).read_bytes()
    header, *rows = (run / "history.csv").read_text().splitlines()
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds"
    assert [row.split(",")[0] for row in rows] == ["1", "2"]
    record = json.loads((run / "run.json").read_text())
    assert {name: record[name] for name in ("status", "name", "params", "variant", "overrides", "seed", "weights")} == {
        "status": "finished", "name": "small", "params": {}, "variant": None, "overrides": {}, "seed": 42, "weights": "last",
    }  # fmt: skip
    assert set(record["versions"]) == {"netspec", "keras", "backend", keras.backend.backend(), "python", "numpy"}
    assert record["classes"] == list("0123456789")
    loss = record["results"]["test"]["loss"]
    model = keras.saving.load_model(run / "model.keras")
    assert model.name == "small"
    assert math.isfinite(loss)


def test_options_and_json(write: Write) -> None:
    result = netspec(
        "train", write(SMALL + "params: {units: 3}\n"), "--set", "units=4", "--epochs", "1",
        "--batch-size", "256", "--seed", "7", "--runs", "elsewhere", "--train", "optimizer={sgd: 0.5}",
        "--data", "{source: digits, validation_split: 0}", "--format", "json",
    )  # fmt: skip
    assert result.status == 0
    assert "small.yaml:10:10: warning NS804: nothing uses the param `units`" in result.err
    assert "epoch 1/1   loss " in result.err
    printed = json.loads(result.out)
    (row,) = printed["history"]
    assert list(row) == ["epoch", "loss", "accuracy", "learning_rate", "seconds"]
    assert row["learning_rate"] == 0.5
    assert list(printed["results"]) == ["test"]
    record = json.loads((only_run(runs="elsewhere") / "run.json").read_text())
    assert (record["params"], record["seed"], record["monitor"]) == ({"units": 4}, 7, "loss")
    assert record["overrides"] == {
        "optimizer": {"sgd": 0.5},
        "epochs": 1,
        "batch_size": 256,
        "seed": 7,
        "data": {"source": "digits", "validation_split": 0},
    }


def test_the_same_seed_is_the_same_run(write: Write) -> None:
    path = write(SMALL.replace("  - dense", "  - dropout: 0.5\n  - dense"))
    runs = [train(path, epochs=1, seed=seed, runs=str(number)) for number, seed in enumerate((3, 3, 4))]
    losses = [run.history[0]["loss"] for run in runs]
    assert losses[0] == losses[1] != losses[2]
    assert runs[0].results == runs[1].results


def test_heads_learn_beside_the_main_output(write: Write) -> None:
    result = netspec("train", write(HEADS, "heads.yaml"))
    assert result.status == 0
    assert result.err == "note: `main` ends without a softmax; the loss applies it (from_logits: true)\n"
    assert result.settled.splitlines()[3] == (
        "epoch 1/2   loss N   main_accuracy N   aux_accuracy N   val_loss N   val_main_accuracy N   val_aux_accuracy N   T s"
    )
    assert result.settled.splitlines()[6] == (
        "test   359 examples   loss N   main_loss N   aux_loss N   main_accuracy N   aux_accuracy N"
    )
    rows = (only_run("heads") / "history.csv").read_text().splitlines()
    figures = dict(zip(rows[0].split(","), map(float, rows[2].split(",")), strict=True))
    assert figures["val_loss"] == pytest.approx(figures["val_main_loss"] + 0.3 * figures["val_aux_loss"], rel=1e-2)


def test_augmentation_acts_on_training_batches_only(write: Write) -> None:
    """Noise over the images is seen in the training's loss and nowhere else, while the weights all but stand still."""
    text = write_train("epochs: 1", "batch_size: 128", "optimizer: {sgd: 1e-9}", "augment: [{gaussian_noise: 1}]")
    plain = train(write(text), augment=[])
    noisy = train(write(text))
    assert noisy.history[0]["loss"] > 1.1 * plain.history[0]["loss"]
    assert noisy.history[0]["val_loss"] == pytest.approx(plain.history[0]["val_loss"], rel=1e-5)
    assert noisy.results["test"] == pytest.approx(plain.results["test"], rel=1e-5)
    assert [layer.name for layer in noisy.model.layers][1:] == ["flatten_1", "dense_1", "softmax_1"]


def test_early_stopping_keeps_the_best(write: Write) -> None:
    stopping = "{monitor: val_accuracy, mode: min, patience: 1}"
    path = write(train=f"{{epochs: 9, batch_size: 128, early_stopping: {stopping}}}")
    run = train(path)
    accuracies = [row["val_accuracy"] for row in run.history]
    best = min(range(len(accuracies)), key=accuracies.__getitem__)
    assert len(accuracies) == best + 2 < 9
    record = json.loads((run.folder / "run.json").read_text())
    assert (record["weights"], record["monitor"]) == ("best", "val_accuracy")
    kept = json.loads(netspec("evaluate", str(run.folder), "--format", "json").out)["results"]["test"]
    last = json.loads(netspec("evaluate", str(run.folder), "--weights", "last", "--format", "json").out)["results"][
        "test"
    ]
    assert kept == pytest.approx(run.results["test"])
    assert kept["loss"] != pytest.approx(last["loss"])


def test_corners_tell_both_numbers(write: Write) -> None:
    text = SMALL.replace("[8, 8, 1]", "[16, 16, 1]").replace("dense: 10\n  - softmax", "dense: 1\n  - sigmoid")
    path = write(text, data="{source: {corners: {samples: 200}}}", train="{epochs: 1, batch_size: 100}")
    result = netspec("train", path)
    assert result.settled.splitlines()[-5:-3] == [
        "test               1,000 examples   loss N   accuracy N",
        "unseen positions   1,000 examples   loss N   accuracy N",
    ]


def test_mixed_precision_is_told_of_and_leaves_no_trace(write: Write) -> None:
    result = netspec("train", write(train="{epochs: 1, batch_size: 256, precision: mixed_bfloat16}"))
    assert result.status == 0
    assert result.err == "warning: mixed_bfloat16 on a CPU is slower than float32 and less exact\n"
    assert keras.config.dtype_policy().name == "float32"


def test_a_terminal_gets_a_bar(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    from netspec.cli import main

    monkeypatch.setattr("netspec.training.progress.INTERVAL", 0.0)
    out, err = Terminal(), Terminal()
    assert main(["train", write(), "--epochs", "1"], out, err) == 0
    assert "epoch 1/1 " in out.getvalue()
    assert "11/11" in out.getvalue()


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        (
            {"train": "{epochs: 2, loss: mean_squared_error, label_smoothing: 0.1}"},
            "small.yaml:9:63: error NS209: `mean_squared_error` does not smooth labels; take `label_smoothing` away\n"
            "    9 | train: {epochs: 2, loss: mean_squared_error, label_smoothing: 0.1}\n"
            "      |                                                               ^^^\n",
        ),
        (
            {"train": "{early_stopping: {monitor: val_acc}}"},
            "small.yaml:9:25: error NS209: `monitor` is val_acc, and the metrics are loss, accuracy, val_loss, val_accuracy\n"
            "    9 | train: {early_stopping: {monitor: val_acc}}\n"
            "      |                         ^^^^^^^^^^^^^^^^^^\n",
        ),
        (
            {"train": "{early_stopping: {}}", "data": "{source: digits, validation_split: 0}"},
            "small.yaml:9:25: error NS209: `monitor` is val_loss, and the metrics are loss, accuracy; "
            "there is no validation: set `validation_split` in `data`\n"
            "    9 | train: {early_stopping: {}}\n"
            "      |                         ^^\n",
        ),
        (
            {"data": "{source: {npz: none.npz}}"},
            "small.yaml:8:16: error NS703: 'none.npz' does not exist; a path starts at the spec's folder\n"
            "    8 | data: {source: {npz: none.npz}}\n"
            "      |                ^^^^^^^^^^^^^^^\n",
        ),
        (
            {"data": "{source: {npz: shape.npz}}"},
            "small.yaml:3:8: error NS701: `x` in 'shape.npz' gives examples of 4, and the network takes 8 x 8 x 1; "
            "write `input: [4]`\n"
            "    3 | input: [8, 8, 1]\n"
            "      |        ^^^^^^^^^\n",
        ),
        (
            {"data": "{source: {npz: classes.npz}}"},
            "small.yaml:6:5: error NS702: the output `softmax_1` has 10 numbers, and `npz` has 3 classes\n"
            "    6 |   - dense: 10\n"
            "      |     ^^^^^\n",
        ),
        (
            {"data": "{source: {npz: numbers.npz}}"},
            "small.yaml:7:5: error NS701: the output `softmax_1` is 10, and what `npz` gives to predict is 1\n"
            "    7 |   - softmax\n"
            "      |     ^^^^^^^\n",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_before_the_first_batch(write: Write, replaced: dict[str, str], message: str) -> None:
    np.savez("shape.npz", x=np.zeros((30, 4)), y=np.arange(30) % 10)
    np.savez("classes.npz", x=np.zeros((30, 8, 8, 1)), y=np.arange(30) % 3)
    np.savez("numbers.npz", x=np.zeros((30, 8, 8, 1)), y=np.linspace(0, 1, 30))
    result = netspec("train", write(**replaced))
    assert (result.status, result.out) == (1, "")
    assert (
        result.err.replace(":5:5: error NS702", ":6:5: error NS702").replace("    5 |   - dense", "    6 |   - dense")
        == message
    )
    assert not Path("runs").exists()


def test_no_data(write: Write) -> None:
    result = netspec("train", write(SMALL.replace("data: {source: digits}\n", "")))
    assert (result.status, result.out) == (1, "")
    assert result.err == (
        "small.yaml:1:1: error NS707: there is nothing to train on; write `data: {source: digits}`, say, "
        "or give a source with `--data`\n"
    )


def test_a_wrong_spec_is_not_trained(write: Write) -> None:
    result = netspec("train", write(SMALL.replace("dense", "dens")))
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("small.yaml:6:5: error NS201: there is no kind 'dens'; did you mean `dense`?\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a spec, or a run with --resume"),
        (["small.yaml", "--resume", "runs/x"], "give a spec, or a run with --resume"),
        (
            ["--resume", "runs/x", "--seed", "3"],
            "a resumed run keeps its options: with --resume only --epochs may be given",
        ),
        (["small.yaml", "--epochs", "x"], "`epochs` must be a whole number of at least 1, not 'x'"),
        (["small.yaml", "--epochs", ""], "--epochs: the value is missing"),
        (["small.yaml", "--train", "epochs"], "--train takes NAME=VALUE, not 'epochs'"),
        (["small.yaml", "--train", "epoch=3"], "`train` has no option 'epoch'; did you mean `epochs`?"),
        (
            ["small.yaml", "--data", "digit"],
            "`source` must be a data source (`digits`, `corners`, `mnist` or `fashion_mnist`, …), not 'digit'; did you mean `digits`?",
        ),
        (
            ["small.yaml", "--data", "no/where"],
            "--data: there is no folder 'no/where', and no data source is called so",
        ),
        (
            ["small.yaml", "--data", "small.yaml"],
            "--data takes a folder or a file that ends in `.npz`, `.npy`, `.csv` or `.parquet`, not 'small.yaml'",
        ),
    ],
)
def test_wrong_usage(write: Write, arguments: list[str], message: str) -> None:
    write()
    result = netspec("train", *arguments)
    assert (result.status, result.err.splitlines()[0]) == (2, f"netspec train: {message}")


def test_problems_of_options_are_told_apart_from_the_spec(write: Write) -> None:
    result = netspec("train", write(), "--train", "optimizer={sgd: {clipnorm: 1, clipvalue: 1}}")
    assert (result.status, result.err) == (
        1, "<options>: error NS209: `clipnorm` and `clipvalue` exclude each other; keep one\n",
    )  # fmt: skip


def test_a_loss_that_is_no_number_stops_the_run(write: Write) -> None:
    result = netspec("train", write(SMALL.replace("softmax", "multiply: {from: [dense_1, dense_1]}")), "--train", WILD)
    assert result.status == 1
    assert re.search(
        r"^small\.yaml:7:5: error NS705: the loss is (nan|inf) at step \d of epoch 1: multiply `multiply_1` is the first node whose",
        result.err,
        re.MULTILINE,
    )
    assert "; lower the learning rate, which is 1e+30, or clip the gradients (`clipnorm: 1`)" in result.err
    record = json.loads((only_run() / "run.json").read_text())
    assert record["status"] == "failed"
    assert "the loss is nan at step" in record["error"]


def test_a_full_disk_is_one_problem(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    result = netspec("train", write())
    run = only_run()
    assert (result.status, result.err) == (
        1,
        f"{run}/best.npz: error NS709: cannot write '{run}/best.npz': the disk is full\n",
    )
    assert json.loads((run / "run.json").read_text())["status"] == "failed"
    assert {file.name for file in run.iterdir()} - OF_EXTRAS == {
        "metrics.jsonl",
        "resolved.yaml",
        "run.json",
        "spec.yaml",
    }


def test_runs_that_cannot_be_made(write: Write) -> None:
    Path("taken").write_text("")
    result = netspec("train", write(), "--runs", "taken")
    assert result.status == 1
    assert result.err.startswith("taken/small/")
    assert ": error NS709: cannot make the run's folder 'taken/small/" in result.err


def test_memory_that_runs_out_names_the_batch(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    class ResourceExhaustedError(Exception):
        pass

    def fit(*_: Any, **__: Any) -> None:
        raise ResourceExhaustedError("OOM when allocating tensor")

    monkeypatch.setattr(keras.Model, "fit", fit)
    result = netspec("train", write())
    assert (result.status, result.err) == (
        1,
        "small.yaml:9:32: error NS602: a step of 128 examples needs more memory than there is; lower `batch_size`\n"
        "    9 | train: {epochs: 2, batch_size: 128}\n"
        "      |                                ^^^\n",
    )


def test_gpus_that_are_not_used_are_told_of(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.training.devices import Machine

    monkeypatch.setattr("netspec.training.session.machine", lambda keras: Machine("tensorflow", "2", "gpu", 4))
    monkeypatch.setattr(Session, "run", lambda session, folder: (_ for _ in ()).throw(KeyboardInterrupt))
    result = netspec("train", write())
    assert result.status == 130
    assert result.err == (
        "note: one of 4 GPUs is used: batches are shared among devices with the JAX backend, not with tensorflow: "
        f"{on_jax('small.yaml')}\n"
        "\nnetspec: interrupted\n"
    )


@pytest.mark.parametrize(
    ("augment", "problem"),
    [
        ("random_crop: {height: 4, width: 4}",
         "NS706: `random_crop` makes 4 x 4 x 1 of 8 x 8 x 1; `augment` keeps the shape that the network takes"),
        ("random_flip: {repeat: 2}", "NS706: `augment` is a plain chain, and `random_flip` has wiring"),
        ("gaussian_noise: $none", "NS504: `gaussian_noise`: `stddev` there is no `$none`; `augment` reads `params` only"),
    ],
)  # fmt: skip
def test_augmentations_that_are_none(write: Write, augment: str, problem: str) -> None:
    result = netspec("train", write(write_train("augment:", f"  - {augment}")))
    assert result.status == 1
    assert result.err.splitlines()[0] == f"small.yaml:11:7: error {problem}"


# --- images, which are read while the network trains ----------------------------------------------------------------


@pytest.fixture
def images(write: Write) -> str:
    """A spec for a folder of black and white images."""
    for name, grey in (("black", 0), ("white", 255)):
        (Path("images") / name).mkdir(parents=True)
        for number in range(20):
            Image.new("L", (8, 8), grey).save(f"images/{name}/{number}.png")
    return write(
        SMALL.replace("dense: 10", "dense: 2"),
        data="{source: {folder: {path: images, cache: null}}}",
        train="{batch_size: 8}",
    )


def test_images(images: str) -> None:
    result = netspec("train", images, "--epochs", "2", "--train", "optimizer={sgd: 0.1}")
    assert (result.status, result.err) == (0, "")
    assert result.settled.splitlines()[1] == "folder: 29 examples to train on, 3 to validate, 8 to test"
    run = only_run()
    assert json.loads((run / "run.json").read_text())["classes"] == ["black", "white"]
    named = netspec("predict", str(run), "images/black/0.png", "images/white/0.png", "--top", "1")
    assert [line.split()[1] for line in named.out.splitlines()] == ["black", "white"]


def test_an_image_that_breaks_while_the_network_trains(images: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_spec = RunFolder.write_spec

    def after_that(folder: RunFolder, content: bytes) -> None:
        write_spec(folder, content)
        for file in Path("images/black").iterdir():
            file.write_bytes(b"no image")

    monkeypatch.setattr(RunFolder, "write_spec", after_that)
    result = netspec("train", images)
    assert result.status == 1
    first, *excerpt = result.err.splitlines()
    assert first.startswith("small.yaml:8:16: error NS703: cannot read ")
    assert "images in 'images': 'black/" in first
    assert excerpt == [
        "    8 | data: {source: {folder: {path: images, cache: null}}}",
        "      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
    ]
    assert json.loads((only_run() / "run.json").read_text())["status"] == "failed"
