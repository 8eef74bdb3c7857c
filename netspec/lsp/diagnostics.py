"""Problems as an editor shows them."""

from __future__ import annotations

from netspec.diagnostics.problems import FILE_START, Problem
from netspec.diagnostics.words import printable
from netspec.lsp.page import Page

SEVERITIES = {"error": 1, "warning": 2}
PAGES = "https://github.com/netspec-keras/netspec/blob/main/docs/problems.md"
UNNECESSARY = 1  # the protocol's tag for what may be faded
UNUSED = frozenset({"NS305", "NS306", "NS804", "NS805"})


def diagnostics(page: Page) -> list[object]:
    """All problems of a page."""
    return [diagnostic(page, problem) for problem in page.problems] if page.is_spec else []


def diagnostic(page: Page, problem: Problem) -> dict[str, object]:
    """One problem: its message with what has no place of its own, and the places that have a part in it."""
    placed = [note for note in problem.notes if note.span is not None]
    words = [problem.message, *(note.message for note in problem.notes if note.span is None and not note.told)]
    found: dict[str, object] = {
        "range": page.range(problem.span),
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
                "location": {"uri": page.uri, "range": page.range(note.span or FILE_START)},
                "message": printable(note.message),
            }
            for note in placed
        ]
    return found
