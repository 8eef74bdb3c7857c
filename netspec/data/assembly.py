"""What sources hold, part by part -> a dataset: labels read, parts set aside, inputs scaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from netspec.data.dataset import (
    Array,
    Dataset,
    Examples,
    Floats,
    Integers,
    Request,
    Split,
    check_finite,
    partition,
    scaled,
)
from netspec.data.faults import Skipped, left_out
from netspec.data.labels import Column, Labels, Values, read_labels
from netspec.data.mapped import Mapped
from netspec.data.paths import some
from netspec.data.pieces import Pieces
from netspec.data.schema import Feature, Schema, Target
from netspec.data.source import DataError
from netspec.diagnostics.words import listing

T = TypeVar("T", str, "str | tuple[str, ...]")


class Raw(NamedTuple):
    """The examples of a part as a source holds them: inputs by name, labels by output."""

    x: Mapping[str, Examples]
    y: Mapping[str, Column]
    divisors: Mapping[str, float]  # of inputs
    weight: Column | None = None
    files: Sequence[str] = ()  # of the examples, where each is one

    @property
    def size(self) -> int:
        """How many there are."""
        return len(next(iter(self.x.values())))


Pair = tuple[Examples, Array]  # examples and the numbers of their classes


def classified(
    name: str,
    parts: Mapping[str, Pair],
    request: Request,
    *,
    classes: tuple[str, ...],
    white: float = 1,
    extra_tests: Mapping[str, Pair] | None = None,
) -> Dataset:
    """The dataset of a source with one input and one class an example, counted from 0.

    Args:
        name: of the source, as messages call it.
        parts: examples and classes of `train`, and of `validation` and `test` where the source has its own.
        request: what is asked for.
        classes: their names.
        white: what inputs are divided by, unless `rescale` says otherwise.
        extra_tests: further tests by what sets them apart.
    """
    key, _ = request.input
    divisor = request.divisor(white)

    def raw(pair: Pair) -> Raw:
        x, y = pair
        return Raw({key: x}, dict.fromkeys(request.outputs, Column(name, y)), {key: divisor})

    (x, _), *_ = parts.values()
    return assembled(
        name,
        {part: raw(pair) for part, pair in parts.items()},
        request,
        {key: Feature(name, x.shape[1:], divisor=divisor)},
        names=dict.fromkeys(request.outputs, classes),
        extra_tests={test: raw(pair) for test, pair in (extra_tests or {}).items()},
    )


def assembled(
    name: str,
    parts: Mapping[str, Raw],
    request: Request,
    features: Mapping[str, Feature],
    *,
    names: Mapping[str, tuple[str, ...]] | None = None,
    extra_tests: Mapping[str, Raw] | None = None,
    notes: Sequence[str] = (),
    skipped: Sequence[Skipped] = (),
) -> Dataset:
    """The dataset of a source.

    Args:
        name: of what is read, as messages call it.
        parts: `train`, and `validation` and `test` where the source has its own; what it lacks is set aside from `train`.
            Where all is to be measured, `test` alone will do.
        request: what is asked for.
        features: what each input reads.
        names: of the classes by output, where the source knows them and its labels count them from 0.
        extra_tests: further tests by what sets them apart.
        notes: what the source decided.
        skipped: examples that it left out.

    Raises:
        DataError: Labels or weights cannot be read, or there are too few examples.
    """
    every = {**parts, **(extra_tests or {})}
    train = next(iter(every.values()))
    labels = {output: _labels(output, every, request, (names or {}).get(output)) for output in request.outputs}
    indices = partition(
        name, _stratum(labels, train), request, test="test" not in parts, validation="validation" not in parts
    )
    every, features = _read_texts(every, features, indices.train, request)
    labels, every = _following(labels, every, features, request)
    weights = {part: None if raw.weight is None else _weights(raw.weight) for part, raw in every.items()}

    def split(part: str, indices: Integers | None = None) -> Split:
        raw, number = every[part], list(every).index(part)
        weight = weights[part]
        x = {key: _taken(values, indices, raw.divisors.get(key, 1)) for key, values in raw.x.items()}
        return Split(
            x,
            {key: _labelled(made.parts[number], indices) for key, made in labels.items()} | _copies(request, x),
            None if weight is None else _chosen(weight, indices),
            raw.files if indices is None or not raw.files else [raw.files[index] for index in indices.tolist()],
        )

    first = next(iter(every))
    validation = split("validation") if "validation" in parts else None
    if indices.validation is not None:
        validation = split(first, indices.validation)
    targets = {key: made.target for key, made in labels.items()}
    for key in request.copied:
        feature = features[request.input[0]]
        targets[key] = Target(feature.source, "numbers", shape=feature.shape)
    said = dict.fromkeys((*notes, *left_out(skipped), *(note for made in labels.values() for note in made.notes)))
    return Dataset(
        split(first, indices.train),
        validation,
        split("test") if indices.test is None else split(first, indices.test),
        {key: split(key) for key in extra_tests or ()},
        Schema(features, targets),
        tuple(said),
        tuple(skipped),
    )


# --- texts, and steps that follow -------------------------------------------------------------------------------------


def _read_texts(
    every: dict[str, Raw], features: Mapping[str, Feature], training: Integers, request: Request
) -> tuple[dict[str, Raw], Mapping[str, Feature]]:
    """The parts with numbers in the place of texts, and how they became these. Raises DataError."""
    names = request.texts
    if not names:
        return every, features
    from netspec.data.texts import read_by, vectorized

    first = next(iter(every.values()))
    forms, read = {}, {}
    for name in names:
        if not _are_texts(first.x[name]):
            raise DataError(f"{features[name].source} holds no texts; take `vectorize` away")
        forms[name] = read_by(features[name], first.x[name][:], training, name, request)
        # The last step of what is read is only what follows the one before it.
        longer = forms[name].size is not None and bool(request.following)
        read[name] = forms[name]._replace(size=(forms[name].size or 0) + 1) if longer else forms[name]
    every = {
        part: raw._replace(
            x={
                **raw.x,
                **{name: vectorized(list(raw.x[name][:]), form, features[name].source) for name, form in read.items()},
            }
        )
        for part, raw in every.items()
    }
    first = next(iter(every.values()))
    shapes = {name: without_last_step(first.x[name].shape[1:], request) for name in names}
    made = {name: features[name]._replace(shape=shapes[name], text=form) for name, form in forms.items()}
    return every, {**features, **made}


def _are_texts(values: Examples) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == object


def without_last_step(shape: tuple[int, ...], request: Request) -> tuple[int, ...]:
    """The shape of an example that a network sees: all but its last step where it learns what follows each."""
    return (shape[0] - 1, *shape[1:]) if request.following and shape else shape


def _following(
    labels: dict[str, Labels], every: dict[str, Raw], features: Mapping[str, Feature], request: Request
) -> tuple[dict[str, Labels], dict[str, Raw]]:
    """The labels of outputs that learn of each step the next, and the examples without the last one. Raises DataError."""
    if not request.following:
        return labels, every
    key, _ = request.input
    feature = features[key]
    columns = []
    for part, raw in every.items():
        x = np.asarray(raw.x[key][:])
        if x.dtype.kind not in "iu" or x.ndim != 2:
            raise DataError(
                f"{feature.source} has no steps that are whole numbers, of which `target: next` tells the next"
            )
        columns.append(Column(feature.source, x[:, 1:]))
        every = {**every, part: raw._replace(x={**raw.x, key: x[:, :-1]})}
    made = {}
    for output in request.following:
        if feature.text is None:
            known = None if request.known is None else request.known.outputs.get(output)
            made[output] = read_labels(
                columns,
                source=feature.source,
                wanted=request.following[output],
                known=known,
                ignored=request.data.ignore_label,
                several=not request.whole,
            )
            continue
        if feature.text.output_mode != "int":
            raise DataError(f"`target: next` needs steps, and `{feature.text.output_mode}` counts tokens; take `int`")
        tokens = feature.text.tokens
        target = Target(feature.source, "classes", len(tokens), columns[0].values.shape[1:], tokens, 0)
        made[output] = Labels(target, tuple(column.array.astype(np.int32) for column in columns))
    return labels | made, every


# --- labels -----------------------------------------------------------------------------------------------------------


def _labels(output: str, parts: Mapping[str, Raw], request: Request, names: tuple[str, ...] | None) -> Labels:
    """The labels of an output in all parts."""
    known = None if request.known is None else request.known.outputs.get(output)
    columns = [raw.y[output] for raw in parts.values()]
    if names is not None and known is None:  # the source says what its classes are, whether or not all of them occur
        target = Target(request.data.source.spec_name, "classes", len(names), (), names)
        return Labels(target, tuple(column.array.astype(np.int64) for column in columns))
    if names is not None:
        columns = [column._replace(values=np.array(names)[column.array]) for column in columns]
    return read_labels(
        columns,
        source=request.data.source.spec_name,
        wanted=request.outputs[output],
        known=known,
        ignored=request.data.ignore_label,
        several=not request.whole,
    )


def _stratum(labels: Mapping[str, Labels], train: Raw) -> Array:
    """The labels whose shares every part keeps: the first that are classes, one an example."""
    for made in labels.values():
        first = made.parts[0]
        if made.target.is_of_classes and isinstance(first, np.ndarray) and first.ndim == 1:
            return first
    return np.zeros(train.size, np.float32)


def _labelled(values: Values, indices: Integers | None) -> Examples:
    if isinstance(values, Pieces):
        return values if indices is None else values.take(indices)
    return _chosen(values, indices)


def _copies(request: Request, x: Mapping[str, Examples]) -> dict[str, Examples]:
    """What outputs learn that learn the example itself."""
    return dict.fromkeys(request.copied, x[request.input[0]]) if request.copied else {}


def _taken(values: Examples, indices: Integers | None, divisor: float) -> Examples:
    if isinstance(values, np.memmap):
        values = Mapped(values, divisor)
    if isinstance(values, np.ndarray):
        return scaled(_chosen(values, indices), divisor)
    return values if indices is None else values.take(indices)


def _chosen(array: Array, indices: Integers | None) -> Array:
    return array if indices is None else array[indices]


def _weights(column: Column) -> Floats:
    """How much each example counts. Raises DataError where that is no number, or negative."""
    values = column.array
    if values.dtype.kind not in "biuf" or values.ndim != 1:
        raise DataError(f"{column.name} is to say how much each example counts; save one number an example")
    check_finite(column.name, values)
    if values.min() < 0:
        at = int(values.argmin())
        raise DataError(f"{column.name} holds {values[at]}{column.at(at)}; an example counts 0 or more")
    return values.astype(np.float32)


def named(given: T | Mapping[str, T] | None, name: str, default: T) -> T:
    """What is given for an input or an output: one value for all, or a map by their names."""
    if given is None:
        return default
    return given[name] if isinstance(given, Mapping) else given


def unread(names: Sequence[str], where: str) -> tuple[str, ...]:
    """The note that a source holds what nobody reads; none where it does not."""
    return (f"{some(names, 9)} in {where} {'is' if len(names) == 1 else 'are'} not read",) if names else ()


def check_names(name: str, given: Mapping[str, object], wanted: Sequence[str], noun: str) -> None:
    """Refuse a map by inputs or outputs that names another, or lacks one. Raises DataError."""
    for key in given:
        if key not in wanted:
            raise DataError(f"{name} names the {noun} `{key}`, and the network's are {listing(list(wanted))}")
    missing = [key for key in wanted if key not in given]
    if missing:
        raise DataError(f"{name} says nothing for the {noun}{'s' * (len(missing) > 1)} {listing(missing)}")
