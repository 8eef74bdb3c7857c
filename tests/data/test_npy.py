"""Arrays in files of their own, and arrays that stay in their files because the memory is small."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import pytest

import netspec.data
from netspec.data import SOURCES, Data
from netspec.data.dataset import Dataset, Request, Wanted
from netspec.data.mapped import Mapped

X, Y = np.arange(48, dtype=np.float64).reshape(12, 4), np.arange(12) % 2


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    def load(source: str, settings: dict[str, Any] | None = None, **options: Any) -> Dataset:
        data = Data(
            **{"source": SOURCES[source](**options), "validation_split": 0.0, "test_split": 0.5, **(settings or {})}
        )
        return netspec.data.load_data(Request(data, tmp_path, {"input": (4,)}, {"main": Wanted((2,), "softmax")}, 0))

    return load


class Memory(NamedTuple):
    available: int


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much as the labels need, and too little for the examples."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(600))


def save(folder: Path, **arrays: Any) -> None:
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def rows(found: Dataset) -> list[list[float]]:
    return sorted([*found.train.x["input"][:].tolist(), *found.test.x["input"][:].tolist()])


def test_a_folder_of_arrays(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    save(tmp_path / "it", x=X, y=Y, other=Y)
    found = load("npy", path="it")
    assert rows(found) == X.tolist()
    assert isinstance(found.train.x["input"], np.ndarray)
    assert (found.notes, found.schema.inputs["input"].source) == (("`other` in 'it' is not read",), "`x` in 'it'")


def test_a_run_knows_the_files_that_it_reads() -> None:
    paths = SOURCES["npy"](path="it/x_train.npy", y="labels").paths
    assert {"it/x_train.npy", "it/x_test.npy", "it/labels_train.npy", "it/labels_val.npy"} <= set(paths)
    assert paths[0] == "it/x_train.npy"
    assert SOURCES["npy"](path="it").paths == ("it",)


def test_a_folder_with_parts(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    save(tmp_path / "it", X_train=X, Y_train=Y, X_test=X[:2] + 1, Y_test=Y[:2])
    found = load("npy", path="it", x="X", y="Y")
    assert (found.train.x["input"].tolist(), found.test.x["input"].tolist()) == (X.tolist(), (X[:2] + 1).tolist())


def test_a_file_names_the_examples(tmp_path: Path, load: Callable[..., Dataset], fails: Callable[..., str]) -> None:
    save(tmp_path / "it", images=X, y=Y, other=Y)
    found = load("npy", path="it/images.npy")
    assert (rows(found), found.notes) == (X.tolist(), ())
    assert fails("npy", path="it/none.npy") == "'it/none.npy' does not exist; a path starts at the spec's folder"
    assert fails("npy", path="it", y="labels") == "'it' holds no `x` or `labels`; it holds `images`, `other` and `y`"
    (tmp_path / "y.npy").write_bytes((tmp_path / "it/y.npy").read_bytes())
    save(tmp_path, images=X)
    assert rows(load("npy", path="images.npy")) == X.tolist()


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("by_columns", [False, True])
def test_arrays_larger_than_the_memory_stay_in_their_files(
    tmp_path: Path, load: Callable[..., Dataset], by_columns: bool
) -> None:
    x = np.asfortranarray(X) if by_columns else X
    save(tmp_path / "it", x=x, y=Y)
    np.savez(tmp_path / "it.npz", x=x, y=Y)
    for found in (load("npy", {"rescale": 2.0}, path="it"), load("npz", {"rescale": 2.0}, path="it.npz")):
        split = found.train.x["input"]
        assert isinstance(split, Mapped)
        assert (split.shape, split.ndim, split.dtype, len(split)) == ((6, 4), 2, np.float32, 6)
        assert rows(found) == (X / 2).tolist()
        assert split[1].tolist() == split[:].tolist()[1]
        assert split[np.array([3, 0])].tolist() == [split[:].tolist()[3], split[:].tolist()[0]]
        assert split.take(np.array([2]))[:].tolist() == [split[:].tolist()[2]]


@pytest.mark.usefixtures("little_memory")
def test_what_is_packed_must_fit(tmp_path: Path, fails: Callable[..., str]) -> None:
    np.savez_compressed(tmp_path / "it.npz", x=X, y=Y)
    assert (
        fails("npz", path="it.npz")
        == "'it.npz' needs 0 MiB of memory, and 0 MiB is free; use fewer or smaller examples"
    )


def test_what_is_no_array(tmp_path: Path, fails: Callable[..., str]) -> None:
    save(tmp_path / "it", y=Y)
    (tmp_path / "it/x.npy").write_bytes(b"no array")
    assert fails("npy", path="it") == "'x.npy' is damaged, or no array; write it again with `numpy.save`"
    save(tmp_path / "it", x=X)
    whole = (tmp_path / "it/x.npy").read_bytes()
    (tmp_path / "it/x.npy").write_bytes(whole[:-8])
    assert fails("npy", path="it") == "'x.npy' is damaged; write it again with `numpy.save`"
    np.save(tmp_path / "it/x.npy", np.array([{}] * 12), allow_pickle=True)
    assert fails("npy", path="it") == "'x.npy' holds Python objects; save an array of numbers"


def test_a_file_does_not_lead_elsewhere(tmp_path: Path, fails: Callable[..., str]) -> None:
    save(tmp_path / "secret", y=Y)
    save(tmp_path / "it", x=X)
    os.symlink(tmp_path / "secret/y.npy", tmp_path / "it/y.npy")
    assert fails("npy", path="it") == (
        "'y.npy' is or passes a link to outside of the spec's folder, and a spec names only what lies there; "
        "if you mean it, give the source with `--data`"
    )


def test_bad_examples_are_left_out(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    x = X.copy()
    x[2, 1] = np.inf
    save(tmp_path / "it", x=x, y=Y)
    found = load("npy", {"on_error": "skip"}, path="it")
    assert [str(each) for each in found.skipped] == ["`x` in 'it' at [2]: holds what is no finite number"]
    assert rows(found) == np.delete(X, 2, axis=0).tolist()
