"""A graph of operators: what is read of an ONNX file, or of a program that PyTorch exported.

The operators are ONNX's, under ONNX's names; other formats are put into its words where they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.model import ConversionError
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]

MAX_OPERATORS = 100_000
MAX_AXES = 16  # that a tensor may have
MAX_SIZE = 2**40  # of an axis: beyond, products of sizes say nothing


class Operator(NamedTuple):
    """An operator between tensors, which have names."""

    name: str
    kind: str  # the operator's, in ONNX's words
    inputs: tuple[str, ...]  # '' for one that is left out
    outputs: tuple[str, ...]
    settings: Mapping[str, object] = {}  # numbers, texts, lists of either, arrays; what a loop does

    def reads(self, place: int) -> str:
        """The name of an input; '' where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""

    def whole(self, name: str, default: int) -> int:
        """A setting that is a whole number. Raises ConversionError."""
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConversionError(f"has `{name}` {show(value)}, which is no whole number", self.name)
        return value

    def number(self, name: str, default: float) -> float:
        """A setting that is a number. Raises ConversionError."""
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ConversionError(f"has `{name}` {show(value)}, which is no number", self.name)
        return value

    def text(self, name: str, default: str) -> str:
        """A setting that is a text. Raises ConversionError."""
        value = self.settings.get(name, default)
        if not isinstance(value, str):
            raise ConversionError(f"has `{name}` {show(value)}, which is no text", self.name)
        return value

    def wholes(self, name: str) -> tuple[int, ...] | None:
        """A setting that is a list of whole numbers; None where it is not said. Raises ConversionError."""
        value = self.settings.get(name)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, int) for each in value):
            raise ConversionError(f"has `{name}` {show(value)}, which is no list of whole numbers", self.name)
        return tuple(value)


class Body(NamedTuple):
    """What a loop does in each round.

    Its inputs are the loop's, place for place: the round, whether it goes on, what one round hands to the next, and behind these
    its own what it reads of the network around it.
    """

    inputs: tuple[str, ...]
    own: int
    operators: tuple[Operator, ...]  # each after those that it reads
    constants: Mapping[str, Array]
    outputs: tuple[str, ...]  # whether it goes on, what it hands to the next round, and what it collects

    def carried(self) -> list[int]:
        """The places of the inputs that each round hands to the next changed."""
        same = {
            each.outputs[0]: each.inputs[0]
            for each in self.operators
            if each.kind == "Identity" and each.inputs and each.outputs
        }
        found = []
        for place in range(2, self.own):
            name = self.outputs[place - 1]
            while name in same:
                name = same[name]
            if name != self.inputs[place]:
                found.append(place)
        return found


class Given(NamedTuple):
    """An input of a program, with all its axes, the batch too; None for a size that is open."""

    name: str
    sizes: tuple[int | None, ...]
    dtype: str


class Program(NamedTuple):
    """A network of operators, each after those that it reads."""

    name: str
    inputs: tuple[Given, ...]
    operators: tuple[Operator, ...]
    constants: Mapping[str, Array]  # by the names of their tensors
    outputs: Mapping[str, str]  # by the outputs' names, those of their tensors
    opset: int  # the version of ONNX's operators
    precision: str = "float32"  # in which it computes; it is read as one of float32
    exact_names: bool = False  # are two tensors of the same numbers two, and not put together by who wrote the file?


def in_order(operators: tuple[Operator, ...], known: set[str]) -> tuple[Operator, ...]:
    """The operators, each after those that it reads. Raises ConversionError on a circle, and on what nothing makes."""
    made = set(known)
    found: list[Operator] = []
    waiting: dict[str, list[int]] = {}  # by a tensor that is not made yet, those that read it
    missing: list[int] = []
    makers = {name for operator in operators for name in operator.outputs}
    ready = []
    for index, operator in enumerate(operators):
        needed = {name for name in operator.inputs if name and name not in made}
        missing.append(len(needed))
        for name in needed:
            if name not in makers:
                raise ConversionError(f"reads {show(name)}, which nothing makes", operator.name)
            waiting.setdefault(name, []).append(index)
        if not needed:
            ready.append(index)
    ready.reverse()
    while ready:
        operator = operators[ready.pop()]
        found.append(operator)
        for name in operator.outputs:
            if name in made:
                if name:
                    raise ConversionError(f"makes {show(name)}, which is made already", operator.name)
                continue
            made.add(name)
            for index in reversed(waiting.pop(name, [])):
                missing[index] -= 1
                if not missing[index]:
                    ready.append(index)
    if len(found) < len(operators):
        left = {operator.name for operator in found}
        name = next(each.name for each in operators if each.name not in left)
        raise ConversionError("reads what comes from itself", name)
    return tuple(found)


def needed(program: Program) -> Program:
    """The program without the operators whose outputs nothing reads."""
    wanted = set(program.outputs.values())
    kept = []
    for operator in reversed(program.operators):
        if any(name in wanted for name in operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return program._replace(operators=tuple(reversed(kept)))


def unique_names(names: Iterator[str]) -> Iterator[str]:
    """The names, those that come again with a number."""
    seen: dict[str, int] = {}
    for name in names:
        count = seen[name] = seen.get(name, 0) + 1
        yield name if count == 1 else f"{name}_{count}"


def shortest(number: float) -> float:
    """A number that was kept in 32 bits as somebody would write it: 0.1, and not 0.10000000149011612."""
    import numpy as np

    return float(str(np.float32(number)))
