"""Another name for a node, a block, a param and whatever else has one: the edits, proved before they are offered.

The edits are applied to a copy, the copy is checked, and it has to be the same network: as it stands, in every variant, and with
the same word meaning the same thing everywhere. What cannot be proved so is refused with a reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Problem, Problems, Span
from netspec.diagnostics.words import show
from netspec.graph.elaboration import elaborate
from netspec.graph.elaboration.names import base_of
from netspec.graph.model import Graph
from netspec.graph.patterns import Paths
from netspec.kinds import KINDS
from netspec.lsp.gathering import gather
from netspec.lsp.names import BUILT_IN, Name, NameKind, Names, Place, Site
from netspec.pipeline import Spec, check_again
from netspec.refactoring.proving import same_nodes
from netspec.refactoring.words import Numbers
from netspec.spec.document import Document, Step
from netspec.spec.edits import changes
from netspec.spec.index import Index
from netspec.spec.keys import WIRING
from netspec.spec.names import BLOCK_NAME, IDENTIFIER, MAX_NAME, VARIANT_NAME
from netspec.spec.training_settings import Train
from netspec.syntax.edits import apply, in_json, is_json
from netspec.syntax.tree import Mapping, span_of

MAX_EFFORT = 200_000  # nodes of all variants together, beyond which only the spec as it stands is compared
# What a plain text of YAML 1.2 says is no text.
_OTHER = frozenset(("null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"))
_PATTERNS: dict[NameKind, tuple[re.Pattern[str], str]] = {
    "block": (BLOCK_NAME, "a block's name starts with a capital letter and has letters, digits and _"),
    "variant": (VARIANT_NAME, "a variant's name has letters, digits, _, . and -"),
}
_IDENTIFIER = IDENTIFIER, "a name has letters, digits and _, and does not start with a digit"


class Impossible(Exception):
    """Why a name cannot be changed, in a sentence for the one who asked."""


class State(NamedTuple):
    """A spec as it stands, or with one of its variants."""

    graph: Graph | None
    problems: tuple[Problem, ...]


def _state(document: Document, variant: str) -> State:
    problems = Problems()
    graph = elaborate(document, problems, {}, variant)
    return State(graph, problems.ordered())


class Renaming:
    """The change of the name at a place.

    Args:
        spec: The spec, checked.
        variant: The one that is shown.
        line: The place, counted from 1.
        column: The same.

    Raises:
        Impossible: There is no name, or none that can be changed.
    """

    def __init__(self, spec: Spec, variant: str | None, line: int, column: int) -> None:
        if spec.document is None:
            raise Impossible("the text cannot be read; mend its first error before")
        self.spec = spec
        self.variant = variant
        self.place = line, column
        self.document: Document = spec.document
        try:
            self._find([spec.graph])
        except Impossible:
            if not spec.document.variants:
                raise
            self._find([state.graph for state in self.states])  # in a variant there may be one

    @cached_property
    def variants(self) -> list[str]:
        """Those that are looked at, the one that is shown first."""
        variants = sorted(self.document.variants, key=lambda name: name != self.variant)
        return variants[: MAX_EFFORT // max(self.spec.effort, 1)]

    @cached_property
    def states(self) -> list[State]:
        """The spec as it stands and with its variants."""
        spec = self.spec
        return [State(spec.graph, spec.problems), *(_state(self.document, each) for each in self.variants)]

    def _find(self, graphs: Sequence[Graph | None]) -> None:
        """Find the name, and refuse one that cannot be changed; graphs say how nodes without a name are numbered."""
        self.names: Names = gather(self.document, graphs)
        at = self.names.at(*self.place)
        if at is None:
            raise Impossible(_why_not(self.document, *self.place))
        self.at: Place = at
        self.group = self.names.linked(at.names)
        self._refuse()

    @property
    def site(self) -> Site:
        """The place at which the name was found."""
        return self.at.site

    def _refuse(self) -> None:
        """Raise where the name is of a kind that cannot be changed here."""
        for name in self.group:
            if name.automatic and self.site.role == "definition":
                raise Impossible(_kind_word(self.site.text))
            if name.kind == "input" and any(
                site.text == "input" and self._is_keyword(site) for site in name.definitions
            ):
                right = "write `input: {shape: …, name: …}` to name it"
                raise Impossible(f"`input` is the spec's only input, which has no name of its own; {right}")
            used = self.document.used
            if name.kind == "block" and used is not None and name.text in used.listed:
                raise Impossible(f"`{name.text}` is a block of another file; rename it there, and where it is used")
            if not name.definitions:
                raise Impossible(f"`{name.text}` is not defined in this text")
            hidden = next((site for site in name.sites.values() if not site.is_exact), None)
            if hidden is not None:
                how = "with escapes, an anchor or on several lines"
                raise Impossible(f"`{name.text}` is written {how} at line {hidden.span.line}; write it plainly first")
        if any(name.automatic for name in self.group) and len(self.group) > 1:
            raise Impossible(f"`{self.site.text}` stands for several nodes without a name; give each a `name` first")

    def _is_keyword(self, site: Site) -> bool:
        """Is it the key `input` of the top?"""
        root = self.document.source.tree
        entry = root.entries.get("input") if isinstance(root, Mapping) else None
        return entry is not None and span_of(entry.key) == site.span

    def edits(self, new: str) -> tuple[Edit, ...]:
        """The edits that make it another name.

        Args:
            new: The name.

        Raises:
            Impossible: It is no name, it is taken, or with it the network would be another one.
        """
        self._find([state.graph for state in self.states])
        old = self.site.text
        if new == old:
            return ()
        _check_word(self.group, new)
        made = self._named(new) if self.group[0].automatic else self._replaced(new)
        text = apply(self.spec.text, made)
        after = check_again(self.spec, text)
        what = f"with `{new}` in place of `{old}`"
        if after.document is None:
            raise Impossible(f"{what} the text could not be read: {after.problems[0].message}")
        called = {name.text: new for name in self.group if name.kind == "variant"}
        states = [State(after.graph, after.problems)]
        states += (_state(after.document, called.get(each, each)) for each in self.variants)
        naming = [at for at, name in enumerate(self.document.params) if name in self.names.naming]
        for then, now in zip(self.states, states, strict=True):
            _compare(then, now, what, naming)
        if not self.group[0].automatic:
            renamed = gather(after.document, [state.graph for state in states])
            if _meaning(self.names) != _meaning(renamed):
                raise Impossible(
                    f"{what} it would mean something else somewhere, because another thing is called so there"
                )
        return made

    def _replaced(self, new: str) -> tuple[Edit, ...]:
        sites = {site.span: site for name in self.group for site in name.sites.values()}
        return tuple(Edit(span, _written(new, sites[span])) for span in sorted(sites))

    # --- a node that has no name yet ----------------------------------------------------------------------------------

    def _named(self, new: str) -> tuple[Edit, ...]:
        """A name for a node without one; those of its kind that are counted after it get other numbers."""
        (name,) = self.group
        (step,) = {id(each): each for each in name.steps}.values()
        standing = self.names.bodies.standing[id(step)]
        if len(standing) > 1:
            raise Impossible(
                f"`{name.text}` is written once and stands in several places; give it a `name` where it is written"
            )
        principal = next(iter(self.document.blocks[step.block].params), None) if step.block is not None else None
        put = changes(step, {"name": new}, principal)
        if not put:
            raise Impossible(f"there is no room for a `name` at line {step.span.line}; write the node as a map first")
        if is_json(self.spec.text):
            put = in_json(put, self.spec.text)
        words = self._renumbered(step, new)
        edits: dict[Span, Edit] = {edit.span: edit for edit in put}
        for word, entry_name, becomes in words:
            for site in entry_name.sites.values():
                if site.role == "read" and site.text == word and becomes != word:
                    edits[site.span] = Edit(site.span, becomes)
        return tuple(edits.values())

    def _renumbered(self, step: Step, new: str) -> list[tuple[str, Name, str]]:
        """Words of nodes of one kind in one body, whose they are, and what they become."""
        ((body, index),) = self.names.bodies.standing[id(step)]
        base = base_of(step.kind_name)
        counted = re.compile(rf"{re.escape(base)}_([0-9]+)\Z")
        words = sorted((int(match[1]), word) for word in body.numbered if (match := counted.match(word)) is not None)
        found: list[tuple[str, Name, str]] = []
        numbers = Numbers(body.names)
        own = 0
        for _, word in words:
            entries = body.numbered[word]
            if len(entries) != 1:
                raise Impossible(f"`{word}` is another node in another variant; give each a `name` first")
            (entry,) = entries
            if entry.at == index:
                own += 1
                found.append((word, entry.name, new if step.repeat is None else f"{new}_{own}"))
                continue
            found.append((word, entry.name, numbers.next(base)))
        return found


def _check_word(group: tuple[Name, ...], new: str) -> None:
    for name in group:
        pattern, words = _PATTERNS.get(name.kind, _IDENTIFIER)
        if not pattern.match(new) or len(new) > MAX_NAME:
            raise Impossible(f"{show(new)} cannot be a name here: {words}")
        if name.kind == "param" and new in WIRING:
            raise Impossible(f"a param cannot be called `{new}`, which every node takes already")
        if name.kind in ("node", "input", "branch") and new == "input":
            raise Impossible("nothing can be called `input`, which is what enters a body")
        if name.kind == "param" and new in BUILT_IN:
            raise Impossible(f"a param called `{new}` would hide the {BUILT_IN[new]}")


def _written(new: str, site: Site) -> str:
    return f'"{new}"' if site.value is not None and new in _OTHER else new


def _why_not(document: Document, line: int, column: int) -> str:
    """Why there is nothing to rename at a place."""
    found = Index(document).at(line, column)
    if found is None:
        return "there is no name here that could be changed"
    if found.name in BUILT_IN:
        return f"`${found.name}` is built in: the {BUILT_IN[found.name]}"
    if found.name is not None:
        return f"`${found.name}` is not defined in this text"
    if found.step is not None and found.is_key and not found.path:
        return _kind_word(found.step.kind_name)
    return "there is no name here that could be changed"


def _kind_word(word: str) -> str:
    if word in KINDS:
        return f"`{word}` is a kind, which is called so in every spec; to call the node otherwise, give it a `name`"
    return f"`{word}` is not defined in this text"


def _compare(before: State, after: State, what: str, naming: Sequence[int]) -> None:
    """Raise where a spec has new problems, or is another network; `naming` says which params hold names of nodes."""
    said = Counter(problem.code for problem in before.problems)
    for problem in after.problems:
        said[problem.code] -= 1
        if said[problem.code] < 0:
            raise Impossible(f"{what} there would be a problem at line {problem.span.line}: {problem.message}")
    first, second = before.graph, after.graph
    if first is None or second is None:
        same = first is second
    else:
        same = same_nodes(first, second) and _named(first, naming) == _named(second, naming)
    if not same:
        raise Impossible(f"{what} the network would be another one")


def _named(graph: Graph, naming: Sequence[int]) -> list[object]:
    """What a graph has under names, without these, and but for the values of params that are names; what they name is compared."""
    params = [value for at, value in enumerate(graph.params.values()) if at not in naming]
    found: list[object] = [graph.inputs, list(graph.outputs.values()), params]
    if isinstance(graph.train, Train):
        paths = Paths(graph, range(len(graph.nodes)))
        matching: Callable[[str], frozenset[int]] = paths.matching
        found += map(matching, graph.train.freeze)
        found += ((matching(pattern), factor) for pattern, factor in graph.train.learning_rate_multipliers.items())
        found += ((graph.train.loss_of(output), graph.train.learns(output)) for output in graph.outputs)
    return found


def _meaning(names: Names) -> list[tuple[int, ...]]:
    """For each place of a name, in the order of the text, the things that it stands for, by where they are defined."""
    every = sorted((span, index) for index, name in enumerate(names.all) for span in name.sites)
    first: dict[int, int] = {}
    places: dict[Span, set[int]] = {}
    for span, index in every:
        first.setdefault(index, len(places))
        places.setdefault(span, set()).add(first[index])
    return [tuple(sorted(each)) for each in places.values()]
