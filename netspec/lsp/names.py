"""The names of a spec: where each is defined, and where it is used.

A name is that of a node, a block, a param, an input, an output, a branch, a variant, pretrained weights or what the `for` of an
expression gives to one value after the other. Names are found
in what is written, not in the graph of the moment: what a variant leaves out, and what is half written, has its names all the
same. A graph is asked only how nodes without a `name` were numbered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from netspec.diagnostics.problems import Span, is_far
from netspec.syntax.tree import Scalar, part_of

if TYPE_CHECKING:
    from netspec.lsp.scoping import Bodies
    from netspec.spec.document import Step

NameKind = Literal["node", "block", "param", "input", "output", "branch", "variant", "weights", "variable"]
# "write": where something gets its value, as a param does in a variant and at a use; "derived": a part of a word that follows
# from the name, as `Stem` in `Stem_2`, which is a node's name.
Role = Literal["definition", "write", "read", "derived"]

BUILT_IN = {
    "channels": "channels of the input",
    "height": "height of the input",
    "width": "width of the input",
    "depth": "depth of the input",
    "length": "length of the input",
    "index": "number of the repetition, from 0",
}  # what `$names` there are beside params


class Site(NamedTuple):
    """A place where a name is written.

    Attributes:
        span: The name itself: without the `$` of an expression, the quotes around a text, the number of a repetition.
        role: What the place does with it.
        text: What is written there.
        lead: How many characters before `span` belong to it too: the `$`.
        value: The scalar, where the name is all of a plain one that is no key: some words mean something else there.
        is_exact: Can the text be replaced in place? Not where it is written with escapes or on several lines.
    """

    span: Span
    role: Role
    text: str
    lead: int = 0
    value: Scalar | None = None
    is_exact: bool = True

    def holds(self, line: int, column: int) -> bool:
        """Is a place in it? The place behind its last character is."""
        start = self.span.line, self.span.column - self.lead
        return start <= (line, column) <= (self.span.end_line, self.span.end_column)


def site_in(scalar: Scalar, start: int, end: int, role: Role, *, is_key: bool = False, lead: int = 0) -> Site:
    """The place of `scalar.text[start:end]`."""
    width = scalar.end.column - scalar.start.column
    exact = scalar.start.line == scalar.end.line and width == len(scalar.text) + 2 * (not scalar.plain)
    is_whole = start == 0 and end == len(scalar.text)
    value = scalar if is_whole and scalar.plain and not is_key else None
    return Site(part_of(scalar, start, end), role, scalar.text[start:end], lead, value, exact)


class Name:
    """A name and all its places.

    Attributes:
        kind: What it names.
        text: The name; of a node that has none of its own the number that it got last, `conv_2`.
        owner: The block whose param it is; empty of anything else.
        automatic: Is it a node's that follows from its kind and place? Then its definition is the kind's word.
        is_numbered: Is an automatic one's `text` from a graph, and not only the word that it begins with?
        steps: The nodes that bear it.
    """

    __slots__ = ("automatic", "is_numbered", "kind", "owner", "sites", "steps", "text")

    def __init__(self, kind: NameKind, text: str, owner: str = "", *, automatic: bool = False) -> None:
        self.kind = kind
        self.text = text
        self.owner = owner
        self.automatic = automatic
        self.is_numbered = False
        self.steps: list[Step] = []
        self.sites: dict[Span, Site] = {}

    def add(self, site: Site) -> None:
        """Note one more place; a definition is never taken for less. Places in other files are not noted."""
        if is_far(site.span):
            return
        known = self.sites.get(site.span)
        if known is None or (known.role == "derived" and site.role != "derived"):
            self.sites[site.span] = site

    @property
    def definitions(self) -> tuple[Site, ...]:
        """Where it is defined: one place, or several for nodes of which a condition leaves one."""
        return tuple(site for site in self.sites.values() if site.role == "definition")

    @property
    def uses(self) -> tuple[Site, ...]:
        """Where it is used, in the order of the text."""
        return tuple(sorted(site for site in self.sites.values() if site.role in ("write", "read")))

    def __repr__(self) -> str:
        return f"Name({self.kind} {self.owner and self.owner + '.'}{self.text})"


class Place(NamedTuple):
    """The names at a place of the text: several where one word stands for nodes of several bodies."""

    names: tuple[Name, ...]
    site: Site


class Names:
    """All names of a document.

    Attributes:
        all: Every name, in no order.
        params: The spec's params.
        own: The params of blocks, by block.
        blocks: The blocks.
        bodies: Who sees whom.
        naming: The spec's params that hold names of nodes.
    """

    def __init__(
        self,
        names: Iterable[Name],
        params: dict[str, Name],
        own: dict[str, dict[str, Name]],
        blocks: dict[str, Name],
        bodies: Bodies,
        naming: frozenset[str],
    ) -> None:
        self.all = tuple(names)
        self.params = params
        self.own = own
        self.blocks = blocks
        self.bodies = bodies
        self.naming = naming

    @cached_property
    def _sites(self) -> tuple[list[tuple[int, int]], list[tuple[Site, list[Name]]]]:
        """The places in the order of the text, each once; those that are only derived left out."""
        found: dict[Span, tuple[Site, list[Name]]] = {}
        for name in sorted(self.all, key=lambda each: each.automatic):
            for span, site in name.sites.items():
                if site.role == "derived":
                    continue
                known = found.setdefault(span, (site, []))[1]
                # A use of a block is the block's before it is that of the node which it makes.
                if not known or known[0].automatic == name.automatic or site.role != "definition":
                    known.append(name)
        order = sorted(found.values(), key=lambda each: each[0].span)
        return [(site.span.line, site.span.column - site.lead) for site, _ in order], order

    def at(self, line: int, column: int) -> Place | None:
        """The names at a place, counted from 1; None where there is none. The place behind a name belongs to it."""
        starts, order = self._sites
        index = bisect_right(starts, (line, column)) - 1
        while index >= 0 and starts[index][0] == line:
            site, names = order[index]
            if site.holds(line, column):
                return Place(tuple(names), site)
            index -= 1
        return None

    def linked(self, names: Iterable[Name]) -> tuple[Name, ...]:
        """Some names, and all that must be called the same because one word stands for several of them."""
        _, order = self._sites
        together: dict[int, list[Name]] = {}
        for _, some in order:
            if len(some) > 1:
                for each in some:
                    together.setdefault(id(each), []).extend(some)
        found: dict[int, Name] = {}
        stack = list(names)
        while stack:
            name = stack.pop()
            if id(name) not in found:
                found[id(name)] = name
                stack += together.get(id(name), ())
        return tuple(found.values())

    def values_at(self, block: str | None) -> dict[str, Name | None]:
        """What `$names` an expression may read in a block, or outside all: the block's params, the spec's, what is built in."""
        own = self.own.get(block, {}) if block is not None else {}
        built_in: dict[str, Name | None] = dict.fromkeys(BUILT_IN)
        return {
            **own,
            **{n: p for n, p in self.params.items() if n not in own},
            **{n: None for n in built_in if n not in own and n not in self.params},
        }

    def readable(self, step: Step) -> dict[str, Name]:
        """The nodes and inputs that a node's `from` may name, the nearest first; those after it are not among them."""
        return self.bodies.readable(step)
