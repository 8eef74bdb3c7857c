"""Datasets whose columns say what they are: images, texts, numbers, classes by name."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, overload

import numpy as np
from PIL import Image

from netspec.data.assembly import Raw, assembled, check_names, named, unread, without_last_step
from netspec.data.dataset import Array, Dataset, Request, check_finite, check_shape, own_divisor
from netspec.data.faults import Skipped
from netspec.data.images import Bytes, Form, Images, Store, form_of, pixels_of
from netspec.data.labels import Column
from netspec.data.paths import some
from netspec.data.schema import Feature
from netspec.data.source import DataError
from netspec.diagnostics.words import show
from netspec.shapes import Shape

if TYPE_CHECKING:
    from datasets import Dataset as Arrow
    from tensorflow_datasets import DatasetBuilder as Builder

    from netspec.data.hub import Hub

Sort = Literal["image", "text", "number", "class", "other"]
LABELS = ("label", "labels", "target", "class")
WHITE = 255  # of an image's bytes
KEPT = 2**28  # bytes of decoded images that stay in memory


class Kind(NamedTuple):
    """What a column holds."""

    sort: Sort
    classes: tuple[str, ...] | None = None


class Records(NamedTuple):
    """A split."""

    kinds: dict[str, Kind]  # by column
    size: int
    read: Callable[[str], Sequence[object] | Array]  # the values of a column; images may be fetched one by one


class Splits(Mapping[str, Records]):
    """Splits by name, each looked at when it is asked for."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Records]) -> None:
        self._names = tuple(names)
        self._make = make

    def __getitem__(self, name: str) -> Records:
        if name not in self._names:
            raise KeyError(name)
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


# --- a dataset of them ------------------------------------------------------------------------------------------------


def loaded(source: Hub, parts: Mapping[str, Records], request: Request) -> Dataset:
    """The examples and labels of the columns that a source names, or else of those that are evidently meant. Raises DataError."""
    first = next(iter(parts.values()))
    x, y = _chosen(source, first.kinds, request)
    skipped: list[Skipped] = []
    raws, shapes = {}, {}
    for part, records in parts.items():
        inputs: dict[str, Array | Images] = {}
        good = np.ones(records.size, bool)
        for name, column in x.items():
            inputs[name] = _examples(source.shown, part, records, column, name, request, good, skipped)
            shapes[name] = inputs[name].shape[1:]
        if good.all() or not good.any():
            good[:] = True
        columns = {output: _labels(source.shown, records, column, good) for output, column in y.items()}
        divisors = {
            name: request.divisor(WHITE if isinstance(values, Images) else own_divisor(values), name)
            for name, values in inputs.items()
            if values.dtype != object
        }
        kept = np.flatnonzero(good)
        raws[part] = Raw({name: values.take(kept) for name, values in inputs.items()}, columns, divisors)
    divisors = dict(next(iter(raws.values())).divisors)
    features = {
        name: Feature(_of_column(source.shown, column), shapes[name], (column,), divisors.get(name, 1))
        for name, column in x.items()
    }
    classes = {output: first.kinds[column].classes for output, column in y.items()}
    names = {output: found for output, found in classes.items() if found is not None}
    left = [show(name) for name in first.kinds if name not in {*x.values(), *y.values()}]
    notes = unread(left, source.shown)
    return assembled(source.shown, raws, request, features, names=names, notes=notes, skipped=skipped)


def _of_column(shown: str, column: str) -> str:
    return f"column {show(column)} of {shown}"


def _chosen(source: Hub, kinds: Mapping[str, Kind], request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """The column of each input and of each output."""
    word, known = source.spec_name, request.known
    if isinstance(source.x, dict):
        check_names(f"`x` of `{word}`", source.x, tuple(request.inputs), "input")
    if isinstance(source.y, dict):
        check_names(f"`y` of `{word}`", source.y, tuple(request.outputs), "output")
    y = {}
    for output in request.outputs:
        column = named(source.y, output, "")
        y[output] = column or _label(source, kinds)
    x = {}
    for name, wanted in request.inputs.items():
        before = None if known is None else known.inputs[name].columns
        column = named(source.x, name, before[0] if before else "")
        x[name] = column or _example(source, kinds, wanted, name in request.texts, {*y.values()})
    for column in (*x.values(), *y.values()):
        if column not in kinds:
            raise DataError(f"{source.shown} has no column {show(column)}; its columns are {_listed(kinds)}")
    return x, y


def _label(source: Hub, kinds: Mapping[str, Kind]) -> str:
    found = next((name for name in LABELS if name in kinds), None)
    classes = [name for name, kind in kinds.items() if kind.sort == "class"]
    if found is None and len(classes) != 1:
        raise DataError(f"name the column of the labels with `y`; {source.shown} has {_listed(kinds)}")
    return found or classes[0]


def _example(source: Hub, kinds: Mapping[str, Kind], wanted: Shape, is_text: bool, taken: set[str]) -> str:
    """The only column that an input can read."""
    sorts = ("text",) if is_text else ("image",) if len(wanted) == 3 else ("number",)
    found = [name for name, kind in kinds.items() if kind.sort in sorts and name not in taken]
    if len(found) != 1:
        raise DataError(f"name the column of the examples with `x`; {source.shown} has {_listed(kinds)}")
    return found[0]


def _listed(kinds: Mapping[str, Kind]) -> str:
    return some([f"{show(name)} ({kind.sort})" for name, kind in kinds.items()], 9)


# --- columns ----------------------------------------------------------------------------------------------------------


def _examples(
    shown: str,
    part: str,
    records: Records,
    column: str,
    name: str,
    request: Request,
    good: Array,
    skipped: list[Skipped],
) -> Array | Images:
    """What an input reads of a column; rows that cannot be read are marked, where they are to be left out."""
    where, kind, wanted = _of_column(shown, column), records.kinds[column], request.inputs[name]
    if name in request.texts:
        if kind.sort != "text":
            raise DataError(f"{where} holds no texts; take `vectorize` away")
        return np.array(records.read(column), object)
    if kind.sort == "image":
        form = form_of(where, wanted, "bilinear", request.divisor(WHITE, name))
        return _images(part, Rows(where, records.read(column), form), request, good, skipped)
    if kind.sort not in ("number", "class"):
        mend = "; say how with `vectorize`" if kind.sort == "text" else ""
        raise DataError(f"{where} holds {'texts' if kind.sort == 'text' else 'neither numbers nor images'}{mend}")
    values = _array(where, records.read(column))
    values = values[..., None] if values.ndim == len(wanted) else values
    check_shape(where, without_last_step(values.shape[1:], request), wanted)
    check_finite(where, values)
    return values


def _array(where: str, values: Sequence[object] | Array) -> Array:
    """Numbers of one shape."""
    try:
        found = np.asarray(values)
    except ValueError:
        found = np.empty(0, object)
    if found.dtype.kind not in "biuf":
        raise DataError(f"{where} does not hold numbers of one shape an example")
    return found


class Rows:
    """The images of a column, each taken out of the dataset and decoded when it is wanted."""

    def __init__(self, where: str, values: Sequence[object] | Array, form: Form) -> None:
        self.where = where
        self.values = values
        self.form = form

    def __len__(self) -> int:
        return len(self.values)

    def decode(self, number: int) -> Bytes:
        """The pixels of one. Raises DataError with the reason alone."""
        return _pixels(self.values[number], self.form)


def _images(part: str, rows: Rows, request: Request, good: Array, skipped: list[Skipped]) -> Images:
    """All images in the form of the network's input. Each is decoded once, so that what is wrong is told now."""
    where, form = rows.where, rows.form
    store = None if form.size is None else Store(rows, form, KEPT // math.prod(form.known))
    decode = rows.decode if store is None else store.decode
    shapes: set[tuple[int, ...]] = set()
    bad = []
    for row in range(len(rows)):
        try:
            shapes.add(decode(row).shape)
        except DataError as error:
            bad.append((row, error.message))
    if bad and (not request.data.skips or not shapes):
        words = some([f"{row} ({why})" for row, why in bad])
        raise DataError(
            f"cannot read {len(bad):,} of {len(rows):,} images in {where}, {part}: {words}; "
            f"leave them out with `on_error: skip`"
        )
    if len(shapes) > 1:
        raise DataError(f"the images in {where} differ in size; give the network's input its rows and columns")
    for row, why in bad:
        good[row] = False
        skipped.append(Skipped(f"{where}, {part}, row {row}", why))
    if store is None:
        (shape,) = shapes
        rows.form = form = form._replace(shape=shape)
        store = Store(rows, form, KEPT // math.prod(shape))
    return Images(store)


def _pixels(value: object, form: Form) -> Array:
    """An image's pixels: of the bytes of a file, of the file, or of an array."""
    if isinstance(value, Mapping):
        value = value["bytes"] if value["bytes"] is not None else Path(str(value["path"])).read_bytes()
    if isinstance(value, bytes):
        return pixels_of(value, form)
    if not isinstance(value, np.ndarray):
        raise DataError("not an image")
    pixels = value[..., 0] if value.ndim == 3 and value.shape[2] == 1 else value
    image = Image.fromarray(pixels.astype(np.uint8)).convert({1: "L", 3: "RGB", 4: "RGBA"}[form.shape[2] or 3])
    if form.size is not None and image.size != form.size[::-1]:
        image = image.resize(form.size[::-1], Image.Resampling.BILINEAR)
    found = np.asarray(image)
    return found if found.ndim == 3 else found[..., None]


def _labels(shown: str, records: Records, column: str, good: Array) -> Column:
    """The labels of a column."""
    where, kind = _of_column(shown, column), records.kinds[column]
    values = records.read(column)
    is_text = kind.sort == "text"
    found = np.array([str(value) for value in values], np.str_) if is_text else _array(where, values)
    found = found[good]
    rows = np.flatnonzero(good)
    if kind.classes is not None and found.size and found.min() < 0:
        raise DataError(f"{where} holds no label in row {rows[int(found.argmin())]}; name another split")
    return Column(where, found, place=lambda row: f" in row {rows[row]}")


# --- libraries --------------------------------------------------------------------------------------------------------


def of_huggingface(shown: str, split: Arrow) -> Records:
    """A split of a dataset of Hugging Face's; images stay packed until they are read."""
    import datasets

    kinds: dict[str, Kind] = {}
    for name, feature in split.features.items():
        if isinstance(feature, datasets.Image):
            kinds[name] = Kind("image")
            split = split.cast_column(name, datasets.Image(decode=False))
        elif isinstance(feature, datasets.ClassLabel):
            kinds[name] = Kind("class", tuple(map(str, feature.names)))
        else:
            kinds[name] = Kind(_sort_of(feature))

    def read(column: str) -> Sequence[object] | Array:
        if kinds[column].sort == "image":
            return Cells(split.with_format(None).select_columns([column]), column)
        if kinds[column].sort == "text":
            return list(split[column])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(split.with_format("numpy")[column][:])

    return Records(kinds, len(split), read)


class Cells(Sequence[object]):
    """A column of a dataset that lies in a file, of which a cell is read when it is asked for."""

    def __init__(self, table: Arrow, column: str) -> None:
        self._table = table
        self._column = column

    def __len__(self) -> int:
        return len(self._table)

    @overload
    def __getitem__(self, key: int) -> object: ...

    @overload
    def __getitem__(self, key: slice) -> Sequence[object]: ...

    def __getitem__(self, key: int | slice) -> object:
        return self._table[key][self._column]


def _sort_of(feature: object) -> Sort:
    """What a feature of Hugging Face's holds, by its type."""
    inner = feature
    while not hasattr(inner, "dtype") or inner.dtype == "list":  # a list of lists of values
        inner = getattr(inner, "feature", None)
        if inner is None:
            return "other"
    dtype = str(inner.dtype)
    if dtype in ("string", "large_string"):
        return "text" if inner is feature else "other"
    return "number" if dtype.startswith(("int", "uint", "float", "bool", "double")) else "other"


def of_tfds(shown: str, builder: Builder, split: str) -> Records:
    """A split of a dataset of TensorFlow's, read at once."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    if not isinstance(features, tfds.features.FeaturesDict):
        raise DataError(f"{shown} has no columns by name")
    kinds = {name: _tfds_kind(tfds, feature) for name, feature in features.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = list(tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False)))

    def read(column: str) -> Sequence[object] | Array:
        if kinds[column].sort == "text":
            return [row[column].decode("utf-8", "replace") for row in rows]
        return [row[column] for row in rows]

    return Records(kinds, len(rows), read)


def _tfds_kind(tfds: Builder, feature: Builder) -> Kind:
    if isinstance(feature, tfds.features.Image):
        return Kind("image")
    if isinstance(feature, tfds.features.ClassLabel):
        return Kind("class", tuple(feature.names))
    if isinstance(feature, tfds.features.Text):
        return Kind("text")
    dtype = getattr(feature, "np_dtype", None)
    return Kind("number" if dtype is not None and np.dtype(dtype).kind in "biuf" else "other")
