"""Text to a checked spec: the one place where the stages are put together. It never imports Keras."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from netspec.analysis.checks import CHECKS
from netspec.analysis.lints import advise
from netspec.analysis.suppressions import WORDS, Suppression, suppress, suppress_in, tell_useless
from netspec.diagnostics.problems import (
    FAR,
    FILE_START,
    Fix,
    Note,
    Problem,
    Problems,
    Span,
    SpecError,
    TooManyProblems,
    placed,
)
from netspec.graph.elaboration import elaborate
from netspec.graph.elaboration.budget import COST_OF_ADVICE, COST_OF_VARIANT, MAX_NODES_OF_VARIANTS, Budget
from netspec.graph.model import Graph
from netspec.keeping import Memory, Trials
from netspec.memory import gc_paused
from netspec.spec.decoding import decode
from netspec.spec.document import Document, UsedFile
from netspec.syntax.reading import read, read_bytes, read_text
from netspec.syntax.tree import Mapping as Map
from netspec.syntax.tree import SourceText, span_of

if TYPE_CHECKING:
    from pathlib import Path

    from netspec.fixes.proposing import Proposer
    from netspec.fixes.together import Change, LeftOut
    from netspec.fixes.verification import Checked
    from netspec.spec.decoding.use import Library


class Request(NamedTuple):
    """Which network of a spec is asked for."""

    params: dict[str, object]  # in place of the spec's own
    variant: str | None
    variants: bool  # are the errors of all variants looked for too?
    folder: str | None = None  # in which it lies, if it is a file: where it may use blocks of others
    opened: Callable[[str], str | None] | None = None  # the text of a file that is open in an editor
    later: bool = False  # is what hangs on all variants together left to `errors_of_variants`?


class Spec(NamedTuple):
    """A spec that has been read and checked; `graph` is whole only where `problems` has no errors."""

    path: str
    text: str
    document: Document | None
    graph: Graph | None
    problems: tuple[Problem, ...]
    request: Request = Request({}, None, False)
    effort: int = 0  # nodes that were made to check it, those of variants and the bodies around them included
    useless: tuple[Suppression, ...] = ()  # comments that suppress nothing here, of which variants tell later

    @property
    def content(self) -> str:
        """The text, with the blocks of other files in it: what it says hangs on no other file."""
        used = self.document.used if self.document is not None else None
        if used is None:
            return self.text
        from netspec.spec.self_contained import self_contained

        return self_contained(self.text, used)

    def text_of(self, file: str) -> str:
        """The text of a file that a problem names; "" is the spec itself."""
        if not file:
            return self.text
        return next((each.text for each in self.files if each.path == file), "")

    @property
    def others(self) -> tuple[str | None, ...]:
        """The variants of its other networks; None is the one without. Values in place of the spec's own are nobody's variant."""
        if self.document is None or self.request.params:
            return ()
        return tuple(each for each in (None, *self.document.variants) if each != self.request.variant)

    @property
    def files(self) -> tuple[UsedFile, ...]:
        """The other files whose blocks it uses."""
        used = self.document.used if self.document is not None else None
        return () if used is None else used.files

    @property
    def ok(self) -> bool:
        """No errors; there may be warnings."""
        return not any(problem.is_error for problem in self.problems)


def check(
    path: str | Path,
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    variants: bool = False,
    repairs: bool = True,
) -> Spec:
    """Read a spec from a file and check it.

    Args:
        path: The file. One that cannot be read is a problem like others.
        params: Values in place of the spec's own.
        variant: The variant that is meant, by its name.
        variants: Look for the errors of all variants too, where neither `params` nor `variant` are given.
        repairs: Look for fixes of every problem, by checking again with each candidate. Without, problems have none, and
            `propose` finds those of one.

    Returns:
        The spec with its problems, in order of position; they are never raised.
    """
    problems = Problems()
    with gc_paused():
        source = read(path, problems)
        folder = os.path.dirname(source.path) or os.curdir
        return _spec(source, problems, Request(dict(params or {}), variant, variants, folder), repairs)


def check_text(
    text: str | bytes,
    name: str = "<text>",
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    variants: bool = False,
    repairs: bool = True,
    memory: Memory | None = None,
    folder: str | None = None,
    opened: Callable[[str], str | None] | None = None,
    later: bool = False,
    watch: Callable[[], None] | None = None,
) -> Spec:
    """Check the text of a spec, as `check` does a file.

    Args:
        text: The text, or the bytes that a file would hold.
        name: What messages call it.
        params: As `check` takes them, and so are the others.
        variant: The variant that is meant.
        variants: Look for the errors of all variants too.
        repairs: Look for fixes.
        memory: What is known of the document, where almost the same text was checked before; bytes are read without.
        folder: Where the text lies, if somewhere: it may use blocks of files there. Without, `use` is refused.
        opened: The text of a file there that is open in an editor, by its absolute path; None of any other.
        later: Leave to `errors_of_variants` what only all variants together tell: that a comment suppresses nothing.
        watch: Is called again and again; raises where the check is no longer wanted.

    Returns:
        The spec with its problems.
    """
    problems = Problems()
    with gc_paused():
        if isinstance(text, bytes):
            source = read_bytes(text, name, problems)
        else:
            source = (read_text if memory is None else memory.texts.read)(text, name, problems)
        request = Request(dict(params or {}), variant, variants, folder, opened, later)
        return _spec(source, problems, request, repairs, memory, watch)


def check_again(
    spec: Spec,
    text: str,
    *,
    params: Mapping[str, object] | None = None,
    variant: str | None = None,
    memory: Memory | None = None,
    watch: Callable[[], None] | None = None,
) -> Spec:
    """Check another text in the place of a spec's, with the same files beside it; repairs are not looked for.

    Args:
        spec: The spec.
        text: The other text.
        params: As `check` takes them.
        variant: The variant that is meant.
        memory: What is known of the document.
        watch: As `check_text` takes it.
    """
    beside = spec.request
    return check_text(
        text,
        spec.path,
        params=params,
        variant=variant,
        repairs=False,
        memory=memory,
        folder=beside.folder,
        opened=beside.opened,
        later=beside.later,
        watch=watch,
    )


def propose(
    spec: Spec,
    *problems: Problem,
    memory: Memory | None = None,
    trials: Trials | None = None,
    watch: Callable[[], None] | None = None,
) -> tuple[Fix, ...]:
    r"""Fixes for one problem of a spec that has been checked, each verified by checking the spec again with it.

    Args:
        spec: The spec, as `check` or `check_text` returned it; `repairs=False` is enough.
        *problems: One of its problems; or several of one code at one place, as of a block's uses, which are mended together.
        memory: The one that it was checked with, if it was.
        trials: What is known of texts that were tried before in the place of the spec's, or of one like it; not the memory that
            it was checked with.
        watch: As `check_text` takes it. Whoever asks again after it has raised, with the same spec and trials, goes on.

    Returns:
        At most three, the best first: those that leave nothing wrong before those that uncover other problems. They are
        those that `check` finds with `repairs=True`, where it has not spent its budget on other problems before.

    Examples:
        >>> spec = check_text("netspec: 1\ninput: [32]\nlayers: [{dense: {unit: 4}}]", repairs=False)
        >>> [fix.title for fix in propose(spec, spec.problems[0])]
        ['units']
    """
    with gc_paused():
        return _proposer(spec, memory, trials, watch).fixes(*problems)


class Mended(NamedTuple):
    """A spec once what mends its errors has been done, as far as that holds together.

    Attributes:
        done: What was done, a change for a problem.
        left: What was left out, because other networks of the spec would have errors with it.
        spec: The spec as it is then, with fixes for what is left, where anything was done.
    """

    done: list[Change]
    left: list[LeftOut]
    spec: Spec


def mend(spec: Spec) -> Mended:
    """Apply at once what mends the errors of a spec and holds together, and leaves the other variants sound.

    Of each error its first fix is tried, or what was probably meant where none is verified. Wrong words come first, by themselves.

    Args:
        spec: The spec, as `check` or `check_text` returned it.
    """
    with gc_paused():
        done, left, after = _proposer(spec).mend()
        if not done:
            return Mended([], left, spec)
        mended = Spec(spec.path, after.text, after.document, after.graph, after.problems, spec.request, after.effort)
        return Mended(done, left, _with_fixes(mended))


def load(path: str | Path, *, params: Mapping[str, object] | None = None, variant: str | None = None) -> Graph:
    """A spec's graph: its nodes with shapes and costs.

    Args:
        path: The file.
        params: Values in place of the spec's own.
        variant: The variant that is meant.

    Returns:
        The graph, which is whole.

    Raises:
        SpecError: With all problems, where the spec has errors.
    """
    spec = check(path, params=params, variant=variant)
    if not spec.ok or spec.graph is None:
        raise SpecError(spec.path, spec.problems)
    return spec.graph


def _spec(
    source: SourceText,
    problems: Problems,
    request: Request,
    repairs: bool,
    memory: Memory | None = None,
    watch: Callable[[], None] | None = None,
) -> Spec:
    document, graph, effort, useless = _run(source, problems, request, memory, watch)
    spec = Spec(source.path, source.text, document, graph, _placed(problems, document), request, effort, useless)
    return _with_fixes(spec) if repairs else spec


def _placed(problems: Problems, document: Document | None) -> tuple[Problem, ...]:
    used = document.used if document is not None else None
    found = problems.ordered()
    return found if used is None else placed(found, [each.path for each in used.files])


def _with_fixes(spec: Spec) -> Spec:
    if not any(problem.is_error or problem.candidates or problem.repairs for problem in spec.problems):
        return spec
    proposer = _proposer(spec)
    return spec._replace(problems=tuple(each._replace(fixes=proposer.fixes(each)) for each in spec.problems))


def _proposer(
    spec: Spec,
    memory: Memory | None = None,
    trials: Trials | None = None,
    watch: Callable[[], None] | None = None,
) -> Proposer:
    """Who finds fixes for the problems of a spec; the arguments are those of `propose`."""
    from netspec.fixes.elsewhere import Elsewhere  # a spec that is right needs none of these
    from netspec.fixes.proposing import Proposer
    from netspec.fixes.verification import Checked, Watch

    trials = Trials() if trials is None else trials
    tried, known = trials.memory, trials.known(spec)

    def recheck(text: str, seen: Watch | None) -> Checked:
        if watch is not None:
            watch()
        source = tried.texts.read(text, spec.path, problems := Problems())
        document, graph, effort, _ = _run(source, problems, spec.request, tried, watch, seen)
        return Checked(text, document, graph, _placed(problems, document), effort)

    def look_at(document: Document, variant: str | None, seen: Watch) -> None:
        found = Problems()
        found.watched(seen)
        of = memory if document is spec.document else tried
        _other(document, variant, found, Budget(watch), of, advice=False)

    request = spec.request
    before = Checked(spec.text, spec.document, spec.graph, spec.problems, spec.effort)
    # Checked with its variants, they are among what is checked again.
    others = () if request.variants and request.variant is None else spec.others
    return Proposer(before, request.variant, recheck, Elsewhere(others, look_at, known), known)


def _run(
    source: SourceText,
    problems: Problems,
    request: Request,
    memory: Memory | None = None,
    watch: Callable[[], None] | None = None,
    seen: Callable[[Problem], None] | None = None,
) -> tuple[Document | None, Graph | None, int, tuple[Suppression, ...]]:
    document = graph = None
    useless: tuple[Suppression, ...] = ()
    budget = Budget(watch)
    if memory is not None and source.tree is not memory.texts.tree:
        memory = None  # parts of the tree stand in several places
    with contextlib.suppress(TooManyProblems):
        library = _library(source, request)
        read = decode if memory is None else memory.decode
        document = read(source, problems, library=library)
        if document is None:
            return None, None, 0, ()
        problems.watched(seen)  # what is read is read to its end, which the memory counts on
        graph = _elaborate(document, problems, request.params, request.variant, budget, memory)
        _look_at(document, graph, problems)
        if request.variants and not request.params and request.variant is None:
            for found in _variants(document, problems, budget, memory):
                problems.extend(found)
        for number, file in enumerate(document.used.files if document.used is not None else (), 1):
            if WORDS in file.text:
                suppress_in(read_text(file.text, file.path, Problems()), FAR * number, problems)
        if WORDS in source.text:
            is_later = request.later and bool(document.variants)
            elsewhere = _elsewhere(document, request, budget, memory)
            useless = suppress(source, problems, None if is_later else partial(_joined, elsewhere))
    return document, graph, budget.effort, useless


def _library(source: SourceText, request: Request) -> Library | None:
    """Where the blocks of other files are, if the spec uses some."""
    if not isinstance(source.tree, Map) or "use" not in source.tree.entries:
        return None
    from netspec.spec.decoding.use import Library

    return Library(request.folder, os.path.basename(source.path), request.opened)


def _elaborate(
    document: Document,
    problems: Problems,
    params: Mapping[str, object],
    variant: str | None,
    budget: Budget,
    memory: Memory | None,
) -> Graph:
    kept = None if memory is None else memory.network(variant, document)
    return elaborate(document, problems, params, variant, budget, kept)


def _look_at(document: Document, graph: Graph, problems: Problems, *, advice: bool = True) -> None:
    """What there is to say of a whole graph."""
    for each in (*CHECKS, advise) if advice else CHECKS:
        each(document, graph, problems)


def _other(
    document: Document, variant: str | None, problems: Problems, budget: Budget, memory: Memory | None, *, advice: bool
) -> Graph:
    """A network of a document beside the one at hand, whose problems are taken in."""
    graph = _elaborate(document, problems, {}, variant, budget, memory)
    with contextlib.suppress(TooManyProblems):
        _look_at(document, graph, problems, advice=advice)
    return graph


def errors_of_variants(
    spec: Spec, memory: Memory | None = None, watch: Callable[[], None] | None = None
) -> Iterator[tuple[Problem, ...]]:
    """What `check(…, variants=True)` would add to a spec that was checked without, a variant at a time.

    For an editor, which looks for them when nothing is typed and leaves off when something is.

    Args:
        spec: The spec as it stands, checked with neither params nor a variant.
        memory: The one that it was checked with, if it was.
        watch: Is called again and again; raises where the rest is no longer wanted.

    Yields:
        The problems of each variant that are not the spec's own nor those of a variant before; often none. At last, what
        was left for later.
    """
    if spec.document is not None:
        problems = Problems()
        problems.extend(spec.problems)
        yield from _variants(spec.document, problems, Budget(watch), memory)
        if spec.useless:
            others, told = [], Problems()
            for found in _elsewhere(spec.document, spec.request, Budget(watch), memory):
                others.append(found)
                yield ()
            tell_useless(spec.useless, _joined(others), told)
            yield tuple(told.ordered())


def _variants(
    document: Document, problems: Problems, budget: Budget, memory: Memory | None
) -> Iterator[tuple[Problem, ...]]:
    """Errors of variants, where the spec without one has none of that kind at that place.

    They come without repairs: those are of the network that the variant makes, and `--variant` asks for it.
    """
    said = {(problem.code, problem.span, problem.file) for problem in _placed(problems, document)}
    for variant in document.variants:
        graph = _other(document, variant, found := Problems(), budget, memory, advice=False)
        new: list[Problem] = []
        for problem in _placed(found, document):
            if problem.is_error and (problem.code, problem.span, problem.file) not in said:
                said.add((problem.code, problem.span, problem.file))
                notes = (Note(f"with `--variant {variant}`"), *problem.notes)
                new.append(Problem(problem.code, problem.message, problem.span, notes, file=problem.file))
        if budget.elaborated(document, graph) and variant != next(reversed(document.variants)):
            message = (
                f"the variants after `{variant}` are not checked, because with the next they would make more than "
                f"{MAX_NODES_OF_VARIANTS:,} nodes together, {COST_OF_VARIANT} for each itself"
            )
            yield (*new, Problem("NS509", message, _place(document, "variants")))
            return
        yield tuple(new)


def _place(document: Document, key: str) -> Span:
    """Where a key of the document stands."""
    tree = document.source.tree
    return span_of(tree.entries[key].key) if isinstance(tree, Map) else FILE_START


def _joined(parts: Iterable[list[Problem] | None]) -> list[Problem] | None:
    found: list[Problem] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found


def _elsewhere(
    document: Document, request: Request, budget: Budget, memory: Memory | None
) -> Iterator[list[Problem] | None]:
    """The problems of the spec as it stands and of its variants, but for the one at hand; None where they are too many."""
    for other in (None, *document.variants):
        if other != request.variant or request.params:
            graph = _other(document, other, problems := Problems(), budget, memory, advice=True)
            yield [*problems.ordered()]
            if budget.elaborated(document, graph, COST_OF_ADVICE):
                yield None
                return
