"""Whether two checks of one text came to the same."""

from __future__ import annotations

from netspec.graph.model import Graph, Node
from netspec.pipeline import Spec
from netspec.spec.document import Given, Step
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree

Plain = object


def facts(spec: Spec) -> dict[str, Plain]:
    """All that there is to a checked spec, as values that compare."""
    return {
        "problems": spec.problems,
        "effort": spec.effort,
        "document": _document(spec),
        "graph": None if spec.graph is None else _graph(spec.graph),
    }


def _graph(graph: Graph) -> Plain:
    totals = graph.totals() if graph.outputs else None
    return tuple(map(_node, graph.nodes)), totals, *(_shown(part) for part in graph[2:])


def _node(node: Node) -> Plain:
    return (*(each for each in node if each is not node.config), _shown(node.config))


def _shown(value: Plain) -> Plain:
    """A hyperparameter's value, or an object that holds some; by types too, as 1 and 1.0 are equal."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return type(value).__name__, repr(value)
    if isinstance(value, dict):
        return [(key, _shown(each)) for key, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [_step(each) if isinstance(each, Step) else _shown(each) for each in value]
    return type(value).__name__, _shown(vars(value)) if hasattr(value, "__dict__") else repr(value)


def _document(spec: Spec) -> Plain:
    document = spec.document
    if document is None:
        return None
    return {
        "tree": None if document.source.tree is None else tree(document.source.tree),
        "body": [_step(step) for step in document.body],
        "blocks": {
            name: (tree(b.key), {n: _given(g) for n, g in b.params.items()}, [_step(step) for step in b.body])
            for name, b in document.blocks.items()
        },
        "params": {name: _given(given) for name, given in document.params.items()},
        "names": (document.names_used, document.blocks_used, document.steps, document.name),
        "outputs": [(output.name, _given(output.node)) for output in document.outputs or ()],
        "sections": [
            None if section is None else {name: _given(given) for name, given in section.values.items()}
            for section in (document.limits, document.data, document.train)
        ],
    }


def _step(step: Step) -> Plain:
    wiring = (step.principal, step.name, step.sources, step.repeat, step.when, step.share, step.trainable)
    return (
        (step.kind_name, step.span, tree(step.key), None if step.tree is None else tree(step.tree)),
        (step.cls, step.block, step.inherits, step.misspelt, _shown(step.config)),
        [(name, _given(given)) for name, given in step.values.items()],
        [_given(given) for given in wiring],
    )


def _given(given: Given | None) -> Plain:
    if given is None:
        return None
    return _shown(given.value), tree(given.tree), given.dynamic, given.from_defaults


def tree(each: Tree) -> Plain:
    """A tree with its places."""
    place = (each.start.line, each.start.column, each.end.line, each.end.column)
    if isinstance(each, Scalar):
        return place, each.text, each.plain, _shown(each.value)
    if isinstance(each, Sequence):
        return place, each.flow, [tree(item) for item in each.items]
    assert isinstance(each, Mapping)
    return place, each.flow, [(tree(entry.key), tree(entry.value), name) for name, entry in each.entries.items()]
