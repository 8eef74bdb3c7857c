"""A model to be imported as Keras itself makes it, and whether a spec comes to the same.

Keras makes it from its configuration only after every class in that has been found in our own tables: a Lambda, or a class
of somebody's own, was refused before.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.backends.keras.applications import Unusable, model_of
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.types import Keras, KerasLayer, KerasModel
from netspec.backends.keras.weight_names import weights_of
from netspec.backends.requirements import require_backend
from netspec.conversion.channels import Layout
from netspec.conversion.converting import Converter
from netspec.conversion.keras_config import read_config
from netspec.conversion.lifting import stand_ins
from netspec.conversion.model import ConversionError, Model
from netspec.conversion.nodes import Flat, FlatInput, FlatNode
from netspec.conversion.opening import HDF5, JSON, config_of, ending_of, require_file, with_config
from netspec.conversion.original import Difference
from netspec.conversion.precision import SINGLE, in_single
from netspec.diagnostics.words import show
from netspec.graph.model import Graph
from netspec.shapes import Shape
from netspec.spec.pretrained import Application

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from netspec.backends.keras.types import Array

SIZE = 8  # of an axis whose size is open, in a comparison
UNKNOWN_WORDS = ("some", "others")  # that no vocabulary need have
EXAMPLES = 2
NORMALIZATION = "Normalization"
TOLERANCE = 1e-5  # of the largest output


class KerasFile:
    """A model that Keras wrote.

    Args:
        path: A `.keras` archive, an HDF5 file of old, a configuration.
        shape: Of an example, where the file does not say it.
        compared: Will there be a comparison? Only then is Keras loaded.
        partial: Are nodes to stand for what cannot be said?
    """

    def __init__(self, path: Path, shape: Shape | None = None, *, compared: bool, partial: bool = False) -> None:
        self.precision = SINGLE
        self._path = path
        self._shape = shape
        self._compared = compared
        self._partial = partial
        self._model: KerasModel | None = None

    def flat(self) -> Flat:
        """Its nodes. What cannot be said is refused before Keras sees the file. Raises ConversionError, Inconvertible."""
        config, self.precision, training = in_single(config_of(self._path), self._shape, partial=self._partial)
        model = read_config(config, self._shape, partial=self._partial)
        flat = Converter(stand_ins, partial=self._partial).convert(model)
        if self._partial:  # all could be said: is it a file that Keras may open?
            model = read_config(config, self._shape)
        if self._compared:
            require_backend()
            keras = import_keras()
            self._model = opened(keras, self._path, self._shape, None if self.precision == SINGLE else config)
            flat = _with_figures(keras, self._model, model)
        return flat._replace(precision=training)

    @property
    def form(self) -> str:
        """What the file is."""
        return "a model of Keras" if self.holds_weights else "a configuration"

    @property
    def holds_weights(self) -> bool:
        """All but a configuration do. Raises ConversionError where there is no file."""
        require_file(self._path)
        return ending_of(self._path) != JSON

    def comparison(self, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> Comparison:
        """Of the model with the network of a spec."""
        return Comparison(import_keras(), self._model, flat, graph, paths)


class KerasApplication:
    """A model of `keras.applications` with random weights."""

    form = "a name in `keras.applications`"
    holds_weights = False
    precision = SINGLE

    def __init__(self, application: Application) -> None:
        self._application = application
        self._model: KerasModel | None = None

    def flat(self) -> Flat:
        """Its nodes. Raises ConversionError, Inconvertible."""
        require_backend()
        keras = import_keras()
        try:
            self._model = model_of(keras, self._application)
        except Unusable as error:
            raise ConversionError(str(error)) from None
        return _with_figures(keras, self._model, read_config(json.loads(self._model.to_json())))

    def comparison(self, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> Comparison:
        """Of the model with the network of a spec."""
        return Comparison(import_keras(), self._model, flat, graph, paths)


def _with_figures(keras: Keras, model: KerasModel, read: Model) -> Flat:
    figures = figures_of(keras, model)
    return Converter(lambda path, _: figures.get(path, {})).convert(read)


def opened(keras: Keras, path: Path, shape: Shape | None = None, config: object = None) -> KerasModel:
    """A model of a file whose classes are known.

    Args:
        keras: The module.
        path: The file.
        shape: Of an example, where the file does not say it.
        config: What the model is made by, where that is not the configuration in the file.

    Raises:
        ConversionError: Keras cannot open it, as it cannot open operations in HDF5, or a file of another ending.
    """
    ending = ending_of(path)
    known = {HDF5: (HDF5, ".hdf5"), JSON: (path.suffix,)}.get(ending, (ending,))
    if path.suffix not in known:
        message = (
            f"it is a `{ending}` file by another name, and Keras goes by the ending; rename it `{path.stem}{ending}`"
        )
        raise ConversionError(message)
    try:
        with nullcontext(path) if config is None else with_config(path, config) as file:
            if ending == JSON:
                model = keras.models.model_from_json(file.read_text(encoding="utf-8"))
            else:
                model = keras.models.load_model(file, compile=False, safe_mode=True)
        if not model.built and shape is not None:
            model.build((None, *shape))
    except Exception as error:  # noqa: BLE001 - Keras raises whatever a file leads it to
        message = f"Keras itself cannot open it ({_first_line(error)}); `--no-check` converts it uncompared"
        raise ConversionError(message) from None
    return model


def _first_line(error: Exception) -> str:
    return show((str(error).strip() or type(error).__name__).splitlines()[0], 100)


def figures_of(keras: Keras, model: KerasModel) -> dict[str, dict[str, object]]:
    """What some layers of a model have learned from data and keep among their weights, where a spec says it as numbers."""
    found = {}
    for path, layer in _layers_of(model).items():
        if type(layer).__name__ == NORMALIZATION:
            mean, variance = (keras.ops.convert_to_numpy(each).ravel() for each in (layer.mean, layer.variance))
            found[path] = {"mean": mean.tolist(), "variance": variance.tolist()}
    return found


class Comparison:
    """A model, and the network that a spec makes, with the model's weights.

    Args:
        keras: The module.
        model: As Keras makes it.
        flat: What it was converted to: which node is which of its layers.
        graph: The network of the spec.
        paths: Where each node is in it.
    """

    def __init__(self, keras: Keras, model: KerasModel, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> None:
        self.keras = keras
        self.model = model
        self.flat = flat
        self.network = compile_graph(graph, initialize=False)
        self.paths = paths
        self.layers = _layers_of(self.network)
        self.largest = 0.0  # difference so far, of the largest number of its output

    def _layer(self, node: FlatNode) -> KerasLayer | None:
        """The layer with weights that a node became."""
        return self.layers.get(self.paths.get(node.name, "").replace(".", "_"))

    def difference(self) -> Difference | None:
        """The first one found; None where they are equal: in their weights, and in what they make of the same numbers."""
        return self._copied() or self._outputs()

    def weights(self) -> dict[str, Array]:
        """The model's weights, by the paths of the spec's nodes."""
        import numpy as np

        found = {}
        for _, node in self.flat.nodes_with_weights():
            layer = self._layer(node)
            if layer is not None:
                for name, weight in weights_of(layer).items():
                    found[f"{self.paths[node.name]}/{name}"] = np.asarray(self.keras.ops.convert_to_numpy(weight))
        return found

    def _copied(self) -> Difference | None:
        """Give the network the model's weights, layer for layer."""
        originals = _layers_of(self.model)
        figures = 0  # weights of the model that stand in the spec
        for _, node in self.flat.nodes_with_weights():
            mine, original = self._layer(node), originals.get(node.origin)
            if original is None and mine is None:
                continue
            if mine is None and original is not None and type(original).__name__ == NORMALIZATION:
                figures += original.count_params()
                continue
            values = [] if original is None else [in_order(each, node.order) for each in original.get_weights()]
            here = [] if mine is None else [tuple(weight.shape) for weight in mine.weights]
            there = [each.shape for each in values]
            if here != there:
                return Difference(f"has the weights {here}, and `{node.origin}` has {there}", node.name)
            if mine is not None:
                mine.set_weights(values)
        counts = [self.network.count_params() + figures, self.model.count_params()]
        if counts[0] != counts[1]:
            return Difference(f"the network has {counts[0]:,} weights, and the model {counts[1]:,}")
        return None

    def _for_the_model(self, given: Mapping[str, Array]) -> object:
        """Values by the names of the model's inputs as the model takes them: alone, in a list, in a map."""
        if len(given) == 1:
            return next(iter(given.values()))
        values = {id(tensor): given[tensor._keras_history.operation.name] for tensor in self.model.inputs}
        return self.keras.tree.map_structure(lambda tensor: values[id(tensor)], self.model.input)

    def _outputs(self) -> Difference | None:
        import numpy as np

        rng = np.random.default_rng(0)
        keras = self.keras
        given = {each.origin: self._given(rng, each) for each in self.flat.inputs}
        as_theirs = {each.origin: as_in_the_model(given[each.origin], each.layout) for each in self.flat.inputs}
        flatten = keras.tree.flatten
        try:
            result = self.model(self._for_the_model(as_theirs), training=False)
        except Exception as error:  # noqa: BLE001 - a backend raises whatever it likes of what it cannot compute
            raise ConversionError(
                f"{keras.backend.backend()} cannot compute the model ({_first_line(error)}); another KERAS_BACKEND may, and "
                "`--no-check` converts it uncompared"
            ) from None
        # A map may come back in another order than the model's own, as it does on PyTorch.
        theirs = [result[name] for name in self.model.output] if isinstance(result, Mapping) else flatten(result)
        mine = {each.name: given[each.origin] for each in self.flat.inputs}
        made = self.network(mine if len(mine) > 1 else next(iter(mine.values())), training=False)
        ours = [made[name] for name in self.flat.outputs] if isinstance(made, Mapping) else flatten(made)
        for name, one, other in zip(self.flat.outputs, theirs, ours, strict=True):
            first = np.asarray(keras.ops.convert_to_numpy(one))
            second = as_in_the_model(np.asarray(keras.ops.convert_to_numpy(other)), self.flat.layouts.get(name))
            if first.shape != second.shape:
                return Difference(f"the output `{name}` is {list(second.shape)}, and the model's {list(first.shape)}")
            if first.dtype.kind not in "biuf":  # texts
                if not np.array_equal(first, second):
                    return Difference(f"the output `{name}` is of other texts")
                continue
            apart, largest = _apart(first.astype(np.float64), second.astype(np.float64))
            self.largest = max(self.largest, apart / max(largest, 1e-30))
            if not apart <= TOLERANCE * max(largest, 1e-30):
                return Difference(f"the output `{name}` differs by {apart:.3g}, its largest number being {largest:.3g}")
        return None

    def _given(self, rng: np.random.Generator, entering: FlatInput) -> Array:
        """Values of an input for some examples: where a vocabulary is what reads them, of that and unknown."""
        import numpy as np

        known = [
            word
            for node in self.flat.nodes
            if entering.name in node.reads and not node.values.get("invert")
            for word in _listed(node.values.get("vocabulary"))
        ]
        if entering.dtype == "string" or known:
            texts = entering.dtype == "string"
            words = np.array([*known, *(UNKNOWN_WORDS if texts else (0,))], "str" if texts else entering.dtype)
            return rng.choice(words, _sizes(entering.shape))
        return _numbers(rng, entering.shape, entering.dtype)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _sizes(shape: Shape) -> tuple[int, ...]:
    return (EXAMPLES, *(SIZE if size is None else size for size in shape))


def _apart(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """The largest difference of two arrays, and the largest number of the first; what is no number in both is equal."""
    import numpy as np

    with np.errstate(invalid="ignore"):  # infinity less infinity
        apart = np.where((first == second) | (np.isnan(first) & np.isnan(second)), 0.0, np.abs(first - second))
    return float(np.max(apart, initial=0.0)), float(np.max(np.abs(first), initial=0.0, where=np.isfinite(first)))


def as_in_the_model(value: Array, layout: Layout | None) -> Array:
    """An array of the spec, batch first, as the model has it."""
    import numpy as np

    return value if layout is None else np.transpose(value, (0, *(axis + 1 for axis in np.argsort(layout.axes))))


def in_order(weight: Array, order: Layout | None) -> Array:
    """A weight of the model as a node has it whose input lies otherwise."""
    import numpy as np

    if order is None:
        return weight
    if order.sizes is None:
        return np.transpose(weight, order.axes) if weight.ndim == len(order.axes) else weight
    places = np.arange(math.prod(order.sizes)).reshape(order.sizes)
    return weight[np.transpose(places, order.axes).ravel()] if weight.shape[0] == places.size else weight


def _numbers(rng: np.random.Generator, shape: Shape, dtype: str) -> Array:
    sizes = _sizes(shape)
    if "int" in dtype:
        return rng.integers(0, 2, sizes).astype(dtype)
    return rng.random(sizes).astype("float32")


def _layers_of(model: KerasModel) -> dict[str, KerasLayer]:
    """Layers with weights, by their paths through models in models."""
    return {path: layer for path, layer in _walk(model, "") if layer.weights}


def _walk(model: KerasModel, prefix: str) -> Iterator[tuple[str, KerasLayer]]:
    for layer in model.layers:
        path = f"{prefix}{layer.name}"
        if hasattr(layer, "layers"):
            yield from _walk(layer, f"{path}/")
        else:
            yield path, layer
