"""Problems as an editor shows them."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics.problems import FILE_START, Note, Problem, Span
from netspec.diagnostics.words import printable
from netspec.lsp.page import Page
from netspec.lsp.text import Text
from netspec.syntax.tree import span_of

SEVERITIES = {"error": 1, "warning": 2}
PAGES = "https://github.com/netspec-keras/netspec/blob/main/docs/problems.md"
UNNECESSARY = 1  # the protocol's tag for what may be faded
UNUSED = frozenset({"NS305", "NS306", "NS804", "NS805"})


def diagnostics(page: Page) -> list[object]:
    """All problems of a page."""
    return [diagnostic(page, problem) for problem in page.problems] if page.is_spec else []


def diagnostic(page: Page, problem: Problem) -> dict[str, object]:
    """One problem: its message with what has no place of its own, and the places that have a part in it.

    A problem in a file that the page uses is shown where `use` names that file, and leads there.
    """
    span, message, notes = problem.span, problem.message, problem.notes
    if problem.file:
        span = _named(page, problem.file)
        message = f"{problem.file}:{problem.span.line}:{problem.span.column}: {message}"
        notes = (Note("it is here", problem.span, file=problem.file), *notes)
    placed = [note for note in notes if note.span is not None]
    words = [message, *(note.message for note in notes if note.span is None and not note.told)]
    found: dict[str, object] = {
        "range": page.range(span),
        "severity": SEVERITIES[problem.severity],
        "code": problem.code,
        "codeDescription": {"href": f"{PAGES}#{problem.code.lower()}"},
        "source": "netspec",
        "message": "\n".join(map(printable, words)),
    }
    if problem.code in UNUSED:
        found["tags"] = [UNNECESSARY]
    if placed:
        found["relatedInformation"] = [
            {
                "location": location(page, note.span or FILE_START, note.file),
                "message": printable(note.message),
            }
            for note in placed
        ]
    return found


def location(page: Page, span: Span, file: str = "") -> dict[str, object]:
    """A place in a page, or in a file that it uses."""
    if not file:
        return {"uri": page.uri, "range": page.range(span)}
    text = Text(page.spec.text_of(file), page.client.encoding)
    return {"uri": Path(file).resolve().as_uri(), "range": text.range(span)}


def _named(page: Page, file: str) -> Span:
    """Where a page says that it uses a file."""
    return next((span_of(each.key) for each in page.spec.files if each.path == file), FILE_START)
