"""Multiply-accumulates of a Keras model, counted from the operations that JAX traces: products and convolutions, loops and all.

Nothing is compiled or run, so it sees what a framework's fused kernels hide: attention's products, a recurrent layer's steps.
"""

from __future__ import annotations

from math import prod
from typing import Any


def traced(model: Any, batch: list[Any]) -> tuple[list[Any], float]:
    """The shapes of the outputs, and the multiply-accumulates for one example (KERAS_BACKEND=jax)."""
    import jax

    def forward(given: list[Any]) -> Any:
        return model(given, training=False)

    program, outputs = jax.make_jaxpr(forward, return_shape=True)(batch)
    return jax.tree.leaves(outputs), _of(program.jaxpr) / len(batch[0])


def _of(jaxpr: Any) -> int:
    total = 0
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        if name == "dot_general":
            total += _product(equation)
        elif name == "conv_general_dilated":
            total += _convolution(equation)
        times = params["length"] if name == "scan" else 1
        total += times * sum(_of(inner) for value in params.values() for inner in _inside(value))
        assert name != "while", "a loop of unknown length"
    return total


def _inside(value: Any) -> list[Any]:
    """The programs among an operation's parameters."""
    if isinstance(value, (list, tuple)):
        return [inner for item in value for inner in _inside(item)]
    jaxpr = getattr(value, "jaxpr", value)
    return [jaxpr] if hasattr(jaxpr, "eqns") else []


def _product(equation: Any) -> int:
    (contracted, _), _ = equation.params["dimension_numbers"]
    left = equation.invars[0].aval.shape
    return prod(equation.outvars[0].aval.shape) * prod(left[axis] for axis in contracted)


def _convolution(equation: Any) -> int:
    """Each output place meets the whole window, on padding too; of a transposed one each input place does.

    A transposed convolution is one whose input is spread, or that yields more places than it reads: Keras pads by no more
    than keeps the places.
    """
    numbers = equation.params["dimension_numbers"]
    read, kernel, made = (variable.aval.shape for variable in (*equation.invars, *equation.outvars))
    places_read = prod(read[axis] for axis in (numbers.lhs_spec[0], *numbers.lhs_spec[2:]))
    places_made = prod(made[axis] for axis in (numbers.out_spec[0], *numbers.out_spec[2:]))
    transposed = places_made > places_read or any(step > 1 for step in equation.params["lhs_dilation"])
    return int((places_read if transposed else places_made) * prod(kernel))
