"""What is wrong with a checked spec, as far as shapes depend on it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from netspec.diagnostics.codes.code import Stage
from netspec.diagnostics.problems import Problems, TooManyProblems
from netspec.memory import gc_paused
from netspec.recovery.places import sections
from netspec.spec.decoding import decode
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netspec.diagnostics.problems import Problem, Span
    from netspec.graph.model import Graph, Node
    from netspec.pipeline import Spec
    from netspec.spec.document import Document
    from netspec.syntax.tree import Tree

# Sections on which no shape depends; of `variants` those of the one that is asked for do.
APART = ("netspec", "name", "description", "outputs", "weights", "limits", "data", "train")
_STAGES = (Stage.READING, Stage.STRUCTURE, Stage.EXPRESSIONS)
NO_NODE = "NS301"
TWICE = "NS102"
NO_BLOCK = "NS505"
NO_PARAM = "NS502"
_NO_NAME = "NS303"  # of a param, a block or an input; that of a node changes no shape
_NAMED_TWICE = "NS302"
_VERSION = "NS208"
_MISSING = "NS203"
HOPELESS = 1 << 20


def needs_recovery(spec: Spec) -> bool:
    """Are there nodes of a spec whose shapes cannot be said, or are not what is meant, because something in it is wrong?"""
    if spec.ok and spec.graph is not None:
        return False
    if spec.graph is None or any(node.tainted and node.shape is None for node in spec.graph.nodes):
        return True
    return next(faults(spec), None) is not None


def badness(spec: Spec) -> int:
    """How much of a spec cannot be said: errors and nodes without a shape."""
    if spec.graph is None:
        return HOPELESS
    return sum(1 for _ in faults(spec)) + sum(node.tainted and node.shape is None for node in spec.graph.nodes)


def errors_of(spec: Spec) -> int:
    """How many errors there are of names, shapes and expressions, but for names that are given twice: they change no shape."""
    return sum(
        problem.is_error and Stage.WIRING <= problem.stage <= Stage.EXPRESSIONS and problem.code != _NAMED_TWICE
        for problem in spec.problems
    )


def is_understood(spec: Spec) -> bool:
    """Is all that a text says understood, so that at most shapes are wrong?"""
    stages = (*_STAGES, Stage.WIRING)
    return spec.graph is not None and not any(each.is_error and each.stage in stages for each in spec.problems)


def failing(graph: Graph) -> list[Node]:
    """The nodes without a shape though what they read has one, because something in them is wrong."""
    nodes = graph.nodes
    return [
        node
        for node in nodes
        if node.tainted and node.shape is None and not any(nodes[each].shape is None for each in node.inputs)
    ]


class Structure(NamedTuple):
    """A text as far as its structure goes: what it says, and the faults that keep something from being understood."""

    tree: Tree | None
    document: Document | None
    problems: tuple[Problem, ...]


def structure(text: str) -> Structure:
    """Read a text without making a graph of it."""
    problems = Problems()
    document = None
    with gc_paused():
        source = read_text(text, "<text>", problems)
        with suppress(TooManyProblems):
            document = decode(source, problems)
    return Structure(source.tree, document, tuple(_faults(problems.ordered(), source.tree, None)))


def faults(spec: Spec) -> Iterator[Problem]:
    """The errors that keep a node, or what nodes depend on, from being understood; those of shapes are not among them."""
    tree = spec.document.source.tree if spec.document is not None else None
    return _faults(spec.problems, tree, spec.request.variant)


def _faults(problems: tuple[Problem, ...], tree: Tree | None, variant: str | None) -> Iterator[Problem]:
    lines = sections(tree)
    for problem in problems:
        if not problem.is_error or problem.file or problem.code == _VERSION:
            continue
        is_name = problem.code == NO_NODE or (problem.code == _NO_NAME and _names_more(tree, problem))
        if problem.stage in _STAGES or is_name:
            line = _belonging(problem).line - 1
            section = next((key for key, part in lines.items() if line in part), None)
            if section == "variants" and variant is None:
                continue
            if section not in APART or (problem.code == _MISSING and _lacks(tree)):
                yield problem


def _belonging(problem: Problem) -> Span:
    """The place by which a problem belongs to a section: of a key of the top that stands twice the first, which is read."""
    is_top = problem.code == TWICE and problem.span.column == 1
    first = problem.notes[0].span if is_top and problem.notes else None
    return first if first is not None else problem.span


def _lacks(tree: Tree | None) -> bool:
    """Is there no input, or no list of nodes? That is reported at the first key, whichever it is."""
    return isinstance(tree, Mapping) and not ("layers" in tree.entries and tree.entries.keys() & {"input", "inputs"})


def _names_more(tree: Tree | None, problem: Problem) -> bool:
    """Is it the name of a param, a block or an input that is wrong?"""
    if not isinstance(tree, Mapping):
        return False
    blocks = tree.entries["blocks"].value if "blocks" in tree.entries else None
    parts = [tree.entries[key].value for key in ("params", "input", "inputs") if key in tree.entries]
    if isinstance(blocks, Mapping):
        bodies = [entry.value for entry in blocks.entries.values()]
        params = [body.entries["params"] for body in bodies if isinstance(body, Mapping) and "params" in body.entries]
        parts += [blocks, *(entry.value for entry in params)]
    keys = [entry.key for part in parts if isinstance(part, Mapping) for entry in part.entries.values()]
    return any(span_of(key) == problem.span for key in keys)
