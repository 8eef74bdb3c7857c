"""A run's network, made again so that it tells what its nodes make, or takes something added to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.gradients import gradients
from netspec.backends.keras.types import KerasModel
from netspec.data.dataset import Array, Floats
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.graph.model import Graph, Node
from netspec.kinds import KINDS
from netspec.kinds.kind import NO_WEIGHTS, Part
from netspec.training.devices import precision
from netspec.training.judging import answers, by_name
from netspec.training.reopen import Opened

ADDED = "netspec_added"  # the input of `with_addition`
SUM = "netspec_sum"


def refused(path: Path, why: str) -> SpecError:
    """That a run or a model cannot be looked into."""
    return SpecError(str(path), (Problem("NS730", why, FILE_START),))


class Watched:
    """A network of the same weights whose outputs are others.

    Args:
        opened: the network with its weights.
        graph: its graph, changed by the functions of this module; by itself, its own with other outputs.

    Raises:
        SpecError: The network was fused, so that it has other layers than its spec has nodes (NS730).
    """

    def __init__(self, opened: Opened, graph: Graph) -> None:
        if opened.fused:
            why = (
                "the model was fused, so its layers are no longer the nodes of its spec; "
                "take the run or the model before that"
            )
            raise refused(opened.path, why)
        self._keras = opened.keras
        self.names = tuple(graph.outputs)
        policy = "float32" if opened.plan is None else opened.plan.train.precision
        with precision(opened.keras, policy):
            self.network: KerasModel = compile_graph(graph, initialize=False)
        given = {variable.path: variable for variable in opened.network.variables}
        for variable in self.network.variables:
            # A copy: on JAX a network that is run gives its arrays away, the other's too if they were the same.
            variable.assign(opened.keras.ops.convert_to_numpy(given[variable.path]))

    def __call__(self, x: Mapping[str, Array]) -> dict[str, Floats]:
        """What each output is for a batch of examples, by its name."""
        if self._keras.backend.backend() == "jax":  # which is slow where it does not compile
            return answers(self.network, x, self.names)
        given = next(iter(x.values())) if len(x) == 1 else dict(x)
        # Each of these networks is asked a few times only: TensorFlow would trace each anew, and complain of it.
        made = self.network(self._keras.tree.map_structure(self._keras.ops.convert_to_tensor, given), training=False)
        return by_name(self._keras.tree.map_structure(self._keras.ops.convert_to_numpy, made), self.names)

    def gradients(self, x: Mapping[str, Array], weights: Mapping[str, Array], by: Sequence[str]) -> dict[str, Floats]:
        """The gradients of a weighed sum of the outputs by some inputs, by their names."""
        found = gradients(self._keras, self.network, x, weights, by)
        return {name: np.asarray(each, np.float32) for name, each in found.items()}


def with_outputs(graph: Graph, indices: Sequence[int]) -> Graph:
    """The graph whose outputs are some of its nodes, by their paths."""
    return graph._replace(outputs={graph.nodes[index].path: index for index in indices})


def before_ending(graph: Graph, output: str) -> Graph:
    """The graph without the softmax or sigmoid at the end of an output, whose numbers are logits then."""
    index = graph.outputs[output]
    node = graph.nodes[index]
    if node.kind_name in ("softmax", "sigmoid"):
        return graph._replace(outputs={**graph.outputs, output: node.inputs[0]})
    if node.config is not None and getattr(node.config, "activation", None) in ("softmax", "sigmoid"):
        bare = type(node.config)(**{**node.config.given(), "activation": "linear"})
        nodes = (*graph.nodes[:index], node._replace(config=bare), *graph.nodes[index + 1 :])
        return graph._replace(nodes=nodes)
    return graph


def with_addition(graph: Graph, index: int) -> Graph:
    """The graph with an input of its own, `ADDED`, that is added to what a node makes before anything reads it.

    With zeros it changes nothing, and a gradient by it is the gradient by what the node makes.
    """
    node = graph.nodes[index]

    def moved(place: int) -> int:
        return place if place <= index else place + 2

    def reading(place: int) -> int:
        return index + 2 if place == index else moved(place)

    def later(each: Node) -> Node:
        return each._replace(
            # A further output of the node itself is taken from its layer.
            inputs=tuple(map(moved if isinstance(each.config, Part) else reading, each.inputs)),
            share=None if each.share is None else moved(each.share),
            folded=None if each.folded is None else moved(each.folded),
        )

    plain = node._replace(inputs=(), share=None, folded=None, weights=NO_WEIGHTS, masked=False)
    source = plain._replace(path=ADDED, layer=ADDED, kind_name="input", config=None)
    total = plain._replace(path=SUM, layer=SUM, kind_name="add", config=KINDS["add"](), inputs=(index, index + 1))
    return graph._replace(
        nodes=(*graph.nodes[: index + 1], source, total, *map(later, graph.nodes[index + 1 :])),
        inputs=(*map(moved, graph.inputs), index + 1),
        outputs={name: reading(place) for name, place in graph.outputs.items()},
    )
