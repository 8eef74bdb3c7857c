"""A picture as a page in which boxes open and close: one file, which needs no network."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from netspec.drawing.faces import LINE, MARGIN, SMALL
from netspec.drawing.picture import Data, Picture, as_data
from netspec.drawing.placing import BESIDE, GAP, LABEL, LANE, PADDING, TRACK
from netspec.report.html import data_block, document

FILES = Path(__file__).parent
SCRIPTS = ("placing.js", "painting.js", "card.js", "view.js")  # each needs those before it
DISTANCES = {  # what is reckoned with in placing and in painting
    "gap": GAP,
    "track": TRACK,
    "lane": LANE,
    "beside": BESIDE,
    "padding": PADDING,
    "label": LABEL,
    "line": LINE,
    "small": SMALL,
    "margin": MARGIN,
}
SERVED = "connect-src 'self'"  # what a page may do beside, that is told of changes


def page(drawn: Picture, opened: Iterable[str], *, watched: str = "", version: int = 0) -> str:
    """The page.

    Args:
        drawn: The picture.
        opened: The paths of the boxes that are open at first.
        watched: The spec's place on this machine, of a page that is served and told of changes; "" of one that is a file.
        version: The number of this picture among the changes.
    """
    data = data_of(drawn, opened, watched=watched) | ({"version": version} if watched else {})
    body = (FILES / "view.html").read_text(encoding="utf-8").replace("{name}", html.escape(drawn.graph.name))
    return document(
        title=f"{drawn.graph.name}: a network",
        body=body + data_block(data, "picture"),
        styles=[FILES / "view.css"],
        scripts=[FILES / each for each in SCRIPTS],
        policy=SERVED if watched else "",
    )


def data_of(drawn: Picture, opened: Iterable[str], *, watched: str = "", facts: bool = True) -> Data:
    """What the page's script is given: the picture, and the distances at which it places boxes."""
    return as_data(drawn, opened, facts=facts) | {"distances": DISTANCES, "watched": watched}
