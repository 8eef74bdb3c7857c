"""`Graph` to a plain functional `keras.Model`, by public API only but for names of operations (`naming`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

from netspec.backends.gaps import refuse_gaps
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.initial import Initial
from netspec.backends.keras.lowering import LoweringKeras, lowered
from netspec.backends.keras.naming import name_operations
from netspec.backends.keras.types import Keras, KerasModel, KerasTensor
from netspec.backends.requirements import require_backend
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.graph.model import Graph
from netspec.kinds.keras_types import Lowered
from netspec.kinds.kind import Part
from netspec.memory import gc_paused

if TYPE_CHECKING:
    from netspec.pipeline import Spec

WEIGHT_BYTES = 4  # weights are float32 whatever the precision of the arithmetic


def compile_graph(graph: Graph, *, initialize: bool = True, spec: Spec | None = None) -> KerasModel:
    """The network as a functional Keras model.

    Layers bear the nodes' paths with `_` between the parts. Several outputs come as a dictionary by name.

    Args:
        graph: The network.
        initialize: Without it, weights that would begin at random begin at zero: for those who load others right after.
        spec: The spec that the graph is of, in whose text its problems have their places.

    Raises:
        SpecError: The weights would not fit in memory, or Keras lacks something on this backend; nothing is allocated.
    """
    refuse_gaps(graph, require_backend(), spec)
    refuse_too_large(graph)
    keras = import_keras()
    _allow_depth(len(graph.nodes))
    with ExitStack() as stack:
        stack.enter_context(gc_paused())
        return _model(keras, graph, stack.enter_context(_initial(keras, draw=initialize)))


@contextmanager
def _initial(keras: Keras, *, draw: bool) -> Iterator[Initial | None]:
    """Where initial values come from; None where Keras is to find them, because a strategy of TensorFlow's places them."""
    if keras.backend.backend() == "tensorflow":
        from netspec.backends.keras import tensorflow

        if tensorflow.in_strategy():
            yield None
        else:
            with tensorflow.one_name():
                yield Initial(keras, tensorflow.tensor, shares=True, draw=draw)
    else:
        yield Initial(keras, keras.ops.convert_to_tensor, shares=False, draw=draw)


FRAMES_OF_A_NODE = 20  # of Python's stack, at most


def _allow_depth(nodes: int) -> None:
    """Let Keras go through a chain of so many layers, which it does by recursion: when a model is made, saved and copied.

    So the limit stays raised while the process lives. Python's own frames lie on the heap and cost the machine's stack nothing.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES_OF_A_NODE * nodes))


def refuse_too_large(graph: Graph) -> None:
    """Raise SpecError where the weights alone need more memory than is free."""
    import psutil

    needed = graph.totals().parameters * WEIGHT_BYTES
    free = psutil.virtual_memory().available
    if needed > free:
        span = graph.nodes[graph.inputs[0]].span if graph.inputs else FILE_START
        message = f"the weights need {_size(needed)} of memory, and {_size(free)} are free"
        raise SpecError(graph.name, (Problem("NS602", message, span),))


def _size(count: int) -> str:
    from netspec.diagnostics.words import short_bytes

    return short_bytes(count)


def _model(keras: Keras, graph: Graph, initial: Initial | None) -> KerasModel:
    tensors: dict[int, KerasTensor] = {}
    parts: dict[int, list[KerasTensor]] = {}  # the outputs of nodes beside their main ones
    layers: dict[int, Lowered] = {}
    used = graph.used() | set(graph.inputs)
    handed = LoweringKeras(keras)
    for index in sorted(used):
        node = graph.nodes[index]
        if node.is_input:
            tensors[index] = keras.Input(node.shape, dtype=node.dtype, name=node.layer)
            continue
        if isinstance(node.config, Part):
            tensors[index] = parts[node.inputs[0]][node.config.index]
            continue
        given = [tensors[i] for i in node.inputs or graph.anchor(node)]
        layer = _layer(handed, graph, index, layers)
        with nullcontext() if initial is None else initial.at_hand(handed.taken()):
            made = layer(given[0] if len(given) == 1 else given)
        if isinstance(made, (list, tuple)):
            made, *parts[index] = made
        tensors[index] = made
    inputs = [tensors[i] for i in graph.inputs]
    outputs = {name: tensors[i] for name, i in graph.outputs.items()}
    name_operations(keras, [*inputs, *outputs.values()])
    model = keras.Model(
        inputs=inputs[0]
        if len(inputs) == 1
        else dict(zip((graph.nodes[i].path for i in graph.inputs), inputs, strict=True)),
        outputs=next(iter(outputs.values())) if len(outputs) == 1 else outputs,
        name=graph.model_name,
    )
    _freeze(model, graph, used)
    return model


def _layer(keras: LoweringKeras, graph: Graph, index: int, layers: dict[int, Lowered]) -> Lowered:
    owner = graph.owner(index)
    if owner not in layers:
        layers[owner] = lowered(keras, graph, owner)
    return layers[owner]


def _freeze(model: KerasModel, graph: Graph, used: frozenset[int] | set[int]) -> None:
    frozen = {
        graph.nodes[graph.owner(i)].layer for i in used if not graph.nodes[i].trainable and any(graph.nodes[i].weights)
    }
    for layer in model.layers:
        if layer.name in frozen:
            layer.trainable = False


def own_layers(model: KerasModel) -> tuple[str, ...]:
    """The layers in a model that are netspec's own, without which it does not open."""
    return tuple(layer.name for layer in model.layers if type(layer).__module__.startswith("netspec."))


def packaged_layers(model: KerasModel) -> tuple[str, ...]:
    """The layers in a model that come from packages of kinds, without which it does not open either."""
    return tuple(
        layer.name for layer in model.layers if type(layer).__module__.partition(".")[0] not in ("keras", "netspec")
    )
