"""Datasets by name: those of Hugging Face and of TensorFlow, made here with their own packages."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec.data
from netspec.data import SOURCES, Data, records
from netspec.data.dataset import Dataset, Request, Wanted
from netspec.data.schema import read_schema
from netspec.data.source import Vectorize

SOFTMAX = Wanted((2,), "softmax")


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    def load(
        word: str, shape: tuple[int, ...], settings: dict[str, Any] | None = None, wanted: Wanted = SOFTMAX,
        known: Any = None, whole: bool = False, **options: Any,
    ) -> Dataset:  # fmt: skip
        source = SOURCES[word](**options)
        data = Data(**{"source": source, "validation_split": 0.0, "test_split": 0.5, **(settings or {})})
        asked = Request(data, tmp_path, {"input": shape}, {"main": wanted}, 0, known=known, whole=whole)
        return netspec.data.load_data(asked, confined=True)

    return load


def png(grey: int, size: int = 4) -> bytes:
    file = io.BytesIO()
    Image.new("L", (size, size), grey).save(file, "PNG")
    return file.getvalue()


def every(found: Dataset) -> list[tuple[Any, Any]]:
    pairs = []
    for split in (found.train, found.test):
        pairs += zip(np.asarray(split.x["input"][:]).tolist(), np.asarray(split.y["main"][:]).tolist(), strict=True)
    return sorted(pairs)


# --- Hugging Face -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pets(tmp_path: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    images = [{"bytes": png(51 * number, 4 + number % 2), "path": None} for number in range(6)]
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"]), "id": datasets.Value("int64")}
    )
    made = datasets.Dataset.from_dict({"image": images, "label": [0, 1] * 3, "id": list(range(6))}, features=features)
    made.save_to_disk(tmp_path / "pets")
    return made


def test_images_and_classes(pets: Any, load: Callable[..., Dataset], tmp_path: Path) -> None:
    found = load("huggingface", (4, 4, 1), path="pets")
    assert [(round(x[0][0][0] * 5), y) for x, y in every(found)] == [(0, 0), (1, 1), (2, 0), (3, 1), (4, 0), (5, 1)]
    assert found.schema.outputs["main"].names == ("cat", "dog")
    assert found.notes == ("'id' in 'pets' is not read",)
    # The same pictures with the classes in another order.
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["dog", "cat"])})
    other = datasets.Dataset.from_dict({"image": pets["image"], "label": [1, 0] * 3}, features=features)
    other.save_to_disk(tmp_path / "other")
    schema = read_schema(json.loads(json.dumps(found.schema.as_dict())))
    again = load("huggingface", (4, 4, 1), path="other", known=schema, whole=True)
    assert [y for _, y in every(again)] == [0, 1, 0, 1, 0, 1]


def test_splits_by_name(load: Callable[..., Dataset], fails: Callable[..., str], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = {"v": [[1.0, 2.0], [3.0, 4.0]] * 3, "label": [0, 1] * 3}
    parts = {name: datasets.Dataset.from_dict(rows) for name in ("train", "validation", "test", "more")}
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "it")
    found = load("huggingface", (2,), path="it")
    assert found.validation is not None
    assert (found.train.size, found.validation.size, found.test.size) == (6, 6, 6)
    assert load("huggingface", (2,), path="it", test="more", whole=True).test.size == 6
    assert fails("huggingface", (2,), path="it", train="none") == (
        "'it' has no split 'none'; it has 'train', 'validation', 'test', 'more'"
    )


def test_a_folder_of_files(load: Callable[..., Dataset], fails: Callable[..., str], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    (tmp_path / "it").mkdir()
    texts = datasets.Dataset.from_dict(
        {"text": ["good one", "bad one"] * 4, "mood": ["+", "-"] * 4, "n": list(range(8))}
    )
    texts.to_parquet(tmp_path / "it/train.parquet")
    settings = {"vectorize": Vectorize()}
    found = load("huggingface", (2,), settings, path="it", y="mood")
    assert found.schema.outputs["main"].names == ("+", "-")
    assert found.schema.inputs["input"].text is not None
    assert found.schema.inputs["input"].columns == ("text",)
    assert fails("huggingface", (2,), settings, path="it") == (
        "name the column of the labels with `y`; 'it' has 'text' (text), 'mood' (text) and 'n' (number)"
    )
    assert fails("huggingface", (2,), path="it", y="mood", x="text") == (
        "column 'text' of 'it' holds texts; say how with `vectorize`"
    )
    assert fails("huggingface", (2,), path="it", y="mood", x="none") == (
        "'it' has no column 'none'; its columns are 'text' (text), 'mood' (text) and 'n' (number)"
    )


def test_images_that_cannot_be_read(
    pets: Any, load: Callable[..., Dataset], fails: Callable[..., str], tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    images = [{"bytes": png(0) if number != 3 else b"no image", "path": None} for number in range(6)]
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    datasets.Dataset.from_dict({"image": images, "label": [0, 1] * 3}, features=features).save_to_disk(tmp_path / "bad")
    assert fails("huggingface", (4, 4, 1), path="bad") == (
        "cannot read 1 of 6 images in column 'image' of 'bad', train: 3 (not an image); leave them out with `on_error: skip`"
    )
    found = load("huggingface", (4, 4, 1), {"on_error": "skip"}, path="bad")
    assert [str(each) for each in found.skipped] == ["column 'image' of 'bad', train, row 3: not an image"]
    assert found.train.size + found.test.size == 5
    assert fails("huggingface", (None, None, 1), path="pets") == (
        "the images in column 'image' of 'pets' differ in size; give the network's input its rows and columns"
    )


def test_images_are_read_when_they_are_wanted(
    load: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With all of them kept, some or none: the same numbers, in memory that does not grow with their number."""
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    for count in (100, 1000):
        images = [{"bytes": png(number % 251, 64), "path": None} for number in range(count)]
        made = datasets.Dataset.from_dict({"image": images, "label": [0, 1] * (count // 2)}, features=features)
        made.save_to_disk(tmp_path / str(count))
    found, peaks = [], []
    for kept, count in ((2**28, 100), (7 * 64 * 64, 100), (0, 100), (0, 1000)):
        monkeypatch.setattr(records, "KEPT", kept)
        tracemalloc.start()
        loaded = load("huggingface", (64, 64, 1), path=str(count))
        x, y = loaded.train.x["input"], loaded.train.y["main"]
        assert np.array_equal(x[:20], x[np.arange(20)])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        found.append(([float(x[number][5, 5, 0]) for number in range(20)], y[:20].tolist()))
    assert found[0] == found[1] == found[2]
    (values, labels) = found[0]
    assert [round(255 * value) % 2 for value in values] == labels
    assert peaks[3] - peaks[2] < 900 * 1000  # an image is 4,096 bytes


def test_what_cannot_be_loaded(fails: Callable[..., str], tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    (tmp_path / "it").mkdir()
    assert fails("huggingface", (2,), path="it").startswith("cannot load 'it': ")
    assert fails("huggingface", (2,), path="../it").startswith("'../it' leads out of the spec's folder")


# --- TensorFlow -------------------------------------------------------------------------------------------------------


@pytest.mark.backend
def test_a_dataset_of_tensorflow(load: Callable[..., Dataset], fails: Callable[..., str], tmp_path: Path) -> None:
    import warnings

    pytest.importorskip("tensorflow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tfds = pytest.importorskip("tensorflow_datasets")

        features = tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(None, None, 1)),
                "label": tfds.features.ClassLabel(names=["cat", "dog"]),
                "words": tfds.features.Text(),
            }
        )

        def rows(count: int) -> Any:
            return [
                (n, {"image": np.full((4 + n % 2, 4, 1), 51 * n, np.uint8), "label": n % 2, "words": f"word{n % 2} it"})
                for n in range(count)
            ]

        class Pets(tfds.core.GeneratorBasedBuilder):  # type: ignore[misc, name-defined]
            VERSION = tfds.core.Version("1.0.0")

            def _info(self) -> Any:
                return self.dataset_info_from_configs(features=features)

            def _split_generators(self, dl_manager: Any) -> Any:
                return {"train": iter(rows(6)), "test": iter(rows(4))}

            def _generate_examples(self) -> Any:
                raise NotImplementedError

        Pets(data_dir=tmp_path / "prepared").download_and_prepare()
    found = load("tfds", (4, 4, 1), name="pets", data_dir="prepared")
    assert (found.train.size, found.test.size) == (6, 4)
    assert found.schema.outputs["main"].names == ("cat", "dog")
    x, y = np.asarray(found.train.x["input"][:]), np.asarray(found.train.y["main"][:])
    assert sorted(zip((x[:, 0, 0, 0] * 5).round().tolist(), y.tolist(), strict=True)) == [(n, n % 2) for n in range(6)]
    assert found.notes == ("'words' in 'pets' is not read",)
    texts = load("tfds", (2,), {"vectorize": Vectorize()}, name="pets", data_dir="prepared")
    assert texts.train.x["input"].shape == (6, 2)
    assert fails("tfds", (2,), name="nothing_like_it", data_dir="prepared").startswith(
        "cannot load 'nothing_like_it': "
    )
