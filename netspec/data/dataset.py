"""What every source yields, and the checks and splits that sources share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.data.faults import Skipped
from netspec.data.schema import Schema
from netspec.data.source import DataError, shape_misfit
from netspec.diagnostics.words import listing, memory
from netspec.shapes import Shape

if TYPE_CHECKING:
    from netspec.data.source import Data

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Array = NDArray[Any]  # of whatever numbers a file holds, which only their dtype says
Index: TypeAlias = "int | slice | Integers | NDArray[np.bool_]"  # of examples
LARGEST = float(np.finfo(np.float32).max)


class Wanted(NamedTuple):
    """An output that is to learn: what decides how its labels are read."""

    shape: Shape | None = None  # None where it is not known
    ending: str = ""  # `softmax` or `sigmoid` where it ends in one
    takes: str | None = None  # what its loss takes, as `spec.losses` says it; None where the labels choose the loss


class Request(NamedTuple):
    """What a source is asked for."""

    data: Data
    root: Path  # where relative paths start
    inputs: Mapping[str, Shape]  # of the network, channels last, without the batch dimension
    outputs: Mapping[str, Wanted]  # those that learn labels
    seed: int
    copied: tuple[str, ...] = ()  # outputs that learn the example itself
    known: Schema | None = None  # of the run whose network is to see the examples
    whole: bool = False  # whether all is to be measured, where the source has no test of its own
    following: Mapping[str, Wanted] = MappingProxyType({})  # outputs that learn of each step the next
    tokens: tuple[str, ...] = ()  # inputs that an embedding reads: whole numbers, which are not scaled

    @property
    def input(self) -> tuple[str, Shape]:
        """The network's only input. Raises DataError where it has several."""
        if len(self.inputs) > 1:
            raise DataError(
                f"`{self.data.source.spec_name}` gives one input, and the network has {len(self.inputs)}", "NS701"
            )
        return next(iter(self.inputs.items()))

    def divisor(self, own: float, name: str = "") -> float:
        """What an input is divided by: `rescale`, or the source's own divisor; nothing where an embedding reads it."""
        if name in self.tokens:
            return 1
        return own if self.data.rescale is None else self.data.rescale

    @property
    def texts(self) -> tuple[str, ...]:
        """The inputs that read texts. Raises DataError where `vectorize` does not say which."""
        if self.known is not None:
            features = self.known.inputs
            return tuple(name for name in self.inputs if name in features and features[name].text is not None)
        asked = self.data.vectorize
        if asked is None:
            return ()
        names = listing(list(self.inputs))
        if asked.inputs is None and len(self.inputs) > 1:
            raise DataError(f"`vectorize` is to say which inputs read texts; write `inputs`, a list of some of {names}")
        for name in asked.inputs or ():
            if name not in self.inputs:
                raise DataError(f"`vectorize` names the input `{name}`, and the network's are {names}")
        return tuple(self.inputs) if asked.inputs is None else asked.inputs


class Examples(Protocol):
    """An array, or something that is read in pieces, is indexed like one, and has `take` for a part of it."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, key: Index, /) -> Array: ...

    def take(self, indices: Integers, /) -> Examples: ...


class Split(NamedTuple):
    """Examples: float32 by input; their labels by output; how much each counts."""

    x: Mapping[str, Examples]
    y: Mapping[str, Examples]
    weight: Floats | None = None
    files: Sequence[str] = ()  # of the examples, where each is one; relative to the source's folder

    @property
    def size(self) -> int:
        """How many there are."""
        return len(next(iter(self.x.values())))


class Dataset(NamedTuple):
    """Everything that a training run needs of a source."""

    train: Split
    validation: Split | None
    test: Split
    extra_tests: dict[str, Split]  # tests that are reported beside the main one, by what sets them apart
    schema: Schema
    notes: tuple[str, ...] = ()  # what was decided that nobody said
    skipped: tuple[Skipped, ...] = ()  # examples that were left out because they cannot be read


def cores() -> int:
    """How many of the machine's cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_memory(name: str, needed: int) -> None:
    """Refuse what would not fit, before it is read: the sizes that a small file declares may be absurd."""
    import psutil

    free = psutil.virtual_memory().available
    if needed > free:
        raise DataError(
            f"{name} needs {memory(needed)} of memory, and {memory(free)} is free; use fewer or smaller examples"
        )


# --- values -----------------------------------------------------------------------------------------------------------


def check_shape(name: str, shape: tuple[int, ...], wanted: Shape) -> None:
    """Refuse examples that do not fit the network's input; `name` is what gives them."""
    wrong = shape_misfit(shape, wanted)
    if wrong is not None:
        raise DataError(f"{name} {wrong}", "NS701")


def own_divisor(x: Array) -> int:
    """What an array's numbers are divided by where nothing says otherwise: bytes by 255."""
    return 255 if x.dtype == np.uint8 else 1


def scaled(x: Array, divisor: float) -> Floats:
    """float32 of what the network sees."""
    if divisor == 1:
        return x.astype(np.float32, copy=False)
    return np.divide(x.astype(np.float32, copy=False), np.float32(divisor), dtype=np.float32)


def check_finite(name: str, x: Array) -> None:
    """Training on NaN or infinity ends in NaN, an hour later and without a word."""
    if float(x.min()) >= -LARGEST and float(x.max()) <= LARGEST:  # both are NaN where any number is
        return
    bad = ~(np.abs(x) <= np.float64(LARGEST))
    where = np.unravel_index(int(bad.argmax()), x.shape)
    rest = int(bad.sum()) - 1
    more = f" and {rest:,} more such number{'s' if rest > 1 else ''}" if rest else ""
    raise DataError(
        f"{name} holds {x[where]} at [{', '.join(map(str, where))}]{more}, not finite in single precision; "
        f"remove or replace {'them' if rest else 'it'}"
    )


# --- splits -----------------------------------------------------------------------------------------------------------


class Parts(NamedTuple):
    """Indices of the examples of each part."""

    train: Integers
    validation: Integers | None
    test: Integers | None


def partition(name: str, y: Array, request: Request, *, test: bool, validation: bool = True) -> Parts:
    """Set examples aside for the test and the validation, where `test` and `validation` want it.

    Labels that are classes, one an example, keep their shares in every part. The same seed gives the same parts.
    """
    data, seed = request.data, request.seed
    train = np.arange(len(y))
    if request.whole:
        return Parts(train[:0], None, train if test else None)
    tested = validated = None
    if test:
        train, tested = _hold_out(name, train, y, data.test_split, "test", (seed, 1))
    if validation and data.validation_split > 0:
        train, validated = _hold_out(name, train, y, data.validation_split, "validation", (seed, 2))
    return Parts(train, validated, tested)


def _hold_out(
    name: str, indices: Integers, y: Array, share: float, purpose: str, seed: tuple[int, int]
) -> tuple[Integers, Integers]:
    """(kept, held out); every class keeps an example for the training."""
    rng = np.random.default_rng(seed)
    labels = y[indices]
    classes = np.unique(labels) if labels.dtype == np.int64 and labels.ndim == 1 else None
    groups = [indices] if classes is None else [indices[labels == c] for c in classes]
    counts = _shares([len(group) for group in groups], share)
    held = np.concatenate([rng.permutation(group)[:count] for group, count in zip(groups, counts, strict=True)])
    if not len(held):
        left = "one example" + (f" of each of {len(groups):,} classes" if len(groups) > 1 else "")
        raise DataError(f"{name} has {left} to train on, too few to set some aside for the {purpose}; add more")
    return np.setdiff1d(indices, held), np.sort(held)


def _shares(sizes: list[int], share: float) -> list[int]:
    """How many of each group to take, by largest remainders: together the share of all, at least one, of none all."""
    wanted = max(1, round(sum(sizes) * share))
    exact = [size * share for size in sizes]
    counts = [min(int(e), size - 1) for e, size in zip(exact, sizes, strict=True)]
    missing = wanted - sum(counts)
    for group in sorted(range(len(sizes)), key=lambda g: counts[g] - exact[g]):
        if missing > 0 and counts[group] < sizes[group] - 1:
            counts[group] += 1
            missing -= 1
    return counts
