"""A picture as a page in which boxes open and close: one file, which needs no network."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from netspec.drawing.picture import Picture, as_data
from netspec.report.html import data_block, document

FILES = Path(__file__).parent
SERVED = "connect-src 'self'"  # what a page may do beside, that is told of changes


def page(drawn: Picture, opened: Iterable[str], *, watched: str = "") -> str:
    """The page.

    Args:
        drawn: The picture.
        opened: The paths of the boxes that are open at first.
        watched: The spec's place on this machine, of a page that is served and told of changes; "" of one that is a file.
    """
    data = as_data(drawn, opened)
    if watched:
        data |= {"watched": watched}
    body = (FILES / "view.html").read_text(encoding="utf-8")
    return document(
        title=f"{drawn.graph.name}: a network",
        body=f"{body.replace('{name}', html.escape(drawn.graph.name))}{data_block(data, 'picture')}",
        styles=[FILES / "view.css"],
        scripts=[FILES / each for each in ("placing.js", "painting.js", "card.js", "view.js")],
        policy=SERVED if watched else "",
    )
