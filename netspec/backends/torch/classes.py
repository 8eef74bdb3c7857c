"""Classes for units that are built alike: what differs between them are the params of the class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from netspec.backends.keras.code.terms import literal
from netspec.backends.torch.names import attribute, class_name, is_free, snake
from netspec.backends.torch.steps import Module, Name
from netspec.backends.torch.translating import Steps
from netspec.backends.torch.units import Unit

Place = tuple[object, ...]  # of a value in a class: which item, and where in it


class Node(NamedTuple):
    """A node as an item of a class."""

    number: int


class Run(NamedTuple):
    """Units one after the other, each of which reads the one before it."""

    units: list[Unit]

    def segments(self, classes: Mapping[int, Class]) -> list[tuple[Class, dict[str, object], int]]:
        """The classes of its units with what these are given, and how many stand together that are the same."""
        found: list[tuple[Class, dict[str, object], int]] = []
        for unit in self.units:
            cls = classes[id(unit)]
            args = cls.given(unit)
            if found and found[-1][:2] == (cls, args):
                found[-1] = (cls, args, found[-1][2] + 1)
            else:
                found.append((cls, args, 1))
        return found


Item = Node | Run


class Slot(NamedTuple):
    """A value that may differ between units of a class."""

    hint: str
    value: object


class Class:
    """A class of units that differ in values alone."""

    def __init__(self, name: str, units: list[Unit], slots: list[dict[Place, Slot]]) -> None:
        self.name = name
        self.units = units
        self.texts: dict[Place, str] = {}  # of values that differ: what gives them
        self.params: dict[str, list[object]] = {}  # in each unit
        self._place = {id(unit): number for number, unit in enumerate(units)}
        self._fill(slots)

    def given(self, unit: Unit) -> dict[str, object]:
        """The values of the params that make a unit."""
        return {name: values[self._place[id(unit)]] for name, values in self.params.items()}

    def text(self, place: Place, value: object) -> str:
        """What stands at a place."""
        return self.texts.get(place) or (str(value) if isinstance(value, Name) else literal(value))

    def _fill(self, slots: list[dict[Place, Slot]]) -> None:
        columns = {place: [each[place].value for each in slots] for place in slots[0]}
        differing = {place: column for place, column in columns.items() if any(not same(v, column[0]) for v in column)}
        # The params of the block come first, where the values of one are found in it.
        for name in self.units[0].args:
            written = [unit.args.get(name) for unit in self.units]
            if is_free(name) and any(all(map(same, written, column)) for column in differing.values()):
                self.params[name] = written
        for place, column in differing.items():
            self.texts[place] = self._found(column) or self._new(slots[0][place].hint, column)
        if "in_channels" in self.params:
            self.params = {"in_channels": self.params["in_channels"], **self.params}

    def _new(self, hint: str, column: list[object]) -> str:
        name, number = hint, 1
        while name in self.params:
            number += 1
            name = f"{hint}_{number}"
        self.params[name] = column
        return name

    def _found(self, column: list[object]) -> str | None:
        for name, values in self.params.items():
            if all(map(same, values, column)):
                return name
        if not all(type(value) is int and value for value in column):
            return None
        for name, values in self.params.items():
            if not all(type(value) is int and value for value in values):
                continue
            pairs = list(zip(values, column, strict=True))
            times = {c // v for v, c in pairs if c % v == 0}  # type: ignore[operator]
            if len(times) == 1 and all(c % v == 0 for v, c in pairs):  # type: ignore[operator]
                return f"{times.pop()} * {name}"
            by = {v // c for v, c in pairs if v % c == 0}  # type: ignore[operator]
            if len(by) == 1 and all(v % c == 0 for v, c in pairs):  # type: ignore[operator]
                return f"{name} // {by.pop()}"
        return None


def same(a: object, b: object) -> bool:
    """Are two values one, and of one type?"""
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


class Classes:
    """The classes of all units in a network.

    Attributes:
        of: The class of each unit, by the unit's identity.
        items: The items of each unit.
        attributes: What a unit calls its modules: nodes by their numbers, runs by their first unit's identity.
        ordered: The classes, those that others use first.
    """

    def __init__(self, root: Unit, steps: Steps) -> None:
        self.steps = steps
        self.of: dict[int, Class] = {}
        self.items: dict[int, list[Item]] = {}
        self.attributes: dict[int, dict[int, str]] = {}
        self.ordered: list[Class] = []
        self._uses = Counter(
            [each for index in steps.of for each in dict.fromkeys(steps.reads(index))]
            + list(steps.graph.outputs.values())
        )
        taken: set[str] = set()
        for _, units in sorted(self._by_height(root).items()):
            groups: dict[object, list[Unit]] = {}
            for unit in units:
                self.items[id(unit)] = self._itemised(unit)
                self.attributes[id(unit)] = self._named(unit)
                groups.setdefault((unit.word, self._signature(unit)), []).append(unit)
            for alike in groups.values():
                name = class_name(alike[0].word, taken)
                taken.add(name)
                cls = Class(name, alike, [dict(self._slots(unit)) for unit in alike])
                self.ordered.append(cls)
                self.of |= {id(unit): cls for unit in alike}

    def _by_height(self, root: Unit) -> dict[int, list[Unit]]:
        heights: dict[int, int] = {}
        found: dict[int, list[Unit]] = {}
        for unit in root.units():
            inner = [heights[id(each)] for each in unit.items if isinstance(each, Unit) and each.twin is None]
            heights[id(unit)] = 1 + max(inner, default=-1)
            found.setdefault(heights[id(unit)], []).append(unit)
        return found

    def _itemised(self, unit: Unit) -> list[Item]:
        found: list[Item] = []
        for each in unit.items:
            if not isinstance(each, Unit):
                found.append(Node(each))
                continue
            last = found[-1] if found else None
            if isinstance(last, Run) and self._follows(last.units[-1], each):
                last.units.append(each)
            else:
                found.append(Run([each]))
        return found

    def _follows(self, before: Unit, unit: Unit) -> bool:
        """Is one repetition after another, and reads it alone, as the only one?"""
        return (
            before.step == unit.step
            and before.twin is None
            and unit.twin is None
            and before.outputs == unit.inputs
            and len(unit.inputs) == 1
            and len(unit.outputs) == 1
            and self._only_reader(before.outputs[0], unit)
        )

    def _only_reader(self, handle: int, unit: Unit) -> bool:
        inside = sum(handle in dict.fromkeys(self.steps.reads(index)) for index in unit.nodes())
        return self._uses[handle] == inside

    def _named(self, unit: Unit) -> dict[int, str]:
        """Names for the modules of a unit: the ends of their paths, as long as it takes to tell them apart."""
        prefix = f"{unit.path}." if unit.path else ""
        nodes = self.steps.graph.nodes
        paths: dict[int, str] = {}
        for item in self.items[id(unit)]:
            if isinstance(item, Run):
                path = item.units[0].path
                if len(item.units) > 1:
                    path = path.rstrip("0123456789").rstrip("_") or path
                paths[id(item.units[0])] = path.removeprefix(prefix)
            else:
                path = nodes[item.number].path
                paths[item.number] = "merged" if path == unit.path else path.removeprefix(prefix)
        return dict(zip(paths, _shortest(list(paths.values())), strict=True))

    def _signature(self, unit: Unit) -> object:
        """All of a unit but its values: units of one signature are of one class."""
        steps = self.steps
        made: dict[int, object] = {
            handle: ("in", place, steps.kind(handle)) for place, handle in enumerate(unit.inputs)
        }
        made[-1] = "batch"
        found: list[object] = []
        for number, item in enumerate(self.items[id(unit)]):
            name = self.attributes[id(unit)][item.number if isinstance(item, Node) else id(item.units[0])]
            if isinstance(item, Node):
                step = steps.of[item.number]
                reads = [(made[each], steps.kind(each)) for each in steps.reads(item.number)]
                owner = steps.graph.nodes[item.number].share
                module = _skeleton(step.module) if owner is None else self.attributes[id(unit)].get(owner)
                frozen = not steps.graph.nodes[item.number].trainable
                found.append((name, step.text, step.targets, step.wants, step.first, module, frozen, tuple(reads)))
                ends = {0: item.number, **steps.parts.get(item.number, {})}
            else:
                first, last = item.units[0], item.units[-1]
                if first.twin is None:
                    used = tuple(segment[0].name for segment in item.segments(self.of))
                else:
                    used = (self.attributes[id(unit)][id(first.twin)],)
                found.append(
                    (name, used, len(item.units) > 1, first.twin is None, tuple(made[e] for e in first.inputs))
                )
                ends = dict(enumerate(last.outputs))
            made |= {each: (number, place, steps.kind(each)) for place, each in ends.items()}
        return (tuple(found), tuple(made[each] for each in unit.outputs))

    def _slots(self, unit: Unit) -> Iterator[tuple[Place, Slot]]:
        for number, item in enumerate(self.items[id(unit)]):
            if isinstance(item, Node):
                step = self.steps.of[item.number]
                if step.module is not None:
                    yield from _values(step.module, (number, "module"))
                for name, value in step.values.items():
                    yield (number, "value", name), Slot(name, value)
            elif item.units[0].twin is None:
                for place, (_, args, count) in enumerate(item.segments(self.of)):
                    for name, value in args.items():
                        yield (number, "given", place, name), Slot(name, value)
                    yield (number, "count", place), Slot("repeats", count)


def _skeleton(module: Module | None) -> object:
    if module is None:
        return None
    values = tuple(_skeleton(value) if isinstance(value, Module) else None for value in module.values)
    return module.call, values, tuple(module.named), module.fixed


def _values(module: Module, place: Place) -> Iterator[tuple[Place, Slot]]:
    names: Sequence[str] = module.names
    for number, value in enumerate(module.values):
        hint = names[number] if number < len(names) else "value"
        if isinstance(value, Module):
            yield from _values(value, (*place, number))
        else:
            yield (*place, number), Slot(hint, value)
    for name, value in module.named.items():
        yield (*place, name), Slot(name, value)


def _shortest(paths: list[str]) -> list[str]:
    """For each path the shortest end of it that no other has, as an attribute's name."""
    parts = [[snake(part) for part in path.split(".")] for path in paths]
    longest = max(map(len, parts), default=0)
    ends = {size: Counter("_".join(each[-size:]) for each in parts) for size in range(1, longest + 1)}
    found: list[str] = []
    for each in parts:
        size = next((n for n in range(1, len(each)) if ends[n]["_".join(each[-n:])] == 1), len(each))
        name = wish = attribute("_".join(each[-size:]))
        number = 1
        while name in found:
            number += 1
            name = f"{wish}_{number}"
        found.append(name)
    return found
