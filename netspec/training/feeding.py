"""Batches: which examples make up step s of epoch e, and how they reach `fit` on each backend without making it wait.

Keras's own shuffle draws the same order every epoch once a seed is set (TensorFlow backend), and an order that hangs on
the state of a generator is lost when a run is resumed. Here it is a function of the seed and the epoch.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from netspec.backends.keras.types import Keras, KerasObject, KerasTensor
from netspec.data.dataset import Array, Floats, Split, cores
from netspec.training.devices import WHOLE, Share

PREFETCH = 4  # batches that tf.data keeps ready
AHEAD = 2  # batches that are read ahead beside those that the readers are at


Shares = NDArray[np.float64]
Rectangle = tuple[float, float, float, float]  # top, bottom, left, right, in places of the image


class Batch(NamedTuple):
    """Examples by input, labels by output, how much each label counts by output (of those where they do not count alike)."""

    x: dict[str, Array]
    y: dict[str, Array]
    weights: dict[str, Array]


class Weighing(NamedTuple):
    """How much the labels of an output count.

    Attributes:
        classes: a weight for each class; None where they count alike.
        ignored: the label that counts for nothing.
    """

    classes: Floats | None = None
    ignored: int | None = None

    def __call__(self, y: Array) -> Array:
        """A weight for each label; of labels that are no classes, for each example."""
        if self.classes is None and self.ignored is None:
            return np.ones(len(y), np.float32)
        counts = np.ones(y.shape, np.float32) if self.ignored is None else (y != self.ignored).astype(np.float32)
        if self.classes is None:
            return counts
        known = y if self.ignored is None else np.where(y == self.ignored, 0, y)
        return np.asarray(self.classes[known] * counts, np.float32)


# Moves the examples and labels of a batch together: x, y, which examples they are, and the epoch -> x and y.
Moves = Callable[
    [dict[str, Array], dict[str, Array], NDArray[np.int64], int], tuple[dict[str, Array], dict[str, Array]]
]


class Draw(NamedTuple):
    """What is mixed with what in a whole batch.

    Attributes:
        partners: for each example, the place of another.
        shares: how much each keeps of itself.
        rectangles: what of its image comes from the other; None where all is blended.
    """

    partners: NDArray[np.int64]
    shares: Shares
    rectangles: list[Rectangle] | None = None


class Mixes(Protocol):
    """Mixes the examples and labels of a batch; see `training.mixing`."""

    input: str

    def draws(self, count: int, size: tuple[int, int], epoch: int, step: int) -> list[Draw]:
        """What is mixed with what in a batch of so many images of a size, by one kind after the other."""

    def __call__(self, batch: Batch, places: NDArray[np.int64], draws: Sequence[Draw]) -> Batch:
        """Some of the examples of a batch, mixed; `places` say where in it they stand."""


ALIKE = Weighing()
NO_WEIGHING: Mapping[str, Weighing] = MappingProxyType({})


class Feed:
    """The batches of a split: shuffled anew each epoch where there is a seed, else as the examples stand.

    `outputs` are the network's; those that learn nothing are given the labels of another, which nobody reads. A split that is
    not in memory is read ahead by `workers` threads, a batch each; what a batch holds is the same whatever their number. With
    `share`, a batch holds those of its examples that this process computes. `moving` is done
    to each example, and then `mixing` to each batch.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        *,
        outputs: tuple[str, ...],
        seed: int | None = None,
        share: Share = WHOLE,
        weighing: Mapping[str, Weighing] = NO_WEIGHING,
        workers: int | None = None,
        moving: Moves | None = None,
        mixing: Mixes | None = None,
    ) -> None:
        self.split = split
        self.batch_size = batch_size
        self.outputs = outputs
        self.seed = seed
        self.count = split.size
        self.share = share
        self.weighing = weighing
        self.error: Exception | None = None  # what a reader raised, which frameworks wrap beyond recognition
        in_memory = all(isinstance(values, np.ndarray) for values in (*split.x.values(), *split.y.values()))
        self.moving = moving
        self.mixing = mixing
        self.workers = 0 if in_memory and moving is None and mixing is None else workers or cores()
        self._readers = ThreadPoolExecutor(self.workers, "netspec-feed") if self.workers else None
        self._ahead: deque[tuple[int, Future[Batch]]] = deque()
        self.waited = 0.0  # seconds of the epoch in which whoever takes the batches waited for one
        self.begin(0)

    @property
    def steps(self) -> int:
        """Batches an epoch; the last one may be smaller."""
        return -(-self.count // self.batch_size)

    def begin(self, epoch: int) -> None:
        """Put the examples into the order of an epoch, counted from 0."""
        self._epoch = epoch
        self._order = order(self.split.size, self.seed, epoch)[: self.count]
        self._forget()
        self.waited = 0.0

    def batch(self, step: int) -> Batch:
        """The examples and labels of a step."""
        asked = time.monotonic()
        if self._readers is None:
            found = self._read(self._order, step)
        else:
            if self._ahead and self._ahead[0][0] != step:
                self._forget()
            self._read_ahead(self._readers, step)
            found = self._ahead.popleft()[1].result()
            self._read_ahead(self._readers, step + 1)
        self.waited += time.monotonic() - asked
        return found

    @property
    def example(self) -> Batch:
        """A batch of one example, by which the others' types and shapes can be told."""
        return self._read(np.arange(1), 0)

    def _read_ahead(self, readers: ThreadPoolExecutor, step: int) -> None:
        """Let the batches from a step on be read, as far as they are not yet."""
        start = self._ahead[-1][0] + 1 if self._ahead else step
        for later in range(start, min(step + self.workers + AHEAD, self.steps)):
            self._ahead.append((later, readers.submit(self._read, self._order, later)))

    def _forget(self) -> None:
        """Give up what was read ahead."""
        with suppress(IndexError):  # a pipeline that goes on for a while may take the last one meanwhile
            while True:
                self._ahead.pop()[1].cancel()

    def _read(self, order_: NDArray[np.int64], step: int) -> Batch:
        whole = order_[step * self.batch_size : (step + 1) * self.batch_size]
        rows = np.arange(len(whole))[self.share.rows(len(whole))]
        try:
            return self._examples(whole[rows]) if self.mixing is None else self._mixed(self.mixing, whole, rows, step)
        except Exception as error:
            self.error = error
            raise

    def _mixed(self, mixing: Mixes, whole: NDArray[np.int64], rows: NDArray[np.int64], step: int) -> Batch:
        """The rows of a batch, mixed with others of the whole batch, which are read as well."""
        size = self.split.x[mixing.input].shape[1:3]
        draws = mixing.draws(len(whole), (int(size[0]), int(size[1])), self._epoch, step)
        needed = rows
        for draw in reversed(draws):
            needed = np.union1d(needed, draw.partners[needed])
        mixed = mixing(self._examples(whole[needed]), needed, draws)
        if np.array_equal(needed, rows):
            return mixed
        at = np.searchsorted(needed, rows)
        return Batch(*({name: values[at] for name, values in part.items()} for part in mixed))

    def _examples(self, indices: NDArray[np.int64]) -> Batch:
        split = self.split
        x = {name: values[indices] for name, values in split.x.items()}
        found: dict[int, Array] = {}  # outputs may learn the same labels, or the example itself
        known = {id(values): x[name] for name, values in split.x.items()}
        y = {}
        for name, values in split.y.items():
            if id(values) not in found:
                found[id(values)] = known[id(values)] if id(values) in known else values[indices]
            y[name] = found[id(values)]
        if self.moving is not None:
            x, y = self.moving(x, y, indices, self._epoch)
        return Batch(x, y, self._weights(y, None if split.weight is None else split.weight[indices]))

    def _weights(self, y: Mapping[str, Array], own: Array | None) -> dict[str, Array]:
        if own is None and not self.weighing:
            return {}
        weights = {}
        for name, labels in y.items():
            found = self.weighing.get(name, ALIKE)(labels)
            weights[name] = found if own is None else found * own.reshape(-1, *[1] * (found.ndim - 1))
        return weights

    def given(self, step: int) -> tuple[object, ...]:
        """The batch of a step as the model takes it, where the devices are that share it."""
        count = min(self.batch_size, self.count - step * self.batch_size)
        return self.share.placed(self.structured(self.batch(step)), count)

    def structured(self, batch: Batch) -> tuple[object, ...]:
        """A batch as the model takes it: bare values for one input and one output, else maps by name."""
        x = next(iter(batch.x.values())) if len(batch.x) == 1 else batch.x
        some = next(iter(batch.y.values()))
        if len(self.outputs) == 1:
            return (x, some, *batch.weights.values())
        y = {name: batch.y.get(name, some) for name in self.outputs}
        if not batch.weights:
            return x, y
        weight = next(iter(batch.weights.values()))
        return x, y, {name: batch.weights.get(name, weight) for name in self.outputs}

    def close(self) -> None:
        """End the reading ahead."""
        self._forget()
        if self._readers is not None:
            self._readers.shutdown(cancel_futures=True)


def order(count: int, seed: int | None, epoch: int) -> NDArray[np.int64]:
    """The order of the examples in an epoch: the same on every backend and machine."""
    return np.arange(count) if seed is None else np.random.default_rng((seed, epoch)).permutation(count)


def for_fit(keras: Keras, feed: Feed, start: int = 0) -> KerasObject:
    """The feed as `fit` and `evaluate` take it (with `shuffle=False`): the steps of each epoch from `start` on."""
    if keras.backend.backend() == "tensorflow":
        return _tf_dataset(feed, start)
    return _py_dataset(keras, feed, start)


def _py_dataset(keras: Keras, feed: Feed, start: int = 0) -> KerasObject:
    base: KerasObject = keras.utils.PyDataset

    class Batches(base):  # type: ignore[misc]  # Keras ships no types
        """The feed as Keras calls it."""

        @property
        def num_batches(self) -> int:
            return feed.steps - start

        def __getitem__(self, step: int) -> tuple[object, ...]:
            return feed.given(start + step)

    return Batches()


def _tf_dataset(feed: Feed, start: int = 0) -> KerasObject:
    """A tf.data pipeline with little in it: Keras's generator adapter is slower, and with autotuning it can stall.

    Stalls of seconds were seen at the end of epochs, when iterators are destroyed, and never with autotuning off.
    """
    import tensorflow as tf

    first = feed.example
    flat = [*first.x.values(), *first.y.values(), *first.weights.values()]
    types = [tf.as_dtype(values.dtype) for values in flat]

    def numbers(step: int) -> list[Array]:
        batch = feed.batch(step)
        return [*batch.x.values(), *batch.y.values(), *batch.weights.values()]

    def read(step: KerasTensor) -> tuple[object, ...]:
        tensors = tf.numpy_function(numbers, [step], types)
        for tensor, values in zip(tensors, flat, strict=True):
            tensor.set_shape((None, *values.shape[1:]))
        given = iter(tensors)
        parts = [dict(zip(part, given, strict=False)) for part in first]
        return feed.structured(Batch(*parts))

    options = tf.data.Options()
    options.autotune.enabled = False
    # There is no Python to convert, and to look for some takes a third of a second.
    as_it_is = tf.autograph.experimental.do_not_convert(read)
    return tf.data.Dataset.range(start, feed.steps).map(as_it_is).prefetch(PREFETCH).with_options(options)
