"""A block as it is written."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Edit, Span
from netspec.refactoring.bodies import CannotBe, Layout, lines_edit
from netspec.refactoring.nodes import Nodes
from netspec.spec.document import Step, steps_of
from netspec.spec.edits import removed
from netspec.syntax.tree import Mapping, Sequence, last_line


class Definition:
    """A block as it is written.

    Args:
        layout: Of the text.
        name: The block's.

    Attributes:
        steps: Its nodes; None for what is none.
        local: What each of them is called in it.
        read: The names that they read.
        params: The names of its params, in their order.
        defaults: What those are by themselves.

    Raises:
        CannotBe: There is nothing that could stand in the place of a use.
    """

    def __init__(self, layout: Layout, name: str) -> None:
        self.layout = layout
        self.name = name
        tree = layout.block_tree(name)
        body = tree.entries.get("layers") if tree is not None else None
        if tree is None:
            raise CannotBe(f"`{name}` is not defined in this text")
        if body is None or not isinstance(body.value, Sequence) or not body.value.items:
            raise CannotBe(f"`{name}` has no nodes")
        self.tree = tree
        self.body = body.value
        self.steps = [layout.step(item) for item in self.body.items]
        params = tree.entries.get("params")
        self.defaults = params.value.entries if params is not None and isinstance(params.value, Mapping) else {}
        self.params = layout.params_of(name)
        blocks = layout.blocks_tree
        assert blocks is not None
        self.blocks = blocks
        self.key = blocks.entries[name].key
        self.above = max(self.key.start.line, tree.entries["layers"].key.start.line)
        self.local = [[] if step is None else layout.local_names(step) for step in self.steps]
        self.read = {word.name for step in self.inside() for word in layout.words.of(step)}

    def inside(self) -> Iterator[Step]:
        """Its nodes, and those in them."""
        return steps_of(tuple(step for step in self.steps if step is not None))

    def lends(self, name: str | None) -> bool:
        """Does any use take the weights of one with this name?"""
        steps = self.layout.steps.values()
        return name is not None and any(
            step.share is not None and step.share.value == name for step in steps if step.block == self.name
        )

    def is_named(self, at: int) -> bool:
        """Has one of its nodes a name of its own?"""
        step = self.steps[at]
        return step is not None and step.name is not None

    def nodes_with(self, edits: tuple[Edit, ...] = ()) -> Nodes:
        """Its nodes once they are changed."""
        return Nodes(self.layout, self.body, 0, len(self.body.items) - 1, edits, below=self.above)

    @property
    def comments(self) -> list[str]:
        """Those that are not among its nodes, and go with it."""
        nodes, gone = self.nodes_with().span, self.removal().span
        return self.layout.within(Span(*gone[:2], *nodes[:2])) + self.layout.within(Span(*nodes[2:], *gone[2:]))

    def removal(self) -> Edit:
        """The edit that takes the block away, and `blocks` with it where it is the only one."""
        root = self.layout.root
        is_only = len(self.blocks.entries) == 1
        if is_only and root.flow:
            return removed(root, "blocks")
        if self.blocks.flow and not is_only:
            return removed(self.blocks, self.name)
        first, last = self._lines(is_only)
        lines = self.layout.lines
        blank_before = first > 0 and not lines[first - 1].strip()
        blank_after = last + 1 < len(lines) - 1 and not lines[last + 1].strip()
        is_last = next(reversed(self.blocks.entries)) == self.name
        if blank_after and (is_only or not is_last):
            last += 1
        elif blank_before:
            first -= 1
        return lines_edit(first, last, [])

    def _lines(self, is_only: bool) -> tuple[int, int]:
        """The first and the last of its lines, from 0, with the comments right above it, and those below that stand further in."""
        key, value = self.layout.root.entries["blocks"] if is_only else (self.key, self.tree)
        last = max(last_line(value), last_line(self.tree))
        for line, text in enumerate(self.layout.lines[last + 1 :], last + 1):
            comment = text.lstrip()
            if comment and (comment[0] != "#" or len(text) - len(comment) <= key.start.column):
                break
            last = line if comment else last
        return self.layout.above(key), last
