"""Batches: which examples make up step s of epoch e, and how they reach `fit` on each backend without making it wait.

Keras's own shuffle draws the same order every epoch once a seed is set (TensorFlow backend), and an order that hangs on
the state of a generator is lost when a run is resumed. Here it is a function of the seed and the epoch.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from netspec.backends.keras.types import Keras, KerasObject, KerasTensor
from netspec.data.dataset import Array, Split

PREFETCH = 4  # batches that tf.data keeps ready

T = TypeVar("T")
Batch = tuple[Array, Array]


class Feed:
    """The batches of a split: shuffled anew each epoch where there is a seed, else as the examples stand.

    `names` are the outputs, which all learn the same labels. A split that is not in memory is read one batch ahead, by
    a thread of its own. With `multiple`, every batch is one of it: what is left over in an epoch is left out.
    """

    def __init__(
        self, split: Split, batch_size: int, *, names: tuple[str, ...], seed: int | None = None, multiple: int = 1
    ) -> None:
        self.split = split
        self.batch_size = batch_size
        self.names = names
        self.seed = seed
        self.count = len(split.x) // multiple * multiple
        self.error: Exception | None = None  # what a reader raised, which frameworks wrap beyond recognition
        self._reader = None if isinstance(split.x, np.ndarray) else ThreadPoolExecutor(1, "netspec-feed")
        self._ahead: tuple[int, Future[Batch]] | None = None
        self.begin(0)

    @property
    def steps(self) -> int:
        """Batches an epoch; the last one may be smaller."""
        return -(-self.count // self.batch_size)

    def begin(self, epoch: int) -> None:
        """Put the examples into the order of an epoch, counted from 0."""
        self._order = order(len(self.split.x), self.seed, epoch)[: self.count]
        self._ahead = None

    def batch(self, step: int) -> Batch:
        """The examples and labels of a step."""
        ahead, self._ahead = self._ahead, None
        ready = ahead[1].result() if ahead is not None and ahead[0] == step else self._read(self._order, step)
        if self._reader is not None and step + 1 < self.steps:
            self._ahead = (step + 1, self._reader.submit(self._read, self._order, step + 1))
        return ready

    def _read(self, order_: NDArray[np.int64], step: int) -> Batch:
        indices = order_[step * self.batch_size : (step + 1) * self.batch_size]
        try:
            return self.split.x[indices], self.split.y[indices]
        except Exception as error:
            self.error = error
            raise

    def targets(self, y: T) -> T | dict[str, T]:
        """Labels as the model's outputs are structured."""
        return y if len(self.names) == 1 else dict.fromkeys(self.names, y)

    def close(self) -> None:
        """End the reading ahead."""
        self._ahead = None
        if self._reader is not None:
            self._reader.shutdown(cancel_futures=True)


def order(count: int, seed: int | None, epoch: int) -> NDArray[np.int64]:
    """The order of the examples in an epoch: the same on every backend and machine."""
    return np.arange(count) if seed is None else np.random.default_rng((seed, epoch)).permutation(count)


def for_fit(keras: Keras, feed: Feed) -> KerasObject:
    """The feed as `fit` and `evaluate` take it (with `shuffle=False`)."""
    return _tf_dataset(feed) if keras.backend.backend() == "tensorflow" else _py_dataset(keras, feed)


def _py_dataset(keras: Keras, feed: Feed) -> KerasObject:
    base: KerasObject = keras.utils.PyDataset

    class Batches(base):  # type: ignore[misc]  # Keras ships no types
        """The feed as Keras calls it."""

        @property
        def num_batches(self) -> int:
            return feed.steps

        def __getitem__(self, step: int) -> tuple[Array, Array | dict[str, Array]]:
            x, y = feed.batch(step)
            return x, feed.targets(y)

    return Batches()


def _tf_dataset(feed: Feed) -> KerasObject:
    """A tf.data pipeline with little in it: Keras's generator adapter is slower, and with autotuning it can stall.

    Stalls of seconds were seen at the end of epochs, when iterators are destroyed, and never with autotuning off.
    """
    import tensorflow as tf

    x, y = feed.batch(0)

    def read(step: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        xs, ys = tf.numpy_function(feed.batch, [step], [tf.as_dtype(x.dtype), tf.as_dtype(y.dtype)])
        xs.set_shape((None, *x.shape[1:]))
        ys.set_shape((None, *y.shape[1:]))
        return xs, feed.targets(ys)

    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.range(feed.steps).map(read).prefetch(PREFETCH).with_options(options)
