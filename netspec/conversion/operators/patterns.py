"""Operators that together are one: what an exporter took apart is put together again, before nodes are made of it."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose, pi, sqrt

from netspec.conversion.operators.both_ways import of_layers
from netspec.conversion.operators.makers import MOVES, Tensors
from netspec.conversion.operators.program import Operator, Program
from netspec.conversion.operators.rounds import recurrence, turned_round

_NEAR = 1e-3  # relatively, of a number that an exporter wrote in 32 bits or 16


def simplified(program: Program) -> Program:
    """The program with such operators as one; those that nothing reads any more are still there."""
    graph = Tensors(program)
    for index, operator in enumerate(graph.operators):
        for rule in _RULES:
            try:
                found = rule(graph, operator)
            except (IndexError, ValueError, TypeError):
                found = None  # an operator lacks an input, which is told where it becomes a node
            if found is not None:
                graph.replace(index, found)
                break
    return program._replace(operators=tuple(graph.operators))


def _near(value: float | None, wanted: float) -> bool:
    return value is not None and isclose(value, wanted, rel_tol=_NEAR, abs_tol=1e-12)


def _one(operator: Operator, kind: str, inputs: tuple[str, ...], **settings: object) -> Operator:
    return operator._replace(kind=kind, inputs=inputs, settings=settings)


def _biased(graph: Tensors, operator: Operator) -> Operator | None:
    """A product with weights, or a convolution, and a bias."""
    if operator.kind != "Add" or len(operator.inputs) != 2:
        return None
    for name, other in (operator.inputs, operator.inputs[::-1]):
        bias, before = graph.array(other), graph.made_by(name, "MatMul", "Conv", "ConvTranspose")
        if bias is None or before is None or len(before.inputs) != 2 or graph.readers[name] != 1:
            continue
        weight = graph.array(before.inputs[1])
        if weight is None or bias.size < 2 or graph.array(before.inputs[0]) is not None:
            continue
        if before.kind == "MatMul":
            fits = weight.ndim == 2 and bias.shape[-1] == bias.size == weight.shape[1]
        else:
            units = weight.shape[0 if before.kind == "Conv" else 1]
            rank = weight.ndim
            shape = (1,) * (rank - bias.ndim) + bias.shape
            fits = rank > 2 and bias.ndim <= rank and shape == (1, units, *(1,) * (rank - 2))
        if fits:
            return before._replace(inputs=(*before.inputs, other), outputs=operator.outputs)
    return None


def _gated(graph: Tensors, operator: Operator) -> Operator | None:
    """X times a function of x: SiLU, hard SiLU, mish, gelu."""
    if operator.kind not in ("Mul", "Div"):
        return None
    factors, scale = graph.factors(operator.outputs[0])
    if len(factors) != 2:
        return None
    for x, name in (factors, factors[::-1]):
        maker = graph.maker.get(name)
        if maker is None:
            continue
        if scale == 1 and maker.kind == "Sigmoid" and maker.inputs == (x,):
            return _one(operator, "Silu", (x,))
        if scale == 1 and maker.kind == "HardSigmoid" and maker.inputs == (x,) and _is_hard(maker):
            return _one(operator, "HardSwish", (x,))
        if _near(scale, 1 / 6) and _six(graph, name) == x:
            return _one(operator, "HardSwish", (x,))
        if scale == 1 and maker.kind == "Tanh":
            inner = graph.made_by(maker.inputs[0], "Softplus")
            if inner is not None and inner.inputs == (x,):
                return _one(operator, "Mish", (x,))
        if _near(scale, 0.5) and maker.kind in ("Add", "Sub"):
            approximate = _gelu(graph, maker, x)
            if approximate is not None:
                return _one(operator, "Gelu", (x,), approximate=approximate)
    return None


def _is_hard(operator: Operator) -> bool:
    alpha, beta = operator.settings.get("alpha", 0.2), operator.settings.get("beta", 0.5)
    return isinstance(alpha, float) and isclose(alpha, 1 / 6, rel_tol=1e-5) and beta == 0.5


def _six(graph: Tensors, name: str) -> str:
    """x, if a tensor is relu6(x + 3)."""
    clip = graph.made_by(name, "Clip")
    if clip is None:
        return ""
    low, high = (clip.settings.get(word, graph.number(clip.reads(place))) for word, place in (("min", 1), ("max", 2)))
    inner = graph.made_by(clip.inputs[0], "Add")
    found = graph.parts(inner) if inner is not None and (low, high) == (0, 6) else None
    return found[0] if found is not None and found[1] == 3 else ""


def _hard_sigmoid(graph: Tensors, operator: Operator) -> Operator | None:
    """relu6(x + 3) / 6."""
    if operator.kind not in ("Mul", "Div"):
        return None
    factors, scale = graph.factors(operator.outputs[0])
    x = _six(graph, factors[0]) if len(factors) == 1 and _near(scale, 1 / 6) else ""
    return _one(operator, "HardSigmoid", (x,), alpha=1 / 6, beta=0.5) if x else None


def _gelu(graph: Tensors, operator: Operator, x: str) -> str | None:
    """How a tensor is the gate of x in a gelu, 1 + erf(x / sqrt(2)) or what is near to it."""
    if operator.kind == "Sub":
        if graph.number(operator.inputs[0]) != 1:
            return None
        inner, sign = operator.inputs[1], -1
    else:
        parts = graph.parts(operator)
        if parts is None or parts[1] != 1:
            return None
        inner, sign = parts[0], 1
    erf = graph.made_by(inner, "Erf")
    if erf is not None:
        factors, scale = graph.factors(erf.inputs[0])
        return "none" if factors == [x] and _near(scale, sign / sqrt(2)) else None
    tanh = graph.made_by(inner, "Tanh")
    if tanh is None or sign < 0:
        return None
    factors, scale = graph.factors(tanh.inputs[0])
    total = graph.made_by(factors[0], "Add") if len(factors) == 1 else None
    if total is None or not _near(scale, sqrt(2 / pi)):
        return None
    for one, other in (total.inputs, total.inputs[::-1]):
        cubed, small = graph.factors(other)
        if one == x and cubed == [x, x, x] and _near(small, 0.044715):
            return "tanh"
    return None


def _softplus(graph: Tensors, operator: Operator) -> Operator | None:
    """PyTorch's softplus, which is x itself from 20 on."""
    if operator.kind != "Where" or len(operator.inputs) != 3:
        return None
    condition, large, small = operator.inputs
    greater, softplus = graph.made_by(condition, "Greater"), graph.made_by(small, "Softplus")
    if greater is None or softplus is None or softplus.inputs != (large,):
        return None
    limit = graph.number(greater.inputs[1])
    return _one(operator, "Softplus", (large,)) if greater.inputs[0] == large and limit and limit >= 20 else None


def _centred(graph: Tensors, name: str) -> tuple[str, Operator] | None:
    """X and the mean that is subtracted from it."""
    sub = graph.made_by(name, "Sub")
    mean = graph.made_by(sub.inputs[1], "ReduceMean") if sub is not None else None
    return (mean.inputs[0], mean) if sub is not None and mean is not None and mean.inputs[0] == sub.inputs[0] else None


def _layer_norm(graph: Tensors, operator: Operator) -> Operator | None:
    """(x - mean) / sqrt(mean of its square + epsilon) over the last axes."""
    if operator.kind != "Div" or len(operator.inputs) != 2:
        return None
    centred = _centred(graph, operator.inputs[0])
    root = graph.made_by(operator.inputs[1], "Sqrt")
    total = graph.made_by(root.inputs[0], "Add") if root is not None else None
    parts = graph.parts(total) if total is not None else None
    variance = graph.made_by(parts[0], "ReduceMean") if parts is not None else None
    if centred is None or parts is None or variance is None:
        return None
    factors, scale = graph.factors(variance.inputs[0])
    if scale != 1 or factors != [operator.inputs[0]] * 2:
        return None
    axes = [_axes(graph, each) for each in (centred[1], variance)]
    if axes[0] is None or axes[0] != axes[1] or axes[0] != list(range(-len(axes[0]), 0)):
        return None
    return _one(operator, "LayerNormalization", (centred[0],), axis=axes[0][0], epsilon=parts[1])


def _axes(graph: Tensors, operator: Operator) -> list[int] | None:
    said = operator.settings.get("axes")
    if isinstance(said, list):
        return [int(each) for each in said]
    array = graph.array(operator.reads(1)) if operator.reads(1) else None
    return None if array is None else [int(each) for each in array.ravel().tolist()]


def _affine(graph: Tensors, operator: Operator) -> Operator | None:
    """A normalisation's scale, or its shift."""
    if operator.kind not in ("Mul", "Add") or len(operator.inputs) != 2:
        return None
    for name, other in (operator.inputs, operator.inputs[::-1]):
        before = graph.made_by(name, "LayerNormalization")
        weight = graph.array(other)
        if before is None or weight is None or graph.readers[name] != 1 or before.settings.get("axis") != -1:
            continue
        wanted = 1 if operator.kind == "Mul" else 2
        if len(before.inputs) == wanted and weight.ndim == 1 and weight.size > 1:
            return before._replace(inputs=(*before.inputs, other), outputs=operator.outputs)
    return None


def _moments(graph: Tensors, operator: Operator) -> Operator | None:
    """X * r + (shift - mean * r), where r is the scale over the root of variance + epsilon: as Keras normalises layers."""
    if operator.kind != "Add" or len(operator.inputs) != 2:
        return None
    for name, other in (operator.inputs, operator.inputs[::-1]):
        product, rest = graph.made_by(name, "Mul"), graph.made_by(other, "Mul", "Add")
        if product is None or rest is None:
            continue
        shift = ""
        if rest.kind == "Add":
            known = [each for each in rest.inputs if graph.array(each) is not None]
            inner = [graph.made_by(each, "Mul") for each in rest.inputs if each not in known]
            if len(known) != 1 or len(inner) != 1 or inner[0] is None:
                continue
            shift, rest = known[0], inner[0]
        for x, ratio in (product.inputs, product.inputs[::-1]):
            negative = [graph.made_by(each, "Neg") for each in rest.inputs if each != ratio]
            if ratio not in rest.inputs or len(negative) != 1 or negative[0] is None:
                continue
            found = _normal(graph, x, negative[0].inputs[0], ratio)
            if found is not None:
                mean, scale, epsilon = found
                axes = _axes(graph, mean) if mean.kind == "ReduceMean" else []
                if axes is not None and len(axes) < 2:
                    return _one(operator, "Moments", (x, scale, shift), axes=axes, epsilon=epsilon)
    return None


def _normal(graph: Tensors, x: str, mean: str, ratio: str) -> tuple[Operator, str, float] | None:
    """The mean of x, the scale ('' for none) and the epsilon of a ratio that is the scale over the root of x's variance."""
    maker, scale = graph.made_by(ratio, "Mul", "Reciprocal"), ""
    if maker is not None and maker.kind == "Mul":
        known = [each for each in maker.inputs if (array := graph.array(each)) is not None and array.size > 1]
        others = [graph.made_by(each, "Reciprocal") for each in maker.inputs if each not in known]
        if len(known) != 1 or len(others) != 1:
            return None
        scale, maker = known[0], others[0]
    root = graph.made_by(maker.inputs[0], "Sqrt") if maker is not None else None
    total = graph.made_by(root.inputs[0], "Add") if root is not None else None
    parts = graph.parts(total) if total is not None else None
    means = ("ReduceMean", "GlobalAveragePool")
    variance = graph.made_by(parts[0], *means) if parts is not None else None
    average = graph.made_by(mean, *means)
    if parts is None or variance is None or average is None or average.inputs[0] != x or variance.kind != average.kind:
        return None
    factors, by = graph.factors(variance.inputs[0])
    apart = graph.made_by(factors[0], "Sub") if len(factors) == 2 and factors[0] == factors[1] and by == 1 else None
    if apart is None or apart.inputs[0] != x or _before_moves(graph, apart.inputs[1]) != mean:
        return None
    if average.kind == "ReduceMean" and _axes(graph, average) != _axes(graph, variance):
        return None
    return average, scale, parts[1]


def _group_norm(graph: Tensors, operator: Operator) -> Operator | None:
    """An instance's normalisation over groups, reshaped before and behind, with a scale and a shift for each channel."""
    names = []
    name = operator.outputs[0]
    for kind in ("Add", "Mul"):
        maker = graph.made_by(name, kind)
        if maker is None or len(maker.inputs) != 2:
            return None
        tensor, weight = maker.inputs if graph.array(maker.inputs[1]) is not None else maker.inputs[::-1]
        if graph.array(weight) is None:
            return None
        names.append(weight)
        name = tensor
    back = graph.made_by(name, "Reshape")
    inner = graph.made_by(back.inputs[0], "InstanceNormalization") if back is not None else None
    before = graph.made_by(inner.inputs[0], "Reshape") if inner is not None else None
    if inner is None or before is None or len(inner.inputs) != 3:
        return None
    ones, zeros, target = (graph.array(each) for each in (*inner.inputs[1:], before.inputs[1]))
    if ones is None or zeros is None or target is None or target.size != 3:
        return None
    groups = int(target.ravel().tolist()[1])
    plain = bool((ones == 1).all()) and bool((zeros == 0).all()) and ones.size == groups
    shift, scale = (graph.array(each) for each in names)
    if not plain or shift is None or scale is None or shift.size != scale.size or shift.size != max(shift.shape):
        return None
    return _one(
        operator,
        "GroupNormalization",
        (before.inputs[0], names[1], names[0]),
        num_groups=groups,
        epsilon=inner.settings.get("epsilon", 1e-5),
    )


def _lrn(graph: Tensors, operator: Operator) -> Operator | None:
    """X / (k + alpha * the mean of the squares of neighbours) ** beta, by a pool across channels, as PyTorch has it."""
    if operator.kind != "Div" or len(operator.inputs) != 2:
        return None
    x, below = operator.inputs
    power = graph.made_by(below, "Pow")
    total = graph.made_by(power.inputs[0], "Add") if power is not None else None
    parts = graph.parts(total) if total is not None else None
    if power is None or parts is None:
        return None
    factors, alpha = graph.factors(parts[0])
    name = _before_moves(graph, factors[0]) if len(factors) == 1 else ""
    pool = graph.made_by(name, "AveragePool")
    beta = graph.number(power.inputs[1])
    kernel = pool.settings.get("kernel_shape") if pool is not None else None
    if pool is None or beta is None or not isinstance(kernel, list) or any(each != 1 for each in kernel[1:]):
        return None
    squared, scale = graph.factors(_before_moves(graph, pool.inputs[0]))
    if squared != [x, x] or scale != 1 or kernel[0] % 2 == 0:
        return None
    return _one(operator, "LRN", (x,), size=kernel[0], alpha=alpha, beta=beta, bias=parts[1])


def _looked_up(graph: Tensors, operator: Operator) -> Operator | None:
    """Rows of a table by numbers that TensorFlow counts from the end where they are negative, as its `embedding` does."""
    if operator.kind != "Gather" or len(operator.inputs) != 2:
        return None
    table, chosen = graph.array(operator.inputs[0]), graph.made_by(operator.inputs[1], "Add")
    if table is None or chosen is None:
        return None
    factors = [graph.factors(each)[0] for each in chosen.inputs]
    for (negative, wrapped), (one, other) in ((f, g) for f, g in (factors, factors[::-1]) if len(f) == len(g) == 2):
        for places, kept in ((one, other), (other, one)):
            for is_negative, moved in ((negative, wrapped), (wrapped, negative)):
                less = graph.made_by(_uncast(graph, is_negative), "Less")
                no = graph.made_by(_uncast(graph, kept), "Not")
                total = graph.made_by(moved, "Add")
                parts = graph.parts(total) if total is not None else None
                if (
                    less is not None
                    and no is not None
                    and no.inputs[0] in less.outputs
                    and parts == (places, table.shape[0])
                    and _uncast(graph, less.inputs[0]) == _uncast(graph, places)
                    and graph.number(less.inputs[1]) == 0
                ):
                    return operator._replace(inputs=(operator.inputs[0], places))
    return None


def _uncast(graph: Tensors, name: str) -> str:
    """The tensor before casts."""
    maker = graph.made_by(name, "Cast")
    return name if maker is None else maker.inputs[0]


def _before_moves(graph: Tensors, name: str) -> str:
    """The tensor before operators that only move numbers."""
    maker = graph.made_by(name, *MOVES)
    while maker is not None:
        name = maker.inputs[0]
        maker = graph.made_by(name, *MOVES)
    return name


_Rule = Callable[[Tensors, Operator], Operator | None]
_RULES: tuple[_Rule, ...] = (
    _biased,
    _gated,
    _hard_sigmoid,
    _softplus,
    _group_norm,
    _layer_norm,
    _moments,
    _affine,
    _lrn,
    _looked_up,
    turned_round,
    recurrence,
    of_layers,
)
