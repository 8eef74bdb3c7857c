"""Products of matrices, and what is summed or chosen along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.elementwise import paired
from netspec.conversion.operators.layouts import Value
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.turning import Turning, operator
from netspec.conversion.operators.windows import pooled
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


@operator("MatMul")
def _matmul(turning: Turning, made: Operator) -> Value:
    """A dense layer where the second is weights; with a third input, its bias."""
    if turning.is_known(made, 1) and not turning.is_known(made, 0) and turning.array(made, 1).ndim == 2:
        bias = turning.weight(made, 2) if turning.has(made, 2) else None
        return _dense(turning, made, turning.value(made), turning.weight(made, 1), bias)
    if turning.is_known(made, 1) and turning.array(made, 1).shape[-2:-1] == (1,):
        # A sum of one product each: as einsums come out that multiply channels by numbers of their own.
        return paired(turning, made._replace(kind="Mul", inputs=made.inputs[:2]))
    return _product(turning, made, turning.value(made, 0), turning.value(made, 1))


@operator("Gemm")
def _gemm(turning: Turning, made: Operator) -> Value:
    import numpy as np

    alpha, beta = made.number("alpha", 1.0), made.number("beta", 1.0)
    x = turning.value(made)
    if x.rank != 2:
        raise ConversionError(f"is applied to a tensor of {x.rank} axes", made.name)
    if made.whole("transA", 0):
        x = x._replace(axes=x.axes[::-1])
    known = turning.is_known(made, 1) and (not turning.has(made, 2) or turning.is_known(made, 2))
    if known:
        weight = turning.weight(made, 1, 2)
        weight = (weight.T if made.whole("transB", 0) else weight) * np.float32(alpha)  # type: ignore[operator]
        bias = turning.weight(made, 2) * np.float32(beta) if turning.has(made, 2) else None  # type: ignore[operator]
        if bias is None or bias.size in (1, weight.shape[1]):
            bias = None if bias is None else np.broadcast_to(bias.reshape(-1), (weight.shape[1],)).copy()
            return _dense(turning, made, x, weight, bias)
    if alpha != 1 or beta != 1:
        raise ConversionError(f"has `alpha` {alpha:g} and `beta` {beta:g} on what is computed", made.name)
    other = turning.value(made, 1)
    found = _product(turning, made, x, other._replace(axes=other.axes[::-1]) if made.whole("transB", 0) else other)
    if not turning.has(made, 2):
        return found
    nodes, base = turning.nodes.together([found, turning.value(made, 2)])
    return turning.after(base, turning.node("add", {}, nodes))


def _dense(turning: Turning, made: Operator, x: Value, weight: Array, bias: Array | None) -> Value:
    """The last axis times a matrix. Where it is several axes of the node, rows stand in the order in which those do."""
    import numpy as np

    units = weight.shape[1]
    last = x.axes[-1] if x.axes else ()
    if x.rank < 2 or 0 in last:
        raise ConversionError("multiplies the batch, which a `dense` does not", made.name)
    size = turning.sizes(x)[-1]
    if size != weight.shape[0]:
        raise ConversionError(f"has weights of {list(weight.shape)} for {size} numbers", made.name)
    if list(last) != sorted(last):
        held = turning.nodes.held_sizes(x, x.rank - 1)
        places = sorted(range(len(last)), key=last.__getitem__)
        turned = weight.reshape(*(int(each) for each in held), units)  # type: ignore[arg-type]  # product is known
        weight = turned.transpose(*places, len(last)).reshape(weight.shape)
        x = x._replace(axes=(*x.axes[:-1], tuple(sorted(last))))
    order = [axis for axis in turning.nodes.in_place(x) if axis != x.rank - 1] + [x.rank - 1]
    x = turning.nodes.arranged(x, order)
    weights = [np.ascontiguousarray(weight)]
    if bias is not None:
        if bias.size != units:
            raise ConversionError(f"has a bias of {bias.size} for {units} units", made.name)
        weights.append(bias.reshape(-1))
    values = {"units": units, "use_bias": bias is not None}
    return turning.after(x, turning.node("dense", values, [x.node], named=made.inputs[1:], weights=weights))


def _product(turning: Turning, made: Operator, a: Value, b: Value) -> Value:
    """The matrix product of two tensors: axes before the last two broadcast."""
    if min(a.rank, b.rank) < 2:
        raise ConversionError("multiplies a vector, for which there is no kind", made.name)
    rank = max(a.rank, b.rank)
    a, b = turning.nodes.spread(a, rank), turning.nodes.spread(b, rank)
    leading = a if sum(size != 1 for size in turning.sizes(a)) >= sum(size != 1 for size in turning.sizes(b)) else b
    order = [axis for axis in turning.nodes.in_place(leading) if axis < rank - 2]
    batch = next((axis for axis in order if leading.axes[axis] == (0,)), None)
    turned = []
    values = {}
    for word, x in (("transpose_a", a), ("transpose_b", b)):
        if 0 in (*x.axes[-1], *x.axes[-2]):
            raise ConversionError("multiplies the batch, which a `matmul` does not", made.name)
        swapped = bool(x.axes[-1] and x.axes[-2] and x.axes[-1][0] < x.axes[-2][0])
        values[word] = swapped
        ends = [rank - 1, rank - 2] if swapped else [rank - 2, rank - 1]
        turned.append(turning.nodes.explicit(x, [*order, *ends], batch))
    for axis in order:
        mine, others = turned[0].axes[axis], turned[1].axes[axis]
        if len(mine) != len(others) and 1 not in (turning.sizes(turned[0])[axis], turning.sizes(turned[1])[axis]):
            raise ConversionError("multiplies tensors whose batches lie differently", made.name)
    node = turning.node("matmul", values, [each.node for each in turned])
    held = len(turning.nodes.shape[node])
    found = max(turned, key=lambda x: sum(size != 1 for size in turning.sizes(x)[:-2]))
    return Value(node, (*found.axes[:-2], (held - 1,), (held,)))


@operator("Softmax", "LogSoftmax")
def _softmax(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    axis = turning.axis(made, made.whole("axis", -1 if turning.opset >= 13 else 1), x.rank)
    if turning.opset < 13 and any(size != 1 for size in turning.sizes(x)[axis + 1 :]):
        raise ConversionError("is taken over several axes, as ONNX had it before version 13", made.name)
    log = made.kind == "LogSoftmax"
    if log or len(x.axes[axis]) != 1:
        x = turning.nodes.arranged(x, [each for each in turning.nodes.in_place(x) if each != axis] + [axis])
    if len(x.axes[axis]) != 1 or x.axes[axis] == (0,):
        raise ConversionError("is taken over the batch, which a `softmax` is not", made.name)
    (place,) = x.axes[axis]
    last = place == len(turning.nodes.shape[x.node])
    return turning.unary(x, "log_softmax") if log else turning.unary(x, "softmax", {"axis": -1 if last else place})


REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceProd": "prod",
    "ReduceL2": "l2",
}


@operator(*REDUCTIONS)
def _reduce(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    said = turning.numbers(made, 1, "axes")
    keepdims = made.whole("keepdims", 1) == 1
    if said is None or not said:
        if made.whole("noop_with_empty_axes", 0):
            return x
        said = list(range(x.rank))
    axes = sorted({turning.axis(made, axis, x.rank) for axis in said})
    return _reduced(turning, made, x, axes, REDUCTIONS[made.kind], keepdims=keepdims)


@operator("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(turning: Turning, made: Operator) -> Value:
    x = turning.value(made)
    if x.rank < 3:
        raise ConversionError(f"is applied to a tensor of {x.rank} axes", made.name)
    type_ = "mean" if made.kind == "GlobalAveragePool" else "max"
    return _reduced(turning, made, x, list(range(2, x.rank)), type_, keepdims=True)


def _reduced(turning: Turning, made: Operator, x: Value, axes: list[int], type_: str, *, keepdims: bool) -> Value:
    """One number of all along some axes."""
    is_image = x.axes == turning.channels(x.rank, x.node).axes and len(turning.nodes.shape[x.node]) == x.rank - 1
    if axes == list(range(2, x.rank)) and 3 <= x.rank <= 5 and type_ in ("mean", "max") and is_image:
        return pooled(turning, made, x, "avg" if type_ == "mean" else "max", keepdims=keepdims)
    held = [atom for axis in axes for atom in x.axes[axis]]
    if 0 in held:
        if turning.nodes.batch != 1:
            raise ConversionError("is taken over the batch, which a `reduce` is not", made.name)
        held.remove(0)
    shape = turning.nodes.shape[x.node]
    node = x.node
    if held:
        places = sorted(held)
        if type_ in ("mean", "max") and 2 <= len(shape) <= 4 and places == list(range(1, len(shape))):
            node = turning.node("global_pool", {"type": "avg" if type_ == "mean" else "max"}, [node])
        else:
            axis = places[0] if len(places) == 1 else places
            axis = -1 if axis == len(shape) else axis
            node = turning.node("reduce", {"type": type_, "axis": axis}, [node])

    def moved(atoms: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(atom - sum(each < atom for each in held) for atom in atoms)

    if keepdims:
        return Value(node, tuple(() if axis in axes else moved(atoms) for axis, atoms in enumerate(x.axes)))
    return Value(node, tuple(moved(atoms) for axis, atoms in enumerate(x.axes) if axis not in axes))


@operator("CumSum")
def _cumsum(turning: Turning, made: Operator) -> Value:
    if made.whole("exclusive", 0) or made.whole("reverse", 0):
        raise ConversionError("is summed in another way than a `cumsum`", made.name)
    x = turning.nodes.plain(turning.value(made))
    axis = turning.axis(made, (turning.numbers(made, 1) or [0])[0], x.rank)
    if len(x.axes[axis]) != 1 or x.axes[axis] == (0,):
        raise ConversionError("is summed over the batch, which a `cumsum` is not", made.name)
    return turning.unary(x, "cumsum", {"axis": x.axes[axis][0]})


@operator("OneHot")
def _one_hot(turning: Turning, made: Operator) -> Value:
    depth, ends = turning.numbers(made, 1), turning.array(made, 2)
    x = turning.nodes.ordered(turning.value(made))
    axis = made.whole("axis", -1)
    if depth is None or ends.ravel().tolist() != [0, 1] or axis not in (-1, x.rank):
        raise ConversionError(f"has the values {show(ends.ravel().tolist(), 60)} on axis {axis}", made.name)
    node = turning.node("one_hot", {"classes": depth[0]}, [x.node])
    return Value(node, (*x.axes, (len(turning.nodes.shape[node]),)))
