"""What a click opens: the schema of the modeline, files of data and weights, papers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from netspec.diagnostics.problems import Span
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, part_of

MAX_PATHS = 100  # texts that may be paths of files
_SECTIONS = ("data", "train", "weights")  # where paths stand
_SCHEMA = re.compile(r"#\s*yaml-language-server:\s*\$schema=(\S+)")
_PAPER = re.compile(r"\barXiv[: ](\d{4}\.\d{4,5})\b")


def links(page: Page, params: Params) -> object:
    """`textDocument/documentLink`."""
    parts = urlsplit(page.uri)
    folder = Path(page.name).parent if parts.scheme == "file" else None
    found = [*_written(page, folder)]
    if folder is not None:
        found += _paths(page, folder)
    return [{"range": page.range(span), "target": target} for span, target in sorted(found)]


def _written(page: Page, folder: Path | None) -> Iterator[tuple[Span, str]]:
    """Schemas and papers, wherever they stand."""
    for number in range(page.text.line_count):
        line = page.text.line(number)
        if "arXiv" in line:
            for match in _PAPER.finditer(line):
                span = Span(number + 1, match.start() + 1, number + 1, match.end() + 1)
                yield span, f"https://arxiv.org/abs/{match[1]}"
        schema = _SCHEMA.search(line) if "$schema=" in line else None
        if schema is not None:
            target = schema[1] if schema[1].startswith(("http://", "https://")) else _existing(folder, schema[1])
            if target:
                yield Span(number + 1, schema.start(1) + 1, number + 1, schema.end(1) + 1), target


def _paths(page: Page, folder: Path) -> Iterator[tuple[Span, str]]:
    """Texts that are the paths of files or folders that exist."""
    document = page.shown.document
    root = document.source.tree if document is not None else None
    stack: list[Tree] = [
        root.entries[name].value for name in _SECTIONS if isinstance(root, Mapping) and name in root.entries
    ]
    looked = 0
    while stack and looked < MAX_PATHS:
        tree = stack.pop()
        if isinstance(tree, Mapping):
            stack += [entry.value for entry in tree.entries.values()]
        elif isinstance(tree, Sequence):
            stack += tree.items
        elif isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text:
            looked += 1
            target = _existing(folder, tree.text)
            span = page.written(part_of(tree, 0, len(tree.text))) if target else None
            if span is not None:
                yield span, target


def _existing(folder: Path | None, text: str) -> str:
    """The URI of a file beside the spec; empty where there is none."""
    if folder is None or "\0" in text:
        return ""
    path = folder / text
    try:
        return path.resolve().as_uri() if path.exists() else ""
    except (OSError, ValueError, RuntimeError):  # too long, or a circle of links
        return ""
