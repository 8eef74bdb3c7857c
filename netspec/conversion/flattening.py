"""The network of a spec as flat nodes, blocks and repeats undone."""

from __future__ import annotations

import re

from netspec.conversion.model import ConversionError
from netspec.conversion.naming import free_name
from netspec.conversion.nodes import Flat, FlatInput, FlatNode
from netspec.conversion.values import values_of
from netspec.graph.model import Graph, Node
from netspec.kinds.kind import Part
from netspec.kinds.window import Windowed
from netspec.shapes import Shape

_COUNTED = re.compile(r"_\d+\Z")


def flat_of(graph: Graph) -> Flat:
    """The nodes on which outputs depend, each with the name of its path.

    Args:
        graph: Of a spec without errors.

    Raises:
        ConversionError: It has a body over each step of a sequence, which stands in no flat spec.
    """
    names: dict[int, str] = {}
    taken: set[str] = set()
    nodes: list[FlatNode] = []
    inputs: list[FlatInput] = []
    used = graph.used() | set(graph.inputs)
    for index, node in enumerate(graph.nodes):
        if index not in used:
            continue
        if node.folded is not None:
            raise ConversionError("stands in `time_distributed`, which is not folded", node.path)
        if isinstance(node.config, Part):
            names[index] = f"{names[_main(graph, index)]}.{node.path.rpartition('.')[2]}"
            continue
        name = names[index] = _free(node.path.replace(".", "_"), taken)
        if node.config is None:
            assert node.shape is not None  # a spec says the shapes of its inputs
            inputs.append(FlatInput(name, node.shape, node.dtype, name))
            continue
        nodes.append(
            _node(
                node,
                name,
                names,
                graph.nodes[node.inputs[0]].shape if node.inputs else None,
                is_named=_is_named(node),
            )
        )
    return Flat(graph.name, tuple(inputs), tuple(nodes), {name: names[end] for name, end in graph.outputs.items()})


def _main(graph: Graph, index: int) -> int:
    """The node of which another is a further output."""
    part = graph.nodes[index]
    path = part.path.rpartition(".")[0]
    return next(other for other in range(index - 1, -1, -1) if graph.nodes[other].path == path)


def _node(node: Node, name: str, names: dict[int, str], shape: Shape | None, *, is_named: bool) -> FlatNode:
    config = node.config
    assert config is not None
    reads, *beside = config.parted(node.inputs)
    values = values_of(config)
    if isinstance(config, Windowed) and not isinstance(config.padding, str) and shape is not None:
        word, pairs = config.keras_padding(shape, len(shape) - 1)
        if pairs is None:  # the word comes to the same as the number
            values["padding"] = word
            if word == config.options["padding"].default:
                del values["padding"]
    return FlatNode(
        name,
        config.spec_name,
        values,
        tuple(names[each] for each in reads),
        node.path,
        None if node.share is None else names[node.share],
        node.trainable,
        is_named,
        {
            option: tuple(names[each] for each in those)
            for option, those in zip(config.reads, beside, strict=True)
            if those
        },
    )


def _is_named(node: Node) -> bool:
    """Did somebody name it, at the top?"""
    return "." not in node.path and not _COUNTED.search(node.path)


def _free(name: str, taken: set[str]) -> str:
    made = free_name(name, taken)
    taken.add(made)
    return made
