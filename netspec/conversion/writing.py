"""A flat spec as text."""

from __future__ import annotations

import yaml

from netspec.conversion.nodes import Flat, FlatInput, FlatNode
from netspec.formatting.text import format_text
from netspec.kinds import KINDS

_Written = str | dict[str, object]


def text_of(flat: Flat, *, names_all: bool = False) -> str:
    """The spec of a model, a node a line.

    Args:
        flat: The model.
        names_all: Is every node to say its name, and not only those that others read or somebody named?
    """
    needed = {node.name for node in flat.nodes} if names_all else _names_read(flat)
    page: dict[str, object] = {"netspec": 1, "name": flat.name}
    if len(flat.inputs) == 1:
        page["input"] = _input(flat.inputs[0])
    else:
        page["inputs"] = {each.name: _input(each) for each in flat.inputs}
    before = flat.inputs[0].name if len(flat.inputs) == 1 else ""
    layers = []
    for node in flat.nodes:
        layers.append(_node(node, before, named=node.name in needed))
        before = node.name
    page["layers"] = layers
    ends = list(flat.outputs.values())
    if ends != [before]:
        page["outputs"] = dict(flat.outputs) if list(flat.outputs) != ends else ends
    text = yaml.safe_dump(page, sort_keys=False, default_flow_style=None, width=10_000, allow_unicode=True)
    return format_text(text)


def _names_read(flat: Flat) -> set[str]:
    """The nodes that another names, as it does not stand just behind, and those whose names are somebody's."""
    ends = set(flat.outputs.values())
    needed = ends if ends != {flat.nodes[-1].name} else set()
    before = flat.inputs[0].name if len(flat.inputs) == 1 else ""
    for node in flat.nodes:
        needed.update(node.all_read if node.reads != (before,) else node.all_read[1:])
        if node.share is not None:
            needed.add(node.share)
        before = node.name
    needed.update(node.name for node in flat.nodes if node.is_named)
    return {name.partition(".")[0] for name in needed}  # an output beside the main one is read by its node's name


def _input(given: FlatInput) -> object:
    shape = list(given.shape)
    return shape if given.dtype == "float32" else {"shape": shape, "dtype": given.dtype}


def _node(node: FlatNode, before: str, *, named: bool) -> _Written:
    values: dict[str, object] = {**node.values, **{option: list(names) for option, names in node.beside.items()}}
    if node.body is not None:
        values["body"] = [{node.body.kind_name: node.body.values} if node.body.values else node.body.kind_name]
    if node.reads and node.reads != (before,):
        values["from"] = node.reads[0] if len(node.reads) == 1 else list(node.reads)
    if named:
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
