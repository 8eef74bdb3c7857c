"""Reading a text that is almost the one before."""

from __future__ import annotations

from netspec.diagnostics.problems import Problems
from netspec.syntax.grafting import Grafting
from netspec.syntax.reading import parse_text
from netspec.syntax.tree import SourceText, Tree


class Texts:
    """Keeps the tree of the last text of a document, and reads the next one.

    Attributes:
        moved: Lists and maps of the tree, by identity, that have kept what they hold and changed their places since this was
            emptied.
    """

    def __init__(self) -> None:
        self.grafting = Grafting()
        self.tree: Tree | None = None
        self.text: str | None = None  # that of the tree, if there was nothing to report

    @property
    def moved(self) -> set[int]:
        return self.grafting.moved

    def read(self, text: str, name: str, problems: Problems) -> SourceText:
        """As `read_text`; the tree is made of objects of the last one as far as these are the same."""
        if text == self.text:
            return SourceText(name, text, self.tree)
        said = problems.offered
        parsed = parse_text(text, problems)
        tree = parsed.tree
        if tree is None:  # half written; the next text is likely to be almost the one before
            return SourceText(name, text, None)
        if parsed.has_anchors:  # a part may stand in several places
            self.tree = self.text = None
            return SourceText(name, text, tree)
        if self.tree is not None:
            tree = self.grafting.graft(self.tree, tree)
        self.tree = tree
        self.text = text if problems.offered == said else None
        return SourceText(name, text, tree)
