"""The examples of a plan, and whether the network can learn from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netspec.analysis.checks.training import output_fits
from netspec.data import Data, DataError, load_data
from netspec.data.dataset import Dataset, Request, Wanted
from netspec.data.schema import Schema, Target
from netspec.diagnostics.problems import Problems, SpecError
from netspec.graph.endings import ending
from netspec.graph.model import Graph
from netspec.spec.losses import LOSSES
from netspec.spec.training_settings import Train
from netspec.training.plan import Plan
from netspec.training.tokens import check_tokens, embeddings


def load_dataset(plan: Plan, *, known: Schema | None = None, whole: bool = False) -> Dataset:
    """The examples, whose shape and labels fit the network. Raises SpecError at the line that is at fault.

    Args:
        plan: the spec, its data and what they are to train.
        known: how the run read its data, whose network is to see these.
        whole: whether all is to be measured, where the source has no test of its own.
    """
    asked = request(plan.graph, plan.data, plan.train, plan.root, known=known, whole=whole)
    try:
        dataset = load_data(asked, confined="data" not in plan.overrides)
    except DataError as error:
        raise refusal_of(plan, error) from None
    _check_labels(plan, dataset.schema.outputs)
    check_tokens(plan, dataset)
    return dataset


def request(
    graph: Graph, data: Data, train: Train, root: Path, *, known: Schema | None = None, whole: bool = False
) -> Request:
    """What a source is asked for: examples for the network's inputs, labels for its outputs."""
    learning = [name for name in graph.outputs if train.learns(name)]
    return Request(
        data,
        root,
        {graph.nodes[index].path: graph.nodes[index].shape or () for index in graph.inputs},
        {name: _wanted(graph, name, train) for name in learning if data.target_of(name) == "label"},
        train.seed,
        tuple(name for name in learning if data.learns_input(name)),
        known,
        whole,
        {name: _wanted(graph, name, train) for name in learning if data.target_of(name) == "next"},
        tuple(embeddings(graph)),
    )


def _wanted(graph: Graph, name: str, train: Train) -> Wanted:
    index = graph.outputs[name]
    loss = train.loss_of(name)
    last = ending(graph, index)
    return Wanted(
        graph.nodes[index].shape,
        last if last in ("softmax", "sigmoid") else "",
        None if loss is None else LOSSES[loss].labels,
    )


def _check_labels(plan: Plan, targets: Mapping[str, Target]) -> None:
    problems = Problems()
    for name, target in targets.items():
        output_fits(plan.graph, name, target, problems)
    if problems.has_errors:
        raise SpecError(plan.spec.path, problems.ordered())


def refusal_of(plan: Plan, error: DataError) -> SpecError:
    """A fault of the data as an error of the spec: at its input where the shape does not fit, else at the source."""
    if error.code == "NS701":
        return plan.error(error.code, error.message, plan.input_span)
    return plan.refusal(error.code, error.message, "source", "data")
