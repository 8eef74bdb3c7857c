"""Import models and print what comes of it, a line each: its length, the time that it took, how far its outputs are off.

`python tools/roundtrip.py [--applications] [--zoo] [--no-check] [--again] [NAME …]`: every function of `keras.applications`, and
every spec of the zoo in all its variants, which is built first; neither option means both. With names, those of these (`resnet`,
`resnet:50`, `ResNet50`). What has more than `--giant` parameters is converted and not compared. A process serves a few models
only, so that memory stays bounded. `graph` says of a spec whether the network is node for node what it was. With `--again` what
is imported is built and imported once more, and `again` says whether that gives the same text.
"""

from __future__ import annotations

import argparse
import inspect
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SERVED = 6  # models of one process
BOUND = 1e-5  # of the largest output
SAME = "the same text"
RATIO = 1.3  # of the lines of the hand-written page


class Task(NamedTuple):
    """A model to import."""

    group: str  # `applications` or `zoo`
    name: str
    variant: str | None = None

    @property
    def label(self) -> str:
        return self.name if self.variant is None else f"{self.name}:{self.variant}"


class Row(NamedTuple):
    """What came of it."""

    label: str
    layers: int
    lines: int
    page: int  # lines of the page that somebody wrote, without comments
    seconds: float
    parameters: int
    difference: float | None  # the largest, of the largest output; None: not compared
    graph: str = ""  # where the network is another than it was, though it may compute the same
    problem: str = ""
    again: str = ""  # what a second import of it gives


def text_of_import(flat: Any) -> str:
    """The text that `netspec import` writes of a model's nodes."""
    from netspec.conversion.folding import LEVELS, fold

    return fold(flat, LEVELS[-1]).text


def main(arguments: list[str]) -> int:
    """Returns 1 where one is not what it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help="only models with these names")
    parser.add_argument("--applications", action="store_true", help="functions of keras.applications")
    parser.add_argument("--zoo", action="store_true", help="specs of the zoo")
    parser.add_argument("--no-check", action="store_true", help="compare nothing")
    parser.add_argument(
        "--giant", type=float, default=70e6, metavar="N", help="parameters above which nothing is compared"
    )
    parser.add_argument("--again", action="store_true", help="build and import what was imported once more")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    both = options.applications == options.zoo
    tasks = [
        *(applications() if both or options.applications else ()),
        *(zoo() if both or options.zoo else ()),
    ]
    if options.names:
        tasks = [task for task in tasks if {task.label, task.name} & {*options.names}]
    giant = 0 if options.no_check else int(options.giant)
    print(f"{'model':34} {'layers':>6} {'lines':>5} {'page':>5} {'ratio':>5} {'s':>6} {'parameters':>13}  difference")
    wrong = 0
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, maxtasksperchild=SERVED) as pool:
        for row in pool.imap(partial(row_of, giant=giant, again=options.again), tasks):
            apart = row.problem or ("not compared" if row.difference is None else f"{row.difference:.1e}")
            apart += f"  graph: {row.graph}" if row.graph else ""
            apart += f"  again: {row.again}" if row.again else ""
            page = f"{row.page:5} {row.lines / row.page:5.2f}" if row.page else " " * 11
            print(
                f"{row.label:34} {row.layers:6,} {row.lines:5,} {page} {row.seconds:6.2f} {row.parameters:13,}  {apart}",
                flush=True,
            )
            wrong += bool(row.problem) or (row.difference or 0.0) > BOUND or row.again not in ("", SAME)
    print(f"{len(tasks)} models, {wrong} of which are not what they were")
    return wrong > 0


def applications() -> Iterator[Task]:
    """All functions of `keras.applications` that make a model."""
    from netspec.backends.keras.importing import import_keras

    module = import_keras().applications
    for name in dir(module):
        if inspect.isfunction(getattr(module, name)) and name[0].isupper():
            yield Task("applications", name)


def zoo() -> Iterator[Task]:
    """All specs of the zoo, with each variant."""
    from netspec.pipeline import check

    for path in sorted((ROOT / "specs").glob("*.yaml")):
        document = check(path, repairs=False).document
        assert document is not None
        variants = [name for name, values in document.variants.items() if values] if document.variants else []
        if not path.name.startswith("netspec"):
            yield Task("zoo", path.stem)
        yield from (Task("zoo", path.stem, variant) for variant in variants)


def row_of(task: Task, giant: int, *, again: bool) -> Row:
    """Import one model; whatever goes wrong is told in its line."""
    try:
        row = _application(task, giant) if task.group == "applications" else _spec(task, giant)
        return row._replace(again=_again(_TEXTS[task.label])) if again and not row.problem else row
    except Exception as error:  # noqa: BLE001 - one that fails must not hide the others
        told = getattr(error, "failures", None)
        words = f"{told[0].layer}: {told[0].message} ({len(told)} in all)" if told else str(error)
        return Row(task.label, 0, 0, 0, 0.0, 0, None, "", f"{type(error).__name__}: {words[:300]}")


def _application(task: Task, giant: int) -> Row:
    from netspec.backends.keras.importing import import_keras

    keras = import_keras()
    model = getattr(keras.applications, task.name)(weights=None)
    return _imported(keras, task, model, giant)


def _spec(task: Task, giant: int) -> Row:
    from netspec.backends.keras.compiling import compile_graph
    from netspec.backends.keras.importing import import_keras
    from netspec.conversion.matching import Mismatch, matched
    from netspec.pipeline import check, check_text

    keras = import_keras()
    path = ROOT / "specs" / f"{task.name}.yaml"
    spec = check(path, variant=task.variant, repairs=False)
    assert spec.graph is not None
    many = sum(sum(node.weights) for node in spec.graph.nodes) > giant
    model = compile_graph(spec.graph, initialize=not many)
    row = _imported(keras, task, model, giant)
    page = sum(
        bool(line.strip()) and not line.lstrip().startswith("#") for line in path.read_text("utf-8").splitlines()
    )
    again = check_text(_TEXTS[task.label], repairs=False).graph
    if again is None:
        return row
    pairs = matched(spec.graph, again)
    return row._replace(
        page=page, graph=f"`{pairs.path}`: {pairs.message}" if isinstance(pairs, Mismatch) else "as it was"
    )


def _again(text: str) -> str:
    """What comes of it when what is imported is built and imported once more."""
    from netspec.backends.keras.compiling import compile_graph
    from netspec.backends.keras.importing import import_keras
    from netspec.pipeline import check_text

    graph = check_text(text, repairs=False).graph
    assert graph is not None
    other = text_of_import(_flat(*_said(import_keras(), compile_graph(graph, initialize=False))))
    lines = zip_longest(text.splitlines(), other.splitlines())
    return next((f"line {number}: {b}" for number, (a, b) in enumerate(lines, 1) if a != b), SAME)


def _said(keras: Any, model: Any) -> tuple[str, Any]:
    """A model's configuration, and the figures that it holds as weights."""
    from netspec.backends.keras.original import figures_of

    return model.to_json(), figures_of(keras, model)


def _flat(config: str, figures: Any) -> Any:
    """The nodes of a model."""
    from netspec.conversion.converting import Converter
    from netspec.conversion.keras_config import read_config

    return Converter(lambda path, _: figures.get(path, {})).convert(read_config(json.loads(config)))


_TEXTS: dict[str, str] = {}  # of the models of this process


def _imported(keras: Any, task: Task, model: Any, giant: int) -> Row:
    from netspec.backends.keras.original import Comparison
    from netspec.conversion.paths import paths_of
    from netspec.pipeline import check_text

    said = _said(keras, model)
    start = time.perf_counter()
    flat = _flat(*said)
    text = text_of_import(flat)
    seconds = time.perf_counter() - start
    _TEXTS[task.label] = text
    row = Row(task.label, len(model.layers), len(text.splitlines()), 0, seconds, model.count_params(), None)
    spec = check_text(text, repairs=False)
    wrong = [problem.message for problem in spec.problems if problem.is_error]
    if wrong:
        return row._replace(problem=f"the spec is wrong: {wrong[0]}")
    if row.parameters > giant:
        return row
    assert spec.graph is not None
    comparison = Comparison(keras, model, flat, spec.graph, paths_of(flat, spec.graph))
    found = comparison.difference()
    return row._replace(difference=comparison.largest, problem="" if found is None else found.text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
