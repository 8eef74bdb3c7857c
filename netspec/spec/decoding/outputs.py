"""`outputs`."""

from __future__ import annotations

from netspec.diagnostics.words import show
from netspec.options.reads import NODE_PATH
from netspec.spec.decoding.values import ValueReader, noun
from netspec.spec.document import Output
from netspec.spec.names import NodePath, is_identifier
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, span_of

_PATH = NodePath()


def read_outputs(values: ValueReader, entry: Entry | None) -> tuple[Output, ...] | None:
    """The outputs that a spec names; None where it names none."""
    if entry is None:
        return None
    problems = values.problems
    tree = entry.value
    pairs: list[tuple[Scalar | None, Tree]]
    if isinstance(tree, Sequence):
        pairs = [(None, item) for item in tree.items]
    elif isinstance(tree, Mapping):
        pairs = [(key, value) for key, value in tree.entries.values()]
    elif isinstance(tree.value, str):
        pairs = [(None, tree)]
    else:
        message = f"`outputs` must be a list of node names, or a map of names to nodes, not {noun(tree)}"
        problems.add("NS204", message, span_of(tree))
        return None
    if not pairs:
        problems.add("NS204", "`outputs` names no node", span_of(tree))
        return None
    found = [_output(values, key, item) for key, item in pairs]
    return tuple(output for output in found if output is not None)


def _output(values: ValueReader, key: Scalar | None, tree: Tree) -> Output | None:
    node = values.given(tree, _PATH) if isinstance(tree, Scalar) else None
    if node is not None and node.dynamic and node.value is None:
        return None  # which was said
    if node is None or (not node.dynamic and not (isinstance(node.value, str) and NODE_PATH.match(node.value))):
        values.problems.add("NS301", f"an output is the name of a node, not {noun(tree)}", span_of(tree))
        return None
    name = "" if key is None else key.text
    if key is not None and not is_identifier(name):
        values.problems.add("NS303", f"{show(name)} cannot name an output; use letters, digits and _", span_of(key))
        return None
    return Output(name, node)
