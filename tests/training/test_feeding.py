"""Batches: the order of every epoch, the same on every way to `fit`."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import Any

import keras
import numpy as np
import pytest

from netspec.data import DataError
from netspec.data.dataset import Split
from netspec.training.devices import Share
from netspec.training.feeding import Feed, _py_dataset, for_fit, order


class Lazy:
    """Examples that are made when they are indexed, as images in a folder are."""

    def __init__(self, count: int, broken: int | None = None) -> None:
        self.shape = (count, 2)
        self.broken = broken
        self.threads: set[str] = set()
        self.read: list[int] = []

    def __len__(self) -> int:
        return self.shape[0]

    def take(self, indices: Any) -> Any:
        raise NotImplementedError

    def __getitem__(self, key: Any) -> Any:
        self.threads.add(threading.current_thread().name)
        self.read.extend(np.asarray(key).tolist())
        if self.broken is not None and self.broken in key:
            raise DataError("cannot read 'x.png'")
        return np.stack([key, key], axis=1).astype(np.float32)


def split_of(x: Any, outputs: tuple[str, ...] = ("a",)) -> Split:
    return Split({"input": x}, dict.fromkeys(outputs, np.arange(len(x))))


def plain(count: int, outputs: tuple[str, ...] = ("a",)) -> Split:
    return split_of(np.stack([np.arange(count)] * 2, axis=1).astype(np.float32), outputs)


def lazy(count: int) -> Split:
    return split_of(Lazy(count))


def epoch_of(batches: Any) -> list[list[int]]:
    """The labels of each batch, after a look at the examples."""
    seen = []
    for x, y in batches:
        x, y = np.asarray(x), np.asarray(y)
        assert (x[:, 0] == y).all()
        seen.append([int(label) for label in y])
    return seen


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    assert order(5, None, 3).tolist() == [0, 1, 2, 3, 4]
    first, again, second, other = order(100, 1, 0), order(100, 1, 0), order(100, 1, 1), order(100, 2, 0)
    assert (first == again).all()
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(100))
    assert not (first == second).all()
    assert not (first == other).all()


@pytest.mark.parametrize("make", [plain, lazy])
@pytest.mark.parametrize("backend", ["tensorflow", "other"])
def test_each_epoch_has_its_own_order(make: Any, backend: str) -> None:
    feed = Feed(make(10), 4, outputs=("a",), seed=7)
    batches = for_fit(keras, feed) if backend == "tensorflow" else _py_dataset(keras, feed)
    for epoch in (0, 1, 5):
        feed.begin(epoch)
        seen = epoch_of(batches if backend == "tensorflow" else (batches[step] for step in range(batches.num_batches)))
        expected = order(10, 7, epoch).tolist()
        assert seen == [expected[:4], expected[4:8], expected[8:]]
    feed.close()


def test_fit_sees_the_order_of_the_epoch() -> None:
    seen: list[list[int]] = []

    class Watched(Feed):
        def batch(self, step: Any) -> Any:
            batch = super().batch(step)
            seen.append(batch.y["a"].tolist())
            return batch

    feed = Watched(plain(10), 5, outputs=("a",), seed=3)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=2)
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: feed.begin(epoch))
    data = for_fit(keras, feed)
    seen.clear()
    model.fit(data, epochs=3, initial_epoch=1, callbacks=[begin], shuffle=False, verbose=0)
    flat = [label for batch in seen for label in batch]
    assert flat[-20:] == [*order(10, 3, 1).tolist(), *order(10, 3, 2).tolist()]


def test_what_is_not_in_memory_is_read_ahead() -> None:
    split = lazy(9)
    feed = Feed(split, 3, outputs=("a",))
    assert epoch_of(feed.structured(feed.batch(step)) for step in range(feed.steps)) == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
    ]
    feed.close()
    x = split.x["input"]
    assert isinstance(x, Lazy)
    assert {name.split("_")[0] for name in x.threads} == {"netspec-feed"}


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_batches_are_the_same_whatever_the_number_of_workers(workers: int) -> None:
    feed = Feed(lazy(50), 3, outputs=("a",), seed=1, workers=workers)
    expected = [order(50, 1, epoch)[start : start + 3].tolist() for epoch in (0, 1) for start in range(0, 50, 3)]
    seen = []
    for epoch in (0, 1):
        feed.begin(epoch)
        seen += epoch_of(feed.structured(feed.batch(step)) for step in range(feed.steps))
    assert seen == expected
    assert epoch_of([feed.structured(feed.batch(5)), feed.structured(feed.batch(2))]) == [expected[22], expected[19]]
    feed.close()


def test_no_more_is_read_ahead_than_the_workers_and_two_batches() -> None:
    split = lazy(100)
    feed = Feed(split, 1, outputs=("a",), workers=3)
    feed.batch(0)
    feed.close()
    assert len(feed.split.x["input"].read) <= 1 + 3 + 2


def test_the_time_is_kept_that_is_spent_waiting() -> None:
    class Slow(Lazy):
        def __getitem__(self, key: Any) -> Any:
            time.sleep(0.05)
            return super().__getitem__(key)

    feed = Feed(split_of(Slow(4)), 1, outputs=("a",), workers=1)
    for step in range(4):
        feed.batch(step)
    assert feed.waited > 0.15
    feed.begin(1)
    assert feed.waited == 0
    feed.close()


def test_several_outputs_learn_the_same_labels() -> None:
    feed = Feed(plain(2, ("main", "aux")), 2, outputs=("main", "aux"))
    _, y = _py_dataset(keras, feed)[0]
    assert {name: labels.tolist() for name, labels in y.items()} == {"main": [0, 1], "aux": [0, 1]}
    (_, tensors), *_ = for_fit(keras, feed)
    assert {name: labels.numpy().tolist() for name, labels in tensors.items()} == {"main": [0, 1], "aux": [0, 1]}


def test_a_process_reads_its_own_examples_of_each_batch() -> None:
    """Those that are placed are told of how many in all; of the last batch, which two do not divide, each reads all."""
    told = []

    def place(batch: tuple[object, ...], count: int) -> tuple[object, ...]:
        told.append(count)
        return batch

    def second(count: int) -> slice:
        return slice(count // 2, None) if count % 2 == 0 else slice(None)

    feed = Feed(plain(11), 4, outputs=("a",), share=Share(second, place))
    read = [feed.given(step)[1] for step in range(feed.steps)]
    assert [labels.tolist() for labels in read if isinstance(labels, np.ndarray)] == [[2, 3], [6, 7], [8, 9, 10]]
    assert told == [4, 4, 3]


def test_what_a_reader_raises_is_kept() -> None:
    feed = Feed(split_of(Lazy(4, broken=3)), 2, outputs=("a",))
    with pytest.raises(Exception, match="cannot read"):
        epoch_of(for_fit(keras, feed))
    assert isinstance(feed.error, DataError)
    feed.close()


class Shared(deque[Any]):
    """What a pipeline takes the first of at the very moment at which the last is taken."""

    def pop(self) -> Any:  # type: ignore[override]
        self.popleft()
        return super().pop()


@pytest.mark.parametrize("ahead", [1, 2, 3])
def test_a_feed_ends_while_a_pipeline_goes_on_taking_batches(ahead: int) -> None:
    feed = Feed(Split({"x": Lazy(8)}, {"main": np.zeros(8, np.int64)}), 2, outputs=("main",), workers=2)
    feed._ahead = Shared((step, Future()) for step in range(ahead))
    feed.close()
    assert not feed._ahead
