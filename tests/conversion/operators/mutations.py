"""What may happen to a file: bytes that change, and changes that leave it a file of its format."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

NUMBERS = (-(2**63), 2**63 - 1, -1, 0, 1, 2, 3, 7, 10**6, 2**31)
KINDS = (
    *("Split", "Concat", "MatMul", "Reshape", "Loop", "LSTM", "Resize", "Pad", "Slice", "Gather", "Expand", "Tile"),
    *("ConvTranspose", "Range", "ConstantOfShape", "Softmax", "DepthToSpace", "ReduceMean", "TopK", "Where", "Not"),
    *("Squeeze", "Unsqueeze", "Gemm", "LayerNormalization", "Clip", "PRelu", "OneHot", "Shape", "Cast", "Transpose"),
    *("GRU", "RNN", "Scan", "If", "ReverseSequence", "Sigmoid", "Tanh", "Identity", "Add", "Sub", "Mul", "Less", "And"),
)
WORDS = (b"forward", b"reverse", b"bidirectional", b"Tanh", b"Sigmoid", b"Relu", b"HardSigmoid", b"Elu", b"", b"linear")


def flipped(content: bytes, random: Random) -> bytes:
    """Some bytes changed, cut out or put in."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        how, at = random.random(), random.randrange(max(1, len(data)))
        if how < 0.6:
            data[at : at + 1] = [random.randrange(256)]
        elif how < 0.75:
            del data[at : at + random.choice((1, 4, 50))]
        elif how < 0.9:
            data[at:at] = bytes(random.randrange(256) for _ in range(3))
        else:
            data = data[:at] or data
    return bytes(data)


def restructured(content: bytes, random: Random) -> bytes:
    """An ONNX file whose operators, settings, weights or inputs are others."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    for _ in range(random.choice((1, 1, 2, 4))):
        try:
            _change(model, random)
        except (ValueError, TypeError, OverflowError, IndexError):  # protobuf does not take everything
            continue
    return model.SerializeToString()


def _graphs(graph: Any) -> list[Any]:
    """The graph, and those inside its operators."""
    inner = [attribute.g for each in graph.node for attribute in each.attribute if attribute.HasField("g")]
    return [graph, *(found for each in inner for found in _graphs(each))]


def _change(model: Any, random: Random) -> None:
    from onnx import numpy_helper

    if random.random() < 0.05:  # all numbers of a type are of another
        kinds = random.sample((1, 6, 7, 10, 11, 16), 2)
        for each in (*model.graph.input, *model.graph.output):
            tensor_type = each.type.tensor_type
            tensor_type.elem_type = kinds[1] if tensor_type.elem_type == kinds[0] else tensor_type.elem_type
        return
    graph = random.choice(_graphs(model.graph))
    operator = random.choice(graph.node)
    names = [name for each in graph.node for name in (*each.input, *each.output)]
    names += [each.name for each in (*graph.initializer, *graph.input, *graph.output)]
    if random.random() < 0.1:  # what a loop hands on, and what the network gives
        random.choice(graph.output).name = random.choice(names)
        return
    how = random.randrange(14)
    if how == 0:
        operator.input[random.randrange(len(operator.input))] = random.choice([*names, ""])
    elif how == 1:
        operator.output[0] = random.choice(names)
    elif how in (2, 3):
        operator.op_type = random.choice(KINDS)
    elif how in (4, 5):
        _set(random.choice(operator.attribute), random)
    elif how == 6:
        del operator.attribute[random.randrange(len(operator.attribute))]
    elif how == 7:
        tensor = random.choice(graph.initializer)
        tensor.dims[random.randrange(len(tensor.dims))] = random.choice(NUMBERS)
    elif how == 8:
        tensor = random.choice(graph.initializer)
        array = numpy_helper.to_array(tensor).astype("int64").ravel()[: random.randrange(1, 6)]
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    elif how == 13:
        tensor = random.choice(graph.initializer)
        array = numpy_helper.to_array(tensor).astype(random.choice(("float16", "float64", "int32", "uint8", "bool")))
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    elif how == 9:
        graph.node.remove(operator)
    elif how == 10:
        graph.node.append(copy.deepcopy(operator))
    elif how == 11:
        dims = random.choice(graph.input).type.tensor_type.shape.dim
        random.choice(dims).dim_value = random.choice(NUMBERS)
    else:
        operator.input.append(random.choice(names))


def _set(attribute: Any, random: Random) -> None:
    if attribute.type == 7 and random.random() < 0.6:
        attribute.ints[random.randrange(len(attribute.ints))] = random.choice(NUMBERS)
    elif attribute.type == 7:
        attribute.ints.append(random.choice(NUMBERS))
    elif attribute.type == 2:
        attribute.i = random.choice(NUMBERS)
    elif attribute.type == 3:
        attribute.s = random.choice(WORDS)
    elif attribute.type == 8:
        attribute.strings[random.randrange(len(attribute.strings))] = random.choice(WORDS)
    elif attribute.type == 5 and random.random() < 0.5:
        attribute.name = random.choice(("body", "then_branch", "else_branch"))
    else:
        attribute.type = random.randrange(14)


def rewritten(config: Any, random: Random) -> Any:
    """A JSON value with a few changes."""
    config = copy.deepcopy(config)
    junk: list[Any] = [
        *(None, True, -1, 0, 1, 2, 10**30, 1e308, -0.5, "", "x", "Infinity", [], {}, [1], [[1]]),
        *({"as_int": 3}, {"as_tensor": {"name": "x"}}, {"as_ints": [1, 2]}, {"as_none": True}),
        *("torch.ops.aten.view.default", "torch.ops.aten.cat.default", "torch.ops.aten.add.__class__"),
    ]
    for _ in range(random.choice((1, 1, 2, 4))):
        places = list(_places(config, ()))[1:]
        if not places:
            break
        *outer, key = random.choice(places)
        parent = config
        for each in outer:
            parent = parent[each]
        how = random.random()
        if how < 0.75:
            parent[key] = copy.deepcopy(random.choice(junk))
        elif isinstance(parent, list) and how < 0.9:
            parent.insert(key, copy.deepcopy(parent[key]))
        else:
            parent.pop(key)
    return config


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    yield path
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key not in ("metadata", "module_call_graph"):
            yield from _places(each, (*path, key))
