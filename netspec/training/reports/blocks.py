"""What a page is made of. The template shows each by its class's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from markupsafe import Markup


class Heading(NamedTuple):
    """A heading within a section."""

    text: str


class Paragraph(NamedTuple):
    """A sentence or two."""

    text: str


class Facts(NamedTuple):
    """Names and what they are."""

    pairs: Sequence[tuple[str, str]]


class Table(NamedTuple):
    """Rows under headings. What is said of it stands over it.

    Attributes:
        caption: what it shows.
        headings: of the columns; the first column names its row.
        rows: as texts.
        words: numbers of the columns that hold words; the others hold numbers.
        note: what is left out.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset({0})
    note: str = ""


class Tables(NamedTuple):
    """Tables side by side, as many as there is room for."""

    tables: Sequence[Table]


class Figure(NamedTuple):
    """A plot, and the words for those who do not see it."""

    caption: str
    svg: Markup
    note: str = ""


class Figures(NamedTuple):
    """Plots side by side, as many as there is room for."""

    figures: Sequence[Figure]


class Image(NamedTuple):
    """A picture."""

    uri: str  # `data:`
    alt: str
    label: str = ""


class Example(NamedTuple):
    """Pictures that belong to one example, and what is said of it."""

    images: Sequence[Image]
    title: str
    lines: Sequence[str] = ()


class Gallery(NamedTuple):
    """Examples side by side; what the colours of masks stand for."""

    caption: str
    examples: Sequence[Example]
    legend: Sequence[tuple[str, str]] = ()  # colours and words


class Code(NamedTuple):
    """Text as it stands in a file; long, it is folded away under a summary."""

    text: str
    summary: str = ""


class Folded(NamedTuple):
    """What is shown when it is asked for."""

    summary: str
    blocks: Sequence[Block]


Block: TypeAlias = "Heading | Paragraph | Facts | Table | Tables | Figures | Gallery | Code | Folded"
