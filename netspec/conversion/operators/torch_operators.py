"""What PyTorch's operators are given while they are put into ONNX's words, and the table of those that are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.torch_reading import Call, Exported, Ref

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array


class Made:
    """The operators that a program becomes."""

    def __init__(self, exported: Exported) -> None:
        self.operators: list[Operator] = []
        self.constants: dict[str, Array] = {}
        self.call = Call("", "", {}, ())
        self._known: dict[str, str] = {}  # tensors by another name
        for name, array in exported.arrays.items():
            full = exported.parameters[name]
            self.constants[full] = array
            self._known[name] = full

    def name(self, value: object) -> str:
        """The tensor that an argument is; '' for none. Raises TypeError."""
        import numpy as np

        if value is None:
            return ""
        if isinstance(value, Ref):
            return self._known.get(value.name, value.name)
        if isinstance(value, (bool, int, float)):
            key = f"const {value!r}"
            self.constants.setdefault(key, np.asarray(value, "float32" if isinstance(value, float) else None))
            return key
        if isinstance(value, list):
            if all(isinstance(each, int) for each in value):
                key = f"const {value}"
                self.constants.setdefault(key, np.asarray(value, "int64"))
                return key
            names = [self.name(each) for each in value]
            return self.step("List", names)
        raise TypeError("no tensor")

    def array(self, value: object) -> Array | None:
        """The numbers of a tensor that stands in the file."""
        return self.constants.get(self.name(value))

    def put(self, kind: str, inputs: Sequence[str], **settings: object) -> str:
        """The operator that makes what the call makes. The name of its first output."""
        return self.making(self.call.outputs, kind, inputs, **settings)

    def making(self, outputs: tuple[str, ...], kind: str, inputs: Sequence[str], **settings: object) -> str:
        """An operator that makes these tensors. The name of the first."""
        number = len(self.operators)
        name = self.call.name if outputs == self.call.outputs else f"{self.call.name} ({number})"
        self.operators.append(Operator(name, kind, tuple(inputs), outputs, settings))
        return outputs[0]

    def step(self, kind: str, inputs: Sequence[str], **settings: object) -> str:
        """An operator on the way to what the call makes."""
        return self.making((f"{self.call.name} step {len(self.operators)}",), kind, inputs, **settings)

    def turned(self, value: object) -> str:
        """A matrix of weights with its axes exchanged."""
        name = self.name(value)
        array = self.constants.get(name)
        if array is None or array.ndim != 2:
            return self.step("Transpose", [name], perm=[1, 0])
        return self.held(f"turned::{name}", array.T)

    def held(self, name: str, array: Array) -> str:
        """A tensor of numbers that are made of those in the file, by its name."""
        self.constants.setdefault(name, array)
        return name


Rule = Callable[[Made, Call], object]
TABLE: dict[str, Rule] = {}


def rule(*words: str) -> Callable[[Rule], Rule]:
    """Put a function into the table, for operators of these names."""

    def put(function: Rule) -> Rule:
        TABLE.update(dict.fromkeys(words, function))
        return function

    return put


def first(call: Call) -> object:
    """The tensor that an operator is of: its first argument, whatever that is called."""
    return next(iter(call.arguments.values()))


def wholes(value: object) -> list[int]:
    """An argument that is one whole number, or several. Raises TypeError."""
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, int) for each in found):
        raise TypeError("no whole numbers")
    return list(found)


def whole(value: object) -> int:
    """An argument that is a whole number. Raises TypeError."""
    if not isinstance(value, int):
        raise TypeError("no whole number")
    return int(value)
