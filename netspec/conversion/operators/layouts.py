"""Where the axes of a model's tensors are in those of a spec, whose channels come last.

A tensor is held by a node. Each of its axes is some of the axes of the node, the first of which is the batch: transpositions,
axes of size 1 and merged axes need no node of their own, until somebody wants them as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from netspec.conversion.converting import configured
from netspec.conversion.model import ConversionError
from netspec.conversion.naming import identifier
from netspec.conversion.nodes import FlatNode
from netspec.conversion.operators.sizes import BATCH, Block, Open, Size, divided, product, regrouped
from netspec.kinds import KINDS
from netspec.options import Values
from netspec.shapes import Shape

if TYPE_CHECKING:
    from netspec.conversion.operators.program import Array

# Kinds whose outputs have the sizes of their first input, those that are open too.
_KEEP_SIZES = ("activation", "normalisation", "regularisation", "merge")


class Value(NamedTuple):
    """A tensor: the node that holds it, and for each of its axes those of the node, the slowest first.

    The node's axis 0 is the batch. An axis of no axes has the size 1; axes of the node that are in none have it too.
    """

    node: str
    axes: tuple[tuple[int, ...], ...]

    @property
    def rank(self) -> int:
        """The number of its axes."""
        return len(self.axes)


def channels_last(rank: int) -> tuple[int, ...]:
    """The order of the axes of an image whose channels come first, as a spec has them."""
    return (0, *range(2, rank), 1)


def values_on(kind_name: str, values: Values, shapes: Sequence[Shape]) -> Values:
    """The hyperparameters of a node on such inputs, `rounding` with them where a rest is dropped. Raises ConversionError."""
    return configured(kind_name, values, shapes, "")[1]


class Nodes:
    """The nodes that are made of a model, with their shapes and weights.

    Args:
        batch: The number of examples, if the model says it.
    """

    def __init__(self, batch: Size = BATCH) -> None:
        self.batch = batch
        self.origin = ""  # the operator that nodes are made for
        self.made: dict[str, FlatNode] = {}
        self.shape: dict[str, Shape] = {}
        self.parts: dict[str, tuple[str, ...]] = {}  # what nodes give beside their main output
        self.weights: dict[str, tuple[Array, ...]] = {}
        self._sizes: dict[str, tuple[Size, ...]] = {}
        self._names: Counter[str] = Counter()
        self._again: dict[tuple[str, str, tuple[int, ...]], str] = {}

    def name(self, wanted: str) -> str:
        """A name that no node has, nor an input."""
        base = name = identifier(re.sub(r"(?<=.)_\d+\Z", "", wanted) if wanted in KINDS else wanted)
        while name in self._names:
            self._names[base] += 1
            name = f"{base}_{self._names[base]}"
        self._names[name] += 1
        return name

    def enter(self, name: str, sizes: Sequence[Size]) -> None:
        """An input of such sizes, the batch included."""
        self._sizes[name] = tuple(sizes)
        self.shape[name] = tuple(size if isinstance(size, int) else None for size in sizes[1:])

    def put(
        self,
        kind_name: str,
        values: Values,
        reads: Sequence[str],
        *,
        name: str = "",
        weights: Sequence[Array] = (),
        trainable: bool = True,
        share: str | None = None,
        beside: Mapping[str, tuple[str, ...]] | None = None,
    ) -> str:
        """A node.

        Args:
            kind_name: Its kind.
            values: Its hyperparameters; those at their defaults are left out.
            reads: The nodes that it reads.
            name: That somebody gave it.
            weights: As its layer in Keras has them.
            trainable: May the weights change?
            share: The node whose weights it uses.
            beside: Further nodes that it reads, by the hyperparameters that name them.

        Returns:
            Its name.

        Raises:
            ConversionError: The kind does not take these.
        """
        options = KINDS[kind_name].options
        values = {key: value for key, value in values.items() if options[key].required or value != options[key].default}
        beside = beside or {}
        shapes = [self.shape[each] for each in (*reads, *sum(beside.values(), ()))]
        config, values = configured(kind_name, {**values, **beside}, shapes, self.origin)
        shape = config.infer(*shapes)
        made = self.name(name or kind_name)
        own = {key: value for key, value in values.items() if key not in beside}
        self.made[made] = FlatNode(
            made, kind_name, own, tuple(reads), self.origin, share, trainable, bool(name), beside
        )
        self.shape[made] = shape
        self.parts[made] = tuple(f"{made}.{part}" for part in config.part_names())
        for part, of_part in zip(self.parts[made], config.part_shapes(*shapes), strict=True):
            self.enter(part, self._opened(part, of_part))
        keeps = bool(reads) and KINDS[kind_name].family in _KEEP_SIZES and self.shape[reads[0]] == shape
        self._sizes[made] = self._sizes[reads[0]] if keeps else self._opened(made, shape)
        if weights:
            self.weights[made] = tuple(weights)
        return made

    def _opened(self, name: str, shape: Shape) -> tuple[Size, ...]:
        """The sizes of a node of this shape, the batch included."""
        return (self.batch, *(Open(1, (f"{name}.{i}",)) if s is None else s for i, s in enumerate(shape)))

    def sizes(self, value: Value) -> list[Size]:
        """Of the axes of a tensor."""
        held = self._sizes[value.node]
        return [product([held[axis] for axis in axes]) for axes in value.axes]

    def size(self, value: Value, axis: int) -> Size:
        """Of one axis."""
        held = self._sizes[value.node]
        return product([held[each] for each in value.axes[axis]])

    def whole(self, node: str) -> Value:
        """A node as the tensor that it is."""
        return Value(node, tuple((axis,) for axis in range(len(self.shape[node]) + 1)))

    # --- turning ---

    def arranged(self, value: Value, order: Sequence[int]) -> Value:
        """A tensor whose axes stand in this order in the node, one for each; the batch comes first.

        Args:
            value: The tensor.
            order: All of its axes. The one that is the batch may stand anywhere: it has no other place.

        Raises:
            ConversionError: The batch lies inside another axis.
        """
        sequence: list[int] = []
        target: list[Size] = []
        places: dict[int, tuple[int, ...]] = {}
        held = self._sizes[value.node]
        for axis in order:
            atoms = value.axes[axis]
            rest = [atom for atom in atoms if atom]
            if 0 in atoms[1:-1]:
                raise self._batch_inside()
            if 0 in atoms and not rest:
                places[axis] = (0,)
                continue
            sequence += rest
            target.append(product([held[atom] for atom in rest]))
            place = len(target)
            places[axis] = (place,) if 0 not in atoms else (0, place) if atoms[0] == 0 else (place, 0)
        node = self._shaped(self._permuted(value.node, sequence), target)
        return Value(node, tuple(places[axis] for axis in range(value.rank)))

    def _batch_inside(self) -> ConversionError:
        return ConversionError("has the batch inside another axis, which a spec has no word for", self.origin)

    def in_place(self, value: Value) -> list[int]:
        """The axes of a tensor in the order in which the node holds them."""
        keys: list[tuple[int, ...]] = []
        for axis, atoms in enumerate(value.axes):
            keys.append((min(atoms), -1) if atoms else (*(keys[-1][:1] if keys else (0,)), axis))
        found = sorted(range(value.rank), key=keys.__getitem__)
        if value.rank > 2 and all(self.size(value, axis) == 1 for axis in range(2, value.rank)):
            return list(channels_last(value.rank))  # what was pooled has its channels last
        return found

    def plain(self, value: Value) -> Value:
        """The tensor with an axis of the node for each of its own, as they stand."""
        return self.arranged(value, self.in_place(value))

    def ordered(self, value: Value) -> Value:
        """The tensor as the model has it, but for the batch, which comes first."""
        return self.arranged(value, range(value.rank))

    def _permuted(self, node: str, sequence: Sequence[int]) -> str:
        """The node with its axes in this order; those that are not named have the size 1, and come last."""
        rest = [axis for axis in range(1, len(self.shape[node]) + 1) if axis not in sequence]
        dims = [*sequence, *rest]
        seen = [axis for axis in dims if self._sizes[node][axis] != 1]
        if seen == sorted(seen):
            return node  # axes of size 1 move by a reshape
        before = self.made.get(node)
        if before is not None and before.kind_name == "permute":
            outer = before.values["dims"]
            assert isinstance(outer, list)
            return self._permuted(before.reads[0], [outer[axis - 1] for axis in dims])
        return self._once("permute", "dims", node, dims, [self._sizes[node][0], *(self._sizes[node][i] for i in dims)])

    def _shaped(self, node: str, target: Sequence[Size]) -> str:
        """The node with this shape, which holds as many numbers."""
        if list(self._sizes[node][1:]) == list(target):
            return node
        before = self.made.get(node)
        if before is not None and before.kind_name in ("reshape", "flatten"):
            return self._shaped(before.reads[0], target)
        shuffled = self._shuffled(before, target)
        if shuffled is not None:
            return shuffled
        written = [-1 if isinstance(size, Open) else size for size in target]
        if written.count(-1) > 1:
            raise ConversionError(
                "makes another shape of what has several open sizes, which no `reshape` does", self.origin
            )
        return self._once("reshape", "target_shape", node, written, [self._sizes[node][0], *target])

    def _shuffled(self, turned: FlatNode | None, target: Sequence[Size]) -> str | None:
        """The shuffle of channels that parts them, exchanges the parts and joins them again; None where it is none."""
        parted = self.made.get(turned.reads[0]) if turned is not None and turned.kind_name == "permute" else None
        if turned is None or parted is None or parted.kind_name != "reshape":
            return None
        rank = len(self.shape[parted.name])
        source = self._sizes[parted.reads[0]][1:]
        exchanged = [*range(1, rank - 1), rank, rank - 1]
        if turned.values["dims"] != exchanged or list(source) != list(target) or len(source) != rank - 1:
            return None
        groups = self._sizes[parted.name][rank - 1]
        return (
            self._once("channel_shuffle", "groups", parted.reads[0], [int(groups)], self._sizes[parted.reads[0]])
            if isinstance(groups, int)
            else None
        )

    def _once(self, kind_name: str, option: str, node: str, numbers: list[int], sizes: Sequence[Size]) -> str:
        """A node that rearranges another, the same one each time."""
        key = (kind_name, node, tuple(numbers))
        found = self._again.get(key)
        if found is None:
            flat = kind_name == "reshape" and len(numbers) == 1
            value: object = numbers[0] if kind_name == "channel_shuffle" else numbers
            found = self.put("flatten", {}, [node]) if flat else self.put(kind_name, {option: value}, [node])
            self._sizes[found] = tuple(sizes)
            self._again[key] = found
        return found

    # --- reshaping ---

    def reshaped(self, value: Value, target: Sequence[Size]) -> Value:
        """The tensor with other axes, which hold as many numbers. Raises ConversionError."""
        sizes = self.sizes(value)
        axes: list[tuple[int, ...]] = [() for _ in target]
        try:
            blocks = regrouped(sizes, target)
        except ConversionError as error:
            raise ConversionError(error.message, self.origin) from None
        for place, size in enumerate(target):  # a batch of one is an axis of size 1, and stays one
            if size == 1 and place < value.rank and value.axes[place] == (0,):
                axes[place] = (0,)
        while True:
            split = next(
                (block for block in blocks if len(block.targets) > 1 and not self._fits(value, block, target)), None
            )
            if split is None:
                break
            value = self._split(value, split, target)
        held = self._sizes[value.node]
        for block in blocks:
            atoms = [atom for axis in block.sources for atom in value.axes[axis] if held[atom] != 1]
            for place in block.targets:
                taken: list[int] = []
                while product([held[atom] for atom in taken]) != target[place]:
                    taken.append(atoms.pop(0))
                axes[place] = tuple(taken)
        return Value(value.node, tuple(axes))

    def _fits(self, value: Value, block: Block, target: Sequence[Size]) -> bool:
        """Do the axes of the node that a block has part where its targets part?"""
        held = self._sizes[value.node]
        atoms = [held[atom] for axis in block.sources for atom in value.axes[axis] if held[atom] != 1]
        for place in block.targets:
            size: Size = 1
            while size != target[place]:
                if not atoms:
                    return False
                size = product([size, atoms.pop(0)])
        return not atoms

    def _split(self, value: Value, block: Block, target: Sequence[Size]) -> Value:
        """The tensor in a node whose axes part where the targets of a block part."""
        held = self._sizes[value.node]
        inside = [atom for axis in block.sources for atom in value.axes[axis]]
        parts = [target[place] for place in block.targets]
        if inside[:1] == [0]:
            rest = divided(parts[0], held[0])
            if rest is None:
                raise self._batch_inside()
            inside, parts = inside[1:], [*([] if rest == 1 else [rest]), *parts[1:]]
        if 0 in inside or not inside:
            raise self._batch_inside()
        # All that the block has, side by side where its first axis stands; then as its parts.
        others = [axis for axis in range(1, len(held)) if axis not in inside]
        first = min(inside)
        before = [axis for axis in others if axis < first]
        after = [axis for axis in others if axis > first]
        node = self._permuted_all(value.node, [*before, *inside, *after])
        node = self._shaped(node, [*(held[axis] for axis in before), *parts, *(held[axis] for axis in after)])
        place = {axis: index for index, axis in enumerate(before, 1)}
        place |= {axis: index for index, axis in enumerate(after, 1 + len(before) + len(parts))}
        made = tuple(range(1 + len(before), 1 + len(before) + len(parts)))
        axes = []
        for axis, atoms in enumerate(value.axes):
            if axis == block.sources[0]:
                axes.append((0, *made) if 0 in atoms else made)
            elif axis in block.sources:
                axes.append(())
            else:
                axes.append(tuple(place.get(atom, 0) for atom in atoms))
        return Value(node, tuple(axes))

    def _permuted_all(self, node: str, dims: Sequence[int]) -> str:
        """The node with its axes in this order, those of size 1 moved as well."""
        if list(dims) == sorted(dims):
            return node
        sizes = self._sizes[node]
        return self._shaped(self._permuted(node, dims), [sizes[axis] for axis in dims])

    # --- several ---

    def spread(self, value: Value, rank: int) -> Value:
        """The tensor with axes of size 1 before its own."""
        return Value(value.node, (*((),) * (rank - value.rank), *value.axes))

    def together(self, values: Sequence[Value], base: Value | None = None) -> tuple[list[str], Value]:
        """Nodes of several tensors that broadcast as the tensors do, and the axes of what is made of them.

        Args:
            values: The tensors.
            base: Whose axes stand as all shall; the largest of them if not said.

        Raises:
            ConversionError: Their batches do not lie alike.
        """
        rank = max(value.rank for value in values)
        values = [self.spread(value, rank) for value in values]
        if base is None:
            base = max(
                values, key=lambda each: (sum(size != 1 for size in self.sizes(each)), len(self.shape[each.node]))
            )
        if not all(self._alike(value, base) for value in values):
            order = self.in_place(base)
            batch = next((axis for axis, atoms in enumerate(base.axes) if atoms == (0,)), None)
            values = [self.explicit(value, order, batch) for value in values]
            base = max(values, key=lambda each: sum(size != 1 for size in self.sizes(each)))
            if not all(self._alike(value, base) for value in values):
                raise self._batch_inside()
        return [self._conformed(value, base) for value in values], base

    def explicit(self, value: Value, order: Sequence[int], batch: int | None) -> Value:
        """A tensor with an axis of the node for each, but for the one that is the batch of others."""
        own = [axis for axis in order if axis != batch or value.axes[axis] not in ((), (0,))]
        made = self.arranged(Value(value.node, tuple(value.axes[axis] for axis in own)), range(len(own)))
        axes = dict(zip(own, made.axes, strict=True))
        return Value(made.node, tuple(axes.get(axis, (0,)) for axis in range(value.rank)))

    def _alike(self, value: Value, base: Value) -> bool:
        """Has the base places for the axes of a tensor?"""
        for axis, atoms in enumerate(value.axes):
            if self.size(value, axis) == 1:
                continue
            other = base.axes[axis]
            if len(atoms) != len(other) or [a == 0 for a in atoms] != [a == 0 for a in other]:
                return False
            if len(atoms) > 1 and self.held_sizes(value, axis) != self.held_sizes(base, axis):
                return False
        return True

    def held_sizes(self, value: Value, axis: int) -> list[Size]:
        """Of the axes of the node that are an axis of the tensor."""
        return [self._sizes[value.node][atom] for atom in value.axes[axis]]

    def slots(self, base: Value) -> list[tuple[int, int] | None]:
        """For each axis of a base's node but the batch, which axis of the tensor it is, and which part of that."""
        found = {atom: (axis, part) for axis, atoms in enumerate(base.axes) for part, atom in enumerate(atoms)}
        return [found.get(atom) for atom in range(1, len(self._sizes[base.node]))]

    def _conformed(self, value: Value, base: Value) -> str:
        """The node of a tensor with its axes where those of the base are."""
        if value.axes == base.axes and len(self.shape[value.node]) == len(self.shape[base.node]):
            return value.node
        wanted = [
            None if slot is None or self.size(value, slot[0]) == 1 else value.axes[slot[0]][slot[1]]
            for slot in self.slots(base)
        ]
        sizes = self._sizes[value.node]
        node = self._permuted(value.node, [atom for atom in wanted if atom is not None])
        target = [1 if atom is None else sizes[atom] for atom in wanted]
        while target[:1] == [1] and len(target) > 1:
            target.pop(0)
        return self._shaped(node, target)

    def numbers_at(self, values: Array, base: Value) -> Array | None:
        """Numbers that broadcast against a tensor, in the axes of its node but the batch; None where it has no places for them.

        Axes of size 1 at the front are left out.
        """
        array = values.reshape((1,) * (base.rank - values.ndim) + values.shape)
        split: list[int] = []
        places: dict[tuple[int, int], int] = {}
        for axis, size in enumerate(array.shape):
            atoms = base.axes[axis]
            held = self.held_sizes(base, axis)
            if size == 1:
                continue
            if not atoms or 0 in atoms or not all(isinstance(each, int) for each in held) or product(held) != size:
                return None
            for part, each in enumerate(held):
                places[axis, part] = len(split)
                split.append(int(each))  # type: ignore[arg-type]  # all are whole
        slots = self.slots(base)
        turned = array.reshape(split).transpose([places[slot] for slot in slots if slot is not None and slot in places])
        target = [1 if slot is None else split[places[slot]] if slot in places else 1 for slot in slots]
        while target[:1] == [1] and len(target) > 1:
            target.pop(0)
        return turned.reshape(target)

    def finished(self, ends: Sequence[str]) -> tuple[FlatNode, ...]:
        """The nodes that the ends come from, in the order in which they were made; what reads nothing just before its reader."""
        wanted = set(ends)
        for node in reversed(self.made.values()):
            if node.name in wanted:
                wanted.update(node.nodes_read)
        found: dict[str, FlatNode] = {}
        for node in self.made.values():
            if node.name in wanted and (node.all_read or node.name in ends):
                for name in node.nodes_read:
                    if name in self.made and not self.made[name].all_read:
                        found[name] = self.made[name]
                found[node.name] = node
        return tuple(found.values())
