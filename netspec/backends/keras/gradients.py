"""Gradients by what a network is given: the one place where each backend is asked in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from netspec.backends.keras.types import Keras, KerasModel, KerasTensor

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

    Score = Callable[[dict[str, KerasTensor], Callable[[KerasTensor], KerasTensor]], KerasTensor]


def gradients(
    keras: Keras,
    network: KerasModel,
    x: Mapping[str, Array],
    weights: Mapping[str, Array],
    by: Sequence[str],
) -> dict[str, Array]:
    """The gradients of a weighed sum of a network's outputs by some of its inputs, as in inference.

    Args:
        keras: The module.
        network: A functional model whose inputs, and whose outputs where it has several, are dictionaries.
        x: Its inputs, a batch each, by name.
        weights: What each number of an output counts, by the output's name; of a model with one output, one array by any name.
        by: The inputs in question, which are numbers.

    Returns:
        By the names of the inputs, in their shapes; 0 where the outputs do not depend on them.
    """
    given = {name: keras.ops.convert_to_tensor(values) for name, values in x.items()}
    seeds = {name: keras.ops.convert_to_tensor(values) for name, values in weights.items()}

    def score(inputs: dict[str, KerasTensor], call: Callable[[KerasTensor], KerasTensor]) -> KerasTensor:
        made = call(next(iter(inputs.values())) if len(inputs) == 1 else inputs)
        named = made if isinstance(made, dict) else dict.fromkeys(seeds, made)
        return sum(keras.ops.sum(keras.ops.cast(named[name], seed.dtype) * seed) for name, seed in seeds.items())

    found = _BY_BACKEND[keras.backend.backend()](network, given, score, by)
    return {
        name: keras.ops.convert_to_numpy(keras.ops.zeros_like(given[name]) if each is None else each)
        for name, each in zip(by, found, strict=True)
    }


def _tensorflow(network: KerasModel, given: dict[str, KerasTensor], score: Score, by: Sequence[str]) -> KerasTensor:
    import tensorflow as tf

    sources = [given[name] for name in by]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        total = score(given, lambda inputs: network(inputs, training=False))
    return tape.gradient(total, sources)


def _jax(network: KerasModel, given: dict[str, KerasTensor], score: Score, by: Sequence[str]) -> KerasTensor:
    import jax

    def total(sources: list[KerasTensor], rest: KerasTensor, learned: KerasTensor, kept: KerasTensor) -> KerasTensor:
        inputs = {**rest, **dict(zip(by, sources, strict=True))}
        ordered = {name: inputs[name] for name in given}
        return score(ordered, lambda each: network.stateless_call(learned, kept, each, training=False)[0])

    return jax.jit(jax.grad(total))(
        [given[name] for name in by],
        {name: values for name, values in given.items() if name not in by},
        [variable.value for variable in network.trainable_variables],
        [variable.value for variable in network.non_trainable_variables],
    )


def _torch(network: KerasModel, given: dict[str, KerasTensor], score: Score, by: Sequence[str]) -> KerasTensor:
    import torch

    inputs = {name: values.detach().clone() for name, values in given.items()}
    sources = [inputs[name].requires_grad_(True) for name in by]
    with torch.enable_grad():
        total = score(inputs, lambda each: network(each, training=False))
        found = torch.autograd.grad(total, sources, allow_unused=True)
    return [None if each is None else each.detach() for each in found]


_BY_BACKEND = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
