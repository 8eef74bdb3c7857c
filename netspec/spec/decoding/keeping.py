"""What has been read of a document's tree, kept for the next time the document is read.

An editor has almost the same text checked again and again, and `netspec.syntax.rereading` makes its tree of the same objects
where nothing has changed. A node or a block whose tree is the same object, and of which there was nothing to report, is what it
was: nothing that it says hangs on what stands elsewhere, but for the names of blocks and what `defaults` say of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from netspec.spec.document import Block, Given, Step, steps_of
from netspec.syntax.tree import Entry, Tree, span_of

if TYPE_CHECKING:
    from netspec.spec.decoding.nodes import NodeReader


T = TypeVar("T", Step | None, Block | None)
Defaults = dict[str, dict[str, Given]]
NO_GIVENS: Mapping[str, Given] = MappingProxyType({})


class _Read(NamedTuple):
    """What came of a tree."""

    tree: Tree  # held, so that its `id` stays its own
    what: Step | Block | None
    names: frozenset[str]  # that its expressions read
    blocks: frozenset[str]  # that it uses
    kinds: frozenset[str]  # whose `defaults` it has, or would have
    nodes: int  # that were read, it included


class KeptSteps:
    """The nodes and blocks of a document that were read without a problem, by the identity of their trees."""

    def __init__(self) -> None:
        self._kept: dict[int, _Read] = {}
        self._before: dict[int, _Read] = {}
        self._older: dict[
            int, _Read
        ] = {}  # what the time before last brought and the last did not: it may be taken back
        self._moved: frozenset[int] = frozenset()
        self._defaults: tuple[Defaults, Defaults] = {}, {}  # of the last time, and of the time before
        self._changed: frozenset[str] = (
            frozenset()
        )  # the kinds of which `defaults` say something else than the last time
        self._changed_since: frozenset[str] = frozenset()  # or than the time before that
        self._blocks: tuple[str, ...] = ()

    def begin(self, blocks: Iterable[str], defaults: Defaults, moved: set[int]) -> None:
        """Start with a document.

        Args:
            blocks: The names of its blocks.
            defaults: What its `defaults` say.
            moved: The trees that have been moved since the last time. It is emptied.
        """
        names = tuple(sorted(blocks))
        is_same = names == self._blocks
        before = self._before if is_same else {}
        self._before = self._kept if is_same else {}
        self._older = {key: each for key, each in before.items() if each is not self._before.get(key)}
        self._kept = {}  # what is not met again is not kept
        self._moved = frozenset(moved)
        self._changed, self._changed_since = (changed_kinds(defaults, each) for each in self._defaults)
        self._blocks, self._defaults = names, (defaults, self._defaults[0])
        moved.clear()

    def end(self) -> None:
        """Forget what has not been met again for two times."""
        self._older = {}

    def node(self, tree: Tree, reader: NodeReader, read: Callable[[Tree], Step | None]) -> Step | None:
        """A node."""
        found, is_older = self._find(tree)
        if found is None or isinstance(found.what, Block):
            return self._watched(tree, reader, lambda: read(tree))
        step = found.what
        if step is not None and (is_older or id(tree) in self._moved):
            _move((step,))
        self._take(found, reader)
        return step

    def block(self, name: str, entry: Entry, reader: NodeReader, read: Callable[[], Block | None]) -> Block | None:
        """A block."""
        found, is_older = self._find(entry.value)
        block = found.what if found is not None else None
        if found is None or not isinstance(block, Block) or block.name != name or block.key is not entry.key:
            return self._watched(entry.value, reader, read)
        if is_older or id(entry.value) in self._moved:
            _move(block.body)
        self._take(found, reader)
        return block

    def _find(self, tree: Tree) -> tuple[_Read | None, bool]:
        """What came of a tree, and was that before the last time, since when it may have moved forth and back?"""
        found = self._before.get(id(tree))
        if found is not None and found.kinds.isdisjoint(self._changed):
            return found, False
        found = self._older.get(id(tree))
        return (found if found is not None and found.kinds.isdisjoint(self._changed_since) else None), True

    def _take(self, found: _Read, reader: NodeReader) -> None:
        self._kept[id(found.tree)] = found
        if found.names:
            reader.values.names_used |= found.names
        if found.blocks:
            reader.blocks_used |= found.blocks
        reader.kinds_used |= found.kinds
        reader.kept_count += found.nodes

    def _watched(self, tree: Tree, reader: NodeReader, read: Callable[[], T]) -> T:
        """What `read` returns, kept if it reports nothing."""
        values = reader.values
        names, blocks, kinds = values.names_used, reader.blocks_used, reader.kinds_used
        values.names_used, reader.blocks_used, reader.kinds_used = set(), set(), set()
        said, count = reader.problems.offered, reader.count
        try:
            what = read()
            if reader.problems.offered == said:
                self._kept[id(tree)] = _Read(
                    tree,
                    what,
                    frozenset(values.names_used),
                    frozenset(reader.blocks_used),
                    frozenset(reader.kinds_used),
                    reader.count - count,
                )
        finally:
            names |= values.names_used
            blocks |= reader.blocks_used
            kinds |= reader.kinds_used
            values.names_used, reader.blocks_used, reader.kinds_used = names, blocks, kinds
        return what


def changed_kinds(one: Defaults, other: Defaults) -> frozenset[str]:
    """The kinds of which `defaults` say something else, as far as the identity of their trees tells."""
    return frozenset(
        kind_name
        for kind_name in {*one, *other}
        if not same_givens(one.get(kind_name, NO_GIVENS), other.get(kind_name, NO_GIVENS))
    )


def same_givens(one: Mapping[str, Given], other: Mapping[str, Given]) -> bool:
    """Are the same values given, as far as the identity of their trees tells?"""
    return one.keys() == other.keys() and all(given.tree is other[name].tree for name, given in one.items())


def _move(steps: tuple[Step, ...]) -> None:
    """Set the places of some nodes, and of those in them, to where their trees stand now."""
    for step in steps_of(steps):
        step.span = span_of(step.key)
