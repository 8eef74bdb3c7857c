"""Masks are read when they are wanted: what is read is what an array of them all would hold, in memory that does not grow."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.data import SOURCES, Data, DataError
from netspec.data.dataset import Array, Split, Wanted
from netspec.data.labels import Column, Labels, read_labels
from netspec.data.pieces import Pieces, Tally, counted
from netspec.data.schema import Target
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.spec.training_settings import Train
from netspec.training.advice import guesses
from netspec.training.weighing import balancing

from .support import Loaded, load_data

RNG = np.random.default_rng(0)
WANTED = Wanted((4, 4, 3), "softmax")


def pieces(array: Array) -> Pieces:
    found = [np.unique(each, return_counts=True) for each in array]
    ends = np.concatenate([[0], np.cumsum([len(values) for values, _ in found])])
    tally = Tally(
        np.concatenate([values for values, _ in found]).astype(np.int64),
        np.concatenate([counts for _, counts in found]),
        ends.astype(np.int64),
    )
    return Pieces(lambda numbers: array[numbers], tally, array.shape[1:])


def test_they_are_indexed_as_an_array_is() -> None:
    array = RNG.integers(0, 4, (7, 3, 2)).astype(np.uint8)
    made = pieces(array)
    assert (len(made), made.shape, made.ndim) == (7, (7, 3, 2), 3)
    for key in (3, slice(1, 6, 2), np.array([4, 0, 4]), array[:, 0, 0] > 1):
        assert np.array_equal(made[key], array[key])
    some = made.take(np.array([5, 2, 0]))
    assert np.array_equal(some[:], array[[5, 2, 0]])
    for each, own in ((made, array), (some, array[[5, 2, 0]])):
        for one, other in zip(counted(each), np.unique(own, return_counts=True), strict=True):
            assert np.array_equal(one, other)
    twice = some.through(lambda values: (values // 2).astype(np.int32))
    assert (twice.dtype, twice.distinct.tolist()) == (np.int32, np.unique(array[[5, 2, 0]] // 2).tolist())
    assert np.array_equal(twice[:], array[[5, 2, 0]] // 2)
    assert some.first(int(array[2, 1, 1])) <= 1


CASES: list[tuple[list[int], dict[str, Any]]] = [
    ([0, 1, 2], {"wanted": WANTED}),
    ([0, 2], {"wanted": WANTED}),
    ([1, 3], {"wanted": Wanted((4, 4, 2), "softmax")}),
    ([0, 1, 255], {"wanted": Wanted((4, 4, 2), "softmax"), "ignored": 255}),
    ([1, 2, 0], {"wanted": Wanted((4, 4, 2), "softmax"), "ignored": 0}),
    ([3, 7, 255], {"wanted": Wanted((4, 4, 2), "softmax"), "ignored": 255}),
    ([0, 1], {"wanted": Wanted((4, 4, 1), "sigmoid")}),
    ([0, 1], {"wanted": Wanted((4, 4), "sigmoid")}),
    ([0, 1, 5], {"wanted": Wanted((4, 4), "")}),
    ([7, 3], {"wanted": WANTED, "known": Target("folder", "classes", 3, (4, 4), ("3", "5", "7"))}),
    ([7, 3, 255], {"wanted": WANTED, "known": Target("folder", "classes", 3, (4, 4), ("3", "5", "7"), 255)}),
]


@pytest.mark.parametrize(("values", "options"), CASES, ids=lambda each: str(each) if isinstance(each, list) else "")
def test_they_are_read_as_an_array_is(values: list[int], options: dict[str, Any]) -> None:
    arrays = [RNG.choice(np.array(values, np.uint8), (count, 4, 4)) for count in (5, 3)]
    whole, made = (
        read_labels([Column("them", form(array)) for array in arrays], source="folder", **options)
        for form in (lambda array: array, pieces)
    )
    assert made._replace(parts=()) == whole._replace(parts=())
    for part, own in zip(made.parts, whole.parts, strict=True):
        assert isinstance(part, Pieces)
        read = part[:]
        assert (part.dtype, read.dtype, part.shape) == (own.dtype, own.dtype, own.shape)
        assert np.array_equal(read, own)
    if whole.target.is_of_classes and whole.target.class_count:
        assert figures(made) == figures(whole)


def refusal(code: str, message: str, option: str) -> SpecError:
    return SpecError(option, (Problem(code, message, FILE_START),))


def figures(labels: Labels) -> Any:
    """What is worked out from all labels: balanced weights, and what a guess would reach."""
    targets, y = {"main": labels.target}, {"main": labels.parts[0]}
    weighing = balancing(Train(class_weights="balanced"), targets, y, refusal)["main"]
    assert weighing.classes is not None
    return weighing.classes.tolist(), guesses(Split({"x": np.zeros(5)}, y), None, targets, ("accuracy",))


# --- folders ----------------------------------------------------------------------------------------------------------


def draw(folder: Path, count: int, side: int = 4, wide: bool = False) -> Array:
    """`count` images and masks; every third mask holds a label above 255, if any does."""
    masks = RNG.integers(0, 3, (count, side, side)).astype(np.int32)
    if wide:
        masks[::3, 0, 0] = 300
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for number, mask in enumerate(masks):
        Image.new("L", (side, side), number % 256).save(folder / f"images/{number:05}.png")
        Image.fromarray(mask.astype(np.uint16 if mask.max() > 255 else np.uint8)).save(
            folder / f"masks/{number:05}.png"
        )
    return masks


def loaded(root: Path, units: int = 3, side: int = 4, **options: Any) -> Loaded:
    data = Data(source=SOURCES["folder"](path="it", **options), validation_split=0.0, test_split=0.25)
    wanted = Wanted((side, side, units), "softmax")
    return load_data(data, root=root, input_shape=(side, side, 1), wanted=wanted)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("cache", [0, 3 * 2 * 16, 2**28])
def test_a_folder_of_masks(tmp_path: Path, cache: int, wide: bool) -> None:
    """Whether none, three or all pairs are kept, and again when they were read before."""
    masks = draw(tmp_path / "it", 8, wide=wide)
    found = loaded(tmp_path, 4 if wide else 3, cache=cache)
    assert found.classes == (("0", "1", "2", "300") if wide else ("0", "1", "2"))
    for _ in range(2):
        for part in (found.train, found.test):
            numbers = np.rint(part.x[:][:, 0, 0, 0] * 255).astype(int)
            assert part.y.dtype == part.y[:].dtype == np.int32
            assert np.array_equal(part.y[:], np.where(masks == 300, 3, masks)[numbers])


def test_a_mask_that_breaks_after_it_was_looked_at(tmp_path: Path) -> None:
    draw(tmp_path / "it", 8)
    found = loaded(tmp_path, cache=0)
    for file in (tmp_path / "it/masks").iterdir():
        file.write_bytes(b"no image")
    with pytest.raises(DataError) as caught:
        found.test.y[0]
    assert caught.value.message in {f"cannot read 'masks/{number:05}.png' in 'it': not an image" for number in range(8)}


def test_a_label_that_the_run_does_not_know_is_told_with_its_file(tmp_path: Path) -> None:
    draw(tmp_path / "it", 8)
    first = loaded(tmp_path)
    Image.new("L", (4, 4), 9).save(tmp_path / "it/masks/00005.png")
    data = Data(source=SOURCES["folder"](path="it"))
    with pytest.raises(DataError) as caught:
        load_data(data, root=tmp_path, input_shape=(4, 4, 1), wanted=WANTED, known=first.schema, whole=True)
    assert caught.value.message == (
        "the masks in 'it' holds the class '9' in 'masks/00005.png', which the run does not know, whose classes are "
        "'0', '1' and '2'"
    )


def test_ten_times_as_many_masks_need_no_more_memory(tmp_path: Path) -> None:
    """A mask of these has 16,384 places, and names and counts of a pair take less than 4,000 bytes."""
    side, peaks = 128, []
    masks = draw(tmp_path / "one/it", 4, side)
    files = [(tmp_path / f"one/it/{name}/00001.png").read_bytes() for name in ("images", "masks")]
    for count in (100, 1000):
        for name, data in zip(("images", "masks"), files, strict=True):
            (tmp_path / f"{count}/it/{name}").mkdir(parents=True)
            for number in range(count):
                (tmp_path / f"{count}/it/{name}/{number:05}.png").write_bytes(data)
        tracemalloc.start()
        found = loaded(tmp_path / str(count), side=side, cache=0)
        for start in range(0, 64, 32):
            assert np.array_equal(found.train.y[start : start + 32][0], masks[1])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 900 * 4000
