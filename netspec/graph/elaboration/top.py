"""A document's graph: its inputs, the walk over its nodes, its outputs and settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from netspec.diagnostics.problems import FILE_START, Problems, TooManyProblems
from netspec.diagnostics.words import show
from netspec.expressions import ExpressionError
from netspec.graph.elaboration.blocks import ParamBinder
from netspec.graph.elaboration.budget import READS_OF_A_NODE, Budget
from netspec.graph.elaboration.construction import Construction
from netspec.graph.elaboration.emitter import MAX_ELEMENTS, MAX_SIZES, Emitter
from netspec.graph.elaboration.expansion import Expansion
from netspec.graph.elaboration.lookups import Params, report
from netspec.graph.elaboration.names import Names
from netspec.graph.elaboration.scope import Binding, Scope
from netspec.graph.elaboration.values import Values
from netspec.graph.elaboration.walk import Walk
from netspec.graph.model import Graph, Group, Node
from netspec.graph.receptive_field import of_input
from netspec.kinds.composition import Composition
from netspec.kinds.kind import NO_WEIGHTS
from netspec.options import Integer, Invalid
from netspec.options.reads import NODE_PATH
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Document, Input
from netspec.syntax.tree import span_of

if TYPE_CHECKING:
    from netspec.graph.elaboration.keeping import KeptNetwork
    from netspec.graph.elaboration.tracing import Body


def elaborate(
    document: Document,
    problems: Problems,
    overrides: Mapping[str, object] | None = None,
    variant: str | None = None,
    budget: Budget | None = None,
    kept: KeptNetwork | None = None,
    trace: list[Body] | None = None,
) -> Graph:
    """The graph, as far as it can be made; it is whole only where `problems` has no errors.

    Args:
        document: The spec.
        problems: Takes what is wrong.
        overrides: Values in place of those of its params.
        variant: The variant that is meant.
        budget: What is left for this document, where it is elaborated more than once.
        kept: What was made of the document before, for who elaborates almost the same one again and again.
        trace: Takes how the walk came to the nodes, for who asks for it of a spec without errors.
    """
    construction = Construction(problems, None if budget is None else budget.watch)
    params = Params(document, problems, overrides or {}, variant, budget)
    values = Values(construction, params, document.defaults)
    names = Names(construction, params, document.inputs)
    emitter = Emitter(construction, params)
    keeper = bodies = None
    if kept is not None:
        from netspec.graph.elaboration.copying import Bodies  # an editor's alone
        from netspec.graph.elaboration.keeping import Keeper

        params.asked = []
        kept.begin(params.values, document.defaults, document.blocks)
        bodies = Bodies(kept.bodies, construction, names, emitter, values)
        keeper = Keeper(kept, construction, names, emitter, params.budget, document.blocks, bodies)
    binder, expansion = ParamBinder(construction, params), Expansion(params, document.blocks)
    parts = construction, values, emitter, names, binder, expansion, document.blocks, keeper, bodies
    if trace is None:
        walk = Walk(*parts)
    else:
        from netspec.graph.elaboration.tracing import TracedWalk  # for scripts alone

        walk = traced = TracedWalk(*parts)
        traced.keep(trace)
    inputs: tuple[int, ...] = ()
    outputs: dict[str, int] = {}
    data = train = limits = None
    with suppress(TooManyProblems):  # the graph is what there is until then
        inputs = tuple(_input(construction, params, declared) for declared in document.inputs)
        scope = Scope("", None, inputs if len(inputs) == 1 else ())
        for index, given in zip(inputs, document.inputs, strict=True):
            scope.names[given.name] = Binding((index,), None, None)
        if not inputs:
            scope.entering = (construction.poison("input", FILE_START),)
        end = walk.top(document.body, scope)
        outputs = _outputs(document, construction, params, names, scope, end)
        data, train, limits = map(values.section, (document.data, document.train, document.limits))
    if kept is not None:
        kept.end()
    effort = len(construction.nodes) + construction.bodies + construction.left_out
    effort += construction.reads // READS_OF_A_NODE
    params.budget.effort += effort
    return Graph(
        name=document.name,
        nodes=tuple(construction.nodes),
        inputs=inputs,
        outputs=outputs,
        params=params.in_force,
        data=data,
        train=train,
        limits=limits,
        uses={path: step.span for path, step in construction.uses.items()},
        groups={
            path: Group(step.span, start, stop, inputs, ends)
            for path, (step, start, stop, inputs, ends) in construction.groups.items()
        },
        effort=effort,
    )


def _input(construction: Construction, params: Params, declared: Input) -> int:
    """Add an input's node."""
    shape = _shape(construction.problems, params, declared)
    view = of_input(shape)
    construction.layer_names[declared.name] = len(construction.nodes)
    return construction.add(
        Node(
            path=declared.name,
            layer=declared.name,
            kind_name="input",
            config=None,
            inputs=(),
            shape=shape,
            dtype=declared.dtype,
            weights=NO_WEIGHTS,
            macs=0,
            field=view.field,
            jump=view.jump,
            span=span_of(declared.key),
            share=None,
            trainable=True,
            tainted=shape is None,
        )
    )


def _shape(problems: Problems, params: Params, declared: Input) -> Shape | None:
    """An input's shape; None where a problem with it was reported."""
    try:
        sizes = params.evaluate(declared.shape, params.lookup)
        if not isinstance(sizes, list):
            raise Invalid(f"must be a list of sizes, not {show(sizes)}")
        shape = tuple(None if size is None else Integer(ge=1).check(size) for size in sizes)
    except ExpressionError as error:
        report(problems, error, declared.shape)
        return None
    except Invalid as error:
        problems.add("NS504", f"the shape of `{declared.name}` {error.message}", span_of(declared.shape.tree))
        return None
    if any(size is not None and size > MAX_ELEMENTS for size in shape):
        what = "is more than any machine holds"
    elif len(shape) > MAX_SIZES:
        what = f"has {len(shape)} dimensions, and TensorFlow computes with {MAX_SIZES} beside the batch"
    else:
        return shape
    problems.add("NS602", f"the shape of `{declared.name}`, {show_shape(shape)}, {what}", span_of(declared.key))
    return None


def _outputs(
    document: Document, construction: Construction, params: Params, names: Names, scope: Scope, end: tuple[int, ...]
) -> dict[str, int]:
    found: dict[str, int] = {}
    if document.outputs is not None:
        for name, node in document.outputs:
            span = span_of(node.tree)
            try:
                path = params.evaluate(node, params.lookup)
            except ExpressionError as error:
                report(construction.problems, error, node)
                continue
            if not isinstance(path, str) or not NODE_PATH.match(path):
                message = f"an output is the name of a node, not {show(path)}"
                construction.problems.add("NS301", message, span)
                continue
            binding = names.find(path, scope, span)
            if binding is None:
                continue
            if construction.nodes[binding.handles[-1]].folded is not None:
                message = f"`{path}` stands where each step is an example of its own, so it is no output"
                construction.problems.add("NS304", message, span)
                continue
            name = name or path.replace(".", "_")
            if name in found:
                construction.problems.add("NS302", f"two outputs are called `{name}`", span)
                continue
            found[name] = binding.handles[-1]
        return found
    if document.body:
        named = _names_of(scope, {handle for handle in end if not construction.nodes[handle].is_input})
        found = {_output_name(construction, handle, named): handle for handle in end}
    return {**found, **dict(construction.heads)}


def _output_name(construction: Construction, handle: int, named: dict[int, str]) -> str:
    node = construction.nodes[handle]
    return node.layer if node.is_input else named.get(handle, node.layer)


def _names_of(scope: Scope, wanted: set[int]) -> dict[int, str]:
    """Nodes that names of a body stand for, each with the last of them, which mostly is among the body's last."""
    found: dict[int, str] = {}
    seen: set[int] = set()  # what goes through empty bodies is the same again
    for name, binding in reversed(scope.names.items()):
        if not wanted:
            break
        cls = binding.step.cls if binding.step is not None else None
        side = cls is not None and issubclass(cls, Composition) and cls.side_chain
        if not side and id(binding.handles) not in seen:  # a side chain that does nothing ends in the main chain
            seen.add(id(binding.handles))
            for handle in wanted.intersection(binding.handles):
                found[handle] = name
                wanted.remove(handle)
    return found
