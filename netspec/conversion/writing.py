"""A flat spec as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from netspec.conversion.nodes import ENTERING, Flat, FlatInput, FlatNode
from netspec.diagnostics.words import printable
from netspec.formatting.text import format_text
from netspec.kinds import KINDS

_NAME = re.compile(r"\bname: (\w+)(?=[,}]|$)")
_Written = str | dict[str, object]


def text_of(flat: Flat) -> str:
    """The spec of a model in netspec's layout, a node a line; only those that others read or somebody named say their names."""
    return _with_holes(format_text(_text(flat, _names_read(flat))), flat)


def text_with_names(flat: Flat) -> str:
    """The spec of a model, in which every node says its name, for what is no person: it is not laid out."""
    return _text(flat, None)


def _text(flat: Flat, needed: set[str] | None) -> str:
    """The spec as YAML.

    Args:
        flat: The model.
        needed: Names that must be said; None: all of them.
    """
    page: dict[str, object] = {"netspec": 1, "name": flat.name}
    if len(flat.inputs) == 1:
        page["input"] = _input(flat.inputs[0])
    else:
        page["inputs"] = {each.name: _input(each) for each in flat.inputs}
    before = flat.inputs[0].name if len(flat.inputs) == 1 else ""
    layers = []
    for node in flat.nodes:
        layers.append(_node(node, before, needed))
        before = node.name
    page["layers"] = layers
    ends = list(flat.outputs.values())
    if ends != [before]:
        page["outputs"] = dict(flat.outputs) if list(flat.outputs) != ends else ends
    if flat.training:
        page["train"] = dict(flat.training)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the quick one, where libyaml is
    text: str = yaml.dump(
        page, Dumper=dumper, sort_keys=False, default_flow_style=None, width=10_000, allow_unicode=True
    )
    return text


def _with_holes(text: str, flat: Flat) -> str:
    """The text, each node that stands for a layer under a comment that says so."""
    holes = {node.name: node.hole for node in flat.nodes if node.hole}
    lines: list[str] = []
    start = 0  # of the node
    for line in text.splitlines() if holes else ():
        if line.lstrip().startswith("- "):
            start = len(lines)
        lines.append(line)
        found = _NAME.search(line)
        if found is not None and found[1] in holes:
            indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            lines.insert(start, f"{indent}# {printable(holes.pop(found[1]))}")
    return "\n".join([*lines, ""]) if lines else text


def _names_read(flat: Flat) -> set[str]:
    """The nodes that another names, as it does not stand just behind, and those whose names are somebody's."""
    ends = set(flat.outputs.values())
    needed = ends if ends != {flat.nodes[-1].name} else set()
    before = flat.inputs[0].name if len(flat.inputs) == 1 else ""
    needed.update(_names_inside(flat.nodes, before))
    return {name.partition(".")[0] for name in needed}  # an output beside the main one is read by its node's name


def _names_inside(nodes: Sequence[FlatNode], before: str) -> Iterator[str]:
    for node in nodes:
        yield from node.all_read if node.reads != (before,) else node.all_read[1:]
        if node.share is not None:
            yield node.share
        if node.is_named:
            yield node.name
        yield from _names_inside(node.body, ENTERING)
        before = node.name


def body_of(node: FlatNode, needed: set[str] | None = None) -> list[object]:
    """The body of a composition as it is written.

    Args:
        node: The composition.
        needed: Names that must be said; None: all of them.
    """
    before, written = ENTERING, []
    for inner in node.body:
        written.append(_node(inner, before, needed))
        before = inner.name
    return list[object](written)


def named_inside(node: FlatNode) -> set[str]:
    """The names of the nodes of a body that must be said."""
    return {name.partition(".")[0] for name in _names_inside(node.body, ENTERING)}


def _input(given: FlatInput) -> object:
    shape = list(given.shape)
    return shape if given.dtype == "float32" else {"shape": shape, "dtype": given.dtype}


def _node(node: FlatNode, before: str, needed: set[str] | None) -> _Written:
    values: dict[str, object] = {**node.values, **{option: list(names) for option, names in node.beside.items()}}
    if node.body:
        values["body"] = body_of(node, needed)
    if node.reads and node.reads != (before,):
        values["from"] = node.reads[0] if len(node.reads) == 1 else list(node.reads)
    if needed is None or node.name in needed:
        values["name"] = node.name
    if node.share is not None:
        values["share"] = node.share
    if not node.trainable:
        values["trainable"] = False
    if not values:
        return node.kind_name
    principal = KINDS[node.kind_name].principal
    if principal is not None and list(values) == [principal]:
        return {node.kind_name: values[principal]}
    return {node.kind_name: values}
