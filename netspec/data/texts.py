"""Texts -> numbers, as Keras's `TextVectorization` makes them, without the TensorFlow that its layer needs.

A vocabulary is ordered by how often its tokens occur, those that occur equally often from z to a. 0 is padding and 1 every unknown
token; where tokens are counted, 0 is the unknown and there is no padding.
"""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from netspec.data.dataset import Array, Integers, Request, check_memory, check_shape
from netspec.data.schema import UNKNOWN, Feature, Vectorization
from netspec.data.source import DataError, Vectorize
from netspec.diagnostics.patterns import later

_LOWER: dict[int, str | None] = dict(
    zip(map(ord, string.ascii_uppercase), string.ascii_lowercase, strict=True)
)  # TensorFlow lowers no others
_STRIP: dict[int, str | None] = dict.fromkeys(map(ord, string.punctuation))
_TABLES: dict[str, dict[int, str | None]] = {
    "lower": _LOWER,
    "strip_punctuation": _STRIP,
    "lower_and_strip_punctuation": {**_LOWER, **_STRIP},
}
MAX_TOKENS = 300_000  # of a vocabulary, which a run's record keeps
_WORD = later(r"[^ \t\n\v\f\r]+")  # what Python's `split` takes for a space beyond these, TensorFlow's does not


def tokens_of(text: str, form: Vectorization | Vectorize) -> list[str]:
    """The tokens of a text: single ones first, then runs of two, then of three."""
    if form.standardize is not None:
        text = text.translate(_TABLES[form.standardize])
    single = list(text) if form.split == "character" else _WORD.findall(text)
    if form.ngrams is None:
        return single
    return [
        " ".join(single[start : start + width])
        for width in range(1, form.ngrams + 1)
        for start in range(len(single) - width + 1)
    ]


def learned(texts: Iterable[str], settings: Vectorize, size: int | None, name: str = "it") -> Vectorization:
    """The vocabulary of some texts.

    Args:
        texts: those of the training examples.
        settings: how they are to be read.
        size: steps or tokens of an example; None where that is the longest's.
        name: of the texts, as messages call them.

    Raises:
        DataError: The vocabulary is larger than a run can keep.
    """
    counts: Counter[str] = Counter()
    documents: Counter[str] = Counter()  # that hold a token
    number = 0
    for text in texts:
        tokens = tokens_of(text, settings)
        counts.update(tokens)
        documents.update(set(tokens))
        number += 1
    for special in ("", UNKNOWN):
        del counts[special]
    most = settings.max_tokens
    if settings.output_mode != "int":
        most = size if most is None else most
    ordered = sorted(counts.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
    taken = 2 if settings.output_mode == "int" else 1
    vocabulary = tuple(token for token, _ in (ordered if most is None else ordered[: most - taken]))
    if len(vocabulary) > MAX_TOKENS:
        raise DataError(
            f"{name} holds {len(vocabulary):,} different tokens, and a run keeps at most {MAX_TOKENS:,}; write `max_tokens`"
        )
    weights = None
    if settings.output_mode == "tf_idf":
        own = np.array([math.log(1 + number / (1 + documents[token])) for token in vocabulary], np.float32)
        unknown = own.mean(dtype=np.float32) if len(own) else np.float32(0)
        weights = (float(unknown), *map(float, own))
    return Vectorization(
        vocabulary, settings.output_mode, size, settings.standardize, settings.split, settings.ngrams, weights
    )


def vectorized(texts: Sequence[str], form: Vectorization, name: str) -> Array:
    """The numbers of texts, a row each.

    Raises:
        DataError: They do not fit into memory.
    """
    place = {token: number for number, token in enumerate(form.tokens)}
    if form.output_mode == "int":
        rows = [[place.get(token, 1) for token in tokens_of(text, form)] for text in texts]
        width = max(map(len, rows), default=0) if form.size is None else form.size
        check_memory(name, 4 * len(rows) * width)
        numbers = np.zeros((len(rows), width), np.int32)
        for at, values in enumerate(rows):
            numbers[at, : len(values)] = values[:width]
        return numbers
    width = len(place) if form.size is None else form.size
    check_memory(name, 4 * len(texts) * width)
    bags = np.zeros((len(texts), width), np.float32)
    for row, text in zip(bags, texts, strict=True):
        for token, count in Counter(place.get(token, 0) for token in tokens_of(text, form)).items():
            row[token] = 1 if form.output_mode == "multi_hot" else count
    return bags * np.array(_padded(form.weights, width), np.float32) if form.weights is not None else bags


def _padded(weights: tuple[float, ...], width: int) -> tuple[float, ...]:
    return (*weights, *[0.0] * (width - len(weights)))


def read_by(feature: Feature, texts: Array, training: Integers, name: str, request: Request) -> Vectorization:
    """How the texts of an input are read: as the run did, or by the vocabulary of the training examples.

    Args:
        feature: what is read.
        texts: of the part that holds the training examples.
        training: which of them are.
        name: of the input.
        request: what is asked for.

    Raises:
        DataError: There is no vocabulary to read by, or what becomes of the texts does not fit the network.
    """
    if request.known is not None:
        known = request.known.inputs[name].text
        assert known is not None
        return known
    settings, wanted = request.data.vectorize, request.inputs[name]
    assert settings is not None
    if not len(training):
        raise DataError(
            f"{feature.source} holds texts, whose numbers are those of a vocabulary; measure a run, which keeps its own"
        )
    if settings.output_mode != "int" and settings.output_sequence_length is not None:
        raise DataError(
            f"`output_sequence_length` is for `output_mode: int`, and `{settings.output_mode}` has a number for each token; "
            f"take it away"
        )
    given = settings.output_sequence_length if settings.output_mode == "int" else settings.max_tokens
    size = given or (wanted[0] if len(wanted) == 1 else None)
    if size is not None:
        check_shape(feature.source, (size,), wanted)
    elif len(wanted) != 1:
        check_shape(feature.source, (1,), wanted)
    return learned((texts[index] for index in training), settings, size, feature.source)
