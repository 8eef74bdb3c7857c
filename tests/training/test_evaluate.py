"""`netspec evaluate` and `netspec predict`, on runs and on models."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from netspec.api import train

from .conftest import netspec, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained run, for all tests of this module; none of them may change it."""
    return trained(tmp_path_factory, epochs=8, optimizer={"adam": 0.02})


def results(*arguments: str) -> Any:
    result = netspec("evaluate", *arguments, "--format", "json")
    assert (result.status, result.err) == (0, "")
    return json.loads(result.out)["results"]


def test_evaluating_a_run_repeats_its_results(run: str) -> None:
    record = json.loads((Path(run) / "run.json").read_text())
    assert results(run)["test"] == pytest.approx(record["results"]["test"])
    lines = netspec("evaluate", run, "--per-class", "none")
    figures = record["results"]["test"]
    assert lines.out == f"test   359 examples   loss {figures['loss']:.4f}   accuracy {figures['accuracy']:.4f}\n"
    assert figures["accuracy"] > 0.7


def test_the_model_file_is_the_same_network(run: str) -> None:
    record = json.loads((Path(run) / "run.json").read_text())
    assert results(f"{run}/model.keras", "--data", "digits")["test"] == pytest.approx(
        record["results"]["test"], rel=1e-4
    )


def test_other_data(run: str) -> None:
    np.savez("some.npz", x=np.zeros((40, 8, 8, 1)), y=np.arange(40) % 10)
    assert results(run, "--data", "some.npz")["test"]["examples"] == 40  # all of it
    result = netspec("evaluate", run, "--data", "corners")
    assert result.status == 1
    assert result.err.startswith(f"{run}/spec.yaml:3:8: error NS701: `corners` gives examples of 16 x 16 x 1")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere"], 1, "nowhere: error NS708: cannot be read: there is no such folder\n"),
        (["."], 1, ".: error NS708: cannot be read: it holds no run.json, so it is no run\n"),
        (["no.keras", "--data", "digits"], 1, "no.keras: error NS708: cannot be read: there is no such file\n"),
        (["notes.txt"], 1, "notes.txt: error NS708: cannot be read: it is neither a run's folder nor a .keras file\n"),
        (
            ["bad.keras", "--data", "digits"],
            1,
            "bad.keras: error NS708: cannot be read: it is no Keras model, or is cut short\n",
        ),
        (["MODEL"], 1, "<options>: error NS707: a model alone says nothing of data; name a source with `--data`\n"),
        (["MODEL", "--data", "corners"], 1, "<options>: error NS701: `corners` gives examples of 16 x 16 x 1, and the"),
        (["MODEL", "--data", "{npz: none.npz}"], 1, "<options>: error NS703: 'none.npz' does not exist"),
        (
            ["MODEL", "--data", "digit"],
            2,
            "netspec evaluate: `source` must be a data source (`digits`, `corners`, `mnist` or `fashion_mnist`, …), not 'digit'; did you mean `digits`?\n",
        ),
    ],
)
def test_what_cannot_be_evaluated(run: str, arguments: list[str], status: int, message: str) -> None:
    Path("notes.txt").write_text("hello")
    Path("bad.keras").write_bytes((Path(run) / "model.keras").read_bytes()[:500])
    given = [argument.replace("MODEL", f"{run}/model.keras").replace("RUN", run) for argument in arguments]
    result = netspec("evaluate", *given)
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith(message)
    assert len(result.err.splitlines()) == 1


def test_a_model_with_code_in_it_is_refused() -> None:
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Lambda(lambda x: x), keras.layers.Flatten()])
    model.save("lambda.keras")
    result = netspec("evaluate", "lambda.keras", "--data", "digits")
    assert result.status == 1
    assert result.err == (
        "lambda.keras: error NS708: cannot be read: it holds no spec; only models that netspec wrote are opened\n"
    )


# --- predict ----------------------------------------------------------------------------------------------------------


def digit(index: int) -> tuple[Any, int]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images[index], int(digits.target[index])


def test_images_are_named(run: str) -> None:
    image, label = digit(0)
    Image.fromarray((image * 255 / 16).astype(np.uint8)).save("digit.png")
    result = netspec("predict", run, "digit.png", "--top", "2")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"digit.png: {label} 0.")
    assert result.out.count(",") == 1


def test_arrays_are_one_example_or_several(run: str) -> None:
    image, label = digit(3)
    example = (image / 16).astype(np.float32)[..., np.newaxis]
    np.save("one.npy", example)
    np.savez("two.npz", x=np.stack([example, example]))
    printed = netspec("predict", run, "one.npy", "two.npz", "--format", "json", "--top", "1")
    assert printed.status == 0
    predictions = json.loads(printed.out)["predictions"]
    assert [(each["input"], each["index"], each["output"]) for each in predictions] == [
        ("one.npy", None, "softmax_1"),
        ("two.npz", 0, "softmax_1"),
        ("two.npz", 1, "softmax_1"),
    ]
    assert {each["classes"][0]["class"] for each in predictions} == {str(label)}
    one, *others = (each["classes"][0]["probability"] for each in predictions)
    assert others == pytest.approx([one, one], rel=1e-5)
    model = json.loads(netspec("predict", f"{run}/model.keras", "one.npy", "--format", "json", "--top", "1").out)
    assert model["predictions"][0]["classes"][0]["probability"] == pytest.approx(one, rel=1e-5)


def test_every_wrong_input_is_told_of(run: str) -> None:
    Image.new("L", (8, 8)).save("whole.png")
    Path("cut.png").write_bytes(Path("whole.png").read_bytes()[:40])
    np.save("shape.npy", np.zeros((3, 3)))
    np.save("text.npy", np.array(["a"]))
    np.save("pickle.npy", np.array([print], dtype=object))
    Path("cut.npz").write_bytes(b"PK\x03\x04")
    np.savez("several.npz", a=np.zeros(3), b=np.zeros(3))
    inputs = [
        "whole.png",
        "cut.png",
        "none.png",
        "shape.npy",
        "text.npy",
        "pickle.npy",
        "none.npy",
        "cut.npz",
        "several.npz",
    ]
    result = netspec("predict", run, *inputs)
    assert (result.status, result.out) == (1, "")
    lines = result.err.splitlines()
    assert [line.split("'")[1] for line in lines] == inputs[1:]
    assert lines[2] == "<inputs>: error NS701: 'shape.npy' holds 3 x 3, and the network takes 8 x 8 x 1, or several"
    assert lines[3] == "<inputs>: error NS703: 'text.npy' holds values of type <U1; save numbers"
    assert lines[5] == "<inputs>: error NS703: 'none.npy' does not exist"
    assert lines[7] == "<inputs>: error NS703: 'several.npz' holds `a` and `b`; save one array, or call it `x`"


def test_numbers_and_two_classes() -> None:
    Path("number.yaml").write_text("netspec: 1\ninput: [2]\nlayers: [{dense: {units: 1, kernel_initializer: ones}}]\n")
    assert netspec("build", "number.yaml").status == 0
    np.save("x.npy", np.array([[1.0, 2.0]]))
    result = netspec("predict", "number.keras", "x.npy")
    assert (result.status, result.out) == (0, "x.npy[0]: [3.0]\n")
    assert netspec("predict", "number.keras", "x.npy", "--top", "0").status == 2


def test_truncated_weights_are_one_problem(run: str, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    os.truncate(copy / "last.npz", 1000)
    result = netspec("predict", str(copy), "x.npy")
    assert result.status == 1
    assert result.err.startswith(f"{copy}/last.npz: error NS708: cannot be read: it is damaged (")
    (copy / "last.npz").unlink()
    assert netspec("predict", str(copy), "x.npy").err == (
        f"{copy}: error NS708: cannot be read: it has no last weights, and is finished\n"
    )


# --- data by names ----------------------------------------------------------------------------------------------------

FLOWERS = """\
netspec: 1
name: flowers
input: [2]
layers:
  - dense: {units: 2, activation: softmax}
data: {source: {csv: {path: flowers.csv, label: species, delimiter: ";"}}}
train: {epochs: 15, batch_size: 8, optimizer: {adam: 0.2}, seed: 1}
"""


def test_other_files_are_read_by_the_run_s_own_names() -> None:
    Path("flowers.yaml").write_text(FLOWERS)
    rows = [(5 + n % 3, 2, "rose") if n % 2 else (1, 4 + n % 3, "iris") for n in range(60)]
    Path("flowers.csv").write_text("length;width;species\n" + "".join(f"{a};{b};{c}\n" for a, b, c in rows))
    folder = str(train("flowers.yaml").folder)
    record = json.loads((Path(folder) / "run.json").read_text())
    assert record["classes"] == ["iris", "rose"]
    assert record["schema"] == {
        "inputs": {"input": {"source": "'flowers.csv'", "shape": [2], "columns": ["length", "width"], "divisor": 1}},
        "outputs": {
            "dense_1": {
                "source": "csv", "reading": "classes", "class_count": 2, "shape": [], "names": ["iris", "rose"], "ignored": None,
            },
        },
    }  # fmt: skip
    # Columns in another order, one more of them, and one class alone: what it is called counts, not where it stands.
    Path("roses.csv").write_text("species;width;note;length\n" + "rose;2;fine;6\n" * 5)
    result = netspec("evaluate", folder, "--data", "roses.csv", "--format", "json")
    assert (result.status, result.err) == (0, "note: 'note' in 'roses.csv' is not read\n")
    assert json.loads(result.out)["results"]["test"] == {
        "examples": 5, "loss": pytest.approx(0, abs=0.3), "accuracy": 1.0,
    }  # fmt: skip
    predicted = netspec("predict", folder, "roses.csv", "--top", "1")
    assert (predicted.status, predicted.err, predicted.out.count(": rose ")) == (0, "", 5)
    Path("tulips.csv").write_text("species;width;length\ntulip;2;6\n")
    refused = netspec("evaluate", folder, "--data", "tulips.csv")
    assert (refused.status, refused.out, refused.err) == (
        1,
        "",
        "<options>: error NS703: column 'species' of 'tulips.csv' holds the class 'tulip' in line 2, which the run does not know, "
        "whose classes are 'iris' and 'rose'\n",
    )


def test_a_table_is_predicted_by_a_run_of_tables_alone(run: str) -> None:
    Path("some.csv").write_text("a,b\n1,2\n")
    result = netspec("predict", run, "some.csv")
    assert (result.status, result.err) == (
        1,
        "<inputs>: error NS703: 'some.csv' is read by the columns or arrays of a run that was trained on a csv\n",
    )


def test_a_folder_of_images_is_predicted(run: str) -> None:
    Path("new/more").mkdir(parents=True)
    image, _ = digit(0)
    for name in ("new/b.png", "new/more/a.png"):
        Image.fromarray((image * 255 / 16).astype(np.uint8)).save(name)
    result = netspec("predict", run, "new", "--top", "1")
    assert [line.partition(":")[0] for line in result.out.splitlines()] == ["new/b.png", "new/more/a.png"]
    Path("empty").mkdir()
    assert netspec("predict", run, "empty").err == (
        "<inputs>: error NS703: 'empty' holds no images (.png, .jpg, .jpeg, .bmp, .gif, .webp, .tif, .tiff)\n"
    )
