"""Parquet: the columns of `csv`, of the types that the file says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec.data
from netspec.data import SOURCES, Data
from netspec.data.dataset import Dataset, Request, Wanted
from netspec.data.schema import read_schema
from netspec.data.source import Vectorize

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

SOFTMAX, LINEAR = Wanted((2,), "softmax"), Wanted((1,))


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    def load(
        shape: tuple[int, ...] = (2,), wanted: Wanted = SOFTMAX, settings: dict[str, Any] | None = None,
        known: Any = None, whole: bool = False, **options: Any,
    ) -> Dataset:  # fmt: skip
        source = SOURCES["parquet"](**{"path": "it.parquet", **options})
        data = Data(**{"source": source, "validation_split": 0.0, "test_split": 0.5, **(settings or {})})
        request = Request(data, tmp_path, {"input": shape}, {"main": wanted}, 0, known=known, whole=whole)
        return netspec.data.load_data(request)

    return load


def write(folder: Path, name: str = "it.parquet", **columns: Any) -> None:
    parquet.write_table(pa.table(columns), folder / name)


def every(found: Dataset) -> list[tuple[Any, Any]]:
    pairs = []
    for split in (found.train, found.test):
        pairs += zip(np.asarray(split.x["input"][:]).tolist(), np.asarray(split.y["main"][:]).tolist(), strict=True)
    return sorted(pairs)


def test_columns_by_name(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    write(tmp_path, b=[1.5, 2, 3, 4], kind=["x", "y", "x", "y"], a=[1, 2, 3, 4], id=[7, 8, 9, 10], w=[1.0, 2, 1, 2])
    found = load(label="kind", features=("a", "b"), ignore=("id",), sample_weight="w")
    assert every(found) == [([1, 1.5], 0), ([2, 2], 1), ([3, 3], 0), ([4, 4], 1)]
    assert found.schema.outputs["main"].names == ("x", "y")
    assert found.notes == ()
    write(tmp_path, "more.parquet", a=[9, 8], b=[6, 7], w=[1.0, 1], kind=["y", "y"])
    again = load(known=read_schema_of(found), whole=True, path="more.parquet", label="kind", sample_weight="w")
    assert every(again) == [([8, 7], 1), ([9, 6], 1)]


def read_schema_of(found: Dataset) -> Any:
    import json

    return read_schema(json.loads(json.dumps(found.schema.as_dict())))


def test_the_last_column_and_types(tmp_path: Path, load: Callable[..., Dataset]) -> None:
    kinds = pa.array(["x", "y", "x", "y"]).dictionary_encode()
    write(tmp_path, a=pa.array([True, False, True, True]), b=pa.array([1, 2, 3, 4], pa.uint8()), kind=kinds)
    found = load()
    assert every(found) == [([0, 2], 1), ([1, 1], 0), ([1, 3], 0), ([1, 4], 1)]
    assert found.notes == ("the label is the column 'kind' of 'it.parquet'",)
    write(tmp_path, a=[1, 2, 3, 4], b=[1, 2, 3, 4], price=[1.0, 2.0, 3.0, 4.0])
    assert load(wanted=LINEAR).schema.outputs["main"].reading == "numbers"
    write(tmp_path, a=[1, 2, 3, 4], b=[1, 2, 3, 4], kind=pa.array([0, 1, 0, 1], pa.int8()))
    assert load().schema.outputs["main"].names == ("0", "1")


def test_lists(tmp_path: Path, load: Callable[..., Dataset], fails: Callable[..., str]) -> None:
    tags = [["cat", "dog"], [], ["dog"], ["cat"]]
    write(tmp_path, v=[[1, 2], [3, 4], [5, 6], [7, 8]], tags=tags)
    found = load(wanted=Wanted((2,), "sigmoid"), label="tags")
    assert every(found) == [([1, 2], [1, 1]), ([3, 4], [0, 0]), ([5, 6], [0, 1]), ([7, 8], [1, 0])]
    assert found.schema.outputs["main"].names == ("cat", "dog")
    write(tmp_path, v=[[1, 2], [3], [5, 6], [7, 8]], kind=["x", "y", "x", "y"])
    assert fails() == "'it.parquet', row 1 has 1 numbers in column 'v', and others 2"
    write(tmp_path, v=[[1, 2], [3, 4], [5, 6], [7, 8]], steps=[[0, 1], [1, 1], [1, 0], [0, 0]])
    assert load(wanted=Wanted((2, 2), "softmax")).schema.outputs["main"].shape == (2,)


def test_texts(tmp_path: Path, load: Callable[..., Dataset], fails: Callable[..., str]) -> None:
    write(tmp_path, text=["a b", "b", "a a", "b c"], kind=["x", "y", "x", "y"])
    found = load(settings={"vectorize": Vectorize()})
    assert found.schema.inputs["input"].text is not None
    assert found.train.x["input"].shape == (2, 2)
    assert fails() == (
        "column 'text' of 'it.parquet' holds values of type 'string', and numbers are wanted; leave it out with `ignore`, or "
        "save numbers"
    )
    write(tmp_path, text=[1, 2, 3, 4], kind=["x", "y", "x", "y"])
    assert fails(settings={"vectorize": Vectorize()}) == (
        "column 'text' of 'it.parquet' holds values of type 'int64', and texts are wanted"
    )


def test_rows_that_cannot_be_read(tmp_path: Path, load: Callable[..., Dataset], fails: Callable[..., str]) -> None:
    write(tmp_path, a=[1.0, None, float("inf"), 4, 5, 6], b=[1, 2, 3, 4, 5, 6], kind=["x", "y", "x", None, "x", "y"])
    assert fails() == (
        "'it.parquet' holds 3 rows that cannot be read: row 1: column 'a' holds nan; row 2: column 'a' holds inf; "
        "row 3: no label in column 'kind'; mend or remove them, or leave them out with `on_error: skip`"
    ).replace("nan", "null")
    found = load(settings={"on_error": "skip"})
    assert every(found) == [([1, 1], 0), ([5, 5], 0), ([6, 6], 1)]
    assert len(found.skipped) == 3
    write(tmp_path, a=[1, 2, 3, 4], b=[1, 2, 3, 4], kind=pa.array([0, 1, None, 1], pa.int64()))
    assert fails() == "'it.parquet', row 2 has no label in column 'kind'; write or remove it"
    assert load(settings={"on_error": "skip"}).schema.outputs["main"].names == ("0", "1")


def test_what_is_no_table(tmp_path: Path, fails: Callable[..., str]) -> None:
    (tmp_path / "it.parquet").write_bytes(b"a,b\n1,2\n")
    assert fails().startswith("'it.parquet' is no Parquet file, or is damaged (")
    write(tmp_path, a=pa.array([], pa.int64()), b=pa.array([], pa.int64()), c=pa.array([], pa.int64()))
    assert fails() == "'it.parquet' has no rows; write one for each example"
    assert fails(path="none.parquet") == "'none.parquet' does not exist; a path starts at the spec's folder"
    write(tmp_path, a=[1], b=[2], c=[3])
    assert fails(label="d") == "'it.parquet' has no column 'd'; its columns are 'a', 'b' and 'c'"
