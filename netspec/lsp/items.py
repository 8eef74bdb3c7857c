"""Items of a completion: texts that are put in place of the word at a place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum

from netspec.diagnostics.problems import Edit, Problems
from netspec.diagnostics.words import printable
from netspec.lsp.context import Context
from netspec.lsp.page import Page
from netspec.refactoring.nodes import flat
from netspec.syntax.edits import in_json
from netspec.syntax.reading import read_text
from netspec.syntax.tree import lines_of, span_of

SNIPPET = 2  # the protocol's format of a text with places to fill in
ADJUST = 2  # and its mode of a text whose further lines are indented as the first is
_PLACE = re.compile(r"\$\{(\d+):([^}]*)\}|\$(\d+)")  # of a snippet, to fill in


class Icon(IntEnum):
    """The protocol's kinds of items, of which editors show pictures."""

    FUNCTION = 3
    VARIABLE = 6
    CLASS = 7
    MODULE = 9
    PROPERTY = 10
    VALUE = 12
    KEYWORD = 14
    SNIPPET = 15
    REFERENCE = 18
    MEMBER = 20


def place(number: int, text: str = "") -> str:
    """A place to fill in, with what stands there first."""
    return f"${{{number}:{escaped(text)}}}" if text else f"${number}"


def escaped(text: str) -> str:
    """A text in a snippet as it is."""
    return text.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")


class Items:
    """Makes the items for a place, in the order in which they are to be shown.

    Args:
        page: The page.
        context: The place.
    """

    def __init__(self, page: Page, context: Context) -> None:
        self.page = page
        self.context = context
        self.found: list[dict[str, object]] = []
        self.snippets = page.client.snippets
        self.is_json = page.name.endswith(".json")
        start = page.text.position(context.line + 1, context.start + 1)
        end = page.text.position(context.line + 1, context.end + 1)
        self._range = {"start": start, "end": end}
        self._seen: set[str] = set()

    def add(
        self,
        label: str,
        icon: Icon,
        *,
        text: str | None = None,
        snippet: str = "",
        detail: str = "",
        words: str = "",
        group: int = 0,
    ) -> None:
        """Offer something.

        Args:
            label: What is shown and what is compared with the word at the place; it is offered once.
            icon: Its picture.
            text: What is put in place; the label, if not given.
            snippet: The same with places to fill in, for editors that know them; lines are indented from that of the place.
            detail: Beside the label.
            words: Its documentation, as Markdown.
            group: Those of a lower group come first.
        """
        if label in self._seen:
            return
        self._seen.add(label)
        has_places = bool(snippet) and self.snippets
        item: dict[str, object] = {"label": label, "kind": int(icon)}
        if detail:
            item["detail"] = printable(detail)
        if words:
            item["documentation"] = {"kind": "markdown", "value": words} if self.page.client.markdown else words
        item["sortText"] = f"{group}{len(self.found):03}"
        if has_places:
            item["insertTextFormat"] = SNIPPET
            if "\n" in snippet:
                item["insertTextMode"] = ADJUST
        new = snippet if has_places else label if text is None else text
        item["textEdit"] = {"range": self._range, "newText": self._lead(new)}
        self.found.append(item)

    def _lead(self, text: str) -> str:
        """A text with what has to stand before it."""
        context = self.context
        if context.expects == "item" and not context.has_dash:
            return f"- {text}"
        before = self.page.text.line(context.line)[context.start - 1 : context.start] if not context.lead else ""
        is_tight = (context.expects == "value" and before == ":") or (
            context.expects == "item" and before == "-" and not context.in_flow
        )
        return f" {text}" if is_tight else text

    def key(self, word: str, value: str = "", placed: str = "", *, braces: bool = False) -> dict[str, str]:
        """The texts of a key with its value, as `text` and `snippet`.

        Args:
            word: The key.
            value: What follows the colon.
            placed: The same with places to fill in.
            braces: Is it an item of its own in a list in brackets?
        """
        if self.is_alone:
            return {"text": self.word(word)}
        left, right = ("{", "}") if braces else ("", "")
        text = f"{left}{self.word(word)}: {value}{right}"
        return {"text": text, "snippet": f"{left}{escaped(self.word(word))}: {placed}{right}" if placed else ""}

    @property
    def is_alone(self) -> bool:
        """Is it only the word that is wanted: because a colon follows, or it is in quotes?"""
        return bool(self.context.quote) or self.context.rest.lstrip().startswith(":")

    def word(self, word: str) -> str:
        """A word as it is written: in JSON in quotes, where they are not there yet."""
        return f'"{word}"' if self.is_json and not self.context.quote else word

    def in_braces(self, snippet: str) -> str:
        """A snippet of a map in lines as it stands in brackets, in JSON with quotes."""
        places: list[re.Match[str]] = []

        def kept(match: re.Match[str]) -> str:
            places.append(match)
            return f"place{len(places) - 1}x"

        text = _PLACE.sub(kept, snippet)
        tree = read_text(text, "", Problems()).tree
        assert tree is not None
        (edit,) = (in_json if self.is_json else tuple)((Edit(span_of(tree), flat(lines_of(text), tree)),))
        numbers = {match[1] for match in places if match[2] is not None and match[2].isdigit()}
        pieces = re.split(r"(\"?place\d+x\"?)", edit.text)
        for at, match in enumerate(places):  # each is an odd piece
            quote = "" if (match[1] or match[3]) in numbers else pieces[2 * at + 1].partition("place")[0]
            pieces[2 * at + 1] = f"{quote}{match[0]}{quote}"
        return "".join(pieces)

    def map(self, entries: Iterable[tuple[str, str]], first: int = 1) -> str:
        """A map in braces whose values are places to fill in."""
        parts = [f"{self.word(name)}: {place(number, value)}" for number, (name, value) in enumerate(entries, first)]
        return f"{{{', '.join(parts)}}}"


def lines(*parts: str, indent: int) -> str:
    """Lines of a snippet, each of those after the first indented so far from the first."""
    return f"\n{' ' * indent}".join(parts)
