"""`huggingface` and `tfds`: datasets by name, from a hub or from a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.source import DECLARED, DataError, DataSource, require
from netspec.diagnostics.words import printable, show
from netspec.options import Nullable, PerName, Text, declare, option

if TYPE_CHECKING:
    from netspec.data.dataset import Dataset, Request
    from netspec.data.records import Records

VALIDATIONS = ("validation", "val", "valid", "dev")


@declare("hub")
class Hub(DataSource):
    """Columns by name: images, texts or numbers, and the labels."""

    one_input = False
    x: str | dict[str, str] | None = option(
        Nullable(PerName(Text(), "input")), "Column of the examples, or of each input; null: found by its type.", None
    )
    y: str | dict[str, str] | None = option(
        Nullable(PerName(Text())), "Column of the labels, or of each output; null: `label`, or the only one left.", None
    )
    train: str = option(Text(), "Split to train on.", "train")
    validation: str | None = option(
        Nullable(Text()), "Split to validate on; null: `validation`, where there is one.", None
    )
    test: str | None = option(Nullable(Text()), "Split to test on; null: `test`, where there is one.", None)

    def records(self, root: Path) -> Mapping[str, Records]:
        """What each split holds. Raises DataError."""
        raise NotImplementedError(self.spec_name)

    def load(self, request: Request) -> Dataset:
        """Images in the form of the network's input, numbers as they are, texts by `vectorize`; classes by name."""
        from netspec.data.records import loaded

        splits = self.records(request.root)
        validation = self.validation or next((name for name in VALIDATIONS if name in splits), None)
        names = {
            "train": self.train,
            "validation": validation,
            "test": self.test or ("test" if "test" in splits else None),
        }
        for name in names.values():
            if name is not None and name not in splits:
                known = ", ".join(show(each) for each in splits)
                raise DataError(f"{self.shown} has no split {show(name)}; it has {known}")
        if request.whole and names["test"] is not None:
            names = {"test": names["test"]}
        return loaded(self, {part: splits[name] for part, name in names.items() if name is not None}, request)

    @property
    def shown(self) -> str:
        """What messages call it."""
        return f"`{self.spec_name}`"


@declare("huggingface", principal="path", table=DECLARED)
class HuggingFace(Hub):
    """A dataset of Hugging Face's: by its name on the hub, or a folder that `save_to_disk` wrote or that holds data files."""

    path: str = option(Text(), "Name on the hub, or path of a folder, relative to the spec.")
    name: str | None = option(Nullable(Text()), "Which of the dataset's configurations.", None)

    @property
    def shown(self) -> str:
        return show(self.path)

    def records(self, root: Path) -> Mapping[str, Records]:
        require("datasets", "datasets", "`huggingface`")
        import datasets

        from netspec.data.records import Splits, of_huggingface

        folder = root / self.path
        with _library(self.shown):
            if (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file():
                found = datasets.load_from_disk(os.fspath(folder))
            else:
                found = datasets.load_dataset(os.fspath(folder) if folder.is_dir() else self.path, self.name)
        if not isinstance(found, Mapping):
            found = {self.train: found}
        return Splits(found, lambda name: of_huggingface(self.shown, found[name]))


@declare("tfds", principal="name", table=DECLARED)
class Tfds(Hub):
    """A dataset of TensorFlow Datasets, by its name; it is downloaded once."""

    one_input = False
    name: str = option(Text(), "Name of the dataset: `mnist`, `cats_vs_dogs`, `glue/sst2`.")
    data_dir: str | None = option(
        Nullable(Text()),
        "Path of the folder that holds the prepared datasets, relative to the spec; null: TensorFlow's.",
        None,
    )

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the dataset is prepared, if the folder is named."""
        return () if self.data_dir is None else (os.path.join(self.data_dir, self.name.partition(":")[0]),)

    @property
    def shown(self) -> str:
        return show(self.name)

    def records(self, root: Path) -> Mapping[str, Records]:
        require("tensorflow_datasets", "tensorflow-datasets", "`tfds`")
        require("tensorflow", "tensorflow", "`tfds`")
        import tensorflow_datasets as tfds

        from netspec.data.records import Splits, of_tfds

        folder = None if self.data_dir is None else os.fspath(root / self.data_dir)
        with _library(self.shown):
            builder = tfds.builder(self.name, data_dir=folder)
            builder.download_and_prepare()
        return Splits(builder.info.splits, lambda name: of_tfds(self.shown, builder, name))


@contextmanager
def _library(shown: str) -> Iterator[None]:
    """What a library says of a dataset that it cannot load, as a DataError; its own warnings are not the user's."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Exception as error:  # noqa: BLE001 - each dataset's own code raises what it likes
            why = printable((str(error).strip() or type(error).__name__).splitlines()[0])
            raise DataError(f"cannot load {shown}: {why}") from None
