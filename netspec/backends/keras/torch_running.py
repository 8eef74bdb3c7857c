"""A program that PyTorch exported, run operator by operator: only those that are converted, by their names in a table of ours."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netspec.backends.keras.types import KerasTensor
from netspec.conversion.model import ConversionError
from netspec.conversion.operators.torch_program import ATEN, is_known
from netspec.conversion.operators.torch_reading import Call, Exported, Ref
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

_TYPES = ("uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")  # PyTorch's number 1 and on
_OF_SIZES: dict[str, Callable[[object, object], object]] = {
    "_operator.mul": operator.mul,
    "_operator.add": operator.add,
    "_operator.sub": operator.sub,
    "_operator.floordiv": operator.floordiv,
    "_operator.truediv": operator.truediv,
}


def run(exported: Exported, given: Mapping[str, Array]) -> list[Array]:
    """The outputs of a program.

    Args:
        exported: The program.
        given: Its inputs, by their names.

    Raises:
        ConversionError: PyTorch does not take an operator with these arguments.
    """
    import torch

    values: dict[str, KerasTensor] = {}
    for name, array in {**exported.arrays, **given}.items():
        values[name] = torch.from_numpy(array.copy())
    with torch.no_grad():
        for call in exported.calls:
            if not any(call.outputs) or not is_known(call.target):
                continue  # what is not known makes nothing that is read, or the program would not have been converted
            try:
                made = _called(call, values)
            except Exception as error:  # noqa: BLE001 - PyTorch raises whatever a damaged program leads it to
                why = (str(error).strip() or type(error).__name__).splitlines()[0]
                raise ConversionError(f"PyTorch itself cannot run it ({show(why, 100)})", call.name) from None
            several = isinstance(made, (list, tuple))
            values.update(zip(call.outputs, made if several else (made,), strict=False))
    return [values[name].cpu().numpy() for name in exported.outputs]


def _called(call: Call, values: Mapping[str, KerasTensor]) -> KerasTensor:
    import torch

    if call.target in _OF_SIZES:
        one, other = (_value(call.arguments[word], values) for word in ("a", "b"))
        return _OF_SIZES[call.target](one, other)
    name, _, overload = call.target.removeprefix(ATEN).partition(".")
    packet = getattr(torch.ops.aten, name)
    if overload not in packet.overloads():
        raise ValueError(f"{call.target} does not exist")
    function = getattr(packet, overload)
    arguments = {word: _value(value, values) for word, value in call.arguments.items()}
    dtype = arguments.get("dtype")
    if isinstance(dtype, int):
        arguments["dtype"] = torch.bool if dtype == 12 else getattr(torch, _TYPES[dtype - 1])
    arguments.pop("device", None)
    arguments.pop("layout", None)
    return function(**arguments)


def _value(value: object, values: Mapping[str, KerasTensor]) -> object:
    if isinstance(value, Ref):
        return values[value.name]
    if isinstance(value, list):
        return [_value(each, values) for each in value]
    return value
