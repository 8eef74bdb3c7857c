"""Every link of every page leads to a file that exists, and to a heading that stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, FENCE, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "specs" / "README.md"]
LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:)([^)\s]*)\)")
MARKUP = re.compile(r'<(?:a|img|source) [^>]*?(?:href|src|srcset)="(?!https?:)([^"]*)"')


def prose(path: Path) -> str:
    """A page without its blocks of code and its code in lines."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    text = prose(path)
    for link in [*LINK.findall(text), *MARKUP.findall(text)]:
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.is_relative_to(ROOT), link
        assert file.exists(), link
        if anchor in ("only-light", "only-dark"):  # for which of the site's looks a picture is
            assert "images" in link
            continue
        assert not anchor or anchor in anchors(file), link
