"""What a network makes of images and arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.data import DataError, load_image
from netspec.data.dataset import Array, check_memory
from netspec.data.members import checked, header_of, read_array, read_header
from netspec.data.paths import quoted
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import listing, printable
from netspec.files import unreadable
from netspec.shapes import Shape, show_shape
from netspec.training.objective import Output
from netspec.training.reopen import Opened, load_run_or_model

INPUTS = "<inputs>"  # what messages call them together
BATCH = 32  # examples at once
ARRAYS = (".npy", ".npz")

Doubles = NDArray[np.float64]


class Prediction(NamedTuple):
    """One output for one example."""

    input: str
    row: int | None  # which example of a file that holds several
    output: str
    classes: tuple[str, ...] | None  # None of an output that is not a distribution over classes
    values: Doubles  # in the output's shape; probabilities where there are classes

    def ranking(self, top: int) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities."""
        assert self.classes is not None
        order = np.argsort(self.values, kind="stable")[::-1][:top]
        return [(self.classes[i], float(self.values[i])) for i in order]


class _Example(NamedTuple):
    path: Path
    row: int | None
    x: Array


def predict(path: Path, inputs: Sequence[Path], *, weights: str | None = None) -> list[Prediction]:
    """Every output for every example of the inputs, in their order. Raises SpecError naming all that are wrong."""
    opened = load_run_or_model(path, weights)
    shape = opened.network.input_shape
    if not isinstance(shape, tuple):
        raise unreadable(path, f"it has {len(shape)} inputs, and an image or an array is one")
    examples = _examples(opened, inputs, tuple(shape[1:]))
    predictions: list[Prediction] = []
    for _, group in groupby(examples, key=lambda example: example.x.shape):
        same = list(group)
        for start in range(0, len(same), BATCH):
            predictions.extend(_predicted(opened, same[start : start + BATCH]))
    return predictions


def _predicted(opened: Opened, examples: Sequence[_Example]) -> Iterator[Prediction]:
    made = opened.network.predict_on_batch(np.stack([example.x for example in examples]))
    if not isinstance(made, dict):
        made = dict(
            zip((output.name for output in opened.outputs), made if isinstance(made, list) else [made], strict=True)
        )
    for number, example in enumerate(examples):
        for output in opened.outputs:
            values = np.asarray(made[output.name][number], np.float64)
            yield Prediction(str(example.path), example.row, output.name, *_read(opened, output, values))


def _read(opened: Opened, output: Output, values: Doubles) -> tuple[tuple[str, ...] | None, Doubles]:
    """The names of the classes and their probabilities; or no classes, and the numbers as they are."""
    known = opened.classes
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


def _examples(opened: Opened, inputs: Sequence[Path], shape: Shape) -> list[_Example]:
    examples: list[_Example] = []
    problems = []
    for path in inputs:
        try:
            examples.extend(_read_input(opened, path, shape))
        except DataError as error:
            problems.append(Problem(error.code, error.message, FILE_START))
    if problems:
        raise SpecError(INPUTS, tuple(problems))
    return examples


def _read_input(opened: Opened, path: Path, shape: Shape) -> Iterator[_Example]:
    data = None if opened.plan is None else opened.plan.data
    if path.suffix not in ARRAYS:
        yield _Example(path, None, load_image(path, shape, data))
        return
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
    given = None if data is None else data.rescale
    divisor = given if given is not None else 255 if values.dtype == np.uint8 else 1
    scaled = values.astype(np.float32) / np.float32(divisor)
    for index, x in enumerate(scaled):
        yield _Example(path, None if single else index, x)


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
