"""Names and the way by which the walk came to them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from netspec.diagnostics.problems import Note, Span, near
from netspec.diagnostics.words import MAX_WORDS
from netspec.expressions import Written
from netspec.spec.document import Step

if TYPE_CHECKING:
    from netspec.graph.elaboration.lookups import Arguments

ALL = "_*"  # the end of a name that stands for all repetitions of a node


class Binding(NamedTuple):
    """What a name stands for: nodes to read, and the scope inside, if it opens one."""

    handles: tuple[int, ...]
    scope: Scope | None
    step: Step | None
    args: Arguments | None = None


class Scope:
    """The names of one body."""

    __slots__ = (
        "absent",
        "counters",
        "depth",
        "doubtful",
        "entering",
        "every",
        "later",
        "names",
        "parent",
        "path",
        "repetitions",
        "sometimes",
        "strange",
        "twice",
        "twin",
        "unnamed",
    )

    def __init__(self, path: str, parent: Scope | None, entering: tuple[int, ...], twin: Scope | None = None) -> None:
        self.path = path  # with a dot at its end, unless it is the top
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1  # how many bodies are around it
        self.entering = entering
        self.names: dict[str, Binding] = {}
        self.repetitions: dict[str, list[str]] = {}  # the name of a repeated node to those of its repetitions
        self.every: dict[
            int, tuple[int, tuple[int, ...]]
        ] = {}  # the nodes of all repetitions, by the list of their names
        self.counters: dict[str, int] = {}
        # Names that the body gives, whether or not the walk has come there; the first of each.
        self.later: dict[str, Span] = {}
        self.sometimes: set[str] = set()  # those of them that only nodes with a `when` bear, of which one may be there
        self.twice: set[str] = set()  # names of which it was said that they are given twice
        self.absent: dict[str, str] = {}  # names that `when` or `repeat: 0` leaves out
        self.doubtful: set[str] = set()  # names of which it cannot be said whether, or how often, there is a node
        self.unnamed = False  # is there a node whose name cannot be worked out, so that any name may be its?
        self.strange = False  # is there a node of an unknown kind, so that the count of the others is not known?
        self.twin = twin  # the scope whose weights this one's nodes share

    def where(self, path: str) -> Scope:
        """Where a path that is read here is looked up: here, or in the body in which a param's value was written."""
        scope = self
        if isinstance(path, Written):
            while scope.depth > path.depth and scope.parent is not None:
                scope = scope.parent
        return scope

    def own(self, name: str) -> Binding | None:
        """What a name of this very body stands for: `s` of a repeated node is its last repetition, `s_*` are all of them."""
        binding = self.names.get(name)
        if binding is not None:
            return binding
        every = name.endswith(ALL)
        repeated = self.repetitions.get(name.removesuffix(ALL) if every else name)
        if repeated is None:
            return None
        if not every:
            return next((self.names[each] for each in reversed(repeated) if each in self.names), None)
        return Binding(self._handles_of(repeated), None, None)

    def each(self, name: str) -> list[tuple[str, Binding]] | None:
        """The repetitions that `s_*` stands for in this very body, each with its name; None where it stands for none of its own."""
        repeated = self.repetitions.get(name.removesuffix(ALL)) if name.endswith(ALL) else None
        return None if repeated is None else [(each, self.names[each]) for each in repeated if each in self.names]

    def _handles_of(self, names: list[str]) -> tuple[int, ...]:
        """The nodes of all repetitions, kept as long as no other is added."""
        count, handles = self.every.get(id(names), (0, ()))
        if count != len(names):
            bindings = [self.names[each] for each in names if each in self.names]
            handles = tuple(handle for each in bindings for handle in each.handles)
            if len(bindings) == len(names):  # else one is being made, whose own body reads the others
                self.every[id(names)] = len(names), handles
        return handles

    def visible(self) -> list[str]:
        """Names that a node here may read, the last `MAX_WORDS` of each body: what a misspelt one is compared with."""
        found: list[str] = ["input"]
        scope: Scope | None = self
        while scope is not None:
            found.extend(last_names(scope.names))
            scope = scope.parent
        return found


def last_names(names: dict[str, Binding]) -> list[str]:
    """The last `MAX_WORDS` of a body's names, in their order."""
    return list(names) if len(names) <= MAX_WORDS else [*islice(reversed(names), MAX_WORDS)][::-1]


class Use:
    """A link of the chain that led into a block or a repetition."""

    __slots__ = ("_notes", "block", "parent", "repetition", "span")

    def __init__(self, parent: Use | None, block: str | None, span: Span, repetition: int | None) -> None:
        self.parent = parent
        self.block = block
        self.span = span
        self.repetition = repetition
        self._notes: tuple[Note, ...] | None = None  # made for the first problem, and the same for all

    def notes(self) -> tuple[Note, ...]:
        """The chain in words, innermost first."""
        if self._notes is None:
            links: list[Note] = []
            link: Use | None = self
            while link is not None:
                where = (
                    f"in block `{link.block}`, used at line {near(link.span).line}"
                    if link.block
                    else f"in the node at line {near(link.span).line}"
                )
                repetition = f", repetition {link.repetition}" if link.repetition else ""
                links.append(Note(where + repetition, link.span, names_line=True))
                link = link.parent
            self._notes = tuple(links)
        return self._notes


class Folded(NamedTuple):
    """Where the steps of a sequence are examples of their own."""

    node: int  # that makes them
    times: int | None  # how many there are in an example; None where that is unknown
    path: str  # of the composition


class Env(NamedTuple):
    """What an expression can see, and how the walk came here."""

    args: Arguments  # of the block around it
    repetition: int | None  # what `$index` counts
    use: Use | None
    trainable: bool
    folded: Folded | None = None

    def notes(self) -> tuple[Note, ...]:
        """The chain of uses that led here, innermost first."""
        return self.use.notes() if self.use is not None else ()


class Site(NamedTuple):
    """Where a node stands: how it is written, under which name and in which body, and how the walk came there."""

    step: Step
    name: str
    scope: Scope
    env: Env
    repetition: int | None = None  # of this very step

    @property
    def path(self) -> str:
        return f"{self.scope.path}{self.name}"

    @property
    def span(self) -> Span:
        return self.step.span

    def within(self, name: str, scope: Scope) -> Site:
        """The site of another node that the same step makes."""
        return Site(self.step, name, scope, self.env)

    def notes(self) -> tuple[Note, ...]:
        """The way here in words, innermost first."""
        chain = self.env.notes()
        if self.repetition is None:
            return chain
        return (Note(f"in repetition {self.repetition + 1}", None), *chain)
