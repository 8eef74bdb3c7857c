"""Operators that treat each number by itself, or pair the numbers of two tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.both_ways import as_one
from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.turning import Lift, Turning, number, operator, shown
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

# Operators that are a kind and nothing more.
PLAIN = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "HardSwish": "hard_silu",
    "Mish": "mish",
    "Silu": "silu",
    "Exp": "exponential",
    "Log": "log",
    "Sqrt": "sqrt",
    "Abs": "absolute",
    "Neg": "negative",
    "Sign": "sign",
    "Floor": "floor",
    "Round": "round",
    "Sin": "sin",
    "Cos": "cos",
}


def _plain(kind_name: str) -> Lift:
    return lambda turning, made: turning.unary(turning.value(made), kind_name)


for _word, _kind in PLAIN.items():
    operator(_word)(_plain(_kind))


@operator("Identity", "Dropout", "Cast", "CastLike", "Contiguous")
def _same(turning: Turning, made: Operator) -> Value:
    """What is nothing in a network that is used; a Dropout says its rate to who trains it."""
    x = turning.value(made)
    if made.kind == "Dropout":
        if len(made.outputs) > 1 and made.outputs[1] in turning.readers:
            raise ConversionError("gives the mask that it draws, which a `dropout` has no word for", made.name)
        rate = turning.single(made, 1, "ratio", 0.5) or 0.0
        return turning.unary(x, "dropout", {"rate": rate}) if 0 < rate < 1 else x
    if made.kind == "Cast":
        to = {1: "float32", 11: "float32", 6: "int32", 7: "int32", 9: "bool", 3: "int8", 2: "uint8"}.get(
            made.whole("to", 0)
        )
        if to is None:
            raise ConversionError(
                f"makes numbers of the type {made.whole('to', 0)}, which a spec has no word for", made.name
            )
        return turning.unary(x, "cast", {"to": to})
    return x


@operator("LeakyRelu")
def _leaky(turning: Turning, made: Operator) -> Value:
    return turning.unary(turning.value(made), "leaky_relu", {"negative_slope": made.number("alpha", 0.01)})


@operator("Elu")
def _elu(turning: Turning, made: Operator) -> Value:
    return turning.unary(turning.value(made), "elu", {"alpha": made.number("alpha", 1.0)})


@operator("Celu")
def _celu(turning: Turning, made: Operator) -> Value:
    if made.number("alpha", 1.0) != 1:
        raise ConversionError(f"has `alpha` {made.number('alpha', 1.0):g}, and a `celu` has 1", made.name)
    return turning.unary(turning.value(made), "celu")


@operator("Selu")
def _selu(turning: Turning, made: Operator) -> Value:
    known = (1.6732632, 1.050701)
    given = made.number("alpha", known[0]), made.number("gamma", known[1])
    if any(abs(mine - theirs) > 1e-5 for mine, theirs in zip(known, given, strict=True)):
        raise ConversionError(f"has `alpha` and `gamma` {show(list(given))}, and a `selu` has its authors'", made.name)
    return turning.unary(turning.value(made), "selu")


@operator("HardSigmoid")
def _hard_sigmoid(turning: Turning, made: Operator) -> Value:
    """Keras's has a slope of 1/6; another is written out."""
    x = turning.value(made)
    alpha, beta = made.number("alpha", 0.2), made.number("beta", 0.5)
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return turning.unary(x, "hard_sigmoid")
    x = turning.unary(turning.unary(x, "multiply", {"value": alpha}), "add", {"value": beta})
    return turning.unary(x, "clip", {"min": 0, "max": 1})


@operator("Gelu")
def _gelu(turning: Turning, made: Operator) -> Value:
    """Exactly, or by a tangent: then it is written out, as the kind is exact."""
    x = turning.value(made)
    if made.text("approximate", "none") == "none":
        return turning.unary(x, "gelu")
    cubed = turning.unary(turning.unary(x, "power", {"value": 3}), "multiply", {"value": 0.044715})
    inner = turning.after(x, turning.node("add", {}, [x.node, cubed.node]))
    inner = turning.unary(turning.unary(inner, "multiply", {"value": 0.7978845608028654}), "tanh")
    inner = turning.unary(turning.unary(inner, "add", {"value": 1}), "multiply", {"value": 0.5})
    return turning.after(x, turning.node("multiply", {}, [x.node, inner.node]))


@operator("Clip")
def _clip(turning: Turning, made: Operator) -> Value:
    low, high = turning.single(made, 1, "min", None), turning.single(made, 2, "max", None)
    x = turning.value(made)
    low, high = (None if each is None or abs(each) > 3e38 else each for each in (low, high))
    if (low, high) == (0, 6):
        return turning.unary(x, "relu6")
    if low == 0:
        return turning.unary(x, "relu", {"max_value": high})
    if low is not None and high is not None:
        return turning.unary(x, "clip", {"min": low, "max": high})
    if low is not None:
        return turning.unary(x, "maximum", {"value": low})
    return x if high is None else turning.unary(x, "minimum", {"value": high})


@operator("ThresholdedRelu")
def _thresholded(turning: Turning, made: Operator) -> Value:
    return turning.unary(turning.value(made), "relu", {"threshold": made.number("alpha", 1.0)})


@operator("Reciprocal")
def _reciprocal(turning: Turning, made: Operator) -> Value:
    return turning.unary(turning.value(made), "power", {"value": -1})


@operator("Erf")
def _erf(turning: Turning, made: Operator) -> Value:
    """Stands alone, where it is not a gelu's: erf(x) = 2 * gelu(x * sqrt(2)) / (x * sqrt(2)) - 1 would divide by 0."""
    raise ConversionError("is an Erf that is no part of a gelu, and for which there is no kind", made.name)


@operator("PRelu")
def _prelu(turning: Turning, made: Operator) -> Value:
    """A slope for each channel, or for each position; one for all is a leaky ReLU that learns nothing."""
    x, slopes = turning.value(made), turning.weight(made, 1)
    if slopes.size == 1:
        return turning.unary(x, "leaky_relu", {"negative_slope": number(slopes)})
    x = turning.nodes.plain(x)
    if made.whole("by_channel", 0):
        slopes = slopes.reshape(-1, *(1,) * (x.rank - 2))
    placed = turning.nodes.numbers_at(slopes, x)
    if placed is None:
        raise ConversionError(f"has slopes of {list(slopes.shape)}, which do not fit what it reads", made.name)
    rank = len(turning.nodes.shape[x.node])
    placed = placed.reshape((1,) * (rank - placed.ndim) + placed.shape)
    shared = [axis for axis, size in enumerate(placed.shape, 1) if size == 1]
    values = {"shared_axes": shared} if shared else {}
    return turning.after(x, turning.node("prelu", values, [x.node], named=made.inputs[1:], weights=[placed]))


KINDS_OF_TWO = {
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
    "Pow": "power",
    "Max": "maximum",
    "Min": "minimum",
    "Equal": "equal",
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
}
_SWAPS = ("Add", "Mul", "Max", "Min", "Equal")


def paired(turning: Turning, made: Operator) -> Value:
    """Two tensors, or one and numbers that are known; Max and Min take more."""
    places = range(len(made.inputs))
    known = [place for place in places if turning.is_known(made, place)]
    kind_name = KINDS_OF_TWO[made.kind]
    if len(places) == 1:
        return turning.value(made)
    layer = as_one(turning, made)
    if layer is not None:
        return layer
    if made.kind == "Mul" and len(places) == 2 and made.inputs[0] == made.inputs[1]:
        return turning.unary(turning.value(made), "square")
    if len(known) == 1 and len(places) == 2:
        x, array = turning.value(made, 1 - known[0]), turning.array(made, known[0])
        found = _with_numbers(turning, made, x, array, is_first=known[0] == 0)
        if found is not None:
            return found
    values = [turning.value(made, place) for place in places]
    nodes, base = turning.nodes.together(values)
    if len(nodes) == 2 or kind_name in ("add", "multiply", "maximum", "minimum"):
        return turning.after(base, turning.node(kind_name, {}, nodes))
    raise ConversionError(f"computes with {len(nodes)} tensors", made.name)


operator(*KINDS_OF_TWO)(paired)


def _with_numbers(turning: Turning, made: Operator, x: Value, array: Array, *, is_first: bool) -> Value | None:
    """A tensor and numbers; None where they have to stand as a node of their own."""
    kind_name = KINDS_OF_TWO[made.kind]
    if array.dtype == object:
        raise ConversionError("computes with a size that is open", made.name)
    x = turning.nodes.spread(x, max(x.rank, array.ndim))
    if array.size == 1:
        value = number(array)
        if not is_first or made.kind in _SWAPS:
            return _by_one(turning, x, kind_name, value)
        if made.kind == "Sub":
            return turning.unary(turning.unary(x, "negative"), "add", {"value": value})
        if made.kind == "Div":
            x = turning.unary(x, "power", {"value": -1})
            return x if value == 1 else turning.unary(x, "multiply", {"value": value})
        return None
    if is_first and made.kind not in _SWAPS:
        return None
    placed = turning.nodes.numbers_at(array, x)
    if placed is None:
        x = turning.nodes.plain(x)
        placed = turning.nodes.numbers_at(array, x)
    if placed is None:
        return None
    name = made.reads(0 if is_first else 1)
    shape = turning.nodes.shape[x.node]
    learned = name in turning.learned
    if learned and kind_name == "multiply" and placed.ndim == 1 and placed.shape[0] == shape[-1]:
        node = turning.node("layer_scale", {"value": 1.0}, [x.node], named=[name], weights=[placed])
        return turning.after(x, node)
    if learned and kind_name == "add" and placed.shape == shape and len(shape) > 1:
        node = turning.node("position_embedding", {}, [x.node], named=[name], weights=[placed])
        return turning.after(x, node)
    held = turning.held(placed, learned=learned, name=name)
    return turning.after(x, turning.node(kind_name, {}, [x.node, held]))


def _by_one(turning: Turning, x: Value, kind_name: str, value: float) -> Value:
    """A tensor and one number."""
    if (kind_name, value) in (("add", 0), ("subtract", 0), ("multiply", 1), ("divide", 1), ("power", 1)):
        return x
    if (kind_name, value) == ("power", 2):
        return turning.unary(x, "square")
    if (kind_name, value) == ("power", 0.5):
        return turning.unary(x, "sqrt")
    return turning.unary(x, kind_name, {"value": value})


@operator("Sum", "Mean")
def _sum(turning: Turning, made: Operator) -> Value:
    nodes, base = turning.nodes.together([turning.value(made, place) for place in range(len(made.inputs))])
    if len(nodes) == 1:
        return base
    return turning.after(base, turning.node("add" if made.kind == "Sum" else "average", {}, nodes))


@operator("Where")
def _where(turning: Turning, made: Operator) -> Value:
    nodes, base = turning.nodes.together([turning.value(made, place) for place in range(3)])
    return turning.after(base, turning.node("where", {}, nodes))


@operator("Not")
def _not(turning: Turning, made: Operator) -> Value:
    """Whether the number of a truth, 0 or 1, is 0."""
    return turning.unary(turning.unary(turning.value(made), "cast", {"to": "int32"}), "equal", {"value": 0})


@operator("And", "Or")
def _both(turning: Turning, made: Operator) -> Value:
    """The less of two truths as numbers, or the greater."""
    if made.inputs[0] == made.inputs[1]:
        return turning.value(made)
    values = [turning.unary(turning.value(made, place), "cast", {"to": "int32"}) for place in (0, 1)]
    nodes, base = turning.nodes.together(values)
    found = turning.after(base, turning.node("minimum" if made.kind == "And" else "maximum", {}, nodes))
    return turning.unary(found, "not_equal", {"value": 0})


@operator("Scale")
def _scale(turning: Turning, made: Operator) -> Value:
    """Scores of attention, divided by the square root of the size of what was multiplied."""
    size = turning.sizes(turning.value(made, 1))[made.whole("axis", -1)]
    if not isinstance(size, int):
        raise ConversionError("divides by the root of an open size", made.name)
    return turning.unary(turning.value(made), "multiply", {"value": shown(size**-0.5)})
