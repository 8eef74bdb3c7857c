"""Where in a tree the nodes and the entries stand that a place belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Span
from netspec.kinds import KINDS
from netspec.kinds.composition import Body, Branches, Shortcut
from netspec.spec.document import Document, Step, steps_of
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, ending, entry_ending, last_line, span_of

Place = tuple[int, int]  # line and column, from 0


class Unit(NamedTuple):
    """A node of a list that is written by lines, with its dash.

    Attributes:
        start: Its first line, from 0.
        end: The line after its last.
        column: That of its dash.
        item: What follows the dash.
    """

    start: int
    end: int
    column: int
    item: Tree


def place_of(span: Span) -> Place:
    """Where a span begins."""
    return span.line - 1, span.column - 1


def sections(tree: Tree | None) -> dict[str, range]:
    """The keys of the top with the lines from each to the next, of a spec that is not in braces."""
    if not isinstance(tree, Mapping) or tree.flow:
        return {}
    starts = [(entry.key.start.line, key) for key, entry in tree.entries.items()]
    ends = [line for line, _ in starts[1:]] + [1 << 30]
    return {key: range(line, end) for (line, key), end in zip(starts, ends, strict=True)}


def units(tree: Tree | None, lines: list[str]) -> list[Unit]:
    """All nodes that stand behind dashes, those in others after these."""
    found: list[Unit] = []
    if not isinstance(tree, Mapping):
        return found
    stack: list[Tree] = []
    if "layers" in tree.entries:
        stack.append(tree.entries["layers"].value)
    blocks = tree.entries.get("blocks")
    if blocks is not None and isinstance(blocks.value, Mapping):
        written = [entry.value for entry in blocks.value.entries.values()]
        stack += [
            each.entries["layers"].value for each in written if isinstance(each, Mapping) and "layers" in each.entries
        ]
    seen: set[int] = set()  # what an alias brings again
    while stack:
        body = stack.pop()
        if not isinstance(body, Sequence) or id(body) in seen:
            continue
        seen.add(id(body))
        for item in body.items:
            if not body.flow:
                column = body.start.column
                start = item.start.line
                while start > 0 and lines[start][column : column + 1] != "-":
                    start -= 1
                found.append(Unit(start, max(start, last_line(item)) + 1, column, item))
            stack += _bodies(item)
    return found


def _bodies(item: Tree) -> Iterator[Tree]:
    """The bodies in a node."""
    if not isinstance(item, Mapping):
        return
    for name, (_, value) in item.entries.items():
        cls = KINDS.get(name)
        if cls is None or not cls.composition:
            continue
        if isinstance(value, Sequence):
            yield value
        elif isinstance(value, Mapping):
            for option, entry in value.entries.items():
                type_ = cls.options[option].type.bare if option in cls.options else None
                if isinstance(type_, Branches) and isinstance(entry.value, Mapping):
                    for _, branch in entry.value.entries.values():
                        yield branch
                        if isinstance(branch, Mapping) and "body" in branch.entries:
                            yield branch.entries["body"].value
                elif isinstance(type_, (Body, Shortcut)):
                    yield entry.value


def unit_at(found: list[Unit], place: Place) -> Unit | None:
    """The innermost node that a place belongs to."""
    line = place[0]
    inside = [unit for unit in found if unit.start <= line < unit.end]
    return max(inside, key=lambda unit: (unit.start, unit.column), default=None)


class Spot(NamedTuple):
    """An entry of a map: which of its entries it is."""

    mapping: Mapping
    number: int

    @property
    def name(self) -> str:
        return [*self.mapping.entries][self.number]


def spot_at(tree: Tree, place: Place, depth: int = 0) -> Spot | None:
    """The innermost entry of a map, at least `depth` maps deep, that a place belongs to."""
    found: Spot | None = None
    while True:
        inner: Tree | None = None
        if isinstance(tree, Mapping):
            for number, entry in enumerate(tree.entries.values()):
                if _within(entry.key, entry_ending(entry).tree, place):
                    if depth <= 0:
                        found = Spot(tree, number)
                    depth -= 1
                    inner = entry.value
                    break
        elif isinstance(tree, Sequence):
            inner = next((item for item in tree.items if _within(item, ending(item).tree, place)), None)
        if inner is None:
            return found
        tree = inner


def _within(first: Tree, last: Tree, place: Place) -> bool:
    return (first.start.line, first.start.column) <= place <= (last.end.line, last.end.column)


def wiring_of(item: Tree, wrong: Collection[Place]) -> dict[str, str]:
    """The name that is written at a node, and the first that it reads and that does not stand at one of the wrong places."""
    options = options_of(item)
    found: dict[str, str] = {}
    entries = options.entries if isinstance(options, Mapping) else {}
    for key in ("name", "from"):
        written = entries[key].value if key in entries else None
        each = written.items if isinstance(written, Sequence) and key == "from" else (written,)
        right = (one for one in each if isinstance(one, Scalar) and (one.start.line, one.start.column) not in wrong)
        first = next(right, None)
        if first is not None and isinstance(first.value, str) and first.text.replace(".", "_").isidentifier():
            found[key] = first.text
    return found


def kind_span(item: Tree) -> Span:
    """Where the kind of a node is written."""
    if isinstance(item, Mapping) and item.entries:
        return span_of(next(iter(item.entries.values())).key)
    return span_of(item)


def steps_in(document: Document) -> Iterator[Step]:
    """All nodes of a document as they are written, those of blocks too."""
    yield from steps_of(document.body)
    for block in document.blocks.values():
        yield from steps_of(block.body)


class Written(NamedTuple):
    """A node as it is written: its kind or block, and what follows it."""

    kind_name: str
    key: Scalar
    tree: Tree | None

    def value_of(self, name: str, is_principal: bool, lines: list[str]) -> str | None:
        """The text of one of its values, if that is on one line."""
        if isinstance(self.tree, Mapping) and name in self.tree.entries:
            value = self.tree.entries[name].value
        elif isinstance(self.tree, Scalar) and is_principal:
            value = self.tree
        else:
            return None
        start, end = value.start, ending(value).tree.end
        return lines[start.line][start.column : end.column] if start.line == end.line else None


def options_of(item: Tree) -> Tree | None:
    """What follows the kind of a node."""
    written = written_at(item)
    return None if written is None else written.tree


def written_at(item: Tree) -> Written | None:
    """The node that an item of a list is, if it is one."""
    if isinstance(item, Scalar):
        return Written(item.text, item, None)
    if isinstance(item, Mapping) and len(item.entries) == 1:
        ((name, (key, value)),) = item.entries.items()
        return Written(name, key, None if isinstance(value, Scalar) and value.value is None else value)
    return None


def needed_params(tree: Tree, block: str) -> tuple[str, ...]:
    """The params of a block that have no defaults."""
    for key in ("blocks", block, "params"):
        if not isinstance(tree, Mapping) or key not in tree.entries:
            return ()
        tree = tree.entries[key].value
    if not isinstance(tree, Mapping):
        return ()
    return tuple(name for name, (_, value) in tree.entries.items() if isinstance(value, Scalar) and value.value is None)
