"""Who sees whose name: the bodies of a spec as they are written.

A body sees its own nodes, then those of the body around it. The body of a block sees those of every place where the block is
used, so that one word in it may stand for nodes of several bodies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Span
from netspec.graph.elaboration.names import base_of
from netspec.graph.model import Graph
from netspec.kinds.composition import Body as BodyType
from netspec.kinds.composition import Branches
from netspec.lsp.names import Name, Site, site_in
from netspec.spec.document import Document, Step
from netspec.syntax.tree import Mapping, Scalar

EVERYWHERE = 2**31  # an index behind all nodes of a body
_NUMBERED = re.compile(r"(.+)_([0-9]+|\*)\Z")


class Entry(NamedTuple):
    """What bears a name in a body."""

    name: Name
    at: int  # of the node in its body
    step: Step | None  # None of an input and of a branch
    inside: Body | None  # the body of a branch
    repeated: bool = False


class Found(NamedTuple):
    """What a word stands for; `length` is how much of it is the name, which a number or `_*` may follow."""

    entry: Entry
    length: int


class Body:
    """The names of one list of nodes."""

    def __init__(self, parent: Body | None, index: int, owner: Step | None, label: str, block: str | None) -> None:
        self.parent = parent
        self.index = index  # in the parent, of the node that it is a body of
        self.owner = owner  # that node; None at the top and of a block
        self.label = label  # the branch, or `shortcut`; empty of a body that shares its node's name
        self.block = block  # the block in which it is written
        self.steps: tuple[Step, ...] = ()
        self.names: dict[str, Name] = {}
        self.plain: dict[str, list[Entry]] = {}
        self.repeated: dict[str, list[Entry]] = {}
        self.unnamed: dict[int, Entry] = {}  # by where they stand
        self.numbered: dict[str, list[Entry]] = {}  # nodes without a name, by those that a graph gave them
        self.uses: list[tuple[Body, int]] = []  # where the block is used whose body it is

    def own(self, word: str, before: int) -> list[Found]:
        """What a word stands for in this very body, among what stands before an index."""
        found = _some(self.plain.get(word), before, len(word)) or _some(self.numbered.get(word), before, len(word))
        numbered = _NUMBERED.match(word)
        if not found and numbered is not None:
            stem = numbered[1]
            found = _some(self.repeated.get(stem), before, len(stem))
            if not found and numbered[2] != "*":
                alike = [e for e in self.unnamed.values() if e.step and base_of(e.step.kind_name) == stem]
                if not any(entry.name.is_numbered for entry in alike):  # no graph says better
                    found = _some(alike[int(numbered[2]) - 1 :][:1], before, len(word))
        return found or _some(self.repeated.get(word), before, len(word))

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """What it holds, each under the word that reads it."""
        for table in (self.plain, self.repeated, self.numbered):
            for word, entries in table.items():
                for entry in entries:
                    yield word, entry


def _some(entries: list[Entry] | None, before: int, length: int) -> list[Found]:
    return [
        Found(entry, length) for entry in entries or () if entry.at < before + (entry.repeated and before < EVERYWHERE)
    ]


class Bodies:
    """All bodies of a document, with the names of nodes, branches and inputs.

    Args:
        document: The spec.
        graphs: Its graph, or those of several variants.
    """

    def __init__(self, document: Document, graphs: Iterable[Graph | None]) -> None:
        self.names: list[Name] = []
        self.standing: dict[int, list[tuple[Body, int]]] = {}  # by the identity of a node, the bodies that hold it
        self.inner: dict[int, Body] = {}  # by the identity of a node, the body in it
        self.all: list[Body] = []
        self.blocks = {name: self._body(block.body, None, 0, None, "", name) for name, block in document.blocks.items()}
        self.top = self._body(document.body, None, 0, None, "", None)
        for declared in document.inputs:
            name = self._named("input", declared.name)
            if isinstance(declared.key, Scalar) and (declared.key.text == declared.name):
                name.add(
                    site_in(
                        declared.key, 0, len(declared.name), "definition", is_key=_is_key(declared.key, declared.tree)
                    )
                )
            self.top.plain.setdefault(declared.name, []).append(Entry(name, -1, None, None))
        augment = document.train.values.get("augment") if document.train is not None else None
        if augment is not None and isinstance(augment.value, tuple):
            self._body(augment.value, None, 0, None, "", None)
        for body in self.all:
            for index, step in enumerate(body.steps):
                if step.block is not None and step.block in self.blocks:
                    self.blocks[step.block].uses.append((body, index))
        for graph in graphs:
            if graph is not None:
                self._number(graph)

    # --- building -----------------------------------------------------------------------------------------------------

    def _named(self, kind: str, text: str, *, automatic: bool = False) -> Name:
        name = Name(kind, text, automatic=automatic)  # type: ignore[arg-type]
        self.names.append(name)
        return name

    def _body(
        self,
        steps: tuple[Step, ...],
        parent: Body | None,
        index: int,
        owner: Step | None,
        label: str,
        block: str | None,
    ) -> Body:
        body = Body(parent, index, owner, label, block)
        self._fill(body, steps)
        return body

    def _fill(self, body: Body, steps: tuple[Step, ...]) -> None:
        body.steps = steps
        self.all.append(body)
        for index, step in enumerate(steps):
            self.standing.setdefault(id(step), []).append((body, index))
            self._node(body, index, step)
            self._bodies_in(body, index, step)

    def _node(self, body: Body, index: int, step: Step) -> None:
        given = step.name
        if given is not None and not given.dynamic and isinstance(given.value, str):
            name = body.names.get(given.value)
            if name is None:
                name = body.names[given.value] = self._named("node", given.value)
            if isinstance(given.tree, Scalar):
                name.add(site_in(given.tree, 0, len(given.tree.text), "definition"))
            table = body.plain if step.repeat is None else body.repeated
            table.setdefault(given.value, []).append(Entry(name, index, step, None, step.repeat is not None))
        elif given is None:
            name = self._named("node", base_of(step.kind_name), automatic=True)
            name.add(Site(step.span, "definition", step.key.text))
            body.unnamed[index] = Entry(name, index, step, None, step.repeat is not None)
        else:
            return  # an expression gives it its name
        name.steps.append(step)

    def _bodies_in(self, body: Body, index: int, step: Step) -> None:
        inner: Body | None = None
        parts: list[tuple[str, tuple[Step, ...], Scalar | None]] = []
        for option, given in step.values.items():
            declared = step.cls.options.get(option) if step.cls is not None else None
            if declared is None or given.from_defaults or not isinstance(declared.type.bare, BodyType):
                continue
            if isinstance(declared.type.bare, Branches) and isinstance(given.value, dict):
                keys = given.tree.entries if isinstance(given.tree, Mapping) else {}
                parts += [
                    (name, steps, keys[name].key if name in keys else None) for name, steps in given.value.items()
                ]
            elif isinstance(given.value, tuple):
                parts.append(("" if option == "body" else option, given.value, None))
        for label, steps, key in sorted(parts, key=lambda part: part[0] != ""):
            if inner is None:
                inner = self.inner[id(step)] = Body(body, index, step, "", body.block)
                self._fill(inner, steps if not label else ())
                if not label:
                    continue
            at = len(inner.steps) + len(inner.plain)
            within = self._body(steps, inner, at, step, label, body.block)
            if key is not None:
                name = self._named("branch", label)
                name.add(site_in(key, 0, len(key.text), "definition", is_key=True))
                inner.plain.setdefault(label, []).append(Entry(name, at, None, within))

    # --- numbers that a graph gave ------------------------------------------------------------------------------------

    def _number(self, graph: Graph) -> None:
        """Note what nodes without a name are called in a graph."""
        by_span: dict[Span, Step] = {}
        for body in self.all:
            for each in body.steps:
                by_span.setdefault(each.span, each)
        grouped = {group.span for group in graph.groups.values()}  # the nodes there are parts of a composition
        for path, group in graph.groups.items():
            self._called(by_span.get(group.span), path.rpartition(".")[2])
        for node in graph.nodes:
            if node.span not in grouped and node.layer:
                self._called(by_span.get(node.span), node.path.rpartition(".")[2])

    def _called(self, step: Step | None, word: str) -> None:
        """Note what a node is called that has no name of its own."""
        if step is None or step.name is not None:
            return
        for body, at in self.standing[id(step)]:
            entry = body.unnamed[at]
            if entry not in body.numbered.get(word, ()):
                entry.name.text, entry.name.is_numbered = word, True
                body.numbered.setdefault(word, []).append(entry)

    # --- asking -------------------------------------------------------------------------------------------------------

    def find(self, body: Body, before: int, word: str) -> list[Found]:
        """What a word stands for where a node stands; if nothing before it, then what stands later, which is wrong."""
        return self._find(body, before, word, set()) or self._find(body, EVERYWHERE, word, set())

    def _find(self, body: Body, before: int, word: str, seen: set[tuple[int, int]]) -> list[Found]:
        here: Body | None = body
        later = before == EVERYWHERE
        while here is not None:
            found = here.own(word, before)
            if found:
                return found
            if here.uses:
                some: dict[int, Found] = {}
                for around, index in here.uses:
                    if (id(around), index) not in seen:
                        seen.add((id(around), index))
                        for each in self._find(around, EVERYWHERE if later else index, word, seen):
                            some.setdefault(id(each.entry.name), each)
                return list(some.values())
            before = EVERYWHERE if later else here.index
            here = here.parent
        return []

    def within(self, entry: Entry) -> list[Body]:
        """The bodies in what bears a name."""
        if entry.inside is not None:
            return [entry.inside]
        found: list[Body] = []
        for step in entry.name.steps:
            body = self.blocks.get(step.block) if step.block is not None else self.inner.get(id(step))
            if body is not None and body not in found:
                found.append(body)
        return found

    def readable(self, step: Step) -> dict[str, Name]:
        """What the `from` of a node may name, the nearest first."""
        found: dict[str, Name] = {}
        for body, index in self.standing.get(id(step), ()):
            here: Body | None = body
            before = index
            while here is not None:
                inside = [(entry.at, word, entry.name) for word, entry in here.entries() if entry.at < before]
                for _, word, name in sorted(inside, key=lambda each: -each[0]):
                    found.setdefault(word, name)
                before, here = here.index, here.parent
        return found


def _is_key(key: Scalar, tree: object) -> bool:
    """Is an input's name a key, and not the value of its `name`?"""
    if isinstance(tree, Mapping):
        return all(entry.value is not key for entry in tree.entries.values())
    return True
