"""A run's network that tells what its nodes make, and not its outputs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.types import KerasModel
from netspec.data.dataset import Array, Floats
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.training.devices import precision
from netspec.training.judging import by_name
from netspec.training.reopen import Opened


class Watched:
    """Some nodes of a network, with what they make of examples.

    Args:
        opened: the network with its weights.
        indices: the nodes, by their numbers in its graph.

    Raises:
        SpecError: The network was fused, so that it has other layers than its spec has nodes (NS730).
    """

    def __init__(self, opened: Opened, indices: Sequence[int]) -> None:
        if opened.fused:
            why = "the model was fused, so its layers are no longer the nodes of its spec; take the run or the model before that"
            raise SpecError(str(opened.path), (Problem("NS730", why, FILE_START),))
        nodes = opened.graph.nodes
        self.names = tuple(nodes[index].path for index in indices)
        graph = opened.graph._replace(outputs=dict(zip(self.names, indices, strict=True)))
        policy = "float32" if opened.plan is None else opened.plan.train.precision
        with precision(opened.keras, policy):
            self.network: KerasModel = compile_graph(graph, initialize=False)
        given = {variable.path: variable for variable in opened.network.variables}
        for variable in self.network.variables:
            # A copy: on JAX a network that is run gives its arrays away, the other's too if they were the same.
            variable.assign(opened.keras.ops.convert_to_numpy(given[variable.path]))

    def __call__(self, x: Mapping[str, Array]) -> dict[str, Floats]:
        """What each node makes of a batch of examples, by its path."""
        given = next(iter(x.values())) if len(x) == 1 else dict(x)
        made = self.network.predict_on_batch(given)
        return {name: np.asarray(values, np.float32) for name, values in by_name(made, self.names).items()}
