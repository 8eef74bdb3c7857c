"""What makes building faster on TensorFlow alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netspec.backends.keras.draws import ALIGNMENT
from netspec.backends.keras.types import KerasTensor, KerasVariable

if TYPE_CHECKING:
    from netspec.backends.keras.draws import Array

NAME = "weight/"


@contextmanager
def one_name() -> Iterator[None]:
    """Inside, all TensorFlow variables have one name, which nobody sees: Keras's variables around them have their own.

    The name is a part of what TensorFlow looks up its kernels by, and one that it has not seen costs it twenty times as much.
    """
    import tensorflow

    def create(next_creator: Callable[..., KerasVariable], **arguments: object) -> KerasVariable:
        arguments["name"] = NAME
        return next_creator(**arguments)

    with tensorflow.variable_creator_scope(create):
        yield


def tensor(array: Array) -> KerasTensor:
    """The tensor of an array that nobody else will write to, in the same memory where TensorFlow can compute there."""
    import tensorflow

    if array.__array_interface__["data"][0] % ALIGNMENT:
        return tensorflow.convert_to_tensor(array)
    return tensorflow.experimental.dlpack.from_dlpack(array.__dlpack__())


def in_strategy() -> bool:
    """Is a `tf.distribute` strategy in force, which makes and places variables itself?"""
    import tensorflow

    return bool(tensorflow.distribute.has_strategy())
