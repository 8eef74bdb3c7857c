"""What an operator is given while it becomes nodes, and the table of those that do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from netspec.conversion.model import ConversionError
from netspec.conversion.operators.constants import integers
from netspec.conversion.operators.layouts import Nodes, Value, channels_last
from netspec.conversion.operators.program import Operator
from netspec.conversion.operators.sizes import Size
from netspec.diagnostics.words import show

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

TURNED = "turns steps round whose number is open, for which there is no kind"
MAX_WRITTEN = 256  # numbers of a constant that a spec lists; more become weights that are not trained
_OWN = re.compile(r"(?!val_\d|const|onnx::)([A-Za-z_]\w*(?:\.\w+)*)\Z")  # of a parameter that is no layer's
_OF_ONE = ("learned", "layer_scale", "position_embedding")  # kinds with one tensor of weights, which has their name
_PARAMETER = re.compile(r"(?:.*::)?([A-Za-z_][\w.]*)\.(?:(?:in_proj_)?(?:weight|bias)|kernel)\Z")


class Turning:
    """The tensors of a program while it becomes nodes.

    Args:
        nodes: Where they are put.
        opset: The version of ONNX's operators.
        learned: Tensors that are weights, which may be trained, and not just numbers.
        shares_all: Are two nodes with the same tensors for weights always one layer? Exporters to ONNX put equal vectors together.
    """

    def __init__(self, nodes: Nodes, opset: int, learned: set[str], *, shares_all: bool = False) -> None:
        self.nodes = nodes
        self.opset = opset
        self.learned = learned
        self.values: dict[str, Value] = {}
        self.arrays: dict[str, Array] = {}
        self.readers: Mapping[str, Sequence[Operator]] = {}
        self.shares_all = shares_all
        self.turned: set[str] = set()  # nodes for steps turned round whose number is open
        self._constants: dict[str, str] = {}
        self._tied: dict[tuple[str, ...], str] = {}

    # --- what an operator reads ---

    def has(self, operator: Operator, place: int) -> bool:
        """Is there such an input?"""
        return bool(operator.reads(place))

    def is_known(self, operator: Operator, place: int) -> bool:
        """Are the numbers of an input known where the model is read?"""
        return operator.reads(place) in self.arrays

    def value(self, operator: Operator, place: int = 0) -> Value:
        """An input as a tensor; numbers that are known become a node. Raises ConversionError."""
        name = operator.reads(place)
        if name in self.values:
            return self.values[name]
        if name not in self.arrays:
            raise ConversionError(f"lacks its input {place + 1}", operator.name)
        return self.constant(self.arrays[name], name)

    def array(self, operator: Operator, place: int) -> Array:
        """An input whose numbers must be known. Raises ConversionError."""
        name = operator.reads(place)
        if name not in self.arrays:
            what = f"input {place + 1}, {show(name)}," if name else f"input {place + 1}"
            why = "is computed when the network runs, and a spec has numbers there" if name else "is missing"
            raise ConversionError(f"its {what} {why}", operator.name)
        return self.arrays[name]

    def numbers(self, operator: Operator, place: int, setting: str = "") -> list[int] | None:
        """Whole numbers that stand in a setting, or in an input of newer versions; None where in neither.

        Raises:
            ConversionError: They are no whole numbers.
        """
        said = operator.wholes(setting) if setting else None
        if said is not None:
            return list(said)
        if not self.has(operator, place):
            return None
        try:
            return integers(self.array(operator, place))
        except ValueError:
            raise ConversionError(
                f"its input {place + 1} must be whole numbers that are known", operator.name
            ) from None

    def single(self, operator: Operator, place: int, setting: str, default: float | None) -> float | None:
        """A number that stands in a setting, or in an input of newer versions. Raises ConversionError."""
        if setting in operator.settings:
            return operator.number(setting, 0.0)
        if not self.has(operator, place):
            return default
        array = self.array(operator, place)
        if array.size != 1:
            raise ConversionError(f"its input {place + 1} must be one number", operator.name)
        return number(array)

    def weight(self, operator: Operator, place: int, rank: int | None = None) -> Array:
        """An input that is weights, as floats. Raises ConversionError."""
        import numpy as np

        array = self.array(operator, place)
        if array.dtype.kind not in "fiu" or (rank is not None and array.ndim != rank):
            raise ConversionError(f"its input {place + 1} has the shape {list(array.shape)}", operator.name)
        return array.astype(np.float32)

    def axis(self, operator: Operator, axis: int, rank: int) -> int:
        """An axis counted from the front. Raises ConversionError."""
        if not -rank <= axis < rank:
            raise ConversionError(f"names axis {axis} of {rank}", operator.name)
        return axis % rank

    def sizes(self, value: Value) -> list[Size]:
        """Of the axes of a tensor."""
        return self.nodes.sizes(value)

    # --- what it becomes ---

    def node(
        self,
        kind_name: str,
        values: Mapping[str, object],
        reads: Sequence[str],
        *,
        named: Sequence[str] = (),
        weights: Sequence[Array] = (),
        trainable: bool = True,
        beside: Mapping[str, tuple[str, ...]] | None = None,
    ) -> str:
        """A node.

        Args:
            kind_name: Its kind.
            values: Its hyperparameters.
            reads: The nodes that it reads.
            named: The tensors that are its weights, whose names may be somebody's; where another node of the kind has just the
                same, it shares them.
            weights: As its layer in Keras has them.
            trainable: May they change?
            beside: Further nodes that it reads, by the hyperparameters that name them.
        """
        tied = bool(weights and named) and (self.shares_all or weights[0].ndim > 1)
        tied = tied and self.learned.issuperset(named)
        key = (kind_name, repr(sorted(values.items())), *named)
        share = self._tied.get(key) if tied else None
        made = self.nodes.put(
            kind_name,
            dict(values),
            reads,
            name=self._name(kind_name, named),
            weights=() if share else weights,
            trainable=trainable,
            share=share,
            beside=beside,
        )
        if tied:
            self._tied.setdefault(key, made)
        return made

    def _name(self, kind_name: str, named: Sequence[str]) -> str:
        """The name of the layer whose weights some tensors are; '' where it is not somebody's, or that of several."""
        for name in named:
            found = _PARAMETER.match(name)
            if found is None and kind_name in _OF_ONE and name in self.learned:
                found = _OWN.match(name)
            if found is not None and len(self.readers.get(name, ())) == 1:
                return found[1].replace(".", "_")
        return ""

    def is_for_all(self, array: Array, axis: int = 0) -> bool:
        """Are numbers the same along an axis that is the batch, so that they may be held for each example?"""
        count = array.shape[axis]
        return count == 1 or (count == self.nodes.batch and bool((array == array.take([0], axis)).all()))

    def constant(self, array: Array, name: str = "", *, batch: int | None = None) -> Value:
        """Numbers as a tensor: weights, or a constant that the spec lists.

        Args:
            array: The numbers.
            name: Of the tensor, which becomes one node however often it is read.
            batch: Which of their axes is the batch, along which they are the same? What is held is there for each example.
        """
        import numpy as np

        key = f"{name}:{batch}"
        found = self._constants.get(key) if name else None
        if found is None:
            own = array if batch is None else np.take(array, 0, batch)
            found = self.held(own, learned=name in self.learned, name=name)
            self._constants[key] = found
        axes = self.nodes.whole(found).axes
        if batch is None:
            return Value(found, axes[1 : array.ndim + 1])
        return Value(found, (*axes[1 : batch + 1], (0,), *axes[batch + 1 : array.ndim]))

    def held(self, array: Array, *, learned: bool, name: str = "") -> str:
        """A node that holds numbers in its axes, the batch apart."""
        import numpy as np

        if array.dtype == object:
            raise ConversionError("computes with a size that is open", self.nodes.origin)
        shape = [*array.shape] or [1]
        if not array.size:
            raise ConversionError("computes with no numbers at all", self.nodes.origin)
        flat = array.astype(np.float32).ravel()
        if not np.isfinite(flat).all():
            flat = np.nan_to_num(flat, nan=0.0, posinf=3e38, neginf=-3e38)
        if not learned and array.size <= MAX_WRITTEN:
            numbers = [shown(each) for each in flat.tolist()]
            value: object = numbers[0] if len(set(numbers)) == 1 else numbers
            return self.nodes.put("constant", {"value": value, "shape": shape}, [])
        return self.node(
            "learned", {"shape": shape}, [], named=[name] * bool(name), weights=[flat.reshape(shape)], trainable=learned
        )

    def after(self, value: Value, node: str) -> Value:
        """The tensor in the place of one with the same axes."""
        return Value(node, value.axes)

    def unary(self, value: Value, kind_name: str, values: Mapping[str, object] | None = None) -> Value:
        """A node that treats each number by itself."""
        return self.after(value, self.node(kind_name, values or {}, [value.node]))

    def image(self, value: Value) -> Value:
        """A tensor of an image, or a sequence, whose channels stand second, with its channels last. Raises ConversionError."""
        if not 3 <= value.rank <= 5:
            raise ConversionError(f"is applied to a tensor of {value.rank} axes", self.nodes.origin)
        turned = self.nodes.arranged(value, channels_last(value.rank))
        if turned.axes[0] != (0,) or any(0 in atoms for atoms in turned.axes[1:]):
            raise ConversionError("is applied to a tensor whose first axis is not the batch", self.nodes.origin)
        return turned

    def channels(self, rank: int, node: str) -> Value:
        """A node whose channels come last as a tensor whose channels come second."""
        return Value(node, ((0,), (rank - 1,), *((axis,) for axis in range(1, rank - 1))))


def number(array: Array) -> float:
    """The one number of an array, whole or as a person writes it."""
    return shown(array.ravel().tolist()[0])


def shown(value: object) -> float:
    """A number that was kept in 32 bits, whole if it is."""
    import numpy as np

    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return int(bool(value))
    if isinstance(value, int):
        return value
    short = float(str(np.float32(value))) if np.isfinite(value) else value
    return int(short) if abs(short) < 2**24 and short == int(short) else short


Lift = Callable[[Turning, Operator], "Value | Sequence[Value | Array | None]"]
OPERATORS: dict[str, Lift] = {}


def operator(*kinds: str) -> Callable[[Lift], Lift]:
    """Put a function into the table, for operators of these kinds."""

    def put(lift: Lift) -> Lift:
        OPERATORS.update(dict.fromkeys(kinds, lift))
        return lift

    return put
