"""What pages are made of, and how they are written: as text for a terminal, or as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

WIDTH = 100  # characters of a line of text
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


class Title(NamedTuple):
    """What the page is about: the word by which it is found, and what that word stands for."""

    word: str
    text: str = ""


class Heading(NamedTuple):
    """A heading inside a page."""

    text: str


class Paragraph(NamedTuple):
    """Running text; words in backquotes are code."""

    text: str


class CodeBlock(NamedTuple):
    """Lines that are shown unchanged."""

    text: str
    language: str


class Figure(NamedTuple):
    """What is drawn: in lines of text, and in an HTML page as `script` draws it from the data."""

    text: str
    label: str
    script: str  # which of the page's drawings
    data: Json


class OptionRow(NamedTuple):
    """A hyperparameter or setting: its name, the values it takes, its default (empty: required), what it means."""

    name: str
    takes: str
    default: str
    meaning: str


class OptionTable(NamedTuple):
    """Hyperparameters or settings."""

    rows: tuple[OptionRow, ...]


class Definitions(NamedTuple):
    """Words, each with its explanation."""

    items: tuple[tuple[str, str], ...]


Part = Title | Heading | Paragraph | CodeBlock | Figure | OptionTable | Definitions
Page = list[Part]


def as_text(page: Page) -> str:
    """The page for a terminal, in lines of at most `WIDTH` characters."""
    return "\n".join(_text(part) for part in page)


def _text(part: Part) -> str:
    match part:
        case Title(word, text):
            return _wrapped(f"{word}: {text}" if text else word) + "\n"
        case Heading(text):
            return text
        case Paragraph(text):
            return _wrapped(text) + "\n"
        case CodeBlock(text) | Figure(text):
            return "".join(_indented(line) + "\n" for line in text.splitlines())
        case OptionTable(rows):
            return "".join(map(_text_row, rows))
        case Definitions(items):
            width = max(len(word) for word, _ in items)
            indent = " " * (width + 4)
            return "".join(_wrapped(f"  {word:<{width}}  {text}", "", indent) + "\n" for word, text in items)


def _wrapped(text: str, indent: str = "", hanging: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _indented(line: str) -> str:
    """A line of an example; one that is too long goes on below, further in."""
    if len(line) + 4 <= WIDTH:
        return f"    {line}".rstrip()
    margin = " " * (4 + len(line) - len(line.lstrip()))
    return _wrapped(line.lstrip(), margin, margin + "    ")


def _text_row(row: OptionRow) -> str:
    head = f"  {row.name} = {row.default}" if row.default else f"  {row.name} (required)"
    return f"{head}\n{_wrapped(f'{row.meaning} Takes {row.takes}.', ' ' * 6)}\n"


def as_markdown(page: Page, level: int | None = 1) -> str:
    """The page as Markdown; `level` is that of its title, None of one that begins a line, as in a small window."""
    return "\n".join(_markdown(part, level) for part in page)


def _markdown(part: Part, level: int | None) -> str:
    match part:
        case Title(word, text):
            if level is None:
                return f"**{word}**{': ' if text else ''}{escaped(text)}\n"
            return f"{'#' * level} {word}\n" + (f"\n**{text}**\n" if text else "")
        case Heading(text):
            return f"**{text}**\n"
        case Paragraph(text):
            return escaped(text) + "\n"
        case CodeBlock(text, language):
            return f"```{language}\n{text.rstrip()}\n```\n"
        case Figure(text):
            return f"```text\n{text}\n```\n"
        case OptionTable(rows):
            cells = [
                (f"`{row.name}`", f"`{row.default}`" if row.default else "required", *map(escaped, row[1::2]))
                for row in rows
            ]
            return table(("Name", "Default", "Values", "Meaning"), cells)
        case Definitions(items):
            return "".join(f"- {f'`{word}`: ' if word else ''}{escaped(text)}\n" for word, text in items)


def escaped(text: str) -> str:
    """Text with the stars outside of code escaped, which Markdown would take for emphasis: `2*P`."""
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("*", "\\*") for number, part in enumerate(parts))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; bars inside cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
