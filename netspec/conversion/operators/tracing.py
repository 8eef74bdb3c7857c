"""A round of a loop, followed: what it computes of a step and of the states that the round before has left.

Products with weights, sums of these, and cuts along their columns are kept as such, so that whoever writes the gates of a
layer side by side in one matrix, or in several, comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.constants import computed, constant, slices, split_sizes
from netspec.conversion.operators.patterns import simplified
from netspec.conversion.operators.program import Body, Operator, Program

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

_ALL = 2**31 - 1  # as the end of a slice: the end of the axis
_PASS = ("Identity", "Cast")
_FUNCTIONS = {
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Relu": "relu",
    "Softsign": "softsign",
    "Softplus": "softplus",
    "Silu": "silu",
    "HardSwish": "hard_silu",
    "Mish": "mish",
}


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """What a round is given or computes, and what it is to no other than itself: two are the same where they are one object."""

    kind: str  # 'step', 'state', 'round', 'goes on', 'outside', 'next', 'less', 'both', 'times', 'rest', 'function', 'other'
    reads: tuple[Traced | Array, ...] = ()
    place: int = -1  # of the loop's input, if it is one
    function: str = ""  # the activation


class Part(NamedTuple):
    """One of what is summed: a term, or its product with weights, and a bias that belongs to it."""

    source: Traced
    kernel: Array | None = None
    bias: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Of several."""

    parts: tuple[Part, ...]


Traced = Term | Sum


def traced(body: Body, arrays: Mapping[str, Array], given: Sequence[str]) -> list[Traced | Array]:
    """What each output of a round is.

    Args:
        body: What a round does.
        arrays: The tensors around the loop that are known, by their names.
        given: The loop's inputs.
    """
    carried = {*body.carried()}
    values: dict[str, Traced | Array] = {}
    for place, name in enumerate(body.inputs):
        if place < 2:
            values[name] = Term(("round", "goes on")[place], place=place)
        elif place in carried:
            values[name] = Term("state", place=place)
        else:
            known = arrays.get(given[place])
            values[name] = Term("outside", place=place) if known is None else known
    values |= body.constants
    numbers = {name: value for name, value in values.items() if not isinstance(value, (Term, Sum))}
    outputs = {str(place): name for place, name in enumerate(body.outputs)}
    for operator in simplified(Program("", (), body.operators, numbers, outputs, 0)).operators:
        results = _made(operator, [values.get(name) for name in operator.inputs])
        others = [Term("other") for _ in operator.outputs[len(results) :]]
        values.update(zip(operator.outputs, [*results, *others], strict=False))
    return [values[name] for name in body.outputs]


def _made(operator: Operator, given: list[Traced | Array | None]) -> Sequence[Traced | Array]:
    """What an operator makes of these, as far as that is followed."""
    if operator.kind == "Constant":
        found = constant(operator)
        return [] if found is None else [found]
    known = [each for each in given if each is not None and not isinstance(each, (Term, Sum))]
    rule = _RULES.get(operator.kind)
    try:
        if len(known) == len(given):
            return computed(operator, known) or []
        made = None if rule is None else rule(operator, given)
    except (ConversionError, ValueError, TypeError, IndexError):
        return []  # whatever it is, it is no part of a layer
    return made if isinstance(made, list) else [] if made is None else [made]


def as_sum(value: Traced) -> Sum:
    """A term as the sum of itself."""
    return value if isinstance(value, Sum) else Sum((Part(value),))


def _product(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    import numpy as np

    x, kernel = given[0], given[1]
    bias = given[2] if len(given) > 2 else None
    if operator.kind == "Gemm":
        if any(operator.number(word, 1.0) != 1 for word in ("alpha", "beta")) or operator.whole("transA", 0):
            return None
        kernel = np.transpose(kernel) if operator.whole("transB", 0) and isinstance(kernel, np.ndarray) else kernel
    if not isinstance(x, (Term, Sum)) or not isinstance(kernel, np.ndarray) or kernel.ndim != 2:
        return None
    made = Sum((Part(x, kernel),))
    return made if bias is None else _added(made, bias)


def _added(one: Traced, other: Traced | Array) -> Sum | None:
    """A sum; numbers belong to the first that has none yet."""
    import numpy as np

    parts = as_sum(one).parts
    if isinstance(other, (Term, Sum)):
        return Sum((*parts, *as_sum(other).parts))
    if other.dtype.kind != "f" or other.size != other.shape[-1:][0]:
        return None
    bias: Array = other.reshape(-1)
    place = next((place for place, part in enumerate(parts) if part.bias is None), 0)
    before = parts[place].bias
    with_bias = parts[place]._replace(bias=bias if before is None else np.add(before, bias))
    return Sum((*parts[:place], with_bias, *parts[place + 1 :]))


def _add(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    one, other = given
    if not isinstance(one, (Term, Sum)):
        one, other = other, one
    if not isinstance(one, (Term, Sum)) or other is None:
        return None
    if isinstance(one, Term) and not isinstance(other, (Term, Sum)) and other.dtype.kind in "iu":
        return Term("next", (one,)) if other.size == 1 and other.ravel()[0] == 1 else None
    return _added(one, other)


def _mul(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    one, other = given
    both = isinstance(one, (Term, Sum)) and isinstance(other, (Term, Sum))
    return Term("times", (one, other)) if both else None  # type: ignore[arg-type]  # both are terms


def _sub(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    one, other = given
    if isinstance(one, (Term, Sum)) or one is None or not isinstance(other, (Term, Sum)):
        return None
    return Term("rest", (other,)) if one.size == 1 and one.ravel()[0] == 1 else None


def _gather(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    seq, place = given
    if not isinstance(seq, Term) or seq.kind != "outside" or not isinstance(place, Term) or operator.whole("axis", 0):
        return None
    return Term("step", (place,), place=seq.place)


def _columns(x: Traced | Array | None, start: int, stop: int) -> Sum | None:
    if not isinstance(x, Sum) or any(part.kernel is None for part in x.parts):
        return None
    return Sum(
        tuple(
            Part(
                part.source,
                None if part.kernel is None else part.kernel[:, start:stop],
                None if part.bias is None else part.bias[start:stop],
            )
            for part in x.parts
        )
    )


def _width(x: Traced | Array | None) -> int:
    """How many columns a sum has. Raises ValueError."""
    widths = {part.kernel.shape[1] for part in x.parts if part.kernel is not None} if isinstance(x, Sum) else set()
    if len(widths) != 1:
        raise ValueError("no columns")
    return int(widths.pop())


def _split(operator: Operator, given: list[Traced | Array | None]) -> list[Traced] | None:
    if operator.whole("axis", 0) not in (-1, 1):
        return None
    sizes = split_sizes(operator, given, _width(given[0]))  # type: ignore[arg-type]  # it looks at the sizes alone
    parts = [_columns(given[0], sum(sizes[:index]), sum(sizes[: index + 1])) for index in range(len(sizes))]
    return [part for part in parts if part is not None] if None not in parts else None


def _slice(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    width = _width(given[0])
    start, stop = 0, width
    for axis, first, last, step in slices(operator, given, 2):  # type: ignore[arg-type]  # it looks at the places alone
        if step != 1 or (axis == 0 and (first != 0 or last < _ALL)):
            return None
        if axis == 1:
            start, stop, _ = slice(first, last).indices(width)
    return _columns(given[0], start, stop)


def _less(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    return Term("less", tuple(given))  # type: ignore[arg-type]  # nothing is left out


def _both(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    return Term("both", tuple(given))  # type: ignore[arg-type]  # nothing is left out


def _passed(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    x = given[0]
    narrow = operator.kind == "Cast" and operator.whole("to", 1) not in (1, 6, 7, 9)
    return None if narrow or not isinstance(x, (Term, Sum)) else x


def _function(operator: Operator, given: list[Traced | Array | None]) -> Traced | None:
    x = given[0]
    word = _FUNCTIONS.get(operator.kind, "")
    if operator.kind == "HardSigmoid":
        is_keras = isclose(operator.number("alpha", 0.2), 1 / 6, rel_tol=1e-5) and operator.number("beta", 0.5) == 0.5
        word = "hard_sigmoid" if is_keras else ""
    elif operator.kind == "Elu":
        word = "elu" if operator.number("alpha", 1.0) == 1 else ""
    elif operator.kind == "Gelu":
        word = "gelu" if operator.text("approximate", "none") == "none" else ""
    return Term("function", (x,), function=word) if word and isinstance(x, (Term, Sum)) else None


_Rule = Callable[[Operator, "list[Traced | Array | None]"], "Traced | list[Traced] | None"]
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("MatMul", "Gemm"), _product),
    **dict.fromkeys((*_FUNCTIONS, "HardSigmoid", "Elu", "Gelu"), _function),
    **dict.fromkeys(_PASS, _passed),
    "Add": _add,
    "Mul": _mul,
    "Sub": _sub,
    "Gather": _gather,
    "Split": _split,
    "Slice": _slice,
    "Less": _less,
    "And": _both,
}
