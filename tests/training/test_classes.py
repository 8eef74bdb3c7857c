"""`netspec evaluate` on how classes were told apart: tables, JSON and the file of predictions."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix, jaccard_score, precision_recall_fscore_support

from netspec.api import train

from .conftest import netspec, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained run, for all tests of this module; none of them may change it."""
    return trained(tmp_path_factory, epochs=8, optimizer={"adam": 0.02})


def evaluated(*arguments: str) -> Any:
    result = netspec("evaluate", *arguments, "--format", "json")
    assert result.status == 0, result.err
    return json.loads(result.out)


def rows(path: str) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_figures_are_scikit_learn_s_of_the_predictions_in_the_file(run: str) -> None:
    found = evaluated(run, "-o", "predictions.csv")
    told = found["classes"]["test"]["softmax_1"]
    table = rows("predictions.csv")
    assert list(table[0]) == ["example", "label", "prediction", "probability"]
    assert [int(row["example"]) for row in table] == list(range(359))
    labels, taken = ([row[name] for row in table] for name in ("label", "prediction"))
    accuracy = np.mean([a == b for a, b in zip(labels, taken, strict=True)])
    assert accuracy == pytest.approx(found["results"]["test"]["accuracy"])
    assert told["kind"] == "classes"
    assert told["names"] == list("0123456789")
    assert told["confusion"] == confusion_matrix(labels, taken, labels=told["names"]).tolist()
    expected = precision_recall_fscore_support(labels, taken, labels=told["names"])
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [row[name] for row in told["per_class"]] == pytest.approx(values)
    assert told["mean"]["f1"] == pytest.approx(expected[2].mean())
    assert all(0.1 <= float(row["probability"]) <= 1 for row in table)


def test_the_table_of_ten_classes_is_whole_and_the_matrix_beside_it(run: str) -> None:
    result = netspec("evaluate", run)
    first, blank, head, *lines = result.out.splitlines()
    assert first.startswith("test   359 examples   loss ")
    assert (blank, head) == ("", "class   precision   recall       f1   support")
    assert [line.split()[0] for line in lines[:11]] == [*"0123456789", "mean"]
    assert lines[12].split() == ["actual", "\\", "predicted", *"0123456789"]
    assert sum(int(cell) for line in lines[13:] for cell in line.split()[1:] if cell != ".") == 359


def test_a_file_of_predictions_is_not_replaced_unasked(run: str) -> None:
    Path("mine.csv").write_text("precious\n")
    result = netspec("evaluate", run, "-o", "mine.csv")
    assert (result.status, result.out, result.err) == (
        1,
        "",
        "mine.csv: error NS709: the file exists and netspec did not write it; choose another with -o, or replace it with --force\n",
    )
    assert netspec("evaluate", run, "-o", "mine.csv", "--force").status == 0
    assert len(rows("mine.csv")) == 359


MANY = """\
netspec: 1
name: many
input: [1]
layers:
  - dense: {units: 40, activation: softmax}
data: {source: {npz: many.npz}}
train: {epochs: 1, batch_size: 64, seed: 1}
"""


def test_of_many_classes_the_worst_are_shown_and_all_on_demand() -> None:
    Path("many.yaml").write_text(MANY)
    np.savez("many.npz", x=np.arange(400, dtype=np.float32)[:, np.newaxis] / 100, y=np.arange(400) % 40)
    folder = str(train("many.yaml").folder)
    lines = netspec("evaluate", folder).out.splitlines()
    table = lines[2 : lines.index("", 2)]
    assert len(table) == 1 + 10 + 1 + 1
    assert table[-2] == "… 30 more with a higher f1, which --per-class all shows"
    scores = [float(line.split()[3]) for line in table[1:11]]
    assert scores == sorted(scores)
    assert lines[lines.index("", 2) + 1].startswith("most frequent confusions, of ")
    every = netspec("evaluate", folder, "--per-class", "all").out.splitlines()
    assert [line.split()[0] for line in every[3:44]] == [*map(str, range(40)), "mean"]
    assert len(evaluated(folder)["classes"]["test"]["dense_1"]["per_class"]) == 40


INK = """\
netspec: 1
name: ink
input: [6, 6, 1]
layers: [{conv: {filters: 4, kernel_size: 3, padding: same, activation: relu}}, {1x1: {filters: 2, activation: softmax}}]
data: {source: {folder: ink}, ignore_label: 255}
train: {epochs: 2, batch_size: 8, metrics: [accuracy, mean_iou], seed: 1, optimizer: {adam: 0.03}}
"""


def test_masks_are_judged_by_pixel_without_what_is_ignored() -> None:
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        Path("ink", name).mkdir(parents=True)
    for number in range(40):
        picture = rng.integers(0, 255, (6, 6), np.uint8)
        mask = (picture > 120).astype(np.uint8)
        mask[0] = 255
        Image.fromarray(picture).save(f"ink/images/{number}.png")
        Image.fromarray(mask).save(f"ink/masks/{number}.png")
    Path("ink.yaml").write_text(INK)
    folder = str(train("ink.yaml").folder)
    found = evaluated(folder, "-o", "masks.csv")
    told, results = found["classes"]["test"]["conv1x1_1"], found["results"]["test"]
    counts = np.array(told["confusion"])
    assert told["kind"] == "masks"
    assert counts.sum() == results["examples"] * 30
    assert told["mean"]["iou"] == pytest.approx(results["mean_iou"], rel=1e-5)
    assert np.trace(counts) / counts.sum() == pytest.approx(results["accuracy"], rel=1e-5)
    right, taken = np.nonzero(counts)
    expected = jaccard_score(right, taken, sample_weight=counts[right, taken], average=None)
    assert [row["iou"] for row in told["per_class"]] == pytest.approx(expected)
    accuracies = [float(row["accuracy"]) for row in rows("masks.csv")]
    assert np.mean(accuracies) == pytest.approx(results["accuracy"], rel=1e-5)
    assert netspec("evaluate", folder).out.splitlines()[2].split() == [
        "class", "precision", "recall", "f1", "iou", "support",
    ]  # fmt: skip


ANIMALS = """\
netspec: 1
name: animals
input: [3]
layers:
  - head: {name: size, body: [{dense: {units: 1}}]}
  - dense: {units: 2, activation: sigmoid, name: animal}
data: {source: {csv: {path: animals.csv, features: [a, b, c], label: {animal: [cat, dog], size: size}}}}
train: {epochs: 4, batch_size: 16, optimizer: {adam: 0.1}, seed: 1, metrics: []}
"""


def test_labels_are_judged_each_and_numbers_stand_in_the_file_alone() -> None:
    rng = np.random.default_rng(0)
    with open("animals.csv", "w", encoding="utf-8") as file:
        file.write("a,b,c,cat,dog,size\n")
        for a, b, c in rng.normal(size=(200, 3)):
            file.write(f"{a:.3f},{b:.3f},{c:.3f},{int(a > 0)},{int(b > 0)},{c:.2f}\n")
    Path("animals.yaml").write_text(ANIMALS)
    folder = str(train("animals.yaml").folder)
    found = evaluated(folder, "-o", "p.csv")
    table = rows("p.csv")
    assert list(table[0]) == [
        "example", "animal.label cat", "animal.prediction cat",
        "animal.label dog", "animal.prediction dog", "size.label", "size.prediction",
    ]  # fmt: skip
    (told,) = found["classes"]["test"].values()
    assert told["kind"] == "labels"
    for number, name in enumerate(("cat", "dog")):
        right = [int(row[f"animal.label {name}"]) for row in table]
        taken = [float(row[f"animal.prediction {name}"]) > 0.5 for row in table]
        assert told["confusion"][number] == confusion_matrix(right, taken, labels=[0, 1]).tolist()
    lines = netspec("evaluate", folder).out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["label", "cat", "dog", "mean"]
