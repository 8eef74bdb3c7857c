"""Examples that cannot be read: all told in one message, or left out and listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec.data
from netspec.data import SOURCES, Data, DataError
from netspec.data.dataset import Dataset, Request, Wanted

BAD = "a,b,kind\n1,2,x\n?,n/a,\n5,6\n7,8,\n9,10,y\n11,12,x\n13,14,y\n"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    def load(source: str, shape: tuple[int, ...] = (2,), on_error: str = "skip", **options: Any) -> Dataset:
        data = Data(source=SOURCES[source](**options), validation_split=0.0, test_split=0.5, on_error=on_error)
        return netspec.data.load_data(Request(data, tmp_path, {"input": shape}, {"main": Wanted((2,), "softmax")}, 0))

    return load


def test_lines_that_cannot_be_read_are_told_together(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    (tmp_path / "it.csv").write_text(BAD)
    (tmp_path / "more.csv").write_text("a,b,kind\n1,?,x\n")
    with pytest.raises(DataError) as caught:
        load("csv", on_error="stop", path="it.csv", validation="more.csv")
    assert caught.value.message == (
        "'it.csv' holds 3 lines that cannot be read: line 3: column 'a' holds '?'; line 3: column 'b' holds 'n/a'; "
        "line 3: no label in column 'kind'; line 4: 2 cells, and the header names 3 columns; line 5: no label in column 'kind'; "
        "mend or remove them, or leave them out with `on_error: skip`; "
        "'more.csv', line 2, column 'b' holds '?', not a finite number; write a number, or remove the line or the column"
    )


def test_lines_are_left_out(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    (tmp_path / "it.csv").write_text(BAD)
    found = load("csv", path="it.csv")
    rows = [*np.asarray(found.train.x["input"][:]).tolist(), *np.asarray(found.test.x["input"][:]).tolist()]
    assert sorted(rows) == [[1, 2], [9, 10], [11, 12], [13, 14]]
    assert [str(each) for each in found.skipped] == [
        "'it.csv', line 3: column 'a' holds '?' and column 'b' holds 'n/a' and no label in column 'kind'",
        "'it.csv', line 4: 2 cells, and the header names 3 columns",
        "'it.csv', line 5: no label in column 'kind'",
    ]
    assert found.notes == (
        "the label is the column 'kind' of 'it.csv'",
        "left out 3 examples that cannot be read: " + "; ".join(map(str, found.skipped)),
    )


def test_a_slip_among_numbers_is_left_out(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    (tmp_path / "it.csv").write_text("a,b\n1,0.5\n2,1.5\n3,oops\n4,2.5\n5,1\n")
    data = Data(source=SOURCES["csv"](path="it.csv"), validation_split=0.0, test_split=0.5, on_error="skip")
    found = netspec.data.load_data(Request(data, tmp_path, {"input": (1,)}, {"main": Wanted((1,))}, 0))
    assert [str(each) for each in found.skipped] == ["'it.csv', line 4: column 'b' holds 'oops', and numbers elsewhere"]
    assert found.train.size + found.test.size == 4


def test_a_table_of_nothing_else_is_refused(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    (tmp_path / "it.csv").write_text("a,b,kind\n?,1,x\n")
    with pytest.raises(DataError) as caught:
        load("csv", path="it.csv")
    assert caught.value.message == (
        "'it.csv', line 2, column 'a' holds '?', not a finite number; write a number, or remove the line or the column"
    )


def test_many_are_counted(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    (tmp_path / "it.csv").write_text("a,b,kind\n" + "1,2,x\n3,4,y\n" * 3 + "?,2,x\n" * 12)
    (note,) = (note for note in load("csv", path="it.csv").notes if note.startswith("left out"))
    assert note.startswith("left out 12 examples that cannot be read: 'it.csv', line 8: column 'a' holds '?'; ")
    assert note.endswith("'it.csv', line 16: column 'a' holds '?'; 3 more")


def test_images_are_left_out(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    for kind in ("cat", "dog"):
        (tmp_path / "it" / kind).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (4, 4), number).save(tmp_path / "it" / kind / f"{number}.png")
    (tmp_path / "it/cat/1.png").write_bytes(b"no image")
    cut = (tmp_path / "it/dog/2.png").read_bytes()
    (tmp_path / "it/dog/2.png").write_bytes(cut[:-20])
    found = load("folder", (4, 4, 1), path="it")
    assert (found.train.size, found.test.size) == (3, 3)
    assert [str(each) for each in found.skipped] == ["'it/cat/1.png': not an image", "'it/dog/2.png': cut short"]
    with pytest.raises(DataError, match="cannot read 2 of 8 images in 'it'"):
        load("folder", (4, 4, 1), on_error="stop", path="it")


def test_masks_are_left_out_with_their_images(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        (tmp_path / "it" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (4, 4), number % 2).save(tmp_path / "it" / name / f"{number}.png")
    (tmp_path / "it/masks/1.png").write_bytes(b"no image")
    data = Data(source=SOURCES["folder"](path="it"), validation_split=0.0, test_split=0.4, on_error="skip")
    asked = Request(data, tmp_path, {"input": (4, 4, 1)}, {"main": Wanted((4, 4, 2), "softmax")}, 0)
    found = netspec.data.load_data(asked)
    assert found.train.size + found.test.size == 3
    assert [str(each) for each in found.skipped] == ["'it/images/1.png': its mask: not an image"]


def test_arrays_lose_what_is_not_finite(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    x = np.arange(12.0).reshape(6, 2)
    x[3, 1] = np.nan
    np.savez(tmp_path / "it.npz", x=x, y=np.arange(6) % 2)
    found = load("npz", path="it.npz")
    assert found.train.size + found.test.size == 5
    assert [str(each) for each in found.skipped] == ["`x` in 'it.npz' at [3]: holds what is no finite number"]
