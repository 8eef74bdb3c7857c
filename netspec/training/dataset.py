"""The examples of a plan, and whether the network can learn from them."""

from __future__ import annotations

from netspec.analysis.checks import classes_fit
from netspec.data import DataError, Dataset, load
from netspec.diagnostics.problems import Problems, SpecError
from netspec.training.objective import Labels, misfit
from netspec.training.plan import Plan


def load_dataset(plan: Plan) -> Dataset:
    """The examples, whose shape and classes fit the network. Raises SpecError at the line that is at fault."""
    node = plan.graph.nodes[plan.graph.inputs[0]]
    assert node.shape is not None
    try:
        dataset = load(
            plan.data,
            root=plan.root,
            input_shape=node.shape,
            seed=plan.train.seed,
            confined="data" not in plan.overrides,
        )
    except DataError as error:
        raise refusal_of(plan, error) from None
    _check_labels(plan, labels_of(dataset, plan.data.source.word))
    return dataset


def _check_labels(plan: Plan, labels: Labels) -> None:
    problems = Problems()
    for name in plan.graph.outputs:
        if not _learns(plan, name):
            continue
        if labels.classes is not None:
            classes_fit(plan.graph, name, labels.classes, labels.source, problems)
        node = plan.graph.nodes[plan.graph.outputs[name]]
        wrong = None if node.shape is None else misfit(name, node.shape, labels)
        if wrong is not None and not problems.has_errors:
            problems.add(*wrong, node.span)
    if problems.has_errors:
        raise SpecError(plan.spec.path, problems.ordered())


def _learns(plan: Plan, name: str) -> bool:
    loss = plan.train.loss
    return not isinstance(loss, dict) or loss.get(name, "") is not None


def labels_of(dataset: Dataset, source: str) -> Labels:
    """What the labels of a dataset are."""
    return Labels(source, None if dataset.classes is None else len(dataset.classes), tuple(dataset.train.y.shape[1:]))


def refusal_of(plan: Plan, error: DataError) -> SpecError:
    """A fault of the data as an error of the spec: at its input where the shape does not fit, else at the source."""
    if error.code == "NS701":
        return plan.error(error.code, error.message, plan.input_span)
    return plan.refusal(error.code, error.message, "source", "data")
