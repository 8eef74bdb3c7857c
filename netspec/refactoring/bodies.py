"""The lists of nodes of a text, in lines or in brackets, and where each node stands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.pipeline import Spec
from netspec.refactoring.networks import Networks
from netspec.refactoring.words import Words
from netspec.spec.document import Document, Step
from netspec.spec.index import Index
from netspec.syntax.comments import Comment, comments_in
from netspec.syntax.edits import is_json
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, last_line, lines_of, lists_in, span_of


class Item(NamedTuple):
    """A node of a list.

    Attributes:
        step: What it is.
        tree: What stands behind the dash, or between commas.
        first: Its first line, from 0: the dash's.
        last: The last line, from 0.
    """

    step: Step
    tree: Tree
    first: int
    last: int


WIDTH = 120  # columns, in which what is put on one line must fit


class CannotBe(Exception):
    """A change that no text would make; the message says why, where that is known."""


class Body(NamedTuple):
    """A list of nodes.

    Attributes:
        items: The nodes.
        margin: What stands before a dash, or in brackets before a node that begins a line.
        block: The name of the block that it is in.
        tree: The list.
    """

    items: tuple[Item, ...]
    margin: str
    block: str | None
    tree: Sequence

    @property
    def flow(self) -> bool:
        """Is it in brackets?"""
        return self.tree.flow

    def holds(self, place: Span) -> bool:
        """Does it hold a node, or what that stands in?"""
        first, last = span_of(self.items[0].tree), span_of(self.items[-1].tree)
        return first[:2] <= place[:2] < last[2:]

    def span(self, first: int, last: int) -> Span:
        """Where some of its nodes stand: whole lines, or in brackets from the first to the last."""
        start, end = self.items[first], self.items[last]
        if self.flow:
            return Span(*span_of(start.tree)[:2], *span_of(end.tree)[2:])
        return Span(start.first + 1, 1, end.last + 2, 1)


class Layout:
    """What of a spec's text may be moved.

    Args:
        spec: A spec that has a document.
    """

    def __init__(self, spec: Spec) -> None:
        assert spec.document is not None
        self.spec = spec
        self.networks = Networks(spec)
        self.words = Words(self)
        self.document: Document = spec.document
        root = self.document.source.tree
        assert isinstance(root, Mapping)
        self.root = root
        self.lines = lines_of(spec.text)
        self.is_json = is_json(spec.text)
        self.steps = {step.span: step for step in Index(self.document).steps}

    @cached_property
    def bodies(self) -> tuple[Body, ...]:
        """All lists of nodes, in the order of the text."""
        found: list[Body] = []
        for key, entry in self.root.entries.items():
            if key == "layers":
                found += self._in(entry.value, None)
            elif key == "blocks" and isinstance(entry.value, Mapping):
                for name, block in entry.value.entries.items():
                    found += self._in(block.value, name)
        return tuple(sorted(found, key=lambda body: span_of(body.items[0].tree)))

    @property
    def top(self) -> tuple[Body, ...]:
        """The list of the network's own nodes, which has no other around it; nothing where it is none of nodes."""
        entry = self.root.entries.get("layers")
        return tuple(body for body in self.bodies if entry is not None and body.tree is entry.value)

    def bodies_around(self, place: Span) -> tuple[Body, ...]:
        """The lists in which a node stands, the innermost first."""
        return tuple(body for body in reversed(self.bodies) if body.holds(place))

    @cached_property
    def numbered(self) -> dict[Span, list[str]]:
        """What nodes without a name are called in their bodies, one for each repetition, by where they are written."""
        graph = self.spec.graph
        assert graph is not None
        paths = [(group.span, path) for path, group in graph.groups.items()]
        paths += [(node.span, node.path) for node in graph.nodes if node.path not in graph.groups]
        found: dict[Span, tuple[str, list[str]]] = {}
        for span, path in paths:
            around, _, name = path.rpartition(".")
            first, names = found.setdefault(span, (around, []))
            names += [name] if first == around else []
        return {span: names for span, (_, names) in found.items()}

    def repetitions(self, step: Step) -> int:
        """How often a node is there, each time its list is; once where that is not known."""
        return len(self.numbered.get(step.span, ())) or 1

    def local_names(self, step: Step) -> list[str]:
        """What a node is called in its list: its name, or those that the graph gave it, one a repetition; none if unknown."""
        if step.name is None:
            return [*self.numbered.get(step.span, ())]
        return [step.name.value] if isinstance(step.name.value, str) and not step.name.dynamic else []

    def _in(self, tree: Tree, block: str | None) -> Iterator[Body]:
        for held in lists_in(tree):
            body = self._body(held, block) if held.items else None
            if body is not None:
                yield body

    def _body(self, tree: Sequence, block: str | None) -> Body | None:
        items = []
        margin = self.margin(tree.items[0])
        before = -1
        for each in tree.items:
            step = self.step(each)
            if step is None or isinstance(each, Sequence):
                return None
            line = each.start.line
            if not tree.flow:
                head = self.lines[line][: each.start.column] if line < len(self.lines) else ""
                if line <= before or head.strip() != "-" or (isinstance(each, Mapping) and each.flow):
                    return None
                margin = head[: head.index("-")]
            before = last_line(each)
            items.append(Item(step, each, line, before))
        return Body(tuple(items), margin, block, tree)

    def above(self, tree: Tree) -> int:
        """The first of the lines of comments, from 0, that stand right above a piece of the tree, as far in; else its own."""
        line, column = tree.start.line, tree.start.column
        while line > 0 and self.lines[line - 1].startswith(f"{' ' * column}#"):
            line -= 1
        return line

    def begins_line(self, tree: Tree) -> bool:
        """Does nothing stand before a piece of the tree?"""
        return not self.lines[tree.start.line][: tree.start.column].strip()

    def margin(self, tree: Tree) -> str:
        """What stands before a piece of the tree that begins a line; else as many spaces as it is far from the left."""
        before = self.lines[tree.start.line][: tree.start.column]
        return before if self.begins_line(tree) else " " * len(before)

    @property
    def indent(self) -> str:
        """By what a line in braces stands further in than those around, as the text has it."""
        key = next(iter(self.root.entries.values())).key
        return (self.begins_line(key) and self.margin(key).removeprefix(self.margin(self.root))) or "  "

    def step(self, tree: Tree) -> Step | None:
        """The node that a piece of the tree is."""
        if isinstance(tree, Sequence) or (isinstance(tree, Mapping) and not tree.entries):
            return None
        word = next(iter(tree.entries.values())).key if isinstance(tree, Mapping) else tree
        return self.steps.get(span_of(word))

    def has_bodies(self, item: Item) -> bool:
        """Are there nodes in a node?"""
        given = item.step.values.values()
        return any(isinstance(each.value, (tuple, dict)) and _steps_in(each.value) for each in given)

    def comments(self, first: int, last: int) -> list[str]:
        """The comments on some lines, from 0, both included."""
        return [each.text for each in self._comments if first <= each.line <= last]

    def within(self, span: Span) -> list[str]:
        """The comments in a stretch of the text."""
        return [each.text for each in self._comments if span[:2] <= (each.line + 1, each.column + 1) < span[2:]]

    @cached_property
    def _comments(self) -> list[Comment]:
        """All comments."""
        return [*comments_in(self.root, self.lines)]

    def source(self, tree: Tree) -> str:
        """A value as it is written, where it is on one line; else empty."""
        start, end = tree.start, tree.end
        return self.lines[start.line][start.column : end.column] if start.line == end.line else ""

    def params_of(self, block: str | None) -> tuple[str, ...]:
        """The names of a block's params; none of one that could not be read, or where there is no block."""
        found = self.document.blocks.get(block) if block is not None else None
        return () if found is None else tuple(found.params)

    def principal(self, step: Step) -> str | None:
        """What a value alone stands for, as it is written after a kind or a block."""
        if step.block is not None:
            return next(iter(self.params_of(step.block)), None)
        return step.cls.principal if step.cls is not None else None

    def block_tree(self, name: str) -> Mapping | None:
        """What stands under a block's name."""
        blocks = self.blocks_tree
        block = blocks.entries[name].value if blocks is not None and name in blocks.entries else None
        return block if isinstance(block, Mapping) else None

    @property
    def outputs(self) -> list[Scalar]:
        """The words under `outputs` that name nodes."""
        entry = self.root.entries.get("outputs")
        tree = None if entry is None else entry.value
        if isinstance(tree, Mapping):
            words: list[Tree] = [each.value for each in tree.entries.values()]
        else:
            words = tree.items if isinstance(tree, Sequence) else [] if tree is None else [tree]
        return [word for word in words if isinstance(word, Scalar) and isinstance(word.value, str)]

    @property
    def blocks_tree(self) -> Mapping | None:
        """What stands under `blocks`."""
        entry = self.root.entries.get("blocks")
        return entry.value if entry is not None and isinstance(entry.value, Mapping) else None


def _steps_in(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_steps_in, value.values()))
    return isinstance(value, tuple) and any(isinstance(each, Step) for each in value)


def lines_edit(first: int, last: int, lines: list[str]) -> Edit:
    """Other lines in the place of some, from 0, both included; before `first` where `last` is less."""
    return Edit(Span(first + 1, 1, last + 2, 1), "".join(f"{line}\n" for line in lines))


def moved(lines: list[str], columns: int) -> list[str]:
    """Lines further in by so many columns, or further out; what is not as far in stays at the margin."""
    if columns >= 0:
        return [" " * columns + line if line.strip() else line for line in lines]
    return [line[min(-columns, len(line) - len(line.lstrip(" "))) :] for line in lines]
