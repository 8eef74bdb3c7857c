"""The layout of a text, and of some of its lines."""

from __future__ import annotations

from netspec.diagnostics.problems import SpecError
from netspec.formatting import Unformattable, format_lines, format_text
from netspec.lsp.editing import text_edits
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.syntax.edits import between


def formatted(page: Page, params: Params) -> object:
    """The edits that `netspec fmt` would make; None where the text is half-written. Its layout is not for clients to choose."""
    text = page.text.content
    try:
        return text_edits(page, between(text, format_text(text, page.name)))
    except (SpecError, Unformattable):
        return None


def lines_formatted(page: Page, params: Params) -> object:
    """The same of the lines of a range."""
    wanted = page.text.span(params["range"])
    last = wanted.end_line - (wanted.end_column == 1 and wanted.end_line > wanted.line)
    try:
        return text_edits(page, format_lines(page.text.content, wanted.line, last, page.name))
    except (SpecError, Unformattable):
        return None
