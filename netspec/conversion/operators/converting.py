"""A program to the nodes of a flat spec."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.converting import Failure, Inconvertible
from netspec.conversion.joining import joined, with_padding_inside
from netspec.conversion.model import ConversionError
from netspec.conversion.naming import identifier
from netspec.conversion.nodes import Flat, FlatInput, not_converted

# Each of these puts its operators into the table.
from netspec.conversion.operators import elementwise, images, loops, norms, products, recurrent, shapes, windows  # noqa: F401
from netspec.conversion.operators.constants import computed
from netspec.conversion.operators.layouts import Nodes, Value, channels_last, values_on
from netspec.conversion.operators.patterns import simplified
from netspec.conversion.operators.program import Given, Operator, Program, needed
from netspec.conversion.operators.sizes import BATCH, Open, Size
from netspec.conversion.operators.turning import OPERATORS, TURNED, Turning
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

# An input whose first reader, but for what treats each number by itself, is one of these has its channels second.
_CHANNELS_FIRST = frozenset(
    (
        *(
            "Conv",
            "ConvTranspose",
            "MaxPool",
            "AveragePool",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "AdaptivePool",
            "LRN",
        ),
        *("Resize", "Upsample", "BatchNormalization", "InstanceNormalization", "GroupNormalization"),
        *("DepthToSpace", "SpaceToDepth", "ChannelShuffle"),
    )
)
_LOOK_THROUGH = frozenset(
    (
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Pow",
        "Max",
        "Min",
        "Clip",
        "Relu",
        "Cast",
        "Identity",
        "Pad",
        "Neg",
        "Tanh",
        "Sigmoid",
    )
)
DTYPES = {"float32": "float32", "int64": "int32", "int32": "int32", "bool": "bool", "uint8": "uint8", "int8": "int8"}


class Converted(NamedTuple):
    """A program as a flat spec."""

    flat: Flat
    weights: Mapping[str, tuple[Array, ...]]  # by the flat nodes, as Keras's layers have them
    inputs: Mapping[
        str, tuple[int, ...]
    ]  # by the program's inputs: which of its axes each of the spec's is, the batch too
    outputs: Mapping[str, tuple[int, ...]]  # by the spec's outputs, the same


def converted(program: Program, *, partial: bool = False) -> Converted:
    """The nodes of a program; with `partial`, nodes stand for what cannot be said. Raises ConversionError, Inconvertible."""
    program = needed(simplified(program))
    return _Converting(program, partial).result()


class _Converting:
    def __init__(self, program: Program, partial: bool) -> None:
        self.program = program
        self.partial = partial
        self.doubted: set[str] = set()  # tensors that come of a node that stands for another, whose shape they may have
        self.nodes = Nodes(_batch(program))
        learned = {name for name in program.constants if not name.startswith("const ")}
        self.turning = Turning(self.nodes, program.opset, learned, shares_all=program.exact_names)
        self.turning.arrays.update(program.constants)
        self.failures: list[Failure] = []
        self.turned = False  # do an input's channels come last in the spec, and not in the program?
        readers: dict[str, list[Operator]] = {}
        for operator in program.operators:
            for name in operator.inputs:
                readers.setdefault(name, []).append(operator)
        for name in program.outputs.values():  # outputs are read, though by no operator
            readers.setdefault(name, [])
        self.turning.readers = readers

    def result(self) -> Converted:
        """The nodes, or all that has no kind."""
        inputs, orders = [], {}
        for given in self.program.inputs:
            entering, orders[given.name] = self._input(given)
            inputs.append(entering)
        for operator in self.program.operators:
            if all(not name or self._is_made(name) for name in operator.inputs):
                is_doubted = not self.doubted.isdisjoint(operator.inputs)
                try:
                    self._turn(operator)
                except ConversionError as error:
                    if not is_doubted or operator.kind not in OPERATORS:
                        self.failures.append(Failure(error.layer or operator.name, error.message))
                    is_doubted = self.partial and self._hole(operator)
                if is_doubted:
                    self.doubted.update(operator.outputs)
            elif operator.kind not in OPERATORS:
                self.failures.append(Failure(operator.name, _no_kind(operator)))
        ends: dict[str, str] = {}
        axes: dict[str, tuple[int, ...]] = {}
        told = bool(self.failures)
        for name, tensor in self.program.outputs.items() if self.partial or not told else ():
            try:
                self._output(identifier(name), tensor, ends, axes)
            except ConversionError as error:
                if not told:
                    self.failures.append(Failure(error.layer or name, error.message))
        for node in self.nodes.finished(list(ends.values())):
            if node.name in self.turning.turned:
                self.failures.append(Failure(node.origin, TURNED))
                hole = not_converted("operator", node.origin, "ReverseSequence")
                self.nodes.made[node.name] = node._replace(hole=hole)
        if self.failures and not (self.partial and ends):
            raise Inconvertible(self.failures)
        nodes = self.nodes.finished(list(ends.values()))
        kept = frozenset(ends.values())
        nodes = with_padding_inside(joined(nodes, self.nodes.shape, kept), self.nodes.shape, kept, values_on)
        for node in nodes:
            if inf in (abs(value) for value in node.values.values() if isinstance(value, float)):
                raise Inconvertible([Failure(node.origin, "computes with infinity, which no spec can say")])
        if not nodes:
            raise ConversionError("it computes nothing")
        flat = Flat(identifier(self.program.name), tuple(inputs), nodes, ends)
        if self.failures:
            raise Inconvertible(self.failures, flat)
        used = {name for node in nodes for name in node.all_read}
        for each in inputs:
            if each.name not in used:
                raise ConversionError(f"its input {show(each.origin)} is read by nothing")
        weights = {node.name: self.nodes.weights[node.name] for node in nodes if node.name in self.nodes.weights}
        return Converted(flat, weights, orders, axes)

    def _input(self, given: Given) -> tuple[FlatInput, tuple[int, ...]]:
        if given.dtype not in DTYPES:
            raise ConversionError(f"its input {show(given.name)} is of {given.dtype}, which a spec's inputs are not")
        if len(given.sizes) < 2 and len(self.program.inputs) > 1 and given.sizes == ():
            raise ConversionError(f"its input {show(given.name)} is no batch of examples")
        rank = len(given.sizes)
        turned = rank > 2 and self._channels_first(given.name)
        self.turned |= turned
        order = channels_last(rank) if turned else tuple(range(rank))
        sizes: list[Size] = [
            self.nodes.batch if axis == 0 else Open(1, (f"{given.name}.{axis}",)) if size is None else size
            for axis, size in enumerate(given.sizes)
        ]
        if given.sizes[0] is not None and given.sizes[0] != self.nodes.batch:
            raise ConversionError(
                "its inputs have different first sizes, which should be the number of examples of all"
            )
        name = self.nodes.name("input" if len(self.program.inputs) == 1 else given.name)
        held = [sizes[axis] for axis in order]
        self.nodes.enter(name, held)
        place = {axis: index for index, axis in enumerate(order)}
        self.turning.values[given.name] = Value(name, tuple((place[axis],) for axis in range(rank)))
        return FlatInput(name, self.nodes.shape[name], DTYPES[given.dtype], given.name), order

    def _channels_first(self, name: str) -> bool:
        """Does what reads an input take its channels second?"""
        waiting, seen = [name], {name}
        while waiting:
            for operator in self.turning.readers.get(waiting.pop(0), ()):
                if operator.kind in _CHANNELS_FIRST:
                    return True
                if operator.kind in _LOOK_THROUGH:
                    new = [each for each in operator.outputs if each not in seen]
                    seen.update(new)
                    waiting += new
        return False

    def _is_made(self, name: str) -> bool:
        return name in self.turning.values or name in self.turning.arrays

    def _turn(self, operator: Operator) -> None:
        """Make what an operator gives: numbers, if all that it reads is known; else nodes."""
        import numpy as np

        turning = self.turning
        self.nodes.origin = operator.name
        made: object = None
        if operator.inputs and all(not name or name in turning.arrays for name in operator.inputs):
            nothing = np.zeros(0, "int64")
            made = computed(operator, [turning.arrays.get(name, nothing) for name in operator.inputs])
            if made is not None and any(name in turning.learned for name in operator.inputs):
                turning.learned.update(operator.outputs)
        if made is None:
            lift = OPERATORS.get(operator.kind)
            if lift is None:
                raise ConversionError(
                    f"is a {show(operator.kind)}, an operator for which there is no kind", operator.name
                )
            try:
                made = lift(turning, operator)
            except (
                TypeError,
                ValueError,
                LookupError,
                AttributeError,
                ArithmeticError,
            ):  # a file may say anything of one
                message = f"has inputs or settings that a {show(operator.kind)} does not have"
                raise ConversionError(message, operator.name) from None
        results = [made] if isinstance(made, Value) else list(made)  # type: ignore[call-overload]  # see Lift
        for name, each in zip(operator.outputs, results, strict=False):
            if isinstance(each, Value):
                turning.values[name] = each
            elif each is not None:
                turning.arrays[name] = each

    def _hole(self, operator: Operator) -> bool:
        """Put a node in the place of an operator that cannot be said, which hands on what it reads. Is there anything?"""
        read = next((self.turning.values[name] for name in operator.inputs if name in self.turning.values), None)
        if read is None:
            return False
        hole = self.turning.after(read, self.nodes.put("linear", {}, [read.node], name=operator.name))
        said = not_converted("operator", operator.name, operator.kind)
        self.nodes.made[hole.node] = self.nodes.made[hole.node]._replace(hole=said)
        self.turning.values.update(dict.fromkeys(filter(None, operator.outputs), hole))
        return True

    def _output(self, name: str, tensor: str, ends: dict[str, str], axes: dict[str, tuple[int, ...]]) -> None:
        """An output as the model has it; with its channels last where it is held so, and an input has been turned too."""
        found = self.turning.values.get(tensor)
        if found is None:
            raise ConversionError("is an output that does not come from an input", name)
        order = self.nodes.in_place(found)
        natural = self.turned and found.rank > 2 and tuple(order) == channels_last(found.rank)
        turned = self.nodes.arranged(found, order if natural else range(found.rank))
        if turned.axes[:1] != ((0,),) or any(0 in atoms for atoms in turned.axes[1:]):
            raise ConversionError("is an output whose first axis is not the batch", name)
        if turned.node not in self.nodes.made or turned.node in ends.values():
            turned = self.turning.unary(turned, "linear")
        while name in ends:
            name = f"{name}_2"
        ends[name] = turned.node
        axes[name] = tuple(order) if natural else tuple(range(found.rank))


def _no_kind(operator: Operator) -> str:
    return f"is a {show(operator.kind)}, an operator for which there is no kind"


def _batch(program: Program) -> Size:
    """The number of examples: open, or what the first input says."""
    for given in program.inputs:
        if given.sizes and given.sizes[0] is not None:
            return given.sizes[0]
    return BATCH
