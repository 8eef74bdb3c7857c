"""What is asked of this package: the module of a spec with its weights, and how far it is from the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec.backends.keras.sampling import Sample, largest_difference
from netspec.backends.keras.types import KerasModel
from netspec.backends.keras.weight_names import weights_of
from netspec.backends.torch.steps import Array
from netspec.backends.torch.translating import is_image, translated
from netspec.backends.torch.writing import written
from netspec.backends.tracing import traced
from netspec.outputs import PRODUCER

if TYPE_CHECKING:
    from netspec.graph.model import Graph
    from netspec.pipeline import Spec


class TorchModule(NamedTuple):
    """A module of PyTorch.

    Attributes:
        text: Its source.
        name: The name of the network's class.
        state: Its weights, by their names in its state.
        graph: The network.
    """

    text: str
    name: str
    state: dict[str, Array]
    graph: Graph


def torch_module(spec: Spec, model: KerasModel) -> TorchModule:
    """A spec's network as a module, with the weights of a model of it.

    Args:
        spec: Without errors.
        model: The Keras model, as it was compiled.

    Raises:
        SpecError: With all nodes that have no counterpart, each at its place.
    """
    import numpy as np

    assert spec.document is not None
    made = traced(spec.document, spec.request.params, spec.request.variant)
    assert made is not None
    graph = made.graph
    steps = translated(graph, spec)
    found = written(made, steps, spec.path, spec.document.description)
    state: dict[str, Array] = {}
    layers = {layer.name for layer in model.layers}
    for index, prefix in found.modules.items():
        module, layer = steps.of[index].module, graph.nodes[index].layer
        assert module is not None
        weights = weights_of(model.get_layer(layer)) if layer in layers else {}
        arrays = {name: np.asarray(_numbers(weight)) for name, weight in weights.items()}
        for name, array in module.state(arrays).items():
            state[f"{prefix}.{name}" if name else prefix] = np.ascontiguousarray(array)
    return TorchModule(found.text, found.name, state, graph)


def save(module: TorchModule, path: Path) -> None:
    """Write a module's weights as an .npz that says that it is netspec's."""
    import zipfile

    import numpy as np

    with open(path, "wb") as file:
        np.savez(file, **module.state)  # type: ignore[arg-type]  # arrays only
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = PRODUCER.encode()


def _numbers(weight: object) -> Array:
    import keras

    numbers: Array = keras.ops.convert_to_numpy(weight)
    return numbers


def difference(module: TorchModule, sample: Sample) -> float | None:
    """How far the outputs of a module are from those of the model, as a share of the largest.

    Args:
        module: The module, whose text is netspec's own.
        sample: Numbers, and what the model makes of them.

    Returns:
        None where they are of other shapes.
    """
    import torch

    names: dict[str, object] = {"__name__": "network"}
    exec(compile(module.text, "network.py", "exec"), names)
    network = names[module.name]()  # type: ignore[operator]
    network.load_state_dict({name: torch.from_numpy(array) for name, array in module.state.items()})
    network.eval()
    graph = module.graph
    given = [sample.by_name[graph.nodes[index].layer] for index in graph.inputs]
    with torch.no_grad():
        made = network(*(torch.from_numpy(_first(each)) for each in given))
    outputs = [made[name] for name in sorted(made)] if isinstance(made, dict) else [made]
    found = [each.detach().numpy() for each in outputs]
    found = [each.transpose(0, *range(2, each.ndim), 1) if each.ndim > 3 else each for each in found]
    if [each.shape for each in found] != [each.shape for each in sample.outputs]:
        return None
    return largest_difference(sample.outputs, found)


def _first(array: Array) -> Array:
    import numpy as np

    if not is_image(array.shape[1:]):
        return array
    return np.ascontiguousarray(array.transpose(0, array.ndim - 1, *range(1, array.ndim - 1)))
