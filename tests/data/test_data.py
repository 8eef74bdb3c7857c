"""The data sources: what they give, and every sentence they say when they cannot."""

from __future__ import annotations

import importlib
import io
import os
import pkgutil
import struct
import subprocess
import sys
import types
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

import netspec.data
from netspec.data import SOURCES, Data, DataError, load_image
from netspec.data.corner_images import APART, CORNERS, SEEN, UNSEEN, generate
from netspec.data.dataset import partition
from netspec.data.images import Images
from netspec.data.source import DECLARED

from .support import Loaded, Part, load_data, requested


def declared(word: str, data: dict[str, Any] | None = None, **options: Any) -> Data:
    return Data(source=SOURCES[word](**options), **(data or {}))


@pytest.fixture
def fails(tmp_path: Path) -> Callable[..., str]:
    """The message of the DataError that loading raises, and that it has the right code."""

    def message(data: Data, shape: tuple[int | None, ...] = (2,), code: str = "NS703") -> str:
        with pytest.raises(DataError) as caught:
            load_data(data, root=tmp_path, input_shape=shape, seed=0)
        assert caught.value.code == code
        assert str(caught.value) == caught.value.message
        return caught.value.message

    return message


def counts(split: Part) -> list[int]:
    return np.bincount(split.y).tolist()


def same(a: Loaded, b: Loaded) -> bool:
    def equal(one: Part, other: Part) -> bool:
        return np.array_equal(one.x[:], other.x[:]) and np.array_equal(one.y, other.y)

    assert a.validation is not None
    assert b.validation is not None
    return equal(a.train, b.train) and equal(a.validation, b.validation) and equal(a.test, b.test)


# --- digits -----------------------------------------------------------------------------------------------------------


def test_digits(tmp_path: Path) -> None:
    found = load_data(declared("digits"), root=tmp_path, input_shape=(8, 8, 1), seed=1)
    assert found.validation is not None
    assert (found.shape, found.classes, found.extra_tests) == ((8, 8, 1), tuple("0123456789"), {})
    assert (found.train.x.shape, found.validation.x.shape, found.test.x.shape) == (
        (1294, 8, 8, 1),
        (144, 8, 8, 1),
        (359, 8, 8, 1),
    )
    assert (found.train.x[:].dtype, found.train.y.dtype) == (np.float32, np.int64)
    assert (found.train.x[:].min(), found.train.x[:].max()) == (0, 1)
    # Every class has its share of each part, within one example.
    everything = np.array([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    assert (np.abs(counts(found.test) - everything * 0.2) <= 1).all()
    assert (np.abs(counts(found.validation) - everything * 0.08) <= 1).all()
    assert (np.array(counts(found.train)) + counts(found.validation) + counts(found.test) == everything).all()


def test_the_parts_share_no_example(tmp_path: Path) -> None:
    parts = partition(
        "it", np.arange(100) % 3, requested(declared("digits"), root=tmp_path, input_shape=(8, 8, 1), seed=5), test=True
    )
    assert parts.validation is not None
    assert parts.test is not None
    assert sorted([*parts.train, *parts.validation, *parts.test]) == list(range(100))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (72, 8, 20)


def test_a_seed_gives_the_same_parts_and_another_gives_others(tmp_path: Path) -> None:
    data = declared("digits")
    first, again, other = (load_data(data, root=tmp_path, input_shape=(8, 8, 1), seed=seed) for seed in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


def test_no_validation_where_none_is_wanted(tmp_path: Path) -> None:
    data = declared("digits", {"validation_split": 0.0, "test_split": 0.5})
    found = load_data(data, root=tmp_path, input_shape=(8, 8, 1), seed=1)
    assert found.validation is None
    assert (len(found.train.x), len(found.test.x)) == (899, 898)


def test_rescale_replaces_the_source_s_own_divisor(tmp_path: Path) -> None:
    found = load_data(declared("digits", {"rescale": 1.0}), root=tmp_path, input_shape=(8, 8, 1), seed=1)
    assert found.train.x[:].max() == 16


def test_a_known_source_that_does_not_fit(fails: Callable[..., str]) -> None:
    assert fails(declared("digits"), (28, 28, 1), "NS701") == (
        "`digits` gives examples of 8 x 8 x 1, and the network takes 28 x 28 x 1; "
        "write `input: [8, 8, 1]`, and `resize` or `upsample` after it if the network wants more"
    )
    assert fails(declared("cifar10"), (None, None, 1), "NS701") == (
        "`cifar10` gives examples of 32 x 32 x 3, and the network takes ? x ? x 1; "
        "write `input: [32, 32, 3]`, and `resize` or `upsample` after it if the network wants more"
    )


def test_unknown_sizes_take_any(tmp_path: Path) -> None:
    assert load_data(declared("digits"), root=tmp_path, input_shape=(None, None, 1), seed=1).shape == (8, 8, 1)


# --- corners ----------------------------------------------------------------------------------------------------------


def corners(seed: int = 0, **options: Any) -> Loaded:
    return load_data(declared("corners", **options), root=Path(), input_shape=(16, 16, 1), seed=seed)


def test_corners() -> None:
    found = corners()
    assert found.validation is not None
    assert (found.shape, found.classes) == ((16, 16, 1), ("no corner", "corner"))
    assert [counts(s) for s in (found.train, found.validation, found.test, *found.extra_tests.values())] == [
        [1800, 1800],
        [200, 200],
        [500, 500],
        [500, 500],
    ]
    assert list(found.extra_tests) == ["unseen positions"]
    assert (found.train.x[:].dtype, found.train.y.dtype) == (np.float32, np.int64)
    assert (found.train.x[:].min(), found.train.x[:].max()) == (0, 1)
    assert same(found, corners())
    assert not same(found, corners(seed=1))


def test_corners_without_noise_have_seven_pixels_a_figure() -> None:
    found = corners(noise=0.0, samples=500)
    for split in (found.train, found.test, *found.extra_tests.values()):
        assert np.unique(split.x[:].sum(axis=(1, 2, 3))).tolist() == [14]


def corner_pixels(image: np.ndarray) -> list[tuple[int, int]]:
    """The pixels that have exactly one neighbour left or right and one above or below, two strokes that meet."""
    ink = np.pad(image[..., 0] > 0.5, 1)
    across = ink[1:-1, :-2].astype(int) + ink[1:-1, 2:]
    along = ink[:-2, 1:-1].astype(int) + ink[2:, 1:-1]
    return list(zip(*np.nonzero(ink[1:-1, 1:-1] & (across == 1) & (along == 1)), strict=True))


@pytest.mark.parametrize(("focus", "other"), [(SEEN, UNSEEN), (UNSEEN, SEEN)])
def test_a_label_says_whether_strokes_meet_and_corners_stay_in_their_cells(focus: Any, other: Any) -> None:
    x, y = generate(np.random.default_rng(0), 400, focus, other, 0.0)
    for image, label in zip(x, y, strict=True):
        vertices = corner_pixels(image)
        assert len(vertices) == label
        for row, column in vertices:
            assert any(r <= row < r + 5 and c <= column < c + 5 for r, c in focus)


def test_images_without_a_corner_are_alike_in_both_tests() -> None:
    """So a network that knows seen positions only is at chance on the others: half of them have no corner."""

    def mean(focus: Any, other: Any) -> np.ndarray:
        x, y = generate(np.random.default_rng(0), 40_000, focus, other, 0.0)
        return x[y == 0].mean(axis=0)

    # Ten times the standard error of a mean over 20,000 images would be 0.035.
    assert np.abs(mean(SEEN, UNSEEN) - mean(UNSEEN, SEEN)).max() < 0.02


def test_ink_in_a_cell_does_not_tell_the_label() -> None:
    x, y = generate(np.random.default_rng(0), 20_000, SEEN, UNSEEN, 0.0)
    for row, column in (*SEEN, *UNSEEN):
        ink = x[:, row : row + 5, column : column + 5].sum(axis=(1, 2, 3))
        assert abs(ink[y == 0].mean() - ink[y == 1].mean()) < 0.2


def test_figures() -> None:
    assert (len(CORNERS), len(APART)) == (16, 64)
    assert set(CORNERS.sum(axis=(1, 2))) == set(APART.sum(axis=(1, 2))) == {7}


def test_corners_that_do_not_fit_into_memory(fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=2**30))
    assert fails(declared("corners", samples=10**9), (16, 16, 1)) == (
        "`corners` with 1,000,000,000 samples needs 2,861.0 GiB of memory, and 1.0 GiB is free; "
        "use fewer or smaller examples"
    )


# --- npz --------------------------------------------------------------------------------------------------------------


def npz(**data: Any) -> Data:
    return declared("npz", data, path="it.npz")


def save(folder: Path, **arrays: Any) -> None:
    np.savez(folder / "it.npz", **arrays)


IMAGES = np.arange(40 * 6, dtype=np.uint8).reshape(40, 2, 3)


def test_npz_sets_a_test_aside(tmp_path: Path) -> None:
    save(tmp_path, x=IMAGES, y=np.arange(40) % 4)
    found = load_data(npz(), root=tmp_path, input_shape=(2, 3, 1), seed=0)
    assert found.validation is not None
    assert (found.shape, found.classes) == ((2, 3, 1), ("0", "1", "2", "3"))
    assert (len(found.train.x), len(found.validation.x), len(found.test.x)) == (29, 3, 8)
    assert counts(found.test) == [2, 2, 2, 2]
    assert found.train.x[:].dtype == np.float32
    # Every example kept its label, and bytes became 0 to 1.
    firsts = np.rint(found.train.x[:][:, 0, 0, 0] * 255).astype(int)
    assert (found.train.y == firsts // 6 % 4).all()


def test_npz_with_a_test_of_its_own(tmp_path: Path) -> None:
    save(tmp_path, x_train=IMAGES, y_train=np.arange(40) % 2, x_test=IMAGES[:3], y_test=[2, 0, 1], other=1)
    found = load_data(npz(validation_split=0.0), root=tmp_path, input_shape=(2, None, None), seed=0)
    assert found.validation is None
    assert (len(found.train.x), found.classes) == (40, ("0", "1", "2"))
    assert np.array_equal(found.test.x[:], (IMAGES[:3, ..., None] / np.float32(255)).astype(np.float32))
    assert found.test.y.tolist() == [2, 0, 1]


def test_npz_leaves_other_numbers_as_they_are_unless_told(tmp_path: Path) -> None:
    x = np.linspace(-5, 5, 40).reshape(20, 2)
    save(tmp_path, x_train=x, y_train=np.arange(20) % 2, x_test=x, y_test=np.arange(20) % 2)
    plain, halved = (load_data(d, root=tmp_path, input_shape=(2,), seed=0) for d in (npz(), npz(rescale=2.0)))
    assert np.array_equal(plain.test.x[:], x.astype(np.float32))
    assert np.array_equal(halved.test.x[:], x.astype(np.float32) / 2)


@pytest.mark.parametrize(
    ("y", "labels", "classes"),
    [
        (np.array([0, 2, 1], np.uint8), [0, 2, 1], ("0", "1", "2")),
        (np.array([[0], [2], [1]]), [0, 2, 1], ("0", "1", "2")),
        (np.array([False, True, True]), [0, 1, 1], ("0", "1")),
        (np.eye(3)[[0, 2, 1]], [0, 2, 1], ("0", "1", "2")),
        (np.eye(3, dtype=bool)[[0, 2, 1]], [0, 2, 1], ("0", "1", "2")),
        (np.array(["dog", "cat", "dog"]), [1, 0, 1], ("cat", "dog")),
        (np.array([0.5, 2.0, -1.0]), [0.5, 2.0, -1.0], None),
        (np.array([[0.5], [2.0], [-1.0]]), [0.5, 2.0, -1.0], None),
        (np.array([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0], None),
        (np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]), [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]], None),
    ],
)
def test_labels_of_arrays(tmp_path: Path, y: np.ndarray, labels: Any, classes: Any) -> None:
    x = np.zeros((len(y), 2))
    save(tmp_path, x_train=x, y_train=y, x_test=x, y_test=y)
    found = load_data(npz(validation_split=0.0), root=tmp_path, input_shape=(2,), seed=0)
    assert (found.test.y.tolist(), found.classes) == (labels, classes)
    assert found.test.y.dtype == (np.float32 if classes is None else np.int64)


X = np.zeros((3, 2))
Y = np.array([0, 1, 0])
HOLE = np.array([[0, 1], [2, np.nan], [np.inf, 5]])
WRONG_ARRAYS: list[tuple[dict[str, Any], str]] = [
    ({}, "'it.npz' holds neither `x_train` and `y_train` nor `x` and `y`; it holds nothing"),
    (
        {"images": X, "labels": Y},
        "'it.npz' holds neither `x_train` and `y_train` nor `x` and `y`; it holds `images` and `labels`; "
        "if these are they, write `npz: {path: it.npz, x: images, y: labels}`",
    ),
    (
        {"x_test": X, "y_test": Y},
        "'it.npz' holds neither `x_train` and `y_train` nor `x` and `y`; it holds `x_test` and `y_test`",
    ),
    ({"x": X}, "'it.npz' holds no `y`; it holds `x`"),
    (
        {"x_train": X, "y_train": Y, "x_test": X, "extra": X},
        "'it.npz' holds no `y_test`; it holds `x_train`, `y_train`, `x_test` and `extra`",
    ),
    (
        {f"a{i}": X for i in range(11)},
        "'it.npz' holds neither `x_train` and `y_train` nor `x` and `y`; "
        "it holds `a0`, `a1`, `a2`, `a3`, `a4`, `a5`, `a6`, `a7`, `a8` and 2 more",
    ),
    (
        {"x": X, "y": np.array([0, None, "a"])},
        "`y` in 'it.npz' holds Python objects; save an array of numbers",
    ),
    (
        {"x": X, "y": Y[:2]},
        "`x` in 'it.npz' has 3 examples, and `y` in 'it.npz' has 2 labels; save one label an example",
    ),
    ({"x": X[:0], "y": Y[:0]}, "`x` in 'it.npz' is empty (0 x 2); save at least one example"),
    ({"x": np.float64(3), "y": Y}, "`x` in 'it.npz' is a single value; save an array with one entry an example"),
    ({"x": np.array(["a", "b", "c"]), "y": Y}, "`x` in 'it.npz' holds values of type '<U1'; save numbers"),
    ({"x": X.astype(complex), "y": Y}, "`x` in 'it.npz' holds values of type 'complex128'; save numbers"),
    ({"x": X, "y": Y.astype("M8[s]")}, "`y` in 'it.npz' holds values of type 'datetime64[s]'; save numbers or texts"),
    (
        {"x": HOLE, "y": Y},
        "`x` in 'it.npz' holds nan at [1, 1] and 1 more such number, not finite in single precision; "
        "remove or replace them",
    ),
    (
        {"x": HOLE.clip(-1e300, 1e300)[2:], "y": Y[:1]},
        "`x` in 'it.npz' holds 1e+300 at [0, 0], not finite in single precision; remove or replace it",
    ),
    (
        {"x": X, "y": np.array([0.5, -np.inf, 1])},
        "`y` in 'it.npz' holds -inf at [1], not finite in single precision; remove or replace it",
    ),
    ({"x": X, "y": Y - 1}, "`y` in 'it.npz' holds the label -1; classes are counted from 0"),
    ({"x": X, "y": Y * 0}, "`y` in 'it.npz' holds one class only, 0; there is nothing to tell apart"),
    (
        {"x": X, "y": Y + 2**62},
        "`y` in 'it.npz' holds the label 4611686018427387905; classes are counted from 0 to at most 99,999, "
        "and numbers to predict are saved as floating-point",
    ),
    (
        {"x": X, "y": np.array([[1, 2], [3, 4], [5, 6]])},
        "`y` in 'it.npz' holds 3 x 2 values of type 'int64'; save one whole number an example or one-hot rows for "
        "classes, or floating-point numbers to predict",
    ),
    (
        {"x_train": X, "y_train": np.array(["a", "cat", "a"]), "x_test": X, "y_test": np.array(["a", "cats", "a"])},
        "`y_test` in 'it.npz' holds the class 'cats', and `y_train` in 'it.npz' does not; did you mean 'cat'?",
    ),
    (
        {"x_train": X, "y_train": np.array(["a", "cat", "a"]), "x_test": X, "y_test": Y},
        "`y_test` in 'it.npz' holds 3 values of type 'int64', and other labels are texts; save one text an example",
    ),
    (
        {"x_train": X, "y_train": np.eye(3), "x_test": X[:2], "y_test": np.eye(2)},
        "`y_train` in 'it.npz' has 3 classes, and `y_test` in 'it.npz' has 2; make them agree",
    ),
    (
        {"x_train": X, "y_train": np.eye(3) * 0.5, "x_test": X, "y_test": np.ones(3)},
        "`y_train` in 'it.npz' has 3 numbers an example, and `y_test` in 'it.npz' has 1; make them agree",
    ),
    (
        {"x": X[:1], "y": np.ones(1)},
        "'it.npz' has one example to train on, too few to set some aside for the test; add more",
    ),
    (
        {"x": X[:2], "y": np.ones(2)},
        "'it.npz' has one example to train on, too few to set some aside for the validation; add more",
    ),
    (
        {"x": X[:2], "y": Y[:2]},
        "'it.npz' has one example of each of 2 classes to train on, too few to set some aside for the test; add more",
    ),
]


@pytest.mark.parametrize(("arrays", "message"), WRONG_ARRAYS)
def test_wrong_arrays(tmp_path: Path, fails: Callable[..., str], arrays: dict[str, Any], message: str) -> None:
    save(tmp_path, **arrays)
    assert fails(npz()) == message


def test_arrays_that_do_not_fit_the_input(tmp_path: Path, fails: Callable[..., str]) -> None:
    save(tmp_path, x=np.zeros((9, 28, 28)), y=np.arange(9) % 3)
    assert fails(npz(), (32, 32, 1), "NS701") == (
        "`x` in 'it.npz' gives examples of 28 x 28 x 1, and the network takes 32 x 32 x 1; "
        "write `input: [28, 28, 1]`, and `resize` or `upsample` after it if the network wants more"
    )
    assert fails(npz(), (5,), "NS701") == (
        "`x` in 'it.npz' gives examples of 28 x 28, and the network takes 5; write `input: [28, 28]`"
    )


def test_a_test_array_that_does_not_fit(tmp_path: Path, fails: Callable[..., str]) -> None:
    save(tmp_path, x_train=np.zeros((9, 2)), y_train=np.arange(9) % 3, x_test=np.zeros((9, 3)), y_test=np.arange(9) % 3)
    assert fails(npz(), (2,), "NS701") == (
        "`x_test` in 'it.npz' gives examples of 3, and the network takes 2; write `input: [3]`"
    )


def test_files_that_are_no_archive(tmp_path: Path, fails: Callable[..., str]) -> None:
    file = tmp_path / "it.npz"
    assert fails(npz()) == "'it.npz' does not exist; a path starts at the spec's folder"
    no_archive = "'it.npz' is not a NumPy archive, or is cut short; write it with `numpy.savez`"
    for content in (b"", b"hello", b"\x93NUMPY\x01\x00"):
        file.write_bytes(content)
        assert fails(npz()) == no_archive
    save(tmp_path, x=X, y=Y)
    file.write_bytes(file.read_bytes()[:-30])
    assert fails(npz()) == no_archive
    file.unlink()
    file.mkdir()
    assert fails(npz()) == "'it.npz' is a folder, and a file is wanted"
    file.rmdir()
    os.mkfifo(file)
    assert fails(npz()) == "'it.npz' is not a regular file, and a file is wanted"
    assert fails(declared("npz", path="")) == "'' is not a path; name the file to read"
    assert fails(declared("npz", path="a\0\x1bb")) == "'a\\x00\\x1bb' is not a path; name the file to read"
    assert fails(declared("npz", path="a" * 300)) == f"cannot read '{'a' * 300}': file name too long"


def test_a_damaged_archive(tmp_path: Path, fails: Callable[..., str]) -> None:
    save(tmp_path, x=np.arange(6.0).reshape(3, 2), y=Y)
    file = tmp_path / "it.npz"
    whole = file.read_bytes()
    at = whole.index(struct.pack("<d", 3.0))
    file.write_bytes(whole[:at] + b"\x01" + whole[at + 1 :])
    assert fails(npz()) == "'it.npz' is damaged; write it again with `numpy.savez`"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", "no array")
        archive.writestr("y.npy", "no array")
    assert fails(npz()) == "'it.npz' is damaged; write it again with `numpy.savez`"


def test_a_flipped_byte_never_escapes_as_another_exception(tmp_path: Path) -> None:
    save(tmp_path, x=np.arange(6.0).reshape(3, 2), y=Y)
    file = tmp_path / "it.npz"
    whole = file.read_bytes()
    for at in range(0, len(whole), 3):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x11]) + whole[at + 1 :])
        try:
            load_data(npz(), root=tmp_path, input_shape=(2,), seed=0)
        except DataError as error:
            assert error.message  # noqa: PT017 - most bytes matter, but not all


def test_an_encrypted_archive(tmp_path: Path, fails: Callable[..., str]) -> None:
    save(tmp_path, x=X, y=Y)
    file = tmp_path / "it.npz"
    content = bytearray(file.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark)
        content[at + offset] |= 1
    file.write_bytes(content)
    assert fails(npz()) == "'it.npz' is encrypted; write it again with `numpy.savez`"


def header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def test_a_header_that_promises_more_than_there_is(tmp_path: Path, fails: Callable[..., str]) -> None:
    with zipfile.ZipFile(tmp_path / "it.npz", "w") as archive:
        archive.writestr("x.npy", header((10**12, 2)))
        archive.writestr("y.npy", header((10**12,)))
    assert fails(npz()) == "`x` in 'it.npz' is damaged; write it again with `numpy.savez`"


def test_a_small_archive_that_unpacks_to_more_than_the_memory(
    tmp_path: Path, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=2**20))
    np.savez_compressed(tmp_path / "it.npz", x=np.zeros((2**18, 2)), y=np.zeros(2**18))
    assert (tmp_path / "it.npz").stat().st_size < 2**14
    assert fails(npz()) == "'it.npz' needs 15 MiB of memory, and 1 MiB is free; use fewer or smaller examples"


def test_an_absolute_path_and_a_relative_one(tmp_path: Path) -> None:
    save(tmp_path, x=IMAGES, y=np.arange(40) % 4)
    (tmp_path / "specs").mkdir()
    for path in (str(tmp_path / "it.npz"), "../it.npz"):
        found = load_data(declared("npz", path=path), root=tmp_path / "specs", input_shape=(2, 3, 1), seed=0)
        assert len(found.test.x) == 8


def test_a_file_that_may_not_be_read(
    tmp_path: Path, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Any, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    save(tmp_path, x=X, y=Y)
    monkeypatch.setattr(zipfile, "is_zipfile", refuse)
    assert fails(npz()) == "cannot read 'it.npz': permission denied"
    monkeypatch.setattr(os, "scandir", refuse)
    assert fails(declared("folder", path="."), (2, 2, 1)) == "cannot read '.': permission denied"


# --- csv --------------------------------------------------------------------------------------------------------------


def table(**options: Any) -> Data:
    return declared("csv", {"validation_split": 0.0, "test_split": 0.5}, path="it.csv", **options)


def rows(dataset: Loaded) -> list[tuple[list[float], Any]]:
    """All examples and labels, in the order of their first feature."""
    both = [*zip(dataset.train.x[:].tolist(), dataset.train.y.tolist(), strict=True)]
    return sorted([*both, *zip(dataset.test.x[:].tolist(), dataset.test.y.tolist(), strict=True)])


@pytest.mark.parametrize(
    ("text", "options", "expected", "classes"),
    [
        ("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n", {}, [0, 1, 0, 1], ("x", "y")),
        ("\ufeffkind, a, b\r\nx, 1, 2\r\n\r\ny, 3, 4\r\nx,5,6\r\ny,7,8", {"label": "kind"}, [0, 1, 0, 1], ("x", "y")),
        ("a,b,n\n1,2,10\n3,4,2\n5,6,2.0\n7,8,10\n", {}, [1, 0, 0, 1], ("2", "10")),
        ("a,b,n\n1,2,-0\n3,4,0\n5,6,1\n7,8,1\n", {}, [0, 0, 1, 1], ("0", "1")),
        ("a,b,n\n1,2,0.5\n3,4,2\n5,6,1e1\n7,8,-1\n", {}, [0.5, 2, 10, -1], None),
        ('a,b,"the kind"\n1,2,"x, y"\n3,4,10\n5,6,10\n7,8,"x, y"\n', {}, [1, 0, 0, 1], ("10", "x, y")),
    ],
)
def test_csv(tmp_path: Path, text: str, options: Any, expected: list[float], classes: Any) -> None:
    (tmp_path / "it.csv").write_text(text, encoding="utf-8", newline="")
    found = load_data(table(**options), root=tmp_path, input_shape=(2,), seed=0)
    assert rows(found) == list(zip([[1, 2], [3, 4], [5, 6], [7, 8]], expected, strict=True))
    assert (found.shape, found.classes) == ((2,), classes)
    assert (found.train.x[:].dtype, found.train.y.dtype) == (np.float32, np.float32 if classes is None else np.int64)


WRONG_TABLES = [
    ("", "'it.csv' is empty; its first line names the columns, the others are the examples"),
    ("\n\n", "'it.csv' is empty; its first line names the columns, the others are the examples"),
    ("a,b,c\n", "'it.csv' has no lines after its header; write one for each example"),
    ("a\n1\n", "'it.csv' has one column; write a label and features, separated by commas"),
    (
        "a;b;c\n1;2;3\n",
        "'it.csv' has one column, separated by semicolons; set `delimiter: ';'`",
    ),
    (
        "5.1,3.5,setosa\n",
        "'it.csv' starts with a line that holds numbers (5.1); write the columns' names above it or set `header: false` "
        "if it is an example, `header: true` if these are their names",
    ),
    (
        "5,3,setosa\n6,2,iris\n",
        "'it.csv' starts with a line that holds numbers (5); write the columns' names above it or set `header: false` "
        "if it is an example, `header: true` if these are their names",
    ),
    ("a,,c\n1,2,3\n", "'it.csv' has no name for column 2; its first line names the columns"),
    ("a,b,a\n1,2,3\n", "'it.csv' names the column 'a' twice; its first line names the columns"),
    ("a,b,c\n1,2,x\n1,2\n", "'it.csv', line 3 has 2 cells, and the header names 3 columns"),
    ("a,b,c\n\n1,2,x,4\n", "'it.csv', line 3 has 4 cells, and the header names 3 columns"),
    (
        "a,b,c\n1,2,x\n1,two,y\n",
        "'it.csv', line 3, column 'b' holds 'two', not a finite number; "
        "write a number, or remove the line or the column",
    ),
    (
        "a,b,c\n1,,x\n",
        "'it.csv', line 2, column 'b' holds '', not a finite number; write a number, or remove the line or the column",
    ),
    (
        "a,b,c\n1,nan,x\n",
        "'it.csv', line 2, column 'b' holds 'nan', not a finite number; "
        "write a number, or remove the line or the column",
    ),
    (
        "a,b,c\n1,1e300,x\n",
        "'it.csv', line 2, column 'b' holds '1e300', not a finite number; "
        "write a number, or remove the line or the column",
    ),
    (
        "a,b,c\n1,1_0,x\n",
        "'it.csv', line 2, column 'b' holds '1_0', not a finite number; "
        "write a number, or remove the line or the column",
    ),
    ("a,b,c\n1,2,NaN\n", "'it.csv', line 2 has no label in column 'c'; write or remove it"),
    ("a,b,c\n1,2, \n", "'it.csv', line 2 has no label in column 'c'; write or remove it"),
    (
        "a,b,c\n1,2,0.5\n1,2,1.5\n1,2,n/a\n",
        "column 'c' of 'it.csv' holds 'n/a' in line 4, and numbers elsewhere; write a number",
    ),
    (
        "a,b,c\n1,2,x\n3,4,x\n",
        "column 'c' of 'it.csv' holds one class only, 'x'; there is nothing to tell apart",
    ),
    (
        "a,b,c\n1,2,x\n3,4,y\n",
        "'it.csv' has one example of each of 2 classes to train on, too few to set some aside for the test; add more",
    ),
    ('a,b,c\n1,2,"x\n', "'it.csv', line 2: unexpected end of data; save it as CSV with quoted texts"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_TABLES)
def test_wrong_tables(tmp_path: Path, fails: Callable[..., str], text: str, message: str) -> None:
    (tmp_path / "it.csv").write_text(text)
    assert fails(table()) == message


def test_files_that_are_no_table(tmp_path: Path, fails: Callable[..., str]) -> None:
    assert fails(table()) == "'it.csv' does not exist; a path starts at the spec's folder"
    (tmp_path / "it.csv").write_bytes(b"a,b,c\n1,2,\xff\n")
    assert fails(table()) == "'it.csv' is not UTF-8 text; save it as CSV in UTF-8, or name its `encoding`"
    (tmp_path / "it.csv").write_bytes(b"a,b,c\n1,2," + b"x" * 200_000)
    assert fails(table()) == (
        "'it.csv', line 2: field larger than field limit (131072); save it as CSV with quoted texts"
    )


def test_a_label_that_is_no_column(tmp_path: Path, fails: Callable[..., str]) -> None:
    (tmp_path / "it.csv").write_text("size,weight,species\n1,2,x\n")
    assert fails(table(label="specis")) == "'it.csv' has no column 'specis'; did you mean 'species'?"
    assert fails(table(label="zz")) == ("'it.csv' has no column 'zz'; its columns are 'size', 'weight' and 'species'")


def test_a_table_that_does_not_fit_the_input(tmp_path: Path, fails: Callable[..., str]) -> None:
    (tmp_path / "it.csv").write_text("a,b,c\n1,2,x\n3,4,y\n")
    assert fails(table(), (3,), "NS701") == (
        "'it.csv' gives examples of 2, and the network takes 3; write `input: [2]`"
    )


# --- folder -----------------------------------------------------------------------------------------------------------


def folder(**options: Any) -> Data:
    return declared("folder", {"validation_split": 0.0, "test_split": 0.5}, path="pets", **options)


def paint(path: Path, value: Any = 0, size: tuple[int, int] = (4, 3), mode: str = "L", **options: Any) -> None:
    """An image of one colour; `size` is columns, rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path, **options)


def pets(root: Path, count: int = 4) -> None:
    for index in range(count):
        paint(root / f"cat/{index}.png", 51 * index)
        paint(root / f"dog/{index}.png", 51 * index)


def every(dataset: Loaded) -> np.ndarray:
    return np.concatenate([dataset.train.x[:], dataset.test.x[:]])


def test_folder(tmp_path: Path) -> None:
    pets(tmp_path / "pets")
    (tmp_path / "pets/notes.txt").write_text("not an image")
    (tmp_path / "pets/cat/notes.txt").write_text("not an image")
    (tmp_path / "pets/.cache").mkdir()
    (tmp_path / "pets/cat/._0.png").write_text("what another system left behind")
    (tmp_path / "pets/cat/.thumbs").mkdir()
    found = load_data(folder(), root=tmp_path, input_shape=(3, 4, 1), seed=0)
    assert (found.shape, found.classes, found.validation) == ((3, 4, 1), ("cat", "dog"), None)
    assert (counts(found.train), counts(found.test)) == ([2, 2], [2, 2])
    assert found.train.x[:].dtype == np.float32
    assert np.allclose(sorted(every(found)[:, 0, 0, 0]), [0, 0, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6])
    assert np.allclose(every(found), every(found)[:, :1, :1])


def test_each_image_of_a_folder_knows_its_file(tmp_path: Path) -> None:
    pets(tmp_path / "pets")
    for split in ("train", "test"):
        pets(tmp_path / "split/pets" / split)
    whole, split = (
        netspec.data.load_data(requested(folder(), root=root, input_shape=(3, 4, 1)))
        for root in (tmp_path, tmp_path / "split")
    )
    parts = {"": (whole.train, whole.test), "train/": (split.train,), "test/": (split.test,)}
    for before, several in parts.items():
        for part in several:
            seen = zip(part.x["input"][:], part.y["main"][:], strict=True)
            assert part.files == [f"{before}{('cat', 'dog')[y]}/{round(float(x[0, 0, 0]) * 5)}.png" for x, y in seen]


def test_folder_with_its_own_splits(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("validation", 2), ("test", 1)):
        pets(tmp_path / "pets" / split, count)
    data = declared("folder", path="pets")
    found = load_data(data, root=tmp_path, input_shape=(3, 4, 1), seed=0)
    assert found.validation is not None
    assert [counts(s) for s in (found.train, found.validation, found.test)] == [[3, 3], [2, 2], [1, 1]]
    for part in (tmp_path / "pets/test").rglob("*.png"):
        part.unlink()
    for part in ("cat", "dog", ""):
        (tmp_path / "pets/test" / part).rmdir()
    found = load_data(data, root=tmp_path, input_shape=(3, 4, 1), seed=0)
    assert found.validation is not None
    assert [len(s.y) for s in (found.train, found.validation, found.test)] == [5, 4, 1]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for vehicle in ("bus", "train"):
        for index in range(2):
            paint(tmp_path / f"pets/{vehicle}/{index}.png")
    assert load_data(folder(), root=tmp_path, input_shape=(3, 4, 1), seed=0).classes == ("bus", "train")


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff", "PNG"])
@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGB", 1), ("L", 4)])
def test_image_formats_and_channels(tmp_path: Path, suffix: str, mode: str, channels: int) -> None:
    for pet in ("cat", "dog"):
        for index in range(2):
            paint(tmp_path / f"pets/{pet}/{index}.{suffix}", (102, 102, 102) if mode == "RGB" else 102, mode=mode)
    found = load_data(folder(), root=tmp_path, input_shape=(3, 4, channels), seed=0)
    expected = np.full((4, 3, 4, channels), 0.4)
    expected[..., 3:] = 1
    assert np.allclose(every(found), expected, atol=1 / 255)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 1, [1, 1, 1]),
        ("LA", (51, 0), [0.2, 0.2, 0.2]),
        ("RGBA", (51, 102, 153, 9), [0.2, 0.4, 0.6]),
        ("I;16", 51 * 257, [0.2, 0.2, 0.2]),
        ("P", 0, [0, 0, 0]),
    ],
)
def test_pixel_kinds(tmp_path: Path, mode: str, value: Any, expected: list[float]) -> None:
    paint(tmp_path / "it.png", value, mode=mode)
    found = load_image(tmp_path / "it.png", (3, 4, 3))
    assert found.shape == (3, 4, 3)
    assert np.allclose(found, expected)


def test_images_are_resized(tmp_path: Path) -> None:
    paint(tmp_path / "it.png", 0, (2, 2))
    with Image.open(tmp_path / "it.png") as image:
        image.putpixel((1, 0), 255)
        image.putpixel((1, 1), 255)
        image.save(tmp_path / "it.png")

    def row(interpolation: str) -> list[int]:
        data = declared("folder", path="pets", interpolation=interpolation)
        found = load_image(tmp_path / "it.png", (1, 4, 1), data)
        return np.rint(found * 255).astype(int).ravel().tolist()

    assert row("nearest") == [0, 0, 255, 255]
    assert row("bilinear") == [0, 64, 191, 255]
    assert row("bicubic") == [0, 53, 202, 255]
    assert row("lanczos") == [0, 59, 196, 255]


def test_a_camera_that_lay_on_its_side(tmp_path: Path) -> None:
    image = Image.new("L", (4, 2))
    image.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    for pet in ("cat", "dog"):
        for index in range(2):
            (tmp_path / "pets" / pet).mkdir(parents=True, exist_ok=True)
            image.save(tmp_path / f"pets/{pet}/{index}.png", exif=exif)
    found = load_data(folder(), root=tmp_path, input_shape=(None, None, 1), seed=0)
    assert found.shape == (4, 2, 1)
    assert found.train.x[0][..., 0].tolist() == [[0, 1], [0, 0], [0, 0], [0, 0]]


def test_a_network_of_any_size_takes_the_images_own(tmp_path: Path, fails: Callable[..., str]) -> None:
    pets(tmp_path / "pets")
    assert load_data(folder(), root=tmp_path, input_shape=(None, None, None), seed=0).shape == (3, 4, 3)
    paint(tmp_path / "pets/dog/9.png", 0, (5, 7))
    message = (
        "the images in 'pets' differ in size: 'cat/0.png' has 3 x 4 pixels, and 'dog/9.png' has 7 x 5; "
        "give the network's input its rows and columns"
    )
    assert fails(folder(), (None, None, 1)) == message
    assert fails(folder(), (None, 4, 1)) == message


def test_a_size_that_is_only_half_known_and_does_not_fit(tmp_path: Path, fails: Callable[..., str]) -> None:
    pets(tmp_path / "pets")
    assert fails(folder(), (None, 5, 1), "NS701") == (
        "'pets' gives examples of 3 x 4 x 1, and the network takes ? x 5 x 1; "
        "write `input: [3, 4, 1]`, and `resize` or `upsample` after it if the network wants more"
    )


@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 4, 2), (2, 3, 4, 1)])
def test_an_input_that_is_no_image(fails: Callable[..., str], shape: tuple[int, ...]) -> None:
    assert fails(folder(), shape, "NS701") == (
        "'pets' gives images of 1, 3 or 4 channels, and the network takes "
        f"{' x '.join(map(str, shape))}; write an input such as `input: [224, 224, 3]`"
    )


def test_folders_that_are_none(tmp_path: Path, fails: Callable[..., str]) -> None:
    assert fails(folder(), (3, 4, 1)) == "'pets' does not exist; a path starts at the spec's folder"
    (tmp_path / "pets").write_text("")
    assert fails(folder(), (3, 4, 1)) == (
        "'pets' is a file, and a folder is wanted; name the folder that holds the classes"
    )
    assert fails(declared("folder", path="pets/in"), (3, 4, 1)) == (
        "'pets/in' does not exist; a path starts at the spec's folder"
    )


def test_folders_without_classes(tmp_path: Path, fails: Callable[..., str]) -> None:
    root = tmp_path / "pets"
    root.mkdir()
    assert fails(folder(), (3, 4, 1)) == (
        "'pets' holds no class folders; put the images of each class into a sub-folder of its own"
    )
    paint(root / "0.png")
    assert fails(folder(), (3, 4, 1)) == (
        "'pets' holds images but no class folders; put the images of each class into a sub-folder of its own"
    )
    paint(root / "cat/0.png")
    assert fails(folder(), (3, 4, 1)) == "'pets' holds one class only, 'cat'; there is nothing to tell apart"
    (root / "dog").mkdir()
    (root / "dog/0.svg").write_text("<svg/>")
    suffixes = ".png, .jpg, .jpeg, .bmp, .gif, .webp, .tif, .tiff"
    assert fails(folder(), (3, 4, 1)) == f"'pets' holds no images of 'dog'; add some ({suffixes}), or remove the folder"
    for index in range(7):
        (root / f"e{index}").mkdir()
    assert fails(folder(), (3, 4, 1)) == (
        f"'pets' holds no images of 'dog', 'e0', 'e1', 'e2', 'e3' and 3 more; add some ({suffixes}), "
        f"or remove the folders"
    )


def test_a_folder_in_a_class(tmp_path: Path, fails: Callable[..., str]) -> None:
    pets(tmp_path / "pets")
    (tmp_path / "pets/cat/kittens").mkdir()
    assert fails(folder(), (3, 4, 1)) == (
        "'pets/cat' holds the folder 'kittens'; put the images into 'pets/cat' itself"
    )


def test_splits_that_do_not_agree(tmp_path: Path, fails: Callable[..., str]) -> None:
    for split in ("train", "test", "bird"):
        pets(tmp_path / "pets" / split)
    assert fails(folder(), (3, 4, 1)) == (
        "'pets' holds 'bird' beside its train and test folders; move it into them if it is a class, or away"
    )
    (tmp_path / "pets/bird").rename(tmp_path / "pets/testing")
    assert fails(folder(), (3, 4, 1)) == "'pets' holds two folders for the test; keep one"
    (tmp_path / "pets/testing/cat").rename(tmp_path / "pets/test/bird")
    (tmp_path / "pets/testing").rename(tmp_path / "elsewhere")
    assert fails(folder(), (3, 4, 1)) == (
        "'pets/test' has the class 'bird', and 'pets/train' does not; a class is in the training images first"
    )


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_a_split_may_lack_a_class(tmp_path: Path, name: str) -> None:
    pets(tmp_path / "pets/train")
    pets(tmp_path / f"pets/{name}")
    pets(tmp_path / "pets/test")
    (tmp_path / "pets/test/cat").rename(tmp_path / "elsewhere")
    found = load_data(folder(), root=tmp_path, input_shape=(3, 4, 1))
    assert found.validation is not None
    assert found.classes == ("cat", "dog")
    assert found.validation.y.tolist() == [0] * 4 + [1] * 4
    assert found.test.y.tolist() == [1] * 4


def test_unreadable_images(tmp_path: Path, fails: Callable[..., str]) -> None:
    root = tmp_path / "pets"
    pets(root)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8))
    for name in ("1.png", "2.jpg"):
        noise.save(root / "cat" / name)
        content = (root / "cat" / name).read_bytes()
        (root / "cat" / name).write_bytes(content[: len(content) // 2])
    (root / "cat/3.png").write_text("hello")
    assert fails(folder(), (3, 4, 1)) == (
        "cannot read 3 of 9 images in 'pets': 'cat/1.png' (cut short), 'cat/2.jpg' (cut short) and "
        "'cat/3.png' (not an image); mend or remove them"
    )
    for index in range(4):
        (root / f"dog/{index}.png").write_text("")
    assert fails(folder(), (3, 4, 1)) == (
        "cannot read 7 of 9 images in 'pets': 'cat/1.png' (cut short), 'cat/2.jpg' (cut short), "
        "'cat/3.png' (not an image), 'dog/0.png' (not an image), 'dog/1.png' (not an image) and 2 more; "
        "mend or remove them"
    )
    assert fails(folder(), (None, None, 1)).startswith("cannot read 7 of 9 images in 'pets': 'cat/1.png' (cut short), ")


def png(width: int, height: int) -> bytes:
    """A file whose header promises an image of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 60_000)])
def test_an_image_that_would_fill_the_memory(tmp_path: Path, fails: Callable[..., str], size: tuple[int, int]) -> None:
    pets(tmp_path / "pets")
    (tmp_path / "pets/cat/0.png").write_bytes(png(*size))
    for shape in ((3, 4, 1), (None, None, 1)):
        assert fails(folder(), shape) == (
            "cannot read 1 of 8 images in 'pets': 'cat/0.png' (too many pixels); mend or remove it"
        )


def test_a_postscript_file_is_not_handed_to_a_program(tmp_path: Path, fails: Callable[..., str]) -> None:
    pets(tmp_path / "pets")
    (tmp_path / "pets/cat/0.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 3\n%%EndComments\n")
    assert fails(folder(), (3, 4, 1)) == (
        "cannot read 1 of 8 images in 'pets': 'cat/0.png' (not an image); mend or remove it"
    )


def test_links(tmp_path: Path, fails: Callable[..., str]) -> None:
    root = tmp_path / "pets"
    pets(root)
    (root / "cat/4.png").symlink_to(root / "dog/0.png")
    assert len(every(load_data(folder(), root=tmp_path, input_shape=(3, 4, 1), seed=0))) == 9
    paint(tmp_path / "secret.png")
    (root / "cat/5.png").symlink_to(tmp_path / "secret.png")
    assert fails(folder(), (3, 4, 1)) == (
        "'pets/cat/5.png' is a link to outside of 'pets'; put what it leads to in its place"
    )
    (root / "cat/5.png").unlink()
    (root / "cat/5.png").symlink_to(root / "cat/5.png")
    assert fails(folder(), (3, 4, 1)) == "'pets/cat/5.png' is a link to nothing; remove it"
    (root / "cat/5.png").unlink()
    (root / "elsewhere").symlink_to("/")
    assert fails(folder(), (3, 4, 1)) == (
        "'pets/elsewhere' is a link to outside of 'pets'; put what it leads to in its place"
    )


def test_images_are_decoded_when_they_are_wanted(tmp_path: Path, fails: Callable[..., str]) -> None:
    pets(tmp_path / "pets")
    whole = [load_image(tmp_path / f"pets/{pet}/{n}.png", (3, 4, 3)) for pet in ("cat", "dog") for n in range(4)]
    for cache in (None, 1, 36 * 3, 10**9):  # none is kept, none fits, three do, all do
        found = load_data(folder(cache=cache), root=tmp_path, input_shape=(3, 4, 3), seed=0)
        x = found.train.x
        assert isinstance(x, Images)
        assert (len(x), x.shape, x.dtype, x.ndim) == (4, (4, 3, 4, 3), np.float32, 4)
        expected = np.stack([whole[number] for number in x._numbers])
        for _ in range(2):  # decoded, and kept
            for key in (np.array([2, 0]), [3, 1, 1], slice(1, 3), 2, -1, np.array([True, False] * 2), slice(0, 0)):
                assert np.array_equal(x[key], expected[key])


def test_images_that_break_after_they_were_verified(tmp_path: Path, fails: Callable[..., str]) -> None:
    pets(tmp_path / "pets")
    found = load_data(folder(), root=tmp_path, input_shape=(3, 4, 3), seed=0)
    broken = "cannot read 2 of 8 images in 'pets': 'cat/1.png' (not an image) and 'dog/0.png' (not an image)"
    for name in ("cat/1.png", "dog/0.png"):
        (tmp_path / "pets" / name).write_text("hello")
    assert fails(folder(), (3, 4, 3)) == f"{broken}; mend or remove them"
    with pytest.raises(DataError) as caught:  # all are named, whichever is met first
        (found.train.x[:], found.test.x[:])
    assert caught.value.message == f"{broken}; mend or remove them"


def test_a_jpeg_is_brought_to_its_size_as_it_is_decoded(tmp_path: Path) -> None:
    gradient = np.linspace(0, 255, 64).astype(np.uint8)
    picture = np.stack(
        [np.tile(gradient, (48, 1)), np.tile(gradient[:48, None], (1, 64)), np.full((48, 64), 99)], axis=2
    )
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "it.jpg", quality=95)
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "it.png")
    for shape in ((12, 16, 3), (20, 30, 3), (12, 16, 1), (48, 64, 1), (96, 128, 3)):
        jpeg, png_ = (load_image(tmp_path / name, shape) for name in ("it.jpg", "it.png"))
        assert np.abs(jpeg - png_).max() < 0.03


def test_a_file_that_was_turned_is_turned_back_at_any_size(tmp_path: Path) -> None:
    picture = Image.new("L", (64, 32))
    picture.paste(255, (0, 0, 32, 32))  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise: then the upper half is white
    picture.save(tmp_path / "it.jpg", exif=exif, quality=95)
    found = load_image(tmp_path / "it.jpg", (16, 8, 1))[..., 0]
    assert found[:7].min() > 0.9
    assert found[9:].max() < 0.1


# --- an image by itself ----------------------------------------------------------------------------------------------


def test_an_image_for_a_prediction_is_scaled_as_the_training_s_were(tmp_path: Path) -> None:
    path = tmp_path / "it.png"
    paint(path, 255, (8, 8))
    for data, white in (
        (None, 1),
        (declared("digits"), 1),
        (declared("digits", {"rescale": 1.0}), 16),
        (declared("mnist"), 1),
        (declared("mnist", {"rescale": 127.5}), 2),
        (declared("corners", {"rescale": 0.5}), 2),
    ):
        found = load_image(path, (8, 8, 1), data)
        assert (found.shape, found.dtype) == ((8, 8, 1), np.float32)
        assert np.allclose(found, white)
    assert load_image(str(path), (None, None, 3)).shape == (8, 8, 3)


def test_an_image_that_cannot_be_read(tmp_path: Path) -> None:
    def message(name: str, shape: tuple[int | None, ...] = (8, 8, 1)) -> str:
        with pytest.raises(DataError) as caught:
            load_image(tmp_path / name, shape)
        return caught.value.message.replace(str(tmp_path), "")

    (tmp_path / "it.png").write_text("hello")
    Image.new("F", (2, 2)).save(tmp_path / "it.tiff")
    assert message("it.png") == "cannot read '/it.png': not an image"
    assert message("it.tiff") == "cannot read '/it.tiff': floating-point pixels"
    assert message("none.png") == "cannot read '/none.png': no such file or directory"
    assert message("") == "cannot read '': is a directory"
    assert message("it.png", (8,)) == (
        "an image file gives images of 1, 3 or 4 channels, and the network takes 8; "
        "write an input such as `input: [224, 224, 3]`"
    )


# --- downloads --------------------------------------------------------------------------------------------------------


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """In Keras's place, so that nothing is downloaded."""
    datasets = {word: types.SimpleNamespace() for word in ("mnist", "fashion_mnist", "cifar10", "cifar100")}
    fake = types.SimpleNamespace(datasets=types.SimpleNamespace(**datasets))
    monkeypatch.setitem(sys.modules, "keras", fake)  # type: ignore[arg-type]
    return fake


@pytest.mark.parametrize(
    ("word", "shape", "classes"),
    [
        ("mnist", (28, 28), 10),
        ("fashion_mnist", (28, 28), 10),
        ("cifar10", (32, 32, 3), 10),
        ("cifar100", (32, 32, 3), 100),
    ],
)
def test_downloads(
    tmp_path: Path,
    keras: types.SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
    word: str,
    shape: tuple[int, ...],
    classes: int,
) -> None:
    y = np.arange(classes * 10, dtype=np.uint8) % classes
    arrays = (np.full((len(y), *shape), 51, np.uint8), y[:, None] if len(shape) == 3 else y)

    def download() -> Any:
        print("Downloading data")
        return arrays, (arrays[0][:7], arrays[1][:7])

    getattr(keras.datasets, word).load_data = download
    wanted = (*shape, 1) if len(shape) == 2 else shape
    found = load_data(declared(word), root=tmp_path, input_shape=wanted, seed=0)
    assert found.validation is not None
    assert found.classes is not None
    assert (found.shape, len(set(found.classes))) == (wanted, classes)
    assert (len(found.train.x), len(found.validation.x), len(found.test.x)) == (classes * 9, classes, 7)
    assert (found.test.y.tolist(), found.test.y.dtype) == ([0, 1, 2, 3, 4, 5, 6], np.int64)
    assert np.allclose(found.test.x[:], 0.2)
    assert capsys.readouterr() == ("", "Downloading data\n")


def test_a_download_that_fails(keras: types.SimpleNamespace, fails: Callable[..., str]) -> None:
    def download() -> None:
        raise Exception("URL fetch failure on https://example.org/mnist.npz: None -- no route")

    keras.datasets.mnist.load_data = download
    assert fails(declared("mnist"), (28, 28, 1)) == (
        "the download of `mnist` failed ('URL fetch failure on https://example.org/mnist.npz: None -…); "
        "connect to the network once, then Keras has the data in its cache"
    )


# --- as a whole -------------------------------------------------------------------------------------------------------


def test_no_framework_is_imported_but_for_a_download(tmp_path: Path) -> None:
    save(tmp_path, x=IMAGES, y=np.arange(40) % 4)
    pets(tmp_path / "pets")
    (tmp_path / "it.csv").write_text("a,b,c\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n")
    code = f"""
import pathlib, sys
from netspec.data import SOURCES, Data, load_data
from netspec.data.dataset import Request, Wanted
for word, options, shape in [
    ("corners", {{}}, (16, 16, 1)),
    ("npz", {{"path": "it.npz"}}, (2, 3, 1)),
    ("folder", {{"path": "pets"}}, (3, 4, 1)),
    ("csv", {{"path": "it.csv"}}, (2,)),
]:
    data = Data(source=SOURCES[word](**options), validation_split=0.0, test_split=0.5)
    load_data(Request(data, pathlib.Path({str(tmp_path)!r}), {{"input": shape}}, {{"main": Wanted()}}, 0))
print([name for name in ("keras", "tensorflow", "jax", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_source_that_is_declared_is_found_by_its_name() -> None:
    for module in pkgutil.iter_modules(netspec.data.__path__, "netspec.data."):
        importlib.import_module(module.name)
    assert set(SOURCES) == set(DECLARED)
    assert {name: SOURCES[name].spec_name for name in SOURCES} == {name: name for name in SOURCES}


@pytest.mark.parametrize("word", sorted(SOURCES))
def test_every_source_is_told_apart(word: str, tmp_path: Path, keras: types.SimpleNamespace) -> None:
    """A source that is declared is loaded by its own function, or says why it cannot be."""
    options = dict.fromkeys(SOURCES[word].required, "missing")
    shape = SOURCES[word].shape or (2, 2, 1)
    try:
        found = load_data(declared(word, **options), root=tmp_path, input_shape=shape, seed=0)
    except DataError as error:
        told = (
            "'missing' does not exist; a path starts at the spec's folder",
            f"the download of `{word}` failed ",
            "cannot load 'missing': ",
            f"`{word}` needs ",
        )
        assert error.message.startswith(told)  # noqa: PT017
    else:
        assert found.shape == shape
        assert found.classes is not None
        assert len(found.classes) == SOURCES[word].classes
