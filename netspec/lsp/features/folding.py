"""What an editor may fold: everything that is written on several lines, and runs of comments."""

from __future__ import annotations

from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, is_block_scalar, last_line


def folds(page: Page, params: Params) -> object:
    """`textDocument/foldingRange`."""
    document = page.shown.document
    tree = document.source.tree if document is not None else None
    last: dict[int, int] = {}  # by the line on which something begins, the last on which it ends
    texts: set[int] = set()  # lines inside texts of several lines, where `#` is a character like others
    if tree is not None:
        _gather(tree, last, texts)
    count = page.text.line_count
    found: list[dict[str, object]] = [
        {"startLine": start, "endLine": end} for start, end in last.items() if start < end < count
    ]
    found += _comments(page, texts)
    return sorted(found, key=lambda each: (each["startLine"], each["endLine"]))


def _gather(tree: Tree, last: dict[int, int], texts: set[int]) -> None:
    stack: list[tuple[int, Tree]] = [(tree.start.line, tree)] if isinstance(tree, Sequence) else [(-1, tree)]
    seen: set[int] = set()  # an alias is the same tree again
    while stack:
        line, tree = stack.pop()
        end = last_line(tree)
        if 0 <= line < end:
            last[line] = max(last.get(line, 0), end)
        if isinstance(tree, Scalar):
            if not tree.plain:
                texts.update(range(tree.start.line + is_block_scalar(tree), end + 1) if line < end else ())
        elif id(tree) not in seen:
            seen.add(id(tree))
            if isinstance(tree, Mapping):
                stack += [(key.start.line, value) for key, value in tree.entries.values()]
            else:
                stack += [(item.start.line, item) for item in tree.items]


def _comments(page: Page, texts: set[int]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    start: int | None = None
    for number in range(page.text.line_count + 1):
        if number not in texts and page.text.line(number).lstrip(" \t").startswith("#"):
            start = number if start is None else start
        elif start is not None:
            if start < number - 1:
                found.append({"startLine": start, "endLine": number - 1, "kind": "comment"})
            start = None
    return found
