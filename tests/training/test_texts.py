"""Texts and sequences, from the file to what is predicted."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from netspec.api import train

from .conftest import netspec, only_run

MOODS = """\
netspec: 1
input: [6]
layers:
  - embedding: {input_dim: 20, output_dim: 8, mask_zero: true}
  - gru: 8
  - dense: {units: 2, activation: softmax}
data:
  source: {csv: {path: moods.csv, label: mood}}
  vectorize: {max_tokens: 20}
train: {epochs: 8, batch_size: 16, optimizer: {adam: {learning_rate: 0.02}}, seed: 1}
"""
GOOD, BAD = ("good", "great", "fine", "lovely"), ("bad", "dull", "poor", "awful")


def write_moods(name: str = "moods.csv", count: int = 200, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(count):
        words = (GOOD, BAD)[number % 2]
        lines.append(f"a {rng.choice(words)} film and {rng.choice(words)},{'liked' if number % 2 == 0 else 'disliked'}")
    Path(name).write_text("\n".join(["text,mood", *lines]) + "\n")


def trained(text: str, name: str) -> str:
    Path(f"{name}.yaml").write_text(text)
    result = netspec("train", f"{name}.yaml")
    assert result.status == 0, result.err
    return str(only_run(name))


def test_texts_become_classes() -> None:
    write_moods()
    run = trained(MOODS, "moods")
    record = json.loads(Path(run, "run.json").read_text())
    assert record["results"]["test"]["accuracy"] == 1
    text = record["schema"]["inputs"]["input"]["text"]
    assert (text["output_mode"], text["size"], set(text["vocabulary"]) >= {*GOOD, *BAD}) == ("int", 6, True)
    with zipfile.ZipFile(Path(run, "model.keras")) as archive:
        (note,) = (name for name in archive.namelist() if "netspec" in name)
        assert json.loads(archive.read(note))["schema"] == record["schema"]

    # Other texts, in other columns' order, by the run's own vocabulary and classes.
    Path("other.csv").write_text("mood,text\ndisliked,dull and awful\nliked,a great unheard-of thing\nliked,lovely\n")
    for model in (run, f"{run}/model.keras"):
        data = "other.csv" if model == run else "{csv: {path: other.csv, label: mood}}"
        results = netspec("evaluate", model, "--data", data, "--format", "json")
        assert json.loads(results.out)["results"]["test"]["accuracy"] == 1, results.err

    Path("one.txt").write_text("Such a POOR film!", encoding="utf-8")
    Path("texts").mkdir()
    Path("texts/two.txt").write_text("great", encoding="utf-8")
    Path("rows.csv").write_text("text\ngood film\nbad film\n")
    printed = netspec("predict", run, "one.txt", "texts", "rows.csv", "--top", "1")
    assert [(line.split(": ")[0], line.split(": ")[1].split()[0]) for line in printed.out.splitlines()] == [
        ("one.txt", "disliked"),
        ("texts/two.txt", "liked"),
        ("rows.csv[0]", "liked"),
        ("rows.csv[1]", "disliked"),
    ]
    Path("none.txt").write_bytes(b"\xff\xfe")
    Path("empty").mkdir()
    assert netspec("predict", run, "/dev/null", "none.txt", "empty", "missing.txt").err == (
        "<inputs>: error NS703: cannot read '/dev/null': not a regular file\n"
        "<inputs>: error NS703: cannot read 'none.txt': not UTF-8\n"
        "<inputs>: error NS703: 'empty' holds no texts (.txt)\n"
        "<inputs>: error NS703: cannot read 'missing.txt': no such file or directory\n"
    )


def test_an_embedding_has_a_vector_for_each_token() -> None:
    write_moods()
    Path("small.yaml").write_text(
        MOODS.replace("max_tokens: 20", "max_tokens: null").replace("input_dim: 20", "input_dim: 9")
    )
    assert netspec("train", "small.yaml").err == (
        "small.yaml:4:5: error NS702: `embedding_1` has 9 vectors, and the vocabulary of column 'text' of 'moods.csv' has 13 "
        "tokens, padding and the unknown among them; write `input_dim: 13` here, or `max_tokens: 9` under `vectorize`\n"
        "    4 |   - embedding: {input_dim: 9, output_dim: 8, mask_zero: true}\n"
        "      |     ^^^^^^^^^\n"
    )


@pytest.mark.parametrize(
    ("x", "what"),
    [
        ([[0, 12, 3]], "holds 12; write `input_dim: 13`"),
        ([[0, -1, 3]], "holds -1; save whole numbers from 0"),
        ([[0, 0.5, 3]], "holds 0.5; save whole numbers from 0"),
    ],
)
def test_whole_numbers_without_a_vector(x: list[list[float]], what: str) -> None:
    np.savez("it.npz", x=np.array(x * 20), y=np.arange(20) % 2)
    text = MOODS.replace("input: [6]", "input: [3]").replace("input_dim: 20", "input_dim: 12")
    start = text.index("  source:")
    Path("it.yaml").write_text(text[:start] + "  source: {npz: it.npz}\n")
    assert netspec("train", "it.yaml").err.splitlines()[0] == (
        f"it.yaml:4:5: error NS702: `embedding_1` takes whole numbers from 0 to 11, and `x` in 'it.npz' {what}"
    )


def test_what_was_left_out_is_listed_in_the_run() -> None:
    write_moods()
    with Path("moods.csv").open("a") as file:
        file.write("no label here,\none,two,three\n")
    text = MOODS.replace("vectorize:", "on_error: skip\n  vectorize:").replace("epochs: 8", "epochs: 1")
    Path("moods.yaml").write_text(text)
    printed = netspec("train", "moods.yaml")
    run = only_run("moods")
    assert Path(run, "skipped.txt").read_text() == (
        "'moods.csv', line 202: no label in column 'mood'\n"
        "'moods.csv', line 203: 3 cells, and the header names 2 columns\n"
    )
    assert printed.err == (
        "note: left out 2 examples that cannot be read: 'moods.csv', line 202: no label in column 'mood'; "
        "'moods.csv', line 203: 3 cells, and the header names 2 columns\n"
        f"note: all that were left out: {run}/skipped.txt\n"
    )


def test_a_language_model() -> None:
    """What follows is known but for the first of each word."""
    rng = np.random.default_rng(0)
    words = ("abcd", "bdca", "cabd", "dcab")
    lines = ["".join(words[index] for index in rng.integers(0, 4, 3)) for _ in range(300)]
    Path("it.csv").write_text("\n".join(["text", *lines]) + "\n")
    text = """\
netspec: 1
input: [11]
layers:
  - embedding: {input_dim: 6, output_dim: 16}
  - gru: {units: 32, return_sequences: true}
  - dense: {units: 6, activation: softmax}
data: {source: {csv: it.csv}, target: next, vectorize: {split: character}}
train: {epochs: 12, batch_size: 16, optimizer: {adam: {learning_rate: 0.02}}, seed: 1}
"""
    Path("it.yaml").write_text(text)
    results = train("it.yaml").results["test"]
    assert results["accuracy"] > 0.85  # 9 of 11 are certain, and a quarter of the others by chance
    run = str(only_run("it"))
    again = json.loads(netspec("evaluate", run, "--data", "it.csv", "--format", "json").out)["results"]["test"]
    assert again["accuracy"] > 0.85
    Path("ab.csv").write_text("text\nabcd\n")
    (made,) = json.loads(netspec("predict", run, "ab.csv", "--format", "json").out)["predictions"]
    assert np.shape(made["values"]) == (11, 6)


def test_files_are_told_apart_by_their_suffix() -> None:
    text = """\
netspec: 1
input: [2]
layers: [{dense: {units: 2, activation: softmax}}]
train: {epochs: 1, batch_size: 8}
"""
    Path("it.yaml").write_text(text)
    Path("arrays").mkdir()
    np.save("arrays/x.npy", np.random.default_rng(0).normal(size=(40, 2)))
    np.save("arrays/y.npy", np.arange(40) % 2)
    result = netspec("train", "it.yaml", "--data", "arrays/x.npy")
    assert (result.status, result.err) == (0, "")
    run = str(only_run("it"))
    assert json.loads(Path(run, "run.json").read_text())["overrides"]["data"] == {"npy": "arrays/x.npy"}
    assert netspec("evaluate", run, "--data", "arrays/x.npy").status == 0


def test_a_parquet_table_from_end_to_end() -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2))
    x[:, 0] += 2 * np.sign(x[:, 0])
    kinds = np.where(x[:, 0] > 0, "plus", "minus")
    parquet.write_table(pa.table({"a": x[:, 0], "b": x[:, 1], "kind": kinds}), "it.parquet")
    Path("it.yaml").write_text(
        "netspec: 1\ninput: [2]\nlayers: [{dense: {units: 2, activation: softmax}}]\n"
        "train: {epochs: 20, batch_size: 8, optimizer: {adam: {learning_rate: 0.1}}}\n"
    )
    assert train("it.yaml", data={"parquet": "it.parquet"}).results["test"]["accuracy"] == 1
    run = str(only_run("it"))
    parquet.write_table(pa.table({"b": [0.0, 0.0], "a": [3.0, -3.0]}), "new.parquet")
    printed = netspec("predict", run, "new.parquet", "--top", "1")
    assert [line.split()[1] for line in printed.out.splitlines()] == ["plus", "minus"]
    assert netspec("evaluate", run, "--data", "it.parquet").status == 0
