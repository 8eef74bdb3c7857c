"""What grows around the cursor: a word of an expression, the value, its entry, the node, the body, the section, the file."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Span
from netspec.expressions import ExpressionError, is_built, is_expression
from netspec.expressions.lexer import tokens_within
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.syntax.tree import Mapping, Scalar, Tree, part_of, span_of, written_span

Position = tuple[int, int]


def selections(page: Page, params: Params) -> object:
    """`textDocument/selectionRange`."""
    document = page.shown.document
    tree = document.source.tree if document is not None else None
    return [_around(page, tree, page.text.place(position)) for position in params["positions"]]


def _around(page: Page, tree: Tree | None, place: Position) -> dict[str, object]:
    count = page.text.line_count
    spans = [Span(1, 1, count, len(page.text.line(count - 1)) + 1)]
    at = page.shown_at(*place)
    for shown in _spans(page, tree, at) if tree is not None and at is not None else ():
        span = page.written(shown)
        if span is not None and _within(span, spans[-1]) and _holds(span, place):
            spans.append(span)
    found: dict[str, object] = {}
    for span in spans:
        range_ = page.range(span)
        if not found or range_ != found["range"]:
            found = {"range": range_, "parent": found} if found else {"range": range_}
    return found


def _spans(page: Page, tree: Tree, place: Position) -> Iterator[Span]:
    """From the whole to what is smallest."""
    while True:
        yield written_span(tree)
        if isinstance(tree, Scalar):
            yield from _in_scalar(page, tree, place)
            return
        inner: Tree | None = None
        if isinstance(tree, Mapping):
            for key, value in tree.entries.values():
                start, end = span_of(key), written_span(value)
                whole = start if end[2:] < start[2:] else Span(start.line, start.column, end.end_line, end.end_column)
                if _holds(whole, place):
                    yield whole
                    inner = key if _holds(start, place) or whole is start else value
        else:
            inner = next((item for item in tree.items if _holds(written_span(item), place)), None)
        if inner is None:
            return
        tree = inner


def _in_scalar(page: Page, scalar: Scalar, place: Position) -> Iterator[Span]:
    content = part_of(scalar, 0, len(scalar.text))
    yield content  # without its quotes
    if isinstance(scalar.value, str) and (is_expression(scalar.text) or is_built(scalar.text)):
        try:
            tokens = tokens_within(scalar.text)
        except ExpressionError:
            tokens = []
        for token in tokens:
            span = part_of(scalar, token.start, token.end)
            if _holds(span, place):
                yield span
                break
    at = page.names.at(*place) if page.names is not None else None
    if at is not None:
        yield at.site.span


def _holds(span: Span, place: Position) -> bool:
    return span[:2] <= place <= span[2:]


def _within(span: Span, outer: Span) -> bool:
    return outer[:2] <= span[:2] and span[2:] <= outer[2:]
