"""What a network makes of files, folders, patterns and standard input: a stream of predictions."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from netspec.data import DataError
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.training.prediction.answers import Network, Prediction, batches
from netspec.training.prediction.examples import Example
from netspec.training.prediction.inputs import Inputs

INPUTS = "<inputs>"  # what messages call them together
MAX_PROBLEMS = 1_000  # that are told at most
Tell = Callable[[str], None]


def predict(
    network: Network,
    inputs: Sequence[str],
    *,
    stdin: io.BufferedIOBase | None = None,
    sizes: bool = False,
    skipped: Tell | None = None,
) -> Iterator[Prediction]:
    """Every output for every example of the inputs, in their order, as they come.

    Args:
        network: that answers.
        inputs: files, folders, patterns, or `-`.
        stdin: standard input.
        sizes: whether the sizes of pictures are wanted.
        skipped: is told of inputs that cannot be read, which are left out then.

    Raises:
        SpecError: Inputs cannot be read: all of them are named, and nothing is predicted after the first. With `skipped`, only
            where none can be read.
    """
    problems: list[Problem] = []
    items = Inputs(network.opened, stdin, sizes=sizes).stream(inputs)
    found = False
    for batch in batches(_examples(items, problems, skipped)):
        if problems and skipped is None:
            continue
        found = True
        yield from network.predictions(batch)
    if problems and (skipped is None or not found):
        raise SpecError(INPUTS, tuple(problems))


def _examples(items: Iterable[Example | DataError], problems: list[Problem], skipped: Tell | None) -> Iterator[Example]:
    for item in items:
        if isinstance(item, Example):
            yield item
            continue
        if len(problems) < MAX_PROBLEMS:
            problems.append(Problem(item.code, item.message, FILE_START))
        if skipped is not None:
            skipped(item.message)
