"""What a run is made of: the spec, and the settings in force once overrides have been laid over its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from netspec.analysis.checks.loop import misfits
from netspec.analysis.checks.training import data_fits, training_fits
from netspec.data import Data
from netspec.diagnostics.problems import FILE_START, Problem, Problems, Span, SpecError
from netspec.diagnostics.words import did_you_mean, show
from netspec.graph.model import Graph
from netspec.options import Declared, Invalid, Type
from netspec.spec.training_settings import Train
from netspec.syntax.tree import span_of

if TYPE_CHECKING:
    from netspec.pipeline import Spec

T = TypeVar("T")

OPTIONS = "<options>"  # what messages call the place of an option that was given beside the spec
_RECHECKED = (
    "NS701",
    "NS702",
    "NS705",
    "NS707",
    "NS714",
)  # what the checks say of data and training that overrides may have replaced


class OverrideError(ValueError):
    """An option beside the spec is unknown or has a wrong value."""


class Plan(NamedTuple):
    """Everything that a run is determined by, but for the machine."""

    spec: Spec
    content: bytes  # the spec's text as it was read
    graph: Graph
    data: Data
    train: Train
    root: Path  # where relative paths of the data start
    params: dict[str, object]
    variant: str | None
    overrides: dict[str, object]  # plain values by name: options of `train`, and `data`

    def refusal(self, code: str, message: str, option: str, section: str = "train") -> SpecError:
        """An error at an option of `train` or `data`: at its place in the spec, or among those given beside it."""
        if option in self.overrides or section in self.overrides:
            return SpecError(OPTIONS, (Problem(code, message, FILE_START),))
        return self.error(code, message, self._span(section, option))

    def error(self, code: str, message: str, span: Span) -> SpecError:
        """An error at a place in the spec."""
        return SpecError(self.spec.path, (Problem(code, message, span),))

    def _span(self, name: str, option: str) -> Span:
        document = self.spec.document
        section = None if document is None else getattr(document, name)
        if section is None:
            return FILE_START
        given = section.values.get(option)
        return span_of(section.key if given is None else given.tree)

    @property
    def input_span(self) -> Span:
        """Where the shape of the network's input stands."""
        node = self.graph.nodes[self.graph.inputs[0]]
        declared = () if self.spec.document is None else self.spec.document.inputs
        return next((span_of(each.shape.tree) for each in declared if each.name == node.path), node.span)


def plan_run(
    spec: Spec,
    content: bytes,
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    root: Path | None = None,
) -> Plan:
    """The plan of a run. `overrides` hold options of `train` by name, and `data`, as a spec would write them.

    Relative paths of the data start at `root`; where it is left out at the spec's folder, those of an overriding `data`
    at the current one. Raises OverrideError, and SpecError with every problem of the spec.
    """
    overrides = dict(overrides or {})
    if spec.graph is None:
        raise SpecError(spec.path, spec.problems)
    graph = spec.graph._replace(
        train=_train(spec.graph.train, {name: value for name, value in overrides.items() if name != "data"}),
        data=data_given(spec.graph.data, overrides["data"]) if "data" in overrides else spec.graph.data,
    )
    spec = spec._replace(graph=graph, problems=_checked_again(spec, graph, overrides) if overrides else spec.problems)
    if not spec.ok:
        raise SpecError(spec.path, spec.problems)
    _check_overrides(graph, overrides)
    if graph.data is None:
        message = "there is nothing to train on; write `data: {source: digits}`, say, or give a source with `--data`"
        raise SpecError(spec.path, (Problem("NS707", message, FILE_START),))
    assert isinstance(graph.data, Data)
    assert isinstance(graph.train, Train)
    if root is None:
        root = Path.cwd() if "data" in overrides else Path(spec.path).absolute().parent
    plan = Plan(spec, content, graph, graph.data, graph.train, root, dict(params or {}), variant, overrides)
    _check_numbers(plan)
    return plan


def _check_numbers(plan: Plan) -> None:
    """Raise SpecError where an input takes what no data source gives."""
    for index in plan.graph.inputs:
        node = plan.graph.nodes[index]
        if node.dtype == "string":
            message = (
                f"the input `{node.path}` takes strings, and data reach a network as numbers; let `data: vectorize` number the "
                f"texts, and begin with what comes after `text_vectorization`"
            )
            raise plan.error("NS706", message, plan.input_span)


def _checked_again(spec: Spec, graph: Graph, overrides: Mapping[str, object]) -> tuple[Problem, ...]:
    """The spec's problems, those about data and training as the overrides leave them."""
    assert spec.document is not None
    problems = Problems()
    replaced = Problems()
    assert spec.graph is not None
    training_fits(spec.document, spec.graph, replaced)
    before = {problem.key for problem in replaced.ordered()}
    problems.extend(tuple(each for each in spec.problems if each.code not in _RECHECKED and each.key not in before))
    data_fits(spec.document, graph, problems)
    training_fits(spec.document, graph, problems, beside=overrides)
    return problems.ordered()


def _check_overrides(graph: Graph, overrides: Mapping[str, object]) -> None:
    """Raise SpecError where options that were given beside the spec do not fit each other or the network."""
    assert isinstance(graph.train, Train)
    wrong = [each for each in misfits(graph, graph.train) if each.option in overrides]
    if wrong:
        raise SpecError(OPTIONS, tuple(Problem(each.code, each.message, FILE_START) for each in wrong))


def _train(given: Declared | None, overrides: Mapping[str, object]) -> Train:
    values = {} if given is None else given.given()
    for name, value in overrides.items():
        option = Train.options.get(name)
        if option is None:
            known = (*Train.options, "data")
            raise OverrideError(f"`train` has no option {show(name)}{did_you_mean(name, known)}")
        if name == "augment" and value:
            raise OverrideError("`augment` holds nodes, which only a spec can; here it can be emptied: augment=[]")
        values[name] = checked(name, option.type, value)
    return Train(**values)


def data_given(given: Declared | None, value: object) -> Data:
    """`data` as a spec writes it, or a source alone, which leaves the rest as it was. Raises OverrideError."""
    if not isinstance(value, dict) or not set(value) & set(Data.options):
        value = {"source": value}
    values = {} if given is None else given.given()
    for name, item in value.items():
        option = Data.options.get(name)
        if option is None:
            raise OverrideError(f"`data` has no option {show(name)}{did_you_mean(name, tuple(Data.options))}")
        values[name] = checked(name, option.type, item)
    if "source" not in values:
        raise OverrideError(f"`data` needs `source`: {Data.options['source'].type.describe()}")
    return Data(**values)


def checked(name: str, type_: Type[T], value: object) -> T:
    """The value of an option that is given beside the spec. Raises OverrideError where it is not of its type."""
    try:
        return type_.check(value)
    except Invalid as error:
        prefix = f"`{name}`: " if error.subject else ""
        raise OverrideError(prefix + error.of(f"`{name}`")) from None
