"""A difference as a page: what changed in words, and both networks as pictures beside each other in which it is marked."""

from __future__ import annotations

import html
import re
from pathlib import Path

from netspec.comparison.differences import CAUSES, Difference
from netspec.comparison.text import changes_of, facts, headline
from netspec.diagnostics.words import printable
from netspec.drawing.opening import first_sight
from netspec.drawing.picture import picture
from netspec.drawing.svg import CHANGED, GONE, NEW, SIGNS, svg
from netspec.pipeline import Spec
from netspec.report.html import document

STYLE = Path(__file__).parent / "page" / "side_by_side.css"
_CODE = re.compile(r"`([^`]*)`")


def as_page(difference: Difference, a: str, b: str, specs: tuple[Spec, Spec], *, renames: bool = False) -> str:
    """The page.

    Args:
        difference: The difference.
        a: What the first network is called.
        b: What the second is called.
        specs: Those of both.
        renames: List the nodes that have other names.
    """
    said = headline(difference, f"`{a}`", f"`{b}`")
    parts = [f"<header><h1>{_marked(said)}</h1>"]
    if not difference.same:
        parts.append(_legend())
    parts.append("</header>\n<main>\n")
    if not difference.same:
        lines = "".join(
            f'<li class="{_word(line.sign)}"><span aria-hidden="true">{html.escape(line.sign)}</span> {_marked(line.text)}</li>\n'
            for line in changes_of(difference)
        )
        parts.append(f'<ul class="changes">\n{lines}</ul>\n')
    rows = "".join(
        f"<div><dt>{word}</dt><dd>{_marked(text)}</dd></div>\n" for word, text in facts(difference, renames=renames)
    )
    if rows:
        parts.append(f"<dl>\n{rows}</dl>\n")
    parts.append('<div class="pictures">\n')
    for name, spec, signs in zip((a, b), specs, _signs(difference), strict=True):
        parts.append(
            f"<figure><figcaption>{html.escape(printable(name))}</figcaption>\n{_drawn(spec, signs)}</figure>\n"
        )
    parts.append("</div>\n</main>\n")
    title = f"{printable(a)} and {printable(b)}"
    return document(title=title, body="".join(parts), styles=[STYLE])


def _drawn(spec: Spec, signs: dict[int, str]) -> str:
    drawn = picture(spec._replace(problems=()))  # advice is no matter of a difference
    return svg(drawn, first_sight(drawn, signs), signs).partition("?>\n")[2]


def _signs(difference: Difference) -> tuple[dict[int, str], dict[int, str]]:
    """What is marked of the nodes of each: what is gone, new, or changed by itself: not by what stands before it alone."""
    first, second = dict.fromkeys(difference.removed, GONE), dict.fromkeys(difference.added, NEW)
    for change in difference.changes.values():
        is_rewired = change.inputs is not None and not difference.is_led_around(change.other)
        if change.kind or change.options or is_rewired or not change.fields.keys().isdisjoint(CAUSES):
            first[change.one] = second[change.other] = CHANGED
    return dict(sorted(first.items())), dict(sorted(second.items()))


def _legend() -> str:
    words = {GONE: "not in the second", NEW: "not in the first", CHANGED: "changed, or holds what changed"}
    return (
        "<p>"
        + " ".join(f'<span class="{SIGNS[sign][1]}">{sign}</span> {text}' for sign, text in words.items())
        + "</p>"
    )


def _word(sign: str) -> str:
    """The class of a line, by the sign that text has for it."""
    return {"+": "new", "-": "gone", "~": "changed"}.get(sign, "more")


def _marked(text: str) -> str:
    """A line in which names stand in backquotes."""
    parts = _CODE.split(printable(text).replace(" -> ", " → "))
    return "".join(
        f"<code>{html.escape(each)}</code>" if number % 2 else html.escape(each) for number, each in enumerate(parts)
    )
