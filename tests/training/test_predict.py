"""`netspec predict`: folders, patterns, standard input; formats; masks; bad inputs among good ones."""

from __future__ import annotations

import csv
import io
import json
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.api import train
from netspec.data import DataError
from netspec.training.prediction.answers import Network, batches
from netspec.training.prediction.inputs import CHUNK, Inputs
from netspec.training.prediction.masks import palette
from netspec.training.reopen import load_run_or_model

from .conftest import Result, netspec, trained
from .test_evaluate import FLOWERS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained run on digits, for all tests of this module; none of them may change it."""
    return trained(tmp_path_factory, epochs=4, optimizer={"adam": 0.02})


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A trained run on a table with semicolons."""
    folder = tmp_path_factory.mktemp("flowers")
    (folder / "flowers.yaml").write_text(FLOWERS)
    lines = [f"{5 + n % 3};2;rose" if n % 2 else f"1;{4 + n % 3};iris" for n in range(60)]
    (folder / "flowers.csv").write_text("length;width;species\n" + "\n".join(lines) + "\n")
    return str(train(folder / "flowers.yaml", runs=folder / "runs").folder)


def pictures(*names: str, size: tuple[int, int] = (8, 8)) -> None:
    rng = np.random.default_rng(len(names))
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, size, np.uint8)).save(name)


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes, *arguments: str) -> Result:
    """The command with standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return netspec("predict", *arguments)


def predictions(result: Result) -> list[dict[str, Any]]:
    assert (result.status, result.err) == (0, "")
    return [json.loads(line) for line in result.out.splitlines()]


# --- files, folders, patterns -----------------------------------------------------------------------------------------


def test_patterns_are_expanded_in_order_and_across_folders(run: str) -> None:
    pictures("in/b.png", "in/a.png", "in/deep/c.png", "in/deep/er/d.png", "in/.hidden/e.png")
    found = netspec("predict", run, "in/**/*.png", "--format", "jsonl", "--top", "1")
    assert [each["input"] for each in predictions(found)] == [
        "in/a.png",
        "in/b.png",
        "in/deep/c.png",
        "in/deep/er/d.png",
    ]
    by_folder = netspec("predict", run, "in", "--format", "jsonl", "--top", "1")
    assert predictions(by_folder) == predictions(found)
    none = netspec("predict", run, "in/*.jpg")
    assert (none.status, none.out, none.err) == (1, "", "<inputs>: error NS703: nothing matches 'in/*.jpg'\n")


def test_a_file_whose_name_is_a_pattern_is_that_file(run: str) -> None:
    pictures("[1].png", "1.png")
    found = predictions(netspec("predict", run, "[1].png", "--format", "jsonl"))
    assert [each["input"] for each in found] == ["[1].png"]


def test_bad_files_are_left_out_by_name(run: str) -> None:
    pictures("in/a.png", "in/c.png")
    Path("in/b.png").write_bytes(b"nothing")
    result = netspec("predict", run, "in", "--on-error", "skip", "--format", "jsonl", "--top", "1")
    assert result.status == 0
    assert [json.loads(line)["input"] for line in result.out.splitlines()] == ["in/a.png", "in/c.png"]
    assert result.err == "warning: left out: cannot read 'in/b.png': not an image\n"
    stopped = netspec("predict", run, "in")
    assert (stopped.status, stopped.out) == (1, "")
    assert stopped.err == "<inputs>: error NS703: cannot read 'in/b.png': not an image\n"
    none = netspec("predict", run, "in/b.png", "--on-error", "skip")
    assert (none.status, none.out, len(none.err.splitlines())) == (1, "", 2)


def test_what_was_predicted_before_a_bad_file_is_whole_json(run: str) -> None:
    pictures(*(f"in/{number:03}.png" for number in range(40)))
    Path("in/099.png").write_bytes(b"nothing")
    result = netspec("predict", run, "in", "--format", "json")
    assert result.status == 1
    assert len(json.loads(result.out)["predictions"]) == 32
    lines = netspec("predict", run, "in/00*.png", "--format", "json").out
    document = json.loads(lines)
    assert lines == json.dumps(document, indent=2) + "\n"
    assert document["model"] == run


def test_a_folder_of_any_size_takes_the_memory_of_a_few_pictures(run: str) -> None:
    count = 640
    pictures(*(f"in/{number:04}.png" for number in range(count)), size=(128, 128))
    inputs = Inputs(load_run_or_model(Path(run)))
    inputs.rows.shapes["input"] = (128, 128, 1)
    tracemalloc.start()
    assert sum(1 for item in inputs.stream(["in"]) if not isinstance(item, DataError)) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * CHUNK * 128 * 128 * 4  # so many are decoded at once; all of them take twenty times as much


def test_output_comes_as_it_goes(run: str) -> None:
    pictures(*(f"in/{number:03}.png" for number in range(80)))
    opened = load_run_or_model(Path(run))
    seen: list[str] = []

    def watched() -> Any:
        for item in Inputs(opened).stream(["in"]):
            assert not isinstance(item, DataError)
            seen.append(item.source)
            yield item

    network = Network(opened)
    first = next(iter(network.predictions(next(batches(watched())))))
    assert first.input == "in/000.png"
    assert len(seen) == 33  # one more than a batch


# --- standard input ---------------------------------------------------------------------------------------------------


def test_rows_of_json_are_read_by_the_run_s_names(flowers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b'{"width": 2, "length": 6, "note": "fine"}\n\n{"width": "2", "length": "6"}\n{"input": [6, 2]}\n[1, 5]\n'
    found = predictions(piped(monkeypatch, rows, flowers, "-", "--format", "jsonl", "--top", "1"))
    assert [(each["input"], each["index"], each["classes"][0]["class"]) for each in found] == [
        ("-", 0, "rose"), ("-", 1, "rose"), ("-", 2, "rose"), ("-", 3, "iris"),
    ]  # fmt: skip
    assert len({each["classes"][0]["probability"] for each in found[:3]}) == 1


def test_rows_of_a_table_are_read_as_the_run_s_own(flowers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = b"species;width;length\n?;2;6\n?;5;1\n"
    from_stdin = predictions(piped(monkeypatch, table, flowers, "-", "--format", "jsonl", "--top", "1"))
    assert [each["classes"][0]["class"] for each in from_stdin] == ["rose", "iris"]
    Path("some.csv").write_bytes(table)
    from_file = predictions(netspec("predict", flowers, "some.csv", "--format", "jsonl", "--top", "1"))
    assert [{**each, "input": "-"} for each in from_file] == from_stdin
    by_model = predictions(netspec("predict", f"{flowers}/model.keras", "some.csv", "--format", "jsonl", "--top", "1"))
    assert [each["classes"][0]["class"] for each in by_model] == ["rose", "iris"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (b'{"width": 2}\n', "standard input, line 1 has no 'length'; the run reads `length` and `width`"),
        (b'{"width": 2, "length": "long"}\n', "standard input, line 1, 'length' is 'long', not a finite number"),
        (b'{"width": 2, "length": NaN}\n', "standard input, line 1 is not JSON: NaN is no number"),
        (b"[1, 2, 3]\n", "standard input, line 1 holds 3, and the network takes 2"),
        (b'[1, "two"]\n', "standard input, line 1 holds [1, 'two']; give lists of numbers, all of one length"),
        (b"[[1, 2]]\n", "standard input, line 1 holds [[1, 2]], and the network takes 2"),
        (b"[1, 1e300]\n", "standard input, line 1 holds a number that is not finite in single precision"),
        (b"{oops}\n", "standard input, line 1 is not JSON: expecting property name enclosed in double quotes"),
        (b"length;height\n1;2\n", "standard input has no column 'width'; its columns are 'length' and 'height'"),
        (b"length;width\n1;2;3\n", "standard input, line 2 has 3 cells, and the first has 2"),
        (b"length;width\n1;wide\n", "standard input, line 2, 'width' is 'wide', not a finite number"),
        (b"", "standard input is empty; its first line names the columns, the others are the examples"),
        (b"length;width\n\xff;1\n", "standard input is not UTF-8 text; save it as CSV in UTF-8"),
        (b"\x93NUMPY\x01", "cannot read standard input: EOF: reading magic string, expected 8 bytes got 7"),
    ],
)
def test_a_bad_row_is_named(flowers: str, rows: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = piped(monkeypatch, rows, flowers, "-")
    assert (result.status, result.out) == (1, "")
    assert result.err.partition(": error ")[2].partition(": ")[2] == message + "\n"


def test_an_array_and_a_picture_come_through_standard_input(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures("a.png")
    (by_file,) = predictions(netspec("predict", run, "a.png", "--format", "jsonl"))
    (piped_in,) = predictions(piped(monkeypatch, Path("a.png").read_bytes(), run, "-", "--format", "jsonl"))
    assert {**piped_in, "input": "a.png"} == by_file
    np.save("a.npy", np.random.default_rng(0).random((3, 8, 8, 1), np.float32))
    by_array = predictions(netspec("predict", run, "a.npy", "--format", "jsonl"))
    found = predictions(piped(monkeypatch, Path("a.npy").read_bytes(), run, "-", "--format", "jsonl"))
    assert [{**each, "input": "a.npy"} for each in found] == by_array
    cut = piped(monkeypatch, Path("a.png").read_bytes()[:60], run, "-")
    assert (cut.status, cut.err) == (1, "<inputs>: error NS703: cannot read standard input: cut short\n")
    twice = netspec("predict", run, "-", "-")
    assert (twice.status, twice.err) == (
        2, "netspec predict: standard input can be read only once, and `-` is given more often\n",
    )  # fmt: skip


# --- formats ----------------------------------------------------------------------------------------------------------


def test_a_table_has_a_line_an_example(run: str) -> None:
    pictures("in/a.png", "in/b.png")
    result = netspec("predict", run, "in", "-o", "out.csv")
    assert (result.status, result.out, result.err) == (0, "", "")
    with open("out.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = json.loads(netspec("predict", run, "in", "--format", "json", "--top", "1").out)["predictions"]
    assert [(row["input"], row["index"]) for row in rows] == [("in/a.png", ""), ("in/b.png", "")]
    for row, each in zip(rows, expected, strict=True):
        assert (row["class"], float(row["probability"])) == tuple(each["classes"][0].values())
    again = netspec("predict", run, "in", "-o", "out.csv")
    assert (again.status, again.err.partition(": ")[2]) == (
        1,
        "error NS709: the file exists and netspec did not write it; choose another with -o, or replace it with --force\n",
    )
    assert netspec("predict", run, "in", "-o", "out.csv", "--force").status == 0


def test_a_file_is_whole_or_not_there(run: str) -> None:
    pictures("in/a.png")
    Path("in/b.png").write_bytes(b"nothing")
    assert netspec("predict", run, "in", "-o", "out.jsonl").status == 1
    assert sorted(path.name for path in Path().iterdir()) == ["in"]


MASKS = """\
netspec: 1
name: ink
input: [8, 8, 1]
layers: [{conv: {filters: 4, kernel_size: 3, padding: same, activation: relu}}, {1x1: {filters: 2, activation: softmax}}]
data: {source: {folder: ink}}
train: {epochs: 2, batch_size: 8, seed: 1, optimizer: {adam: 0.03}}
"""


def test_masks_are_drawn_in_the_size_of_their_pictures() -> None:
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        Path("ink", name).mkdir(parents=True)
    for number in range(30):
        picture = rng.integers(0, 255, (8, 8), np.uint8)
        Image.fromarray(picture).save(f"ink/images/{number}.png")
        Image.fromarray((picture > 120).astype(np.uint8)).save(f"ink/masks/{number}.png")
    Path("ink.yaml").write_text(MASKS)
    folder = str(train("ink.yaml").folder)
    pictures("new/wide.png", size=(16, 32))
    pictures("new/deep/small.png", size=(8, 8))
    result = netspec("predict", folder, "new", "--masks", "drawn", "--format", "json")
    assert (result.status, result.err) == (0, "")
    small, wide = json.loads(result.out)["predictions"]
    assert (small["mask"], wide["mask"]) == ("drawn/deep/small.png", "drawn/wide.png")
    assert sum(each["share"] for each in small["shares"]) == pytest.approx(1)
    with Image.open("drawn/wide.png") as mask:
        assert (mask.mode, mask.size) == ("P", (32, 16))
        assert bytes(mask.getpalette()[:6]) == palette()[:6] == bytes([0, 0, 0, 128, 0, 0])
    (values,) = (
        each["values"]
        for each in json.loads(netspec("predict", folder, "new/deep", "--format", "json").out)["predictions"]
    )
    with Image.open("drawn/deep/small.png") as mask:
        assert np.asarray(mask).tolist() == np.argmax(values, axis=-1).tolist()
    text = netspec("predict", folder, "new/deep")
    assert text.out.startswith("new/deep/small.png: ")
    assert text.out.count(",") == 1
    full = netspec("predict", folder, "new", "--masks", "drawn")
    assert (full.status, full.err) == (
        1,
        "drawn: error NS709: the folder is not empty; choose another, or replace files in it with --force\n",
    )
    with_csv = netspec("predict", folder, "new", "--masks", "drawn", "--force", "--format", "csv")
    assert with_csv.out.splitlines()[0] == "input,index,mask,share 0,share 1"
    pictures("same/a.png", "same/a.jpg")
    assert netspec("predict", folder, "same", "--masks", "twice").err == (
        "twice/a.png: error NS709: two pictures have the name of the mask 'a.png'; predict them one folder at a time\n"
    )


def test_masks_are_for_networks_that_make_them(run: str) -> None:
    result = netspec("predict", run, "x.png", "--masks", "drawn")
    assert (result.status, result.err) == (
        2,
        "netspec predict: --masks is for a network that tells the class of each pixel, and this one does not\n",
    )
