"""A model's configuration, as Keras 3 writes it, to a `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from netspec.conversion.model import Call, ConversionError, Input, Layer, Model, Tensor
from netspec.diagnostics.words import printable, show
from netspec.kinds.arguments import ACTIVATIONS
from netspec.shapes import Shape
from netspec.spec.document import DTYPES
from netspec.syntax.reading import MAX_INTEGER

MAX_LAYERS = 50_000  # as many as a graph may have nodes
MAX_DEPTH = 50  # of models in models, and of values in values

Json = dict[str, object]


def read_config(config: object, shape: Shape | None = None, *, partial: bool = False) -> Model:
    """A functional or sequential model.

    Args:
        config: What JSON said.
        shape: Of the input of a Sequential that does not say it.
        partial: Are layers that name code to be read too, under names that no table has? Keras must never see such a file.

    Raises:
        ConversionError: It is no such model, or is broken.
    """
    if not partial:
        _check_names(config)
    reader = _Reader(shape)
    model = reader.model(_mapping(config, "the file"))
    if shape is not None and not reader.asked:
        raise ConversionError("it says the shape of its input itself; leave --input out")
    return model


def _check_names(config: object) -> None:
    """Raise ConversionError where a configuration names what lies in no module of Keras, or code.

    Keras imports what a configuration names, so nothing is handed to it that has not been through here.
    """
    stack = [config]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            stack += value.values()
            class_name = value.get("class_name")
            if class_name is None:
                continue
            module, registered = value.get("module"), value.get("registered_name")
            owner = str(module).partition(".")[0]
            if class_name == "function":
                if owner not in ("builtins", "keras") or value.get("config") not in ACTIVATIONS:
                    raise ConversionError(
                        f"it uses the function {show(value.get('config'))}, which is code of its authors'"
                    )
            elif module is not None and owner != "keras" and not str(registered).startswith("netspec>"):
                where = f"`{_short(module)}`"
                raise ConversionError(
                    f"holds a {show(class_name)} of {where}, which is code of its authors'", _name_of(value)
                )
            if class_name in ("Lambda", "__lambda__", "__bytes__"):
                raise ConversionError("is a `Lambda`, which is code of its authors'", _name_of(value))


def _name_of(value: Json) -> str:
    config = value.get("config")
    return _short(value.get("name") or (config.get("name") if isinstance(config, dict) else None) or "")


def _short(value: object) -> str:
    return printable(str(value))[:100]


class _Reader:
    """Reads one file, within its limits."""

    def __init__(self, shape: Shape | None) -> None:
        self.shape = shape
        self.asked = False  # was the shape wanted?
        self.layers = 0
        self.depth = 0
        self.shapes: dict[Tensor, Shape] = {}  # of the model that is read

    def model(self, saved: Json) -> Model:
        """A model, nested or not."""
        class_name = saved.get("class_name")
        if class_name is None:
            raise ConversionError("it is no model of Keras, whose configuration has `class_name` and `config`")
        config = _mapping(saved.get("config"), "`config`")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConversionError(f"models lie more than {MAX_DEPTH} deep in models")
        outside, self.shapes = self.shapes, {}
        if class_name in ("Functional", "Model"):
            found = self._functional(config)
        elif class_name == "Sequential":
            found = self._sequential(config)
        else:
            raise ConversionError(f"it is a {show(class_name)}, and neither a Functional nor a Sequential model")
        self.depth -= 1
        found = found._replace(shapes=self.shapes)
        self.shapes = outside
        return found

    def _functional(self, config: Json) -> Model:
        inputs: dict[str, Input] = {}
        layers = []
        for saved in _sequence(config.get("layers"), "`layers`"):
            layer = self._layer(_mapping(saved, "a layer"))
            if layer.class_name == "InputLayer":
                inputs[layer.name] = _input(layer)
            else:
                layers.append(layer)
        heads = _ends(config.get("input_layers"), "`input_layers`")
        for head in heads.values():
            if head.layer not in inputs:
                raise ConversionError("is named as an input, and is none", head.layer)
        ordered = tuple(inputs[head.layer] for head in heads.values())
        return Model(
            str(config.get("name", "model")),
            ordered,
            tuple(layers),
            _ends(config.get("output_layers"), "`output_layers`"),
        )

    def _sequential(self, config: Json) -> Model:
        """Each layer reads the one before it."""
        layers: list[Layer] = []
        entry: Input | None = None
        for saved in _sequence(config.get("layers"), "`layers`"):
            layer = self._layer(_mapping(saved, "a layer"))
            if layer.class_name == "InputLayer":
                entry = _input(layer)
                continue
            read = Tensor(layers[-1].name if layers else "", 0, 0)
            self._remember(read, _built(saved))
            layers.append(layer._replace(calls=(Call((read,), {}),)))
        name = str(config.get("name", "model"))
        if entry is None:
            built = config.get("build_input_shape")
            shape = _shape(built) if isinstance(built, list) else self.shape
            self.asked |= not isinstance(built, list)
            if shape is None:
                raise ConversionError("does not say the shape of its input; give it with `--input`", name)
            entry = Input("input", shape, "float32")
        if not layers:
            raise ConversionError("has no layers", name)
        first = layers[0]
        layers[0] = first._replace(calls=(Call((Tensor(entry.name, 0, 0),), {}),))
        return Model(name, (entry,), tuple(layers), {layers[-1].name: Tensor(layers[-1].name, 0, 0)})

    def _layer(self, saved: Json) -> Layer:
        self.layers += 1
        if self.layers > MAX_LAYERS:
            raise ConversionError(f"it has more than {MAX_LAYERS:,} layers")
        config = _mapping(saved.get("config"), "a layer's `config`")
        name = saved.get("name", config.get("name"))
        class_name = saved.get("class_name")
        if not isinstance(name, str) or not isinstance(class_name, str):
            raise ConversionError("it has a layer without a name or a class")
        calls = tuple(
            self._call(_mapping(each, "a call"), name)
            for each in _sequence(saved.get("inbound_nodes", []), "`inbound_nodes`")
        )
        inner = None
        class_name = _qualified(class_name, saved)
        if class_name in ("Functional", "Model", "Sequential"):
            inner = self.model(saved)
        module = saved.get("module")
        is_operation = isinstance(module, str) and module.startswith("keras.src.ops")
        if module is None and inner is None and class_name != "InputLayer":  # as in HDF5
            is_operation = config.keys().isdisjoint(("trainable", "dtype"))
        return Layer(name, class_name, is_operation, config, calls, inner)

    def _call(self, saved: Json, name: str) -> Call:
        args = self._value(_sequence(saved.get("args"), f"what `{name}` is called on"), 0)
        kwargs = self._value(_mapping(saved.get("kwargs", {}), f"what `{name}` is called with"), 0)
        if not isinstance(kwargs, dict):
            raise ConversionError(f"what `{name}` is called with must be a map, not a tensor")
        return Call(tuple(cast("list[object]", args)), cast("Json", kwargs))

    def _remember(self, tensor: Tensor, shape: object) -> None:
        """Keep what a configuration says of a tensor's shape; it is asked only where a layer cannot be said."""
        match shape:
            case [None, *sizes] if all(isinstance(size, int | None) for size in sizes):
                self.shapes[tensor] = tuple(cast("list[int | None]", sizes))

    def _value(self, value: object, depth: int) -> object:
        """A value of a call, tensors in the place of what stands for them."""
        if depth > MAX_DEPTH:
            raise ConversionError(f"it has values more than {MAX_DEPTH} deep in values")
        if isinstance(value, list):
            return [self._value(each, depth + 1) for each in value]
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                config = _mapping(value.get("config"), "a tensor")
                tensor = _tensor(config.get("keras_history"))
                self._remember(tensor, config.get("shape"))
                return tensor
            return {key: self._value(each, depth + 1) for key, each in value.items()}
        return value


def _qualified(class_name: str, saved: Json) -> str:
    """The name of a class; of one that is none of Keras's with its module, so that it is in no table of ours."""
    module, registered = saved.get("module"), saved.get("registered_name")
    if module is None or str(module).partition(".")[0] == "keras" or str(registered).startswith("netspec>"):
        return class_name
    return f"{_short(module)}.{class_name}"


def _built(saved: object) -> object:
    """The shape of what a layer was built on, if it says so."""
    built = saved.get("build_config") if isinstance(saved, dict) else None
    return built.get("input_shape") if isinstance(built, dict) else None


def _mapping(value: object, what: str) -> Json:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ConversionError(f"{what} must be a map, not {show(value)}")
    return value


def _sequence(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise ConversionError(f"{what} must be a list, not {show(value)}")
    return value


def _tensor(history: object) -> Tensor:
    match history:
        case [str(layer), int(call), int(output), *_]:
            return Tensor(layer, call, output)
    raise ConversionError(f"it has a tensor that says {show(history)} of where it comes from")


def _ends(value: object, what: str) -> dict[str, Tensor]:
    """Inputs or outputs: one, a list of them, or a map of names to them."""
    if isinstance(value, dict):
        return {str(name): _tensor(each) for name, each in value.items()}
    ends = _sequence(value, what)
    if ends and isinstance(ends[0], str):
        ends = [ends]
    found: dict[str, Tensor] = {}
    for each in ends:
        tensor = _tensor(each)
        name = tensor.layer
        while name in found:
            name += "_"
        found[name] = tensor
    return found


def _input(layer: Layer) -> Input:
    shape = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
    if not isinstance(shape, list) or not shape:
        raise ConversionError("does not say its shape", layer.name)
    dtype = layer.config.get("dtype", "float32")
    if layer.config.get("sparse") or layer.config.get("ragged"):
        raise ConversionError("is sparse or ragged, and a spec's inputs are dense", layer.name)
    dtype = dtype if isinstance(dtype, str) else "float32"
    if dtype not in DTYPES.choices:
        raise ConversionError(f"has the type {show(dtype)}, which no input of a spec has", layer.name)
    return Input(layer.name, _shape(shape), dtype)


def _shape(shape: list[object]) -> Shape:
    sizes = shape[1:]
    if not all(size is None or (isinstance(size, int) and 0 <= size <= MAX_INTEGER) for size in sizes):
        raise ConversionError(f"it has an input of the shape {show(shape)}")
    return tuple(cast("list[int | None]", sizes))


def dtype_of(config: Mapping[str, object]) -> str:
    """The name of a layer's policy of precision."""
    policy = config.get("dtype", "float32")
    if isinstance(policy, dict):
        inner = policy.get("config")
        policy = inner.get("name", "float32") if isinstance(inner, dict) else "float32"
    return policy if isinstance(policy, str) else "float32"
