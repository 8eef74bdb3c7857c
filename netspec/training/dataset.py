"""The examples of a plan, and whether the network can learn from them."""

from __future__ import annotations

from netspec.analysis.checks.training import output_fits
from netspec.data import DataError, load_data
from netspec.data.dataset import Dataset
from netspec.diagnostics.problems import Problems, SpecError
from netspec.spec.losses import Targets
from netspec.training.plan import Plan


def load_dataset(plan: Plan) -> Dataset:
    """The examples, whose shape and classes fit the network. Raises SpecError at the line that is at fault."""
    node = plan.graph.nodes[plan.graph.inputs[0]]
    assert node.shape is not None
    try:
        dataset = load_data(
            plan.data,
            root=plan.root,
            input_shape=node.shape,
            seed=plan.train.seed,
            confined="data" not in plan.overrides,
        )
    except DataError as error:
        raise refusal_of(plan, error) from None
    _check_labels(plan, targets_of(dataset, plan.data.source.spec_name))
    return dataset


def _check_labels(plan: Plan, targets: Targets) -> None:
    problems = Problems()
    for name in plan.graph.outputs:
        output_fits(plan.graph, name, targets, problems)
    if problems.has_errors:
        raise SpecError(plan.spec.path, problems.ordered())


def targets_of(dataset: Dataset, source: str) -> Targets:
    """What the labels of a dataset are."""
    return Targets(source, None if dataset.classes is None else len(dataset.classes), tuple(dataset.train.y.shape[1:]))


def refusal_of(plan: Plan, error: DataError) -> SpecError:
    """A fault of the data as an error of the spec: at its input where the shape does not fit, else at the source."""
    if error.code == "NS701":
        return plan.error(error.code, error.message, plan.input_span)
    return plan.refusal(error.code, error.message, "source", "data")
