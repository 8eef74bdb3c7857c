"""A use of a block becomes its nodes, with what it was given in the place of the block's params."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from netspec.diagnostics.problems import Edit, Span
from netspec.expressions import ExpressionError, Value, parse
from netspec.refactoring.bodies import Body, Item, Layout, lines_edit, moved, replaced
from netspec.spec.edits import changes
from netspec.spec.keys import WIRING
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, last_line, span_of

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_SAFE = re.compile(r"[A-Za-z0-9_$(][^,\[\]{}#:\n]*\Z")  # what may stand plain in braces


_OF_EACH = frozenset({"when", "trainable"})  # what of a use's wiring each of its nodes gets; of the rest the first


class _CannotBe(Exception):
    """A use that cannot be written out."""


def inlinings(layout: Layout, item: Item) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """A title and edits: this use, then all of the block; of each also with the name handed to the last node.

    Args:
        layout: Of the spec.
        item: A use of a block.
    """
    name = item.step.block
    assert name is not None
    uses = [(body, each) for body in layout.bodies for each in body.items if each.step.block == name]
    written = sum(step.block == name for step in layout.steps.values())
    alone = len(uses) == written == 1
    for keeps_name in (True, False):
        here = next((body, each) for body, each in uses if each is item or each.first == item.first)
        edits = _edits(layout, name, [here], keeps_name, ends=alone)
        if edits is not None:
            yield f"Inline `{name}`", edits
    if not alone and len(uses) == written:
        for keeps_name in (True, False):
            edits = _edits(layout, name, uses, keeps_name, ends=True)
            if edits is not None:
                yield f"Inline all {written} uses of `{name}`", edits


def _edits(
    layout: Layout, name: str, uses: list[tuple[Body, Item]], keeps_name: bool, *, ends: bool
) -> tuple[Edit, ...] | None:
    try:
        definition = _Definition(layout, name)
        edits = []
        for number, (body, use) in enumerate(uses):
            if body.block == name:
                return None
            kept = layout.comments(use.first, use.last)
            if ends and number == 0:
                kept = [*definition.comments, *kept]
            pad = " " * body.column
            lines = definition.written(use, body.column, keeps_name)
            edits.append(lines_edit(use.first, use.last, [*(f"{pad}{each}" for each in kept), *lines]))
        if ends:
            edits.append(definition.removal())
    except _CannotBe:
        return None
    return tuple(edits)


class _Definition:
    """A block as it is written."""

    def __init__(self, layout: Layout, name: str) -> None:
        self.layout = layout
        self.name = name
        tree = layout.block_tree(name)
        body = tree.entries.get("layers") if tree is not None else None
        if tree is None or body is None or not isinstance(body.value, Sequence) or not body.value.items:
            raise _CannotBe
        self.tree = tree
        self.body = body.value
        params = tree.entries.get("params")
        self.defaults = params.value.entries if params is not None and isinstance(params.value, Mapping) else {}
        self.params = layout.params_of(name)
        blocks = layout.blocks_tree
        assert blocks is not None
        self.key = blocks.entries[name].key
        self.is_only = len(blocks.entries) == 1
        self.is_last = next(reversed(blocks.entries)) == name
        self.in_braces = blocks.flow
        self.first, self.last = self._lines()

    def _lines(self) -> tuple[int, int]:
        """The lines of its nodes, with the comments above them; of a body in brackets that it is on."""
        first = self.body.items[0].start.line
        if self.body.flow:
            if self.body.start.line != self.body.end.line:
                raise _CannotBe
            return first, self.body.end.line
        above = max(self.key.start.line, self.tree.entries["layers"].key.start.line)
        while first - 1 > above and self.layout.lines[first - 1].lstrip().startswith("#"):
            first -= 1
        return first, last_line(self.body)

    @property
    def comments(self) -> list[str]:
        """Those that are not among its nodes."""
        end = self._end()
        if self.body.flow:
            return self.layout.comments(self.key.start.line, end)
        before = self.layout.comments(self.key.start.line, self.first - 1)
        return before + (self.layout.comments(self.last + 1, end) if end > self.last else [])

    def _end(self) -> int:
        return last_line(self.tree)

    def removal(self) -> Edit:
        """The edit that takes the block away, and `blocks` with it where it is the only one."""
        if self.in_braces:
            raise _CannotBe
        first, last = self.key.start.line, self._end()
        lines = self.layout.lines
        if self.is_only:
            root = self.layout.root
            assert isinstance(root, Mapping)
            head = root.entries["blocks"].key.start.line
            if head == first or any("#" in line for line in lines[head:first]):
                raise _CannotBe
            first = head
        blank_before = first > 0 and not lines[first - 1].strip()
        blank_after = last + 1 < len(lines) - 1 and not lines[last + 1].strip()
        if blank_after and (self.is_only or not self.is_last):
            last += 1
        elif blank_before:
            first -= 1
        return lines_edit(first, last, [])

    def written(self, use: Item, column: int, keeps_name: bool) -> list[str]:
        """Its nodes as lines at a use."""
        arguments = self._arguments(use)
        wiring = self._wiring(use)
        called = wiring.pop("name", None)
        items = self.body.items
        if len(items) > 1 and "repeat" in wiring:
            raise _CannotBe
        inside = [*self._substituted(arguments)]
        for number, item in enumerate(items):
            mine = {key: value for key, value in wiring.items() if key in _OF_EACH or number == 0}
            if called is not None and keeps_name and number == len(items) - 1:
                mine["name"] = called
            inside += self._wired(item, mine)
        lines = self.layout.lines[self.first : self.last + 1]
        if self.body.flow:
            (line,) = replaced(lines, self.first, [*inside, *self._cuts()])
            parts = line.split("\0")[1:-1]
            return [f"{' ' * column}- {part.strip()}" for part in parts if part.strip() not in ("", ",")]
        if any(edit.span.line != edit.span.end_line for edit in inside):
            raise _CannotBe
        now = self.layout.lines[self.body.items[0].start.line].index("-")
        return moved(replaced(lines, self.first, inside), column - now)

    def _cuts(self) -> list[Edit]:
        """Marks around the nodes of a body in brackets, and the braces of each gone."""
        cuts = []
        for item in self.body.items:
            span = span_of(item)
            braces = isinstance(item, Mapping) and item.flow and self.layout.source(item).startswith("{")
            start, end = span.column, span.end_column
            cuts.append(Edit(Span(span.line, start, span.line, start + braces), "\0"))
            cuts.append(Edit(Span(span.line, end - braces, span.line, end), "\0"))
        return cuts

    def _arguments(self, use: Item) -> dict[str, Tree]:
        """What each param is given, or its default."""
        tree = use.step.tree
        given: dict[str, Tree] = {name: entry.value for name, entry in self.defaults.items()}
        if isinstance(tree, Mapping):
            given.update({name: entry.value for name, entry in tree.entries.items() if name not in WIRING})
        elif tree is not None and not (isinstance(tree, Scalar) and tree.value is None):
            if not self.params:
                raise _CannotBe
            given[self.params[0]] = tree
        for value in given.values():
            if isinstance(value, Mapping) or (isinstance(value, Sequence) and not value.flow):
                raise _CannotBe
        return given

    def _wiring(self, use: Item) -> dict[str, str]:
        tree = use.step.tree
        if not isinstance(tree, Mapping):
            return {}
        wiring = {name: self.layout.source(entry.value) for name, entry in tree.entries.items() if name in WIRING}
        if "share" in wiring or not all(wiring.values()):
            raise _CannotBe
        return wiring

    def _wired(self, tree: Tree, wiring: dict[str, str]) -> list[Edit]:
        """The edits that give a node of the body wiring."""
        step = self.layout.step(tree)
        if not wiring or step is None:
            return []
        if isinstance(step.tree, Mapping) and set(wiring) & set(step.tree.entries):
            raise _CannotBe
        edits = changes(step, wiring, self.layout.principal(step))
        if not edits or any("\n" in text for _, text in edits):
            raise _CannotBe
        return [*edits]

    def _substituted(self, arguments: dict[str, Tree]) -> Iterator[Edit]:
        stack: list[Tree] = [self.body]
        names = frozenset(self.params)
        while stack:
            tree = stack.pop()
            if isinstance(tree, Mapping):
                stack += [entry.value for entry in tree.entries.values()]
            elif isinstance(tree, Sequence):
                stack += tree.items
            elif isinstance(tree.value, str) and names & {*_NAME.findall(tree.text)}:
                yield Edit(span_of(tree), self._resolved(tree.text, arguments, names))

    def _resolved(self, text: str, arguments: dict[str, Tree], names: frozenset[str]) -> str:
        """A text as it is to be written, with the params of these names in it."""
        alone = _NAME.fullmatch(text.strip())
        if alone is not None and alone[1] in names:
            tree = self._argument(alone[1], arguments)
            if not isinstance(tree, Scalar):
                return self.layout.source(tree) or _refuse()
            inner = self._seen_by(alone[1], tree, arguments)
            if inner & {*_NAME.findall(tree.text)}:
                return self._resolved(tree.text, arguments, inner)
            return _in_braces(tree.text) if isinstance(tree.value, str) else tree.text
        new = self._expanded(text, arguments, names)
        if "$" in new:
            return _in_braces(new)
        try:
            return _literal(parse(new).evaluate(_nothing))
        except ExpressionError:
            raise _CannotBe from None

    def _expanded(self, text: str, arguments: dict[str, Tree], names: frozenset[str]) -> str:
        """An expression with what params are given in their place."""

        def operand(match: re.Match[str]) -> str:
            if match[1] not in names:
                return match[0]
            tree = self._argument(match[1], arguments)
            if not isinstance(tree, Scalar):
                return self.layout.source(tree) or _refuse()
            if not isinstance(tree.value, str):
                return tree.text if _NUMBER.match(tree.text) or isinstance(tree.value, bool) else f"({tree.text})"
            if "$" not in tree.text:
                return f"'{tree.text}'"
            inner = self._expanded(tree.text, arguments, self._seen_by(match[1], tree, arguments))
            return inner if _NAME.fullmatch(inner) or _NUMBER.match(inner) else f"({inner})"

        return _NAME.sub(operand, text)

    def _argument(self, name: str, arguments: dict[str, Tree]) -> Tree:
        tree = arguments.get(name)
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            raise _CannotBe
        return tree

    def _seen_by(self, name: str, tree: Tree, arguments: dict[str, Tree]) -> frozenset[str]:
        """The params that what a param is given may read: a default those that are given and those before it, a use none."""
        if not self._is_default(tree):
            return frozenset()
        before = self.params[: self.params.index(name)]
        return frozenset(
            each
            for each in self.params
            if each in before or (each in arguments and not self._is_default(arguments[each]))
        )

    def _is_default(self, tree: Tree) -> bool:
        return any(entry.value is tree for entry in self.defaults.values())


def _refuse() -> str:
    raise _CannotBe


def _nothing(name: str) -> Value:
    raise _CannotBe


def _in_braces(text: str) -> str:
    """A text as it may stand anywhere, also in braces."""
    return text if _SAFE.match(text) and text == text.strip() else json.dumps(text, ensure_ascii=False)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _in_braces(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)
