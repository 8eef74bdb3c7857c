"""What a network makes of images and arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.data import Data, DataError, load_data, load_image
from netspec.data.dataset import Array, Request, check_memory, own_divisor
from netspec.data.folder import SUFFIXES as IMAGES
from netspec.data.members import checked, header_of, read_array, read_header
from netspec.data.paths import quoted
from netspec.data.schema import Target, Vectorization
from netspec.data.text_folder import read_text
from netspec.data.texts import vectorized
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import listing, printable
from netspec.shapes import Shape, show_shape
from netspec.training.objective import Output
from netspec.training.reopen import Opened, load_run_or_model

INPUTS = "<inputs>"  # what messages call them together
BATCH = 32  # examples at once
ARRAYS = (".npy", ".npz")
# Options of a source for what examples alone lack.
_OF_TRAINING = ("label", "y", "ignore", "sample_weight", "validation", "test")

Doubles = NDArray[np.float64]


class Prediction(NamedTuple):
    """One output for one example."""

    input: str
    row: int | None  # which example of a file that holds several
    output: str
    classes: tuple[str, ...] | None  # or labels; None of an output that is neither
    values: Doubles  # in the output's shape; probabilities where there are classes or labels
    several: bool = False  # whether each is a yes or no of its own

    @property
    def named(self) -> list[tuple[str, float]]:
        """Every class or label with its probability, in their own order."""
        assert self.classes is not None
        return [(name, float(value)) for name, value in zip(self.classes, self.values, strict=True)]

    def ranking(self, top: int) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities."""
        assert self.classes is not None
        order = np.argsort(self.values, kind="stable")[::-1][:top]
        return [(self.classes[i], float(self.values[i])) for i in order]


class _Example(NamedTuple):
    path: Path
    row: int | None
    x: dict[str, Array]  # by input


def predict(path: Path, inputs: Sequence[Path], *, weights: str | None = None) -> list[Prediction]:
    """Every output for every example of the inputs, in their order. Raises SpecError naming all that are wrong."""
    opened = load_run_or_model(path, weights)
    examples = _examples(opened, inputs)
    predictions: list[Prediction] = []
    for _, group in groupby(examples, key=lambda example: [x.shape for x in example.x.values()]):
        same = list(group)
        for start in range(0, len(same), BATCH):
            predictions.extend(_predicted(opened, same[start : start + BATCH]))
    return predictions


def _predicted(opened: Opened, examples: Sequence[_Example]) -> Iterator[Prediction]:
    given = {name: np.stack([example.x[name] for example in examples]) for name in examples[0].x}
    made = opened.network.predict_on_batch(next(iter(given.values())) if len(given) == 1 else given)
    if not isinstance(made, dict):
        made = dict(
            zip((output.name for output in opened.outputs), made if isinstance(made, list) else [made], strict=True)
        )
    targets = {} if opened.schema is None else opened.schema.outputs
    for number, example in enumerate(examples):
        for output in opened.outputs:
            values = np.asarray(made[output.name][number], np.float64)
            target = targets.get(output.name)
            classes, values = _read(target, output, values)
            several = target is not None and target.reading == "binary"
            yield Prediction(str(example.path), example.row, output.name, classes, values, several)


def _read(target: Target | None, output: Output, values: Doubles) -> tuple[tuple[str, ...] | None, Doubles]:
    """The names of classes or labels and their probabilities; or none, and the numbers as they are."""
    if target is not None and target.reading == "binary" and target.names is not None:
        return target.names, values if output.ending == "sigmoid" else 1 / (1 + np.exp(-values))
    if target is not None and not target.is_of_classes:
        return None, values
    known = None if target is None else target.names
    if output.shape == (1,) and known is not None and len(known) == 2:
        one = values[0] if output.ending == "sigmoid" else 1 / (1 + np.exp(-values[0]))
        return known, np.array([1 - one, one])
    is_distribution = len(output.shape) == 1 and values.size > 1 and (output.ending == "softmax" or known is not None)
    if not is_distribution or (known is not None and len(known) != values.size):
        return None, values
    if not output.ending:
        values = np.exp(values - values.max())
        values = values / values.sum()
    return known or tuple(map(str, range(values.size))), values


# --- inputs -----------------------------------------------------------------------------------------------------------


def _examples(opened: Opened, inputs: Sequence[Path]) -> list[_Example]:
    examples: list[_Example] = []
    problems = []
    for path in inputs:
        try:
            examples.extend(_read_input(opened, path))
        except DataError as error:
            problems.append(Problem(error.code, error.message, FILE_START))
    if problems:
        raise SpecError(INPUTS, tuple(problems))
    return examples


def _read_input(opened: Opened, path: Path) -> Iterator[_Example]:
    graph = opened.graph
    shapes = {graph.nodes[index].path: graph.nodes[index].shape or () for index in graph.inputs}
    if path.suffix in (".csv", ".parquet") or (path.suffix == ".npz" and len(shapes) > 1):
        yield from _from_source(opened, path, shapes)
        return
    if len(shapes) > 1:
        raise DataError(
            f"{quoted(path)} is one input, and the network takes {len(shapes)}; give a table or an .npz archive"
        )
    ((name, shape),) = shapes.items()
    data = None if opened.plan is None else opened.plan.data
    form = None if opened.schema is None or name not in opened.schema.inputs else opened.schema.inputs[name].text
    if form is not None:
        yield from _of_texts(name, form, path)
        return
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGES and file.is_file())
        if not files:
            raise DataError(f"{quoted(path)} holds no images ({', '.join(IMAGES)})")
        for file in files:
            yield _Example(file, None, {name: load_image(file, shape, data)})
    elif path.suffix in ARRAYS:
        for row, x in _arrays(path, shape, data):
            yield _Example(path, row, {name: x})
    else:
        yield _Example(path, None, {name: load_image(path, shape, data)})


def _of_texts(name: str, form: Vectorization, path: Path) -> Iterator[_Example]:
    """The text of a file, or those of a folder, as the numbers that the run gave them."""
    files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{quoted(path)} holds no texts (.txt)")
    for file in files:
        try:
            text = read_text(file)
        except DataError as error:
            raise DataError(f"cannot read {quoted(file)}: {error.message}") from None
        numbers = vectorized([text], form, quoted(file))[0]
        yield _Example(file, None, {name: numbers})


def _from_source(opened: Opened, path: Path, shapes: dict[str, Shape]) -> Iterator[_Example]:
    """The examples of a table or an archive, which is read as the run's own, labels left out."""
    plan = opened.plan
    word = path.suffix[1:]
    if plan is None or plan.data.source.spec_name != word:
        raise DataError(f"{quoted(path)} is read by the columns or arrays of a run that was trained on a {word}")
    source = plan.data.source
    own = {name: value for name, value in source.given().items() if name not in _OF_TRAINING}
    data = Data(**{**plan.data.given(), "source": type(source)(**{**own, "path": str(path)}), "on_error": "stop"})
    found = load_data(Request(data, Path.cwd(), shapes, {}, plan.train.seed, known=opened.schema, whole=True))
    for row in range(found.test.size):
        yield _Example(path, row, {name: np.asarray(x[row]) for name, x in found.test.x.items()})


def _arrays(path: Path, shape: Shape, data: Data | None) -> Iterator[tuple[int | None, Array]]:
    """The examples of a .npy file, or of the array of a .npz: their numbers where there are several."""
    values = _array(path)
    if values.dtype.kind not in "biuf":
        raise DataError(f"{quoted(path)} holds values of type {values.dtype}; save numbers")
    if values.ndim == len(shape) and _fits(values.shape, shape):
        values, single = values[np.newaxis], True
    elif values.ndim == len(shape) + 1 and _fits(values.shape[1:], shape):
        single = False
    else:
        message = (
            f"{quoted(path)} holds {show_shape(values.shape)}, and the network takes {show_shape(shape)}, or several"
        )
        raise DataError(message, "NS701")
    divisor = own_divisor(values) if data is None or data.rescale is None else data.rescale
    for index, x in enumerate(values.astype(np.float32) / np.float32(divisor)):
        yield None if single else index, x


def _fits(shape: tuple[int, ...], wanted: Shape) -> bool:
    return all(w is None or w == s for s, w in zip(shape, wanted, strict=True))


def _array(path: Path) -> Array:
    """The array of a .npy file, or the only one (or `x_test`, or `x`) of a .npz."""
    try:
        with open(path, "rb") as file:
            if path.suffix == ".npy":
                check_memory(quoted(path), checked(header_of(file, path.stat().st_size)).size)
                file.seek(0)
                return np.lib.format.read_array(file, allow_pickle=False)
            with zipfile.ZipFile(file) as archive:
                return _member(path, archive)
    except FileNotFoundError:
        raise DataError(f"{quoted(path)} does not exist") from None
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - unpackers raise whatever a broken file makes them stumble over
        raise DataError(f"cannot read {quoted(path)}: {printable(str(error)) or type(error).__name__}") from None


def _member(path: Path, archive: zipfile.ZipFile) -> Array:
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    names = list(members)
    name = names[0] if len(names) == 1 else next((name for name in ("x_test", "x") if name in names), None)
    if name is None:
        raise DataError(f"{quoted(path)} holds {listing(names[:9]) or 'nothing'}; save one array, or call it `x`")
    check_memory(quoted(path), checked(read_header(archive, members[name])).size)
    return read_array(archive, members[name])
