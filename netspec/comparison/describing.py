"""A graph as data: all that makes each node what it is, in values that JSON has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from netspec.graph.model import Graph, Node
from netspec.graph.receptive_field import Figure, receptive_field, single
from netspec.kinds import Kind
from netspec.kinds.kind import Part, ShapeError
from netspec.kinds.terms import WeightTensor
from netspec.options import Declared
from netspec.spec.document import Step, holds_steps

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
Sizes = list[int | None]


class WeightDescription(TypedDict):
    """A tensor of weights."""

    name: str
    shape: list[int]
    trainable: bool


class Description(TypedDict):
    """A node; other nodes stand for themselves by their names."""

    name: str
    kind: str
    hyperparameters: dict[str, Plain]
    inputs: list[str]
    share: str | None
    folded: str | None
    trainable: bool
    shape: Sizes | None
    dtype: str
    masked: bool
    times: int | None
    weights: list[WeightDescription]
    macs: int | None
    receptive_field: Figure
    jump: Figure


class Network(TypedDict):
    """A graph."""

    nodes: list[Description]
    inputs: list[str]
    outputs: dict[str, str]


class Describer:
    """Says the nodes of a graph as data, what they have in common once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._hyperparameters: dict[int, dict[str, Plain]] = {}
        self._weights: dict[tuple[object, ...], list[WeightDescription]] = {}

    def network(self) -> Network:
        """All of it."""
        nodes = self.graph.nodes
        return {
            "nodes": [self.node(index) for index in range(len(nodes))],
            "inputs": [nodes[index].path for index in self.graph.inputs],
            "outputs": {name: nodes[index].path for name, index in self.graph.outputs.items()},
        }

    def node(self, index: int) -> Description:
        """One node."""
        nodes = self.graph.nodes
        node = nodes[index]
        return {
            "name": node.path,
            "kind": node.kind_name,
            "hyperparameters": self.hyperparameters(node.config),
            "inputs": [nodes[each].path for each in node.inputs],
            "share": None if node.share is None else nodes[node.share].path,
            "folded": None if node.folded is None else nodes[node.folded].path,
            "trainable": node.trainable,
            "shape": None if node.shape is None else list(node.shape),
            "dtype": node.dtype,
            "masked": node.masked,
            "times": node.times,
            "weights": self.weights(node),
            "macs": node.macs,
            "receptive_field": receptive_field(node),
            "jump": single(node.jump),
        }

    def hyperparameters(self, config: Kind | None) -> dict[str, Plain]:
        """All of a kind's, but for bodies and names of nodes, which are nodes and inputs."""
        if config is None:
            return {}
        found = self._hyperparameters.get(id(config))
        if found is None:
            values = config.values().items()
            found = {
                name: plain(value) for name, value in values if name not in config.reads and not holds_steps(value)
            }
            if isinstance(config, Part):
                found["output"] = config.index
            self._hyperparameters[id(config)] = found
        return found

    def weights(self, node: Node) -> list[WeightDescription]:
        """The tensors of a node's weights; none of one that uses another's."""
        if node.config is None or node.share is not None or not any(node.weights):
            return []
        key = (id(node.config), *(self.graph.nodes[index].shape for index in node.inputs))
        found = self._weights.get(key)
        if found is None:
            tensors = tensors_of(self.graph, node)
            found = self._weights[key] = [
                {"name": each.name, "shape": list(each.shape), "trainable": each.trainable} for each in tensors
            ]
        return found


def tensors_of(graph: Graph, node: Node) -> tuple[WeightTensor, ...]:
    """The tensors of a node's weights; of a node that could not be worked out none."""
    shapes = [graph.nodes[index].shape for index in node.inputs]
    known = [shape for shape in shapes if shape is not None]
    if node.config is None or len(known) < len(shapes):
        return ()
    try:
        return node.config.tensors(*known)
    except ShapeError:
        return ()


def plain(value: object) -> Plain:
    """A hyperparameter's value as a spec would write it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Step):
        if value.config is not None:
            return plain(value.config)
        return {value.kind_name: {name: str(given.value) for name, given in value.values.items()}}
    if isinstance(value, Declared):
        given = {name: plain(each) for name, each in value.given().items()}
        return {value.spec_name: given} if given else value.spec_name
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    return str(value)
