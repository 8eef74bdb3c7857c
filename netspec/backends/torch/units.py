"""Which nodes stand together in a class: those of a block's use, and of a composition that is repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netspec.backends.torch.translating import ANCHOR, Steps
from netspec.backends.tracing import Traced
from netspec.graph.elaboration.tracing import Made
from netspec.kinds.kind import Part


class Unit:
    """Nodes that stand together, as a module of their own.

    Attributes:
        word: What its class is to be called.
        path: Its path in the spec, by which those of its nodes begin.
        step: The step that made it, by its identity.
        args: The values of its block's params.
        about: What it is, for the docstring of its class.
        items: Its nodes, and units in it, in order.
        inputs: What it reads from outside, in the order in which it is read.
        outputs: Which of its nodes are read from outside.
        twin: The unit whose modules it uses, where all are shared.
    """

    def __init__(self, word: str, path: str, step: int, start: int, stop: int) -> None:
        self.word = word
        self.path = path
        self.step = step
        self.start = start
        self.stop = stop
        self.args: dict[str, object] = {}
        self.about = ""
        self.items: list[int | Unit] = []
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.twin: Unit | None = None

    def units(self) -> Iterable[Unit]:
        """Itself and all units in it, the inner ones first; those that use the modules of others are none."""
        for item in self.items:
            if isinstance(item, Unit) and item.twin is None:
                yield from item.units()
        yield self

    def nodes(self) -> Iterable[int]:
        """All nodes in it."""
        for item in self.items:
            if isinstance(item, Unit):
                yield from item.nodes()
            else:
                yield item


def united(made: Traced, steps: Steps) -> Unit:
    """The network as a unit, with units in it."""
    opened: set[int] = set()
    while True:
        root = Unit("Network", "", 0, 0, len(made.graph.nodes))
        _fill(root, made.top.made, opened, steps)
        more = _shared(root, steps)
        if not more - opened:
            break
        opened |= more
    twins = [item for unit in root.units() for item in unit.items if isinstance(item, Unit) and item.twin is not None]
    readers = _readers(steps)
    for unit in (*root.units(), *twins):
        unit.inputs, unit.outputs = _inputs(unit, steps), _outputs(unit, steps, readers)
    for twin in twins:  # what is read of one, all of them give
        assert twin.twin is not None
        read = {each - twin.start for each in twin.outputs} | {each - twin.twin.start for each in twin.twin.outputs}
        twin.twin.outputs = sorted(twin.twin.start + each for each in read)
    for twin in twins:
        assert twin.twin is not None
        twin.outputs = [each - twin.twin.start + twin.start for each in twin.twin.outputs]
    root.inputs = list(made.graph.inputs)
    return root


def _fill(unit: Unit, mades: list[Made], opened: set[int], steps: Steps, span: tuple[int, int] | None = None) -> None:
    at, stop = span or (unit.start, unit.stop)
    for made in sorted((each for each in mades if each.start < each.stop), key=lambda each: each.start):
        unit.items += [index for index in range(at, made.start) if index in steps.of]
        inner = [each for body in made.bodies for each in body.made]
        is_unit = made.step.block is not None or (bool(made.bodies) and made.step.repeat is not None)
        if is_unit and made.start not in opened:
            found = Unit(_word(made), made.path, id(made.step), made.start, made.stop)
            found.args = dict(made.args)
            block = made.step.block
            found.about = f"The block `{block}`." if block is not None else "What is repeated as "
            if block is None:
                found.about += f"`{made.path.rpartition('.')[2].rstrip('0123456789').rstrip('_')}`."
            _fill(found, inner, opened, steps)
            if found.items:
                unit.items.append(found)
        else:
            _fill(unit, inner, opened, steps, (made.start, made.stop))
        at = made.stop
    unit.items += [index for index in range(at, stop) if index in steps.of]


def _word(made: Made) -> str:
    if made.step.block is not None:
        return made.step.block
    name = made.path.rpartition(".")[2].rstrip("0123456789").rstrip("_") or "part"
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _chains(unit: Unit, around: tuple[Unit, ...] = ()) -> Iterable[tuple[int, tuple[Unit, ...]]]:
    """All nodes with the units around each."""
    around = (*around, unit)
    for item in unit.items:
        if isinstance(item, Unit):
            yield from _chains(item, around)
        else:
            yield item, around


def _shared(root: Unit, steps: Steps) -> set[int]:
    """Find the twins; returns where units begin that share only in part, which cannot stand as classes of their own."""
    around = dict(_chains(root))
    opened: set[int] = set()
    for index, units in around.items():
        owner = steps.graph.nodes[index].share
        if owner is None or owner not in around or steps.of[index].module is None:
            continue
        theirs = around[owner]
        place = next((n for n, (a, b) in enumerate(zip(units, theirs, strict=False)) if a is not b), None)
        if place is None and len(units) == len(theirs):
            continue
        place = min(len(units), len(theirs)) if place is None else place
        mine, other = units[place:], theirs[place:]
        if mine and other and _are_twins(mine[0], other[0], steps):
            mine[0].twin = other[0]
            continue
        opened |= {each.start for each in (*mine, *other)}
    return opened


def _are_twins(unit: Unit, other: Unit, steps: Steps) -> bool:
    if unit.stop - unit.start != other.stop - other.start:
        return False
    read = [[steps.kind(handle) for handle in _inputs(each, steps)] for each in (unit, other)]
    if read[0] != read[1]:
        return False
    by = unit.start - other.start
    nodes = steps.graph.nodes
    return all(
        nodes[index].share == index - by or (nodes[index].share is None and steps.of[index].module is None)
        for index in unit.nodes()
    )


def _inputs(unit: Unit, steps: Steps) -> list[int]:
    """What a unit reads from outside, in the order in which it is read."""
    inside = set(unit.nodes())
    reads = dict.fromkeys(each for index in unit.nodes() for each in steps.reads(index))
    return [each for each in reads if each not in ANCHOR and source(each, steps) not in inside] or [*ANCHOR]


def _outputs(unit: Unit, steps: Steps, readers: Mapping[int, set[int]]) -> list[int]:
    """What of a unit is read outside; an output of the network is read by -1."""
    inside = set(unit.nodes())
    made = [each for index in inside for each in (index, *steps.parts.get(index, {}).values())]
    return sorted(each for each in made if not readers.get(each, set()) <= inside)


def _readers(steps: Steps) -> dict[int, set[int]]:
    """What reads each tensor."""
    found: dict[int, set[int]] = {each: {-1} for each in steps.graph.outputs.values()}
    for index in steps.of:
        for each in steps.reads(index):
            found.setdefault(each, set()).add(index)
    return found


def source(handle: int, steps: Steps) -> int:
    """The node that makes something: of a part, the node that it is a part of."""
    node = steps.graph.nodes[handle] if handle >= 0 else None
    return node.inputs[0] if node is not None and isinstance(node.config, Part) else handle
