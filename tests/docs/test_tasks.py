"""The tasks of the documentation: each page is run, and what it trains reaches the figure that the table of them states."""

from __future__ import annotations

import json
import operator
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from netspec.data.schema import read_schema
from netspec.graph.endings import ending
from netspec.graph.model import Graph
from netspec.pipeline import check_text
from netspec.shapes import show_shape
from netspec.spec.training_settings import Train
from netspec.training.objective import Output, loss_name
from tests.docs.pages import DOCS, TASKS, blocks, check

INDEX = DOCS / "howto" / "tasks.md"
ROW = re.compile(
    r"^\| \[[^\]]+\]\(tasks/(\w+)\.md\) \| `(\w+)` \| ([^|]+) \| ([^|]+) \| (\w+) ([≥≤]) ([\d.]+) \|$", re.M
)
BETTER = {"≥": operator.ge, "≤": operator.le}
MAX_LINES = 40


class Task(NamedTuple):
    """A row of the table."""

    source: str
    outputs: str
    losses: str
    metric: str
    sign: str
    figure: float


def rows() -> dict[str, Task]:
    return {
        name: Task(source, outputs, losses, metric, sign, float(figure))
        for name, source, outputs, losses, metric, sign, figure in ROW.findall(INDEX.read_text(encoding="utf-8"))
    }


def spec_of(path: Path) -> str:
    (spec,) = (block.text for block in blocks(path.read_text(encoding="utf-8")) if block.title.endswith(".yaml"))
    return spec


def test_the_table_names_every_page() -> None:
    assert set(rows()) == {path.stem for path in TASKS}
    assert len(TASKS) >= 12


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_task_is_a_short_spec(path: Path) -> None:
    assert len(spec_of(path).splitlines()) <= MAX_LINES


@pytest.mark.backend
@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_task_reaches_its_figure(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    check(path)
    task, graph = rows()[path.stem], check_text(spec_of(path)).graph
    assert graph is not None
    (run,) = sorted(Path("runs").glob("*/*"))
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    reached = record["results"]["test"][task.metric]
    assert BETTER[task.sign](reached, task.figure), reached
    assert graph.data is not None
    assert graph.data.source.spec_name == task.source
    assert described(graph) == task.outputs
    assert losses(graph, record["schema"]) == task.losses


def outputs_of(graph: Graph) -> list[Output]:
    endings = {name: ending(graph, index) for name, index in graph.outputs.items()}
    return [
        Output(name, graph.nodes[index].shape or (), last if (last := endings[name]) in ("softmax", "sigmoid") else "")
        for name, index in graph.outputs.items()
    ]


def described(graph: Graph) -> str:
    """The outputs as the table has them."""
    return "; ".join(", ".join(filter(None, (show_shape(each.shape), each.ending))) for each in outputs_of(graph))


def losses(graph: Graph, record: object) -> str:
    """The losses that were chosen, as the table has them."""
    schema = read_schema(record)
    assert schema is not None
    train = graph.train
    assert isinstance(train, Train)
    return ", ".join(f"`{loss_name(train, each, schema.outputs[each.name])}`" for each in outputs_of(graph))
