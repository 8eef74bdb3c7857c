"""Data are read by names: what a run knows of its classes, columns and arrays holds for whatever is measured later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec.data
from netspec.data import SOURCES, Data, DataError
from netspec.data.dataset import Wanted
from netspec.data.schema import Feature, Schema, Target, read_schema

from .support import Loaded, load_data, requested

Fails = Callable[..., str]
SOFTMAX_3 = Wanted((3,), "softmax")
SIGMOID_3 = Wanted((3,), "sigmoid")
LINEAR = Wanted((1,))


def source(name: str, **options: Any) -> Data:
    return Data(source=SOURCES[name](**options), validation_split=0.0, test_split=0.5)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Loaded]:
    def load(data: Data, shape: tuple[int, ...] = (2,), **options: Any) -> Loaded:
        return load_data(data, root=tmp_path, input_shape=shape, **options)

    return load


@pytest.fixture
def fails(load: Callable[..., Loaded]) -> Fails:
    def message(*arguments: Any, **options: Any) -> str:
        with pytest.raises(DataError) as caught:
            load(*arguments, **options)
        return caught.value.message

    return message


# --- a schema of a record ---------------------------------------------------------------------------------------------


def test_a_schema_survives_its_record() -> None:
    schema = Schema(
        {"left": Feature("`x` in 'a.npz'", (8, 8, 1), divisor=255), "right": Feature("'b.csv'", (2,), ("a", "b"))},
        {
            "main": Target("folder", "classes", 2, (4, 4), ("0", "1"), 255),
            "size": Target("csv", "numbers"),
            "tags": Target("csv", "binary", shape=(2,), names=("cat", "dog")),
        },
    )
    import json

    assert read_schema(json.loads(json.dumps(schema.as_dict()))) == schema


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"inputs": {}},
        {"inputs": {"a": {"source": 3, "shape": [1], "columns": None, "divisor": 1}}, "outputs": {}},
        {"inputs": {}, "outputs": {"a": {"source": "x", "reading": "odd", "class_count": 1, "shape": [], "names": None, "ignored": None}}},
        {"inputs": [], "outputs": {}},
    ],
)  # fmt: skip
def test_what_is_no_schema(value: object) -> None:
    assert read_schema(value) is None


# --- classes ----------------------------------------------------------------------------------------------------------


def known(load: Callable[..., Loaded], path: Path) -> Schema:
    """The schema of a run that was trained on cats, dogs and eels."""
    path.write_text("a,b,kind\n" + "1,2,dog\n3,4,cat\n5,6,eel\n" * 3)
    found = load(source("csv", path=path.name))
    assert found.classes == ("cat", "dog", "eel")
    return found.schema


def test_classes_keep_their_numbers_in_another_file(load: Callable[..., Loaded], tmp_path: Path) -> None:
    schema = known(load, tmp_path / "it.csv")
    (tmp_path / "other.csv").write_text("kind,b,a\neel,2,1\ndog,4,3\neel,6,5\n")
    found = load(source("csv", path="other.csv", label="kind"), known=schema, whole=True)
    assert found.test.y.tolist() == [2, 1, 2]
    assert found.test.x.tolist() == [[1, 2], [3, 4], [5, 6]]  # by the columns' names
    assert len(found.train.x) == 0
    assert found.target == schema.outputs["main"]


def test_a_class_that_the_run_does_not_know(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    schema = known(load, tmp_path / "it.csv")
    (tmp_path / "other.csv").write_text("a,b,kind\n1,2,eel\n1,2,cats\n")
    assert fails(source("csv", path="other.csv"), known=schema, whole=True) == (
        "column 'kind' of 'other.csv' holds the class 'cats' in line 3, which the run does not know; did you mean 'cat'?"
    )
    (tmp_path / "other.csv").write_text("a,b,kind\n1,2,walrus\n")
    assert fails(source("csv", path="other.csv"), known=schema, whole=True) == (
        "column 'kind' of 'other.csv' holds the class 'walrus' in line 2, which the run does not know, "
        "whose classes are 'cat', 'dog' and 'eel'"
    )


def test_a_column_that_the_run_read_is_missing(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    schema = known(load, tmp_path / "it.csv")
    (tmp_path / "other.csv").write_text("a,c,kind\n1,2,eel\n")
    assert fails(source("csv", path="other.csv"), known=schema, whole=True) == (
        "'other.csv' has no column 'b'; its columns are 'a', 'c' and 'kind'"
    )


def paint(path: Path, value: int = 0, size: tuple[int, int] = (4, 4), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


def test_folders_are_classes_by_their_names(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    for name in ("cat", "dog", "eel"):
        for number in range(2):
            paint(tmp_path / f"pets/{name}/{number}.png")
    schema = load(source("folder", path="pets"), (4, 4, 1)).schema
    paint(tmp_path / "more/eel/0.png")
    paint(tmp_path / "more/dog/1.png")
    found = load(source("folder", path="more"), (4, 4, 1), known=schema, whole=True)
    assert found.test.y.tolist() == [1, 2]
    paint(tmp_path / "one/eel/0.png")
    assert load(source("folder", path="one"), (4, 4, 1), known=schema, whole=True).test.y.tolist() == [2]
    paint(tmp_path / "more/fox/1.png")
    assert fails(source("folder", path="more"), (4, 4, 1), known=schema, whole=True) == (
        "the classes in 'more' holds the class 'fox', which the run does not know, whose classes are 'cat', 'dog' and 'eel'"
    )


def test_a_test_folder_is_what_is_measured(load: Callable[..., Loaded], tmp_path: Path) -> None:
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            paint(tmp_path / f"pets/{part}/{name}/0.png", 51 if part == "test" else 0)
    found = load(source("folder", path="pets"), (4, 4, 1), whole=True)
    assert (len(found.train.x), len(found.test.x), float(found.test.x[:].mean())) == (0, 2, pytest.approx(0.2))


# --- whole numbers ----------------------------------------------------------------------------------------------------


def arrays(folder: Path, y: Any, **more: Any) -> Data:
    y = np.asarray(y)
    np.savez(folder / "it.npz", x=np.zeros((len(y), 2)), y=y, **more)
    return source("npz", path="it.npz")


@pytest.mark.parametrize(
    ("y", "wanted", "classes", "numbers", "note"),
    [
        ([0, 1, 2] * 2, SOFTMAX_3, ("0", "1", "2"), {0, 1, 2}, ()),
        ([0, 2] * 3, SOFTMAX_3, ("0", "1", "2"), {0, 2}, ()),
        (
            [1, 2, 3] * 2,
            SOFTMAX_3,
            ("1", "2", "3"),
            {0, 1, 2},
            ("`y` in 'it.npz' holds the labels 1 to 3; 0 never occurs; they are taken as 3 classes",),
        ),
        (
            [10, 20, 30] * 2,
            SOFTMAX_3,
            ("10", "20", "30"),
            {0, 1, 2},
            ("`y` in 'it.npz' holds the labels 10, 20 and 30; they are taken as 3 classes",),
        ),
        ([0.0, 1.0, 2.0] * 2, SOFTMAX_3, ("0", "1", "2"), {0, 1, 2}, ()),
        ([0.0, 1.0] * 3, Wanted((1,), "sigmoid"), ("0", "1"), {0, 1}, ()),
        ([3, 7, 11] * 2, LINEAR, None, {3.0, 7.0, 11.0}, ()),
        ([0, 1] * 3, LINEAR, ("0", "1"), {0, 1}, ()),
        ([-1, 1] * 3, Wanted((1,), "", "signs"), None, {-1.0, 1.0}, ()),
        ([0.2, 0.9] * 3, Wanted((1,), "sigmoid", "binary"), None, {np.float32(0.2), np.float32(0.9)}, ()),
    ],
)
def test_whole_numbers_are_what_the_output_makes_of_them(
    load: Callable[..., Loaded], tmp_path: Path, y: Any, wanted: Wanted, classes: Any, numbers: Any, note: Any
) -> None:
    found = load(arrays(tmp_path, y), wanted=wanted)
    every = {*found.train.y.tolist(), *found.test.y.tolist()}
    assert (found.classes, every, found.notes) == (classes, numbers, note)


@pytest.mark.parametrize(
    ("y", "wanted", "reading"),
    [
        ([[1, 0, 1], [0, 0, 0]] * 3, SIGMOID_3, "binary"),
        ([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]] * 3, SIGMOID_3, "binary"),
        ([[1, 0, 0], [0, 0, 1]] * 3, SIGMOID_3, "binary"),
        ([[1, 0, 0], [0, 0, 1]] * 3, SOFTMAX_3, "classes"),
        ([[1, 0, 1], [0, 0, 0]] * 3, Wanted((3,)), "binary"),
        ([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]] * 3, Wanted((3,)), "numbers"),
        ([[4, 0, 1], [0, 2, 0]] * 3, Wanted((3,)), "numbers"),
        ([[-1, 1, 1], [1, 1, -1]] * 3, Wanted((3,), "", "signs"), "signs"),
    ],
)
def test_several_numbers_an_example(
    load: Callable[..., Loaded], tmp_path: Path, y: Any, wanted: Wanted, reading: str
) -> None:
    assert load(arrays(tmp_path, y), wanted=wanted).target.reading == reading


def test_a_class_for_each_position(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    y = np.arange(6 * 4).reshape(6, 4) % 3
    found = load(arrays(tmp_path, y), wanted=Wanted((4, 5), "softmax"))
    assert (found.target.reading, found.target.class_count, found.target.shape) == ("classes", 5, (4,))
    assert found.train.y.dtype == np.int32
    assert fails(arrays(tmp_path, y), wanted=SOFTMAX_3) == (
        "`y` in 'it.npz' holds 6 x 4 values of type 'int64'; save one whole number an example or one-hot rows for "
        "classes, or floating-point numbers to predict"
    )


def test_a_yes_or_no_beyond_1(fails: Fails, tmp_path: Path) -> None:
    assert fails(arrays(tmp_path, [[3, 0, 1]] * 4), wanted=Wanted((3,), "sigmoid", "binary")) == (
        "`y` in 'it.npz' holds 3, and the label of a yes or no is between 0 and 1"
    )


# --- arrays -----------------------------------------------------------------------------------------------------------


def test_arrays_that_nobody_reads_are_told(load: Callable[..., Loaded], tmp_path: Path) -> None:
    found = load(arrays(tmp_path, [0, 1] * 3, ids=np.arange(6), other=np.arange(2)))
    assert found.notes == ("`ids` and `other` in 'it.npz' are not read",)


@pytest.mark.parametrize("word", ["val", "valid", "validation"])
def test_an_archive_with_a_validation_of_its_own(load: Callable[..., Loaded], tmp_path: Path, word: str) -> None:
    validation = {f"x_{word}": np.ones((2, 2)), f"y_{word}": np.array([1, 0])}
    np.savez(tmp_path / "it.npz", x_train=np.zeros((6, 2)), y_train=np.array([0, 1] * 3), **validation)
    found = load(source("npz", path="it.npz"))
    assert found.validation is not None
    assert (found.validation.x.tolist(), found.validation.y.tolist()) == ([[1, 1], [1, 1]], [1, 0])
    assert (len(found.train.x), len(found.test.x), found.notes) == (3, 3, ())


def test_arrays_by_the_names_that_are_given(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    pairs = {"images": np.zeros((6, 2)), "images_test": np.ones((2, 2))}
    np.savez(tmp_path / "it.npz", **pairs, labels=np.array([0, 1] * 3), labels_test=np.array([1, 1]))
    found = load(source("npz", path="it.npz", x="images", y="labels"))
    assert (found.test.x.tolist(), found.test.y.tolist(), found.notes) == ([[1, 1], [1, 1]], [1, 1], ())
    assert fails(source("npz", path="it.npz", x="images", y="label")) == (
        "'it.npz' holds no `label`; it holds `images`, `images_test`, `labels` and `labels_test`"
    )
    assert fails(source("npz", path="it.npz", x={"left": "images"})) == (
        "`x` of `npz` names the input `left`, and the network's are `input`"
    )


def test_weights_of_examples(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a,b,w,kind\n1,2,0.5,x\n3,4,2,y\n5,6,1,x\n7,8,1,y\n")
    assert load(source("csv", path="it.csv", sample_weight="w")).schema.inputs["input"].columns == ("a", "b")
    (tmp_path / "it.csv").write_text("a,b,w,kind\n1,2,-0.5,x\n3,4,2,y\n5,6,1,x\n7,8,1,y\n")
    assert fails(source("csv", path="it.csv", sample_weight="w")) == (
        "column 'w' of 'it.csv' holds -0.5 in line 2; an example counts 0 or more"
    )


# --- tables -----------------------------------------------------------------------------------------------------------


def test_a_header_is_found_out_or_asked_for(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    asks = (
        "'it.csv' starts with a line that holds numbers (1); write the columns' names above it or set `header: false` "
        "if it is an example, `header: true` if these are their names"
    )
    (tmp_path / "it.csv").write_text("1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
    assert fails(source("csv", path="it.csv")) == asks
    found = load(source("csv", path="it.csv", header=False))
    assert (found.schema.inputs["input"].columns, len(found.train.x) + len(found.test.x)) == (("1", "2"), 4)
    assert load(source("csv", path="it.csv", header=False, label="1"), wanted=LINEAR).target.reading == "numbers"
    (tmp_path / "it.csv").write_text("2019,2020,kind\n3,4,1\n5,6,0\n7,8,1\n9,1,0\n")
    assert load(source("csv", path="it.csv")).schema.inputs["input"].columns == ("2019", "2020")


def test_other_marks_and_encodings(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    text = "gr\u00f6\u00dfe;b;art\n1,5;2;x\n3;4,25;y\n1;1;x\n2;2;y\n"
    (tmp_path / "it.csv").write_text(text, encoding="cp1252")
    data = source("csv", path="it.csv", delimiter=";", decimal=",", encoding="cp1252")
    found = load(data)
    assert sorted([*found.train.x.tolist(), *found.test.x.tolist()]) == [[1, 1], [1.5, 2], [2, 2], [3, 4.25]]
    assert found.notes == ("the label is the column 'art' of 'it.csv'",)
    assert fails(source("csv", path="it.csv", delimiter=";;")) == "`delimiter` of `csv` is one character, not ';;'"
    assert fails(source("csv", path="it.csv", encoding="utf8")) == (
        "'it.csv' is not UTF8 text; save it as CSV in UTF-8, or name its `encoding`"
    )
    assert fails(source("csv", path="it.csv", encoding="klingon")) == (
        "there is no encoding 'klingon'; `utf-8` and `cp1252` are two"
    )


def test_every_bad_cell_is_told(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a,b,kind\n1,2,x\n?,4,y\n5,n/a,x\n7,,y\n")
    assert fails(source("csv", path="it.csv")) == (
        "'it.csv' holds 3 cells that are not finite numbers: line 3, column 'a' holds '?'; line 4, column 'b' holds 'n/a'; "
        "line 5, column 'b' holds ''; write numbers, or leave columns out with `ignore`"
    )


def test_a_table_of_one_column_is_enough_where_nothing_is_learned(load: Callable[..., Loaded], tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a\n1\n2\n")
    asked = requested(source("csv", path="it.csv"), root=tmp_path, input_shape=(1,), whole=True)
    assert netspec.data.load_data(asked._replace(outputs={})).test.x["input"].tolist() == [[1], [2]]


def test_no_column_is_left_for_the_label(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a,w\n1,2\n")
    assert fails(source("csv", path="it.csv", ignore=("a",), sample_weight="w")) == (
        "'it.csv' has no column left for the label; name fewer in `ignore`"
    )


def test_several_columns_are_one_label(load: Callable[..., Loaded], tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a,cat,b,dog\n1,0,2,1\n3,1,4,1\n5,1,6,0\n7,0,8,0\n")
    found = load(source("csv", path="it.csv", label=("cat", "dog")), wanted=Wanted((2,), "sigmoid"))
    assert (found.target.reading, found.target.names, found.target.shape) == ("binary", ("cat", "dog"), (2,))
    assert sorted(zip(found.train.x.tolist() + found.test.x.tolist(), found.train.y.tolist() + found.test.y.tolist(), strict=True)) == [
        ([1, 2], [0, 1]), ([3, 4], [1, 1]), ([5, 6], [1, 0]), ([7, 8], [0, 0]),
    ]  # fmt: skip


def test_names_in_a_cell_are_yes_or_no_for_each(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a,b,tags\n1,2,dog|cat\n3,4,\n5,6,cat\n7,8,eel | dog\n")
    data = source("csv", path="it.csv", label="tags", label_separator="|")
    found = load(data, wanted=SIGMOID_3)
    assert (found.target.reading, found.target.names) == ("binary", ("cat", "dog", "eel"))
    assert sorted(found.train.y.tolist() + found.test.y.tolist()) == [[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 0]]
    (tmp_path / "it.csv").write_text("a,b,tags\n1,2,eel\n3,4,dog\n")
    again = load(data, wanted=SIGMOID_3, known=found.schema, whole=True)
    assert again.test.y.tolist() == [[0, 0, 1], [0, 1, 0]]
    (tmp_path / "it.csv").write_text("a,b,tags\n1,2,fox\n")
    assert fails(data, wanted=SIGMOID_3, known=found.schema, whole=True) == (
        "column 'tags' of 'it.csv' holds 'fox' in line 2, which the run does not know, whose labels are 'cat', 'dog' and 'eel'"
    )


def test_tables_to_validate_and_to_test_on(load: Callable[..., Loaded], fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")
    (tmp_path / "val.csv").write_text("kind,b,a\nx,2,1\n")
    (tmp_path / "test.csv").write_text("kind,b,a\ny,4,3\n")
    found = load(source("csv", path="it.csv", label="kind", validation="val.csv", test="test.csv"))
    assert found.validation is not None
    assert (found.validation.x.tolist(), found.validation.y.tolist()) == ([[1, 2]], [0])
    assert (found.test.x.tolist(), found.test.y.tolist(), len(found.train.x)) == ([[3, 4]], [1], 4)
    (tmp_path / "val.csv").write_text("kind,b,c\nx,2,1\n")
    assert fails(source("csv", path="it.csv", label="kind", validation="val.csv")) == (
        "'val.csv' has no column 'a'; its columns are 'kind', 'b' and 'c'"
    )
    assert fails(source("csv", path="it.csv", test="nowhere.csv")) == (
        "'nowhere.csv' does not exist; a path starts at the spec's folder"
    )
    assert fails(source("csv", path="it.csv", validation="../val.csv"), confined=True) == (
        "'../val.csv' leads out of the spec's folder, and a spec names only what lies there; "
        "if you mean it, give the source with `--data`"
    )


# --- masks ------------------------------------------------------------------------------------------------------------


def masked(folder: Path, count: int = 4, value: int = 2) -> None:
    for number in range(count):
        paint(folder / f"images/{number}.jpg", 100)
        mask = Image.new("P", (4, 4))
        mask.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0] + [0] * 759)
        mask.putpixel((1, 0), value)
        mask.putpixel((3, 3), 1)
        (folder / "masks").mkdir(exist_ok=True)
        mask.save(folder / f"masks/{number}.png")


def test_masks_are_labels_of_pixels(load: Callable[..., Loaded], tmp_path: Path) -> None:
    masked(tmp_path / "it")
    found = load(source("folder", path="it"), (4, 4, 1), wanted=Wanted((4, 4, 3), "softmax"))
    assert (found.target.reading, found.target.class_count, found.target.shape) == ("classes", 3, (4, 4))
    assert found.train.y[0].tolist() == [[0, 2, 0, 0], [0] * 4, [0] * 4, [0, 0, 0, 1]]
    smaller = load(source("folder", path="it"), (4, 4, 1), wanted=Wanted((2, 2, 3), "softmax"))
    assert smaller.train.y[0].shape == (2, 2)
    halves = load(source("folder", path="it"), (4, 4, 1), wanted=Wanted((4, 4, 5), "softmax"))
    assert halves.target.class_count == 5  # a class may be in no picture


def test_an_ignored_label_is_no_class(load: Callable[..., Loaded], tmp_path: Path) -> None:
    masked(tmp_path / "it", value=255)
    data = Data(source=SOURCES["folder"](path="it"), validation_split=0.0, test_split=0.5, ignore_label=255)
    found = load(data, (4, 4, 1), wanted=Wanted((4, 4, 1), "sigmoid"))
    assert (found.target.class_count, found.target.ignored) == (2, 255)
    assert np.unique(found.train.y).tolist() == [0, 1, 255]


def test_masks_and_images_go_in_pairs(fails: Fails, tmp_path: Path) -> None:
    masked(tmp_path / "it")
    wanted = Wanted((4, 4, 3), "softmax")
    (tmp_path / "it/masks/2.png").rename(tmp_path / "it/masks/7.png")
    assert fails(source("folder", path="it"), (4, 4, 1), wanted=wanted) == (
        "'it/masks' holds no mask for 'images/2.jpg'; a mask has the name of its image"
    )
    (tmp_path / "it/images/2.jpg").unlink()
    assert fails(source("folder", path="it"), (4, 4, 1), wanted=wanted) == (
        "'it/images' holds no image for 'masks/7.png'; remove the mask"
    )
    (tmp_path / "it/masks/7.png").unlink()
    paint(tmp_path / "it/masks/0.png", (1, 2, 3), mode="RGB")  # type: ignore[arg-type]
    assert fails(source("folder", path="it"), (4, 4, 1), wanted=wanted) == (
        "cannot read 1 of 3 images in 'it': 'masks/0.png' (colours where a label is wanted); mend or remove it"
    )
