"""Edits of a text as the protocol writes them."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics.problems import Edit, Span
from netspec.lsp.page import Page


def text_edits(page: Page, edits: Iterable[Edit]) -> list[object]:
    """Edits of a page's text, with its line ends."""
    newline = "\r\n" if "\r\n" in page.text.content else "\n"
    return [{"range": page.range(_inside(page, span)), "newText": text.replace("\n", newline)} for span, text in edits]


def workspace_edit(page: Page, edits: Iterable[Edit]) -> dict[str, object]:
    """The same, in the form in which an editor applies them to a text that need not be the one in front."""
    changes = text_edits(page, edits)
    if not page.client.versioned_edits:
        return {"changes": {page.uri: changes}}
    document = {"uri": page.uri, "version": page.version}
    return {"documentChanges": [{"textDocument": document, "edits": changes}]}


def _inside(page: Page, span: Span) -> Span:
    """A span whose places behind the last line are the end of that."""
    last = page.text.line_count
    end = last, len(page.text.line(last - 1)) + 1
    start = min((span.line, span.column), end)
    return Span(*start, *min((span.end_line, span.end_column), end))
