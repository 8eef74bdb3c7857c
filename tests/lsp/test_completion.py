"""What may be typed at places, in whole answers.

A file under `completions` is a spec. Lines behind `#?` are typed into it, lines behind `#=` in place of the line above them;
those that follow each other without a mark between belong together. `NAME.txt` holds what is offered at the mark `‸` of each.
`python -m tests.lsp.test_completion` writes them anew, to be read before they are kept.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lsprotocol import types

from netspec.kinds import KINDS
from netspec.lsp.expecting import expected, items
from netspec.lsp.features.completion import completion
from netspec.lsp.page import Client, Page
from netspec.lsp.words import words_of
from netspec.pipeline import check_text
from netspec.syntax.tree import Scalar, Tree, lines_of
from netspec.zoo import GROUPS
from tests.lsp.test_context import scalars
from tests.support.lsp_client import CURSOR, Editor, marked

FOLDER = Path(__file__).parent / "completions"
CASES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".yaml", ".json"))
SPECS = Path(__file__).parents[2] / "specs"
SNIPPETS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        completion=types.CompletionClientCapabilities(
            completion_item=types.ClientCompletionItemOptions(snippet_support=True)
        )
    )
)


class Typed(NamedTuple):
    """Something typed into a spec."""

    shown: str
    text: str  # with its mark


def typed(content: str) -> Iterator[Typed]:
    """All that is typed into the spec of a file, one after the other."""
    base: list[str] = []
    added: list[tuple[int, bool, list[str]]] = []  # after so many lines of the base, in place of the last
    for line in content.splitlines():
        if not line.startswith(("#?", "#=")):
            base.append(line)
            continue
        replaces = line.startswith("#=")
        last = added[-1] if added else None
        if last is None or last[0] != len(base) or last[1] != replaces or CURSOR in last[2][-1]:
            added.append((len(base), replaces, []))
        added[-1][2].append(line[2:])
    for at, replaces, lines in added:
        # The space behind the sign may be left out of the first column's lines.
        own = [line[1:] if re.match(r" \S", line) else line for line in lines]
        text = "\n".join([*base[: at - replaces], *own, *base[at:]]) + "\n"
        yield Typed(" / ".join(line.strip() for line in own), text)


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    """An editor that fills in snippets."""
    made = Editor(SNIPPETS)
    yield made
    assert made.leave() == 0
    assert made.log == []


def offered(editor: Editor, text: str, name: str) -> list[Any]:
    """The items at the mark of a text, in their order."""
    found, (place,) = marked(text)
    uri = editor.open(found, name=name)
    answer = editor.at("textDocument/completion", uri, place)
    editor.close(uri)
    assert answer["isIncomplete"] is False
    line = found.split("\n")[place["line"]]
    for item in answer["items"]:
        start, end = item["textEdit"]["range"]["start"], item["textEdit"]["range"]["end"]
        assert start["line"] == end["line"] == place["line"]
        assert start["character"] <= place["character"] <= end["character"]
        item["replaces"] = line[start["character"] : end["character"]]
    return sorted(answer["items"], key=lambda item: item["sortText"])


def table(editor: Editor, path: Path) -> str:
    """All answers for the spec of a file."""
    parts = []
    for case in typed(path.read_text(encoding="utf-8")):
        found = offered(editor, case.text, path.name)
        replaced = {item["replaces"] for item in found}
        assert len(replaced) < 2
        word = f", in place of {next(iter(replaced))}" if replaced - {""} else ""
        parts.append(f"=== {case.shown}\n{len(found)} items{word}\n{''.join(map(_row, found))}")
    return "\n".join(parts)


def _row(item: Any) -> str:
    new = item["textEdit"]["newText"].replace("\n", "\n" + " " * 8)
    text = "" if new == item["label"] else f" -> {new}"
    detail = f" ({item['detail']})" if "detail" in item else ""
    return f"{item['sortText'][0]} {item['label']}{detail}{text}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_completions(editor: Editor, path: Path) -> None:
    assert table(editor, path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_behind_a_dash_alone_a_space_is_put(editor: Editor) -> None:
    text = "netspec: 1\ninput: [8, 8, 3]\nlayers:\n  -‸\n"
    found = {item["label"]: item["textEdit"]["newText"] for item in offered(editor, text, "a.netspec.yaml")}
    assert (found["1x1"], found["relu"]) == (" 1x1: ${1:64}", " relu")


def test_there_are_enough_places() -> None:
    assert sum(path.read_text(encoding="utf-8").count(CURSOR) for path in CASES) >= 60


def test_the_specs_hold_without_what_is_typed() -> None:
    for path in CASES:
        text = "".join(
            line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("#")
        )
        assert [problem.message for problem in check_text(text, repairs=False).problems if problem.is_error] == []


def test_a_whole_item(editor: Editor) -> None:
    text = "netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - conv: {filters: 3, kern‸ke}\n"
    item = next(item for item in offered(editor, text, "whole.netspec.yaml") if item["label"] == "kernel_size")
    assert item == {
        "label": "kernel_size",
        "kind": 10,
        "detail": "required",
        "documentation": {
            "kind": "markdown",
            "value": "Size of the convolution window. Takes a whole number of at least 1, or a list of one for each dimension.",
        },
        "sortText": "0000",
        "textEdit": {
            "range": {"start": {"line": 3, "character": 23}, "end": {"line": 3, "character": 29}},
            "newText": "kernel_size: ",
        },
        "replaces": "kernke",
    }


_PLACE = re.compile(r"\$(?:\{(\d+):((?:\\.|[^}\\])*)\}|(\d+))")


def filled(snippet: str) -> str:
    """A snippet as it is taken, with names and nodes in empty lists."""
    given: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        if match[1]:
            given[match[1]] = match[2]
        number = match[1] or match[3]
        before = snippet[: match.start()]
        empty = "x" if "from" in before else "relu" if before.endswith("[") else ""
        return given.get(number, empty)

    return _PLACE.sub(value, snippet)


HEAD = "netspec: 1\ninput: [32, 32, 3]\nlayers:\n"


@pytest.mark.parametrize("line", ["  - ‸\n", "  - skip: [‸]\n", "  - skip: [{‸}]\n"])
def test_each_kind_that_is_taken_is_a_node_of_that_kind(editor: Editor, line: str) -> None:
    text = f"{HEAD}  - relu\n  - relu: {{name: x}}\n{line}"
    kinds = offered(editor, text, "kinds.netspec.yaml")
    assert {item["label"] for item in kinds} >= {word for word, cls in KINDS.items() if not cls.mixes_labels}
    for item in kinds:
        new = filled(item["textEdit"]["newText"])
        spec = check_text(text.replace(CURSOR, new.replace("\n", "\n  ")), repairs=False)
        # What is filled in may not go with this input; but the text is a spec, and all words in it are known.
        assert [p.message for p in spec.problems if p.code[:3] in ("NS1", "NS2") and "body" not in p.message] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("netspec: 1\ninput: [32, 32, 3]\nlayers: [relu, ‸]\n", "module.netspec.yaml"),
        ('{"netspec": 1, "input": [32, 32, 3], "layers": ["relu", ‸]}', "module.netspec.json"),
    ],
)
def test_whole_modules_in_brackets(editor: Editor, text: str, name: str) -> None:
    modules = [item for item in offered(editor, text, name) if item["label"].endswith(" module")]
    assert [item["label"] for item in modules] == ["residual module", "inception module"]
    for item, kind in zip(modules, ("skip", "inception"), strict=True):
        new = text.replace(CURSOR, filled(item["textEdit"]["newText"]).replace("identity", "project"))
        spec = check_text(new, repairs=False)
        assert [problem.message for problem in spec.problems if problem.is_error] == []
        assert spec.graph is not None
        assert spec.graph.nodes[-1].kind_name == kind
        assert not name.endswith(".json") or json.loads(new)


ZOO = [name for names in GROUPS.values() for name in names]


@pytest.mark.parametrize("name", ZOO)
def test_what_is_written_is_what_is_offered(name: str) -> None:
    """Every key, kind, word, `$name` and name of a node of the zoo is among what is offered where it stands."""
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    page = Page(f"file:///{name}.yaml", "yaml", 1, text, Client(snippets=True))
    document = page.spec.document
    assert document is not None
    assert document.source.tree is not None
    count = 0
    for scalar, word, column in written(document.source.tree):
        line = scalar.start.line
        answer: Any = completion(page, {"position": {"line": line, "character": column}})
        assert word in [item["label"] for item in answer["items"]], (lines_of(text)[line], word)
        count += 1
    assert count > 10


def written(tree: Tree) -> Iterator[tuple[Scalar, str, int]]:
    """What is written that is to be offered: its scalar, the word, the column of the word's end."""
    for scalar, path, expects, _ in scalars(tree):
        start = scalar.start.column + (not scalar.plain)
        place = expected(path)
        if scalar.start.line != scalar.end.line or scalar.start.column == scalar.end.column:
            continue
        for match in re.finditer(r"\$\w+", scalar.text) if place.what not in ("other", "params") else ():
            yield scalar, match[0], start + match.end()
        if "$" in scalar.text or not scalar.text:
            continue
        at = place if expects != "item" else items(place)
        is_key = expects == "key" and at.what in (
            "top",
            "node",
            "setting",
            "use",
            "defaults",
            "block",
            "variant",
            "input",
            "branch",
        )
        is_node = expects == "item" and at.what in ("body", "branch")
        is_name = expects != "key" and (at.what == "outputs" or (at.what == "wiring" and at.name in ("from", "share")))
        option = at.slot if expects != "key" and at.what == "setting" else None
        is_word = (
            option is not None and option.takes is not None and scalar.text in {w.text for w in words_of(option.takes)}
        )
        if is_key or is_node or is_name or is_word:
            yield scalar, scalar.text.rpartition(".")[2] if is_name else scalar.text, start + len(scalar.text)


@pytest.mark.parametrize("name", ZOO)
def test_nothing_fails_anywhere_in_the_zoo(name: str) -> None:
    chance = random.Random(name)
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    page = Page(f"file:///{name}.yaml", "yaml", 1, text, Client(snippets=True))
    lines = text.split("\n")
    for _ in range(100):
        line = chance.randrange(len(lines))
        _asked(page, line, chance.randint(0, len(lines[line])))
    cut = text[: chance.randrange(len(text))]  # as it is while it is written
    page = Page(f"file:///{name}.yaml", "yaml", 1, cut, Client(snippets=True))
    _asked(page, cut.count("\n"), len(cut.rpartition("\n")[2]))


def _asked(page: Page, line: int, character: int) -> None:
    answer: Any = completion(page, {"position": {"line": line, "character": character}})
    labels = [item["label"] for item in answer["items"]]
    assert len(labels) == len({*labels})


if __name__ == "__main__":
    made = Editor(SNIPPETS)
    for each in CASES:
        each.with_suffix(".txt").write_text(table(made, each), encoding="utf-8")
    made.leave()
