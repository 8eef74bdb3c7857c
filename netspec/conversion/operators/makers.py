"""A program seen from its tensors: what makes each, and which numbers stand in the file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from netspec.conversion.operators.constants import constant
from netspec.conversion.operators.program import Operator, Program, shortest

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

MOVES = ("Reshape", "Squeeze", "Unsqueeze", "Pad", "Identity", "Transpose")  # change no number
_MAX_FACTORS = 8


class Tensors:
    """A program in which one can go from a tensor to what makes it."""

    def __init__(self, program: Program) -> None:
        self.constants = dict(program.constants)
        self.operators = list(program.operators)
        self.maker = {name: operator for operator in self.operators for name in operator.outputs}
        self.readers = Counter(name for operator in self.operators for name in operator.inputs)
        self.readers.update(program.outputs.values())
        # Of these readers those that ask for its sizes alone.
        self.measured = Counter(name for each in self.operators if each.kind == "Shape" for name in each.inputs)

    def replace(self, index: int, operator: Operator) -> None:
        """Put an operator in the place of another that makes the same."""
        self.operators[index] = operator
        self.maker.update(dict.fromkeys(operator.outputs, operator))

    def array(self, name: str) -> Array | None:
        """The numbers of a tensor, if they stand in the file."""
        if name not in self.constants:
            maker = self.maker.get(name)
            found = constant(maker) if maker is not None and maker.kind == "Constant" else None
            if found is None:
                if (
                    maker is not None
                    and maker.kind in ("Identity", "Cast", "CastLike")
                    and maker.reads(0) in self.constants
                ):
                    return self.constants[maker.reads(0)]
                return None
            self.constants[name] = found
        return self.constants[name]

    def number(self, name: str) -> float | None:
        """The one number of a tensor, if it stands in the file."""
        array = self.array(name)
        if array is None or array.size != 1 or array.dtype.kind not in "fiu":
            return None
        return shortest(array.ravel().tolist()[0])

    def made_by(self, name: str, *kinds: str) -> Operator | None:
        """The operator that makes a tensor, if it is one of these."""
        maker = self.maker.get(name)
        return maker if maker is not None and maker.kind in kinds else None

    def parts(self, operator: Operator) -> tuple[str, float] | None:
        """Of an operator on a tensor and a number: both."""
        if len(operator.inputs) != 2:
            return None
        first, second = operator.inputs
        for tensor, other in ((first, second), (second, first)):
            value = self.number(other)
            if value is not None and self.array(tensor) is None:
                return tensor, value
        return None

    def factors(self, name: str) -> tuple[list[str], float]:
        """What is multiplied to make a tensor, and the number that it is multiplied by."""
        found: list[str] = []
        scale = 1.0
        waiting = [name]
        while waiting:
            each = waiting.pop()
            maker = self.maker.get(each)
            value = self.number(each)
            if value is not None:
                scale *= value
            elif maker is None or len(found) + len(waiting) > _MAX_FACTORS:
                found.append(each)
            elif maker.kind == "Mul" and len(maker.inputs) == 2:
                waiting += maker.inputs
            elif maker.kind == "Neg":
                scale = -scale
                waiting += maker.inputs
            elif maker.kind == "Div" and len(maker.inputs) == 2 and self.number(maker.inputs[1]):
                scale /= self.number(maker.inputs[1]) or 1.0
                waiting.append(maker.inputs[0])
            elif maker.kind == "Pow" and len(maker.inputs) == 2 and self.number(maker.inputs[1]) in (2, 3):
                waiting += [maker.inputs[0]] * int(self.number(maker.inputs[1]) or 0)
            else:
                found.append(each)
        return sorted(found), scale
