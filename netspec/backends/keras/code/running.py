"""What is asked of this package: the script of a spec, and whether a script makes a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.backends.keras.sampling import flat, largest_difference, sample_of
from netspec.backends.keras.types import Keras, KerasModel

if TYPE_CHECKING:
    from netspec.pipeline import Spec


def script(keras: Keras, spec: Spec) -> str | None:
    """The script of a spec without errors, with functions and loops; None where none is proven to make its calls."""
    from netspec.backends.keras.code.module import code
    from netspec.backends.keras.code.terms import Signatures

    return code(spec, Signatures(keras))


def compared(keras: Keras, model: KerasModel, text: str) -> float | None:
    """How far what a script makes is from a model, whose weights it is given, as a share of the largest output.

    Args:
        keras: The module.
        model: The model; its weights become those that the script begins with.
        text: The script, which is netspec's own.

    Returns:
        None where the weights are not of the same names, shapes and order, or the outputs of others.
    """
    names: dict[str, object] = {"__name__": "script"}
    exec(compile(text, "script.py", "exec"), names)
    build = names.get("build_model")
    made: KerasModel = build() if callable(build) else names["model"]
    mine, theirs = ([(each.path, tuple(each.shape), each.trainable) for each in m.weights] for m in (model, made))
    if mine != theirs or model.name != made.name:
        return None
    model.set_weights(made.get_weights())
    sample = sample_of(keras, model)
    found = flat(keras, made(sample.structure, training=False))
    if [each.shape for each in sample.outputs] != [each.shape for each in found]:
        return None
    return largest_difference(sample.outputs, found)
