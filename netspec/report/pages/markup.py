"""A page of `explain` as HTML, in one file, with its figures moving."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from netspec.report.html import data_block, document
from netspec.report.pages.parts import (
    CodeBlock,
    Definitions,
    Figure,
    Heading,
    OptionRow,
    OptionTable,
    Page,
    Paragraph,
    Part,
    Title,
)

FILES = Path(__file__).parent / "files"


def as_html(pages: Sequence[Page]) -> str:
    """Pages as one HTML document."""
    parts = [part for page in pages for part in page]
    moving = any(isinstance(part, Figure) for part in parts)
    return document(
        title=next(part.word for part in parts if isinstance(part, Title)),
        body=f"<main>\n{''.join(map(_html, parts))}</main>",
        styles=[FILES / "explain.css"],
        scripts=[FILES / "figures.js"] if moving else [],
    )


def _html(part: Part) -> str:
    match part:
        case Title(word, text):
            return f"<h1>{html.escape(word)}</h1>\n" + (f'<p class="what">{_prose(text)}</p>\n' if text else "")
        case Heading(text):
            return f"<h2>{_prose(text)}</h2>\n"
        case Paragraph(text):
            return f"<p>{_prose(text)}</p>\n"
        case CodeBlock(text):
            return f'<pre tabindex="0">{html.escape(text)}</pre>\n'
        case Figure(text, label, script, data):
            return (
                f'<figure class="drawing" data-script="{script}" aria-label="{html.escape(label)}">{data_block(data)}'
                f'<pre tabindex="0">{html.escape(text)}</pre></figure>\n'
            )
        case OptionTable(rows):
            return f"<dl>\n{''.join(map(_row, rows))}</dl>\n"
        case Definitions(items):
            lines = (
                f'<tr><th scope="row">{html.escape(word)}</th><td>{_prose(text)}</td></tr>\n' for word, text in items
            )
            return f"<table>\n{''.join(lines)}</table>\n"


def _row(row: OptionRow) -> str:
    default = f" = <code>{html.escape(row.default)}</code>" if row.default else " (required)"
    name = f"<dt><code>{html.escape(row.name)}</code>{default}</dt>"
    return f"{name}\n<dd>{_prose(row.meaning)} Takes {_prose(row.takes)}.</dd>\n"


def _prose(text: str) -> str:
    """Running text; words in backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
