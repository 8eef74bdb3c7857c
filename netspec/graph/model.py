"""The graph: what a spec means. Frozen once elaboration has made it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from typing import NamedTuple

from netspec.diagnostics.problems import Span
from netspec.expressions import Value
from netspec.graph.receptive_field import Lengths
from netspec.kinds import Kind, Weights
from netspec.kinds.packages import packages_of
from netspec.options import Declared
from netspec.shapes import Shape, size_of

BYTES = {
    "float64": 8,
    "int64": 8,
    "float32": 4,
    "int32": 4,
    "uint32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int16": 2,
    "uint16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
    "string": 24,  # of TensorFlow's, without what a long one holds
}


class Node(NamedTuple):
    """One tensor of the network, and the layer that makes it."""

    path: str  # where it stands: `stage4.Bottleneck_1.conv_2`
    layer: str  # the Keras layer's name: the path with `_` between its parts
    kind_name: str  # the kind as the spec says it: `skip` for the addition at a skip's end
    config: Kind | None  # None of an input
    inputs: tuple[int, ...]
    shape: Shape | None
    dtype: str
    weights: Weights
    macs: int | None
    field: Lengths | None  # receptive field along each spatial dimension of the input
    jump: Lengths | None  # product of the strides so far
    span: Span
    share: int | None  # the node whose weights it uses
    trainable: bool
    tainted: bool  # something before it is wrong, so unknown sizes mean nothing
    masked: bool = False  # it carries a mask, which says of each step whether it is padding
    times: int | None = (
        1  # how often an example passes through it: once a step inside `time_distributed`; None: unknown
    )
    folded: int | None = None  # the node that makes each step an example, if it stands behind one

    @property
    def is_input(self) -> bool:
        return self.config is None

    @property
    def elements(self) -> int | None:
        """How many numbers it yields for one example; None where a size is unknown."""
        size = size_of(self.shape)
        return None if size is None or self.times is None else size * self.times


def macs_of_all(macs: int | None, times: int | None) -> int | None:
    """The multiply–accumulates of an example that passes through a node so often: none of none; None where either is unknown."""
    return macs and (None if times is None else macs * times)


class Group(NamedTuple):
    """What one use of a block, or one composition, made."""

    span: Span  # of the step, as a node's
    start: int  # the first of the nodes inside, which stand together
    stop: int  # the one after the last
    inputs: tuple[int, ...]  # what enters it
    ends: tuple[int, ...]  # what a node reads that reads it, or, of a side chain, where it ends


class Totals(NamedTuple):
    """Sums over the nodes that outputs depend on; None where a size is unknown."""

    parameters: int
    trainable_parameters: int
    non_trainable_parameters: int
    macs: int | None
    activation_bytes: int | None


class Graph(NamedTuple):
    """A network with shapes and costs. Nodes stand in an order in which each comes after its inputs."""

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: dict[str, int]
    params: dict[str, Value]  # the params' values in force
    data: Declared | None
    train: Declared | None
    limits: Declared | None
    uses: dict[str, Span]  # the path of each use of a block to where it is written
    groups: dict[str, Group]  # by their paths; one inside another comes before it
    effort: int = (
        0  # what it took to make, in nodes: they, the bodies that were gone into, what is left out, what they read
    )

    @property
    def model_name(self) -> str:
        """The Keras model's name. TensorFlow takes none that begins with `_`, as that of a file `2nd.yaml` does."""
        return f"model{self.name}" if self.name.startswith("_") else self.name

    def owner(self, index: int) -> int:
        """The node whose layer a node uses: itself, or the one that it shares with."""
        share = self.nodes[index].share
        return index if share is None else share

    def anchor(self, node: Node) -> tuple[int, ...]:
        """The node that says how many examples there are, for one that reads nothing."""
        return self.inputs[:1] if node.folded is None else (node.folded,)

    def used(self) -> frozenset[int]:
        """The nodes that an output depends on, inputs and shared originals included."""
        return self.before(self.outputs.values())

    def before(self, indices: Iterable[int]) -> frozenset[int]:
        """Some nodes and all that they depend on."""
        seen = bytearray(len(self.nodes))
        for index in indices:
            seen[index] = True
        for index in range(len(self.nodes) - 1, -1, -1):  # each node stands after its inputs
            if seen[index]:
                node = self.nodes[index]
                # What reads nothing over each step is made for as many examples as there are steps.
                for source in node.inputs or (() if node.folded is None else (node.folded,)):
                    seen[source] = True
        return frozenset(compress(range(len(seen)), seen))

    def packages(self) -> dict[str, str]:
        """The packages, with their versions, that kinds of its nodes come from."""
        return packages_of(node.kind_name for node in self.nodes)

    def totals(self) -> Totals:
        """What Keras would count: only what outputs depend on."""
        used = sorted(self.used())
        trainable = non_trainable = 0
        macs: int | None = 0
        activations: int | None = 0
        counted: set[int] = set()
        for index in used:
            node = self.nodes[index]
            owner = self.owner(index)
            if owner not in counted:
                counted.add(owner)
                learned, kept = learnable(self.nodes[owner])
                trainable += learned
                non_trainable += kept
            macs = None if macs is None or node.macs is None else macs + node.macs
            if not node.is_input:
                size = node.elements
                activations = None if activations is None or size is None else activations + size * BYTES[node.dtype]
        return Totals(trainable + non_trainable, trainable, non_trainable, macs, activations)

    def longest(self) -> tuple[int, ...]:
        """The nodes from an input to the first output along which most layers multiply; their number is the depth.

        Those that multiply are convolutions, dense layers, recurrent ones and attention: ResNet-50 has fifty.
        """
        depth = [0] * len(self.nodes)
        before = [-1] * len(self.nodes)
        for index, node in enumerate(self.nodes):
            if node.inputs:
                before[index] = max(node.inputs, key=depth.__getitem__)
                depth[index] = depth[before[index]] + multiplies(node)
        path = [next(iter(self.outputs.values()))]
        while before[path[-1]] >= 0:
            path.append(before[path[-1]])
        return tuple(reversed(path))


def multiplies(node: Node) -> bool:
    """Does it do multiply-accumulates, or would it if its sizes were known?"""
    return node.macs != 0


def learnable(node: Node) -> tuple[int, int]:
    """A node's parameters, as Keras counts them: those that training moves, and the others."""
    trainable, non_trainable = node.weights
    return (trainable, non_trainable) if node.trainable else (0, trainable + non_trainable)
