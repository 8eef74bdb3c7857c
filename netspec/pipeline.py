"""Text to a checked spec: the one place where the stages are put together. It never imports Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from netspec.analysis.checks import CHECKS
from netspec.analysis.lints import lints
from netspec.analysis.suppressions import WORDS, silence
from netspec.diagnostics.problems import Note, Problem, Problems, SpecError
from netspec.fixes.candidates import Candidates
from netspec.fixes.verification import prove
from netspec.graph.elaboration import elaborate
from netspec.graph.model import Graph
from netspec.memory import gc_paused
from netspec.spec.decoding import decode
from netspec.spec.document import Document
from netspec.syntax.reading import read, read_bytes, read_text
from netspec.syntax.tree import Source


class Spec(NamedTuple):
    """A spec that has been read and checked; `graph` is whole only where `problems` has no errors."""

    path: str
    text: str
    document: Document | None
    graph: Graph | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """No errors; there may be warnings."""
        return not any(problem.is_error for problem in self.problems)


def check(
    path: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    variants: bool = False,
    repairs: bool = True,
) -> Spec:
    """Read and check a spec; problems are returned, never raised.

    `params` override the spec's own, `variant` chooses one of its variants; with `variants` and without either, the errors of all
    its variants are looked for too. With `repairs`, candidate fixes are proven by checking again; without, none are offered.
    """
    problems = Problems()
    with gc_paused():
        source = read(path, problems)
        return _checked(source, problems, _Asked(dict(params or {}), variant, variants), repairs)


def check_text(
    text: str | bytes,
    name: str = "<text>",
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    variants: bool = False,
    repairs: bool = True,
) -> Spec:
    """The same for text in hand; `name` is what messages call it."""
    problems = Problems()
    with gc_paused():
        source = read_bytes(text, name, problems) if isinstance(text, bytes) else read_text(text, name, problems)
        return _checked(source, problems, _Asked(dict(params or {}), variant, variants), repairs)


class _Asked(NamedTuple):
    """Which network of a spec is asked for."""

    params: dict[str, Any]
    variant: str | None
    variants: bool


def _checked(source: Source, problems: Problems, asked: _Asked, repairs: bool) -> Spec:
    document, graph = _run(source, problems, asked)
    found = problems.ordered()
    if any(problem.is_error or problem.fixes for problem in found):
        if repairs:

            def recheck(text: str) -> tuple[Graph | None, tuple[Problem, ...]]:
                again = Problems()
                _, fixed = _run(read_text(text, source.path, again), again, asked)
                return fixed, again.ordered()

            found = prove(source.text, graph, found, recheck, Candidates(document, graph, asked.variant))
        else:
            found = tuple(problem._replace(fixes=()) for problem in found)
    return Spec(source.path, source.text, document, graph, found)


def _run(source: Source, problems: Problems, asked: _Asked) -> tuple[Document | None, Graph | None]:
    document = decode(source, problems)
    if document is None:
        return None, None
    graph = _elaborated(document, problems, asked.params, asked.variant)
    if asked.variants and not asked.params and asked.variant is None:
        _check_variants(document, problems)
    if WORDS in source.text:
        silence(source, problems, lambda: _elsewhere(document, asked.params, asked.variant))
    return document, graph


def _elaborated(
    document: Document, problems: Problems, params: dict[str, Any], variant: str | None, advice: bool = True
) -> Graph:
    graph = elaborate(document, problems, params, variant)
    for each in (*CHECKS, lints) if advice else CHECKS:
        each(document, graph, problems)
    return graph


def _check_variants(document: Document, problems: Problems) -> None:
    """Errors of variants, where the spec without one has none of that kind at that place.

    They come without repairs: those are of the network that the variant makes, and `--variant` asks for it.
    """
    said = {(problem.code, problem.span) for problem in problems.ordered()}
    for variant in document.variants:
        found = Problems()
        _elaborated(document, found, {}, variant, advice=False)
        for problem in found.ordered():
            if problem.is_error and (problem.code, problem.span) not in said:
                said.add((problem.code, problem.span))
                note = Note(f"with `--variant {variant}`")
                problems.add(problem.code, problem.message, problem.span, (note, *problem.notes))


def _elsewhere(document: Document, params: dict[str, Any], variant: str | None) -> Iterator[Problem]:
    """The problems of the spec as it stands and of its variants, but for the one at hand."""
    for other in (None, *document.variants):
        if other != variant or params:
            problems = Problems()
            _elaborated(document, problems, {}, other)
            yield from problems.ordered()


def load(path: str | Path, *, params: Mapping[str, Any] | None = None, variant: str | None = None) -> Graph:
    """A spec's graph: its nodes with shapes and costs. Raises SpecError with all problems where it has errors."""
    spec = check(path, params=params, variant=variant)
    if not spec.ok or spec.graph is None:
        raise SpecError(spec.path, spec.problems)
    return spec.graph
