"""`inspect`: one row per node, as data and as a table."""

from __future__ import annotations

from itertools import islice
from typing import NotRequired, TypedDict

from netspec.diagnostics.words import short, short_bytes
from netspec.graph.model import Graph, Node, learnable
from netspec.graph.receptive_field import BEYOND_WORDS, Figure, is_beyond, receptive_field, single
from netspec.shapes import show_shape


class NodeReport(TypedDict):
    """What is said of a node."""

    name: str
    kind: str
    line: int
    inputs: list[str]
    output_shape: list[int | None]
    parameters: int
    trainable_parameters: int
    macs: int | None
    receptive_field: Figure
    jump: Figure
    share: NotRequired[str]
    masked: NotRequired[bool]  # there where it is true


class TotalsReport(TypedDict):
    """What is said of all nodes together."""

    parameters: int
    trainable_parameters: int
    non_trainable_parameters: int
    macs: int | None
    activation_bytes: int | None


class NetworkReport(TypedDict):
    """What is said of a network."""

    name: str
    inputs: dict[str, list[int | None]]
    outputs: dict[str, list[int | None]]
    totals: TotalsReport
    nodes: list[NodeReport]


def as_dict(graph: Graph) -> NetworkReport:
    """The structure that programs may rely on; unknown sizes are None."""
    totals = graph.totals()
    return {
        "name": graph.name,
        "inputs": {graph.nodes[i].path: _shape(graph.nodes[i]) for i in graph.inputs},
        "outputs": {name: _shape(graph.nodes[i]) for name, i in graph.outputs.items()},
        "totals": {
            "parameters": totals.parameters,
            "trainable_parameters": totals.trainable_parameters,
            "non_trainable_parameters": totals.non_trainable_parameters,
            "macs": totals.macs,
            "activation_bytes": totals.activation_bytes,
        },
        "nodes": [_row(graph, node) for node in graph.nodes if not node.is_input],
    }


def _shape(node: Node) -> list[int | None]:
    return list(node.shape or ())


def _row(graph: Graph, node: Node) -> NodeReport:
    trainable, other = (0, 0) if node.share is not None else learnable(node)
    row: NodeReport = {
        "name": node.path,
        "kind": node.kind_name,
        "line": node.span.line,
        "inputs": [graph.nodes[i].path for i in node.inputs],
        "output_shape": _shape(node),
        "parameters": trainable + other,
        "trainable_parameters": trainable,
        "macs": node.macs,
        "receptive_field": receptive_field(node),
        "jump": single(node.jump),
    }
    if node.share is not None:
        row["share"] = graph.nodes[node.share].path
    if node.masked:
        row["masked"] = True
    return row


HEADINGS = ("node", "kind", "output", "parameters", "MACs", "memory", "receptive field", "inputs")
MAX_SHOWN = 40  # inputs of a node, or outputs of a network, that are written out for people
NUMERIC = frozenset({"parameters", "MACs", "memory", "receptive field"})  # columns whose cells end in line


def rows(graph: Graph, most: int) -> list[tuple[str, ...]]:
    """The cells of the table, one row per node, of the first nodes if there are more."""
    from netspec.graph.model import BYTES

    cells: list[tuple[str, ...]] = []
    previous: tuple[int, ...] = graph.inputs
    for index, node in enumerate(graph.nodes[:most]):
        if node.is_input:
            cells.append((node.path, "input", show_shape(node.shape), "", "", "", "", ""))
            continue
        size = _size(node)
        memory = "?" if size is None else short_bytes(size * BYTES[node.dtype])
        parameters = "shared" if node.share is not None else f"{sum(node.weights):,}" if sum(node.weights) else ""
        macs = "?" if node.macs is None else short(node.macs) if node.macs else ""
        seen = _field(node)
        inputs = (
            ""
            if node.inputs == previous
            else _some([graph.nodes[i].path for i in node.inputs[: MAX_SHOWN + 1]], len(node.inputs))
        )
        output = show_shape(node.shape) + (", masked" if node.masked else "")
        cells.append((node.path, node.kind_name, output, parameters, macs, memory, seen, inputs))
        previous = (index,)
    return cells


def _some(names: list[str], count: int) -> str:
    """The first of so many names, and how many there are."""
    return ", ".join(names) if count <= MAX_SHOWN else f"{', '.join(names[:MAX_SHOWN])}, … ({count:,} in total)"


def _size(node: Node) -> int | None:
    return node.elements


def _field(node: Node) -> str:
    """What a node sees of the input, in words."""
    if is_beyond(node.field):
        return BEYOND_WORDS
    field = receptive_field(node)
    if field is None:
        return ""
    return " x ".join(map(str, field) if isinstance(field, list) else [f"{field:g}"] * len(node.field or ()))


def closing_lines(graph: Graph) -> list[str]:
    """The totals, for people."""
    totals = graph.totals()
    frozen = f" ({totals.non_trainable_parameters:,} non-trainable)" if totals.non_trainable_parameters else ""
    macs = (
        "unknown, because a size is unknown"
        if totals.macs is None
        else f"{totals.macs:,} per example ({short(2 * totals.macs)} FLOPs)"
    )
    activations = "unknown" if totals.activation_bytes is None else short_bytes(totals.activation_bytes)
    first = islice(graph.outputs.items(), MAX_SHOWN + 1)
    outputs = _some([f"{name} {show_shape(graph.nodes[i].shape)}" for name, i in first], len(graph.outputs))
    return [
        f"parameters           {totals.parameters:,}{frozen}",
        f"multiply-accumulates {macs}",
        f"activations          {activations} per example; weights {short_bytes(totals.parameters * 4)}",
        f"outputs              {outputs}",
    ]
