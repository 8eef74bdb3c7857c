"""Requests that wait at the same time, computed together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from netspec.training.prediction.answers import BATCH, Network, Prediction, batches, shapes
from netspec.training.prediction.examples import Example

Observer = Callable[[int], None]  # is told how many examples were computed together


class Busy(Exception):
    """Too many examples wait."""


class _Job:
    def __init__(self, examples: Sequence[Example], answer: asyncio.Future[list[Prediction]]) -> None:
        self.examples = examples
        self.answer = answer


class Batcher:
    """One thread runs the network; what comes meanwhile waits, and is put together as far as it has the same shape.

    A request that waits alone is computed as `netspec predict` computes the same inputs, to the bit. One that is put together with
    others may differ from that in the last digits, as a backend sums larger batches in another order.

    Args:
        network: that answers.
        most: examples of several requests that are computed together; with 1 each request is computed by itself.
        delay: seconds to wait for more, once something waits.
        waiting: examples that may wait.
        observer: is told of each batch.
    """

    def __init__(self, network: Network, *, most: int, delay: float, waiting: int, observer: Observer) -> None:
        self.network = network
        self.most = min(most, BATCH)
        self.delay = delay
        self.waiting = waiting
        self.observer = observer
        self.queued = 0  # examples
        self._queue: asyncio.Queue[_Job] = asyncio.Queue()
        self._held: _Job | None = None  # taken from the queue, and not of the shape of those before it
        self._thread = ThreadPoolExecutor(1, "netspec-network")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, within a loop of asyncio."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End; requests that wait get no answer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()

    async def ask(self, examples: Sequence[Example]) -> list[Prediction]:
        """Every output for each example. Raises Busy."""
        if self.queued and self.queued + len(examples) > self.waiting:
            raise Busy
        answer: asyncio.Future[list[Prediction]] = asyncio.get_running_loop().create_future()
        self.queued += len(examples)
        self._queue.put_nowait(_Job(examples, answer))
        return await answer

    async def _work(self) -> None:
        while True:
            jobs = await self._taken()
            examples = [example for job in jobs for example in job.examples]
            self.queued -= len(examples)
            if not (waited_for := [job for job in jobs if not job.answer.done()]):
                continue  # nobody waits any more
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._thread, self._run, examples)
            except Exception as error:  # noqa: BLE001 - it is the requests that are to be told
                for job in waited_for:
                    if not job.answer.done():
                        job.answer.set_exception(error)
                continue
            each = len(self.network.outputs)
            for job in jobs:
                own, found = found[: each * len(job.examples)], found[each * len(job.examples) :]
                if not job.answer.done():
                    job.answer.set_result(own)

    async def _taken(self) -> list[_Job]:
        """The next request, and those after it that go with it."""
        first, self._held = self._held or await self._queue.get(), None
        if self.most > len(first.examples) and self.delay and self._queue.empty():
            await asyncio.sleep(self.delay)
        jobs, count = [first], len(first.examples)
        while count < self.most and not self._queue.empty():
            job = self._queue.get_nowait()
            if count + len(job.examples) > self.most or not _alike(first, job):
                self._held = job
                break
            jobs.append(job)
            count += len(job.examples)
        return jobs

    def _run(self, examples: Sequence[Example]) -> list[Prediction]:
        found: list[Prediction] = []
        for batch in batches(examples):
            self.observer(len(batch))
            found.extend(self.network.predictions(batch))
        return found


def _alike(first: _Job, other: _Job) -> bool:
    wanted = shapes(first.examples[0])
    return all(shapes(example) == wanted for example in (*first.examples, *other.examples))
