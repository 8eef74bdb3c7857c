"""What is said of places, in whole answers: `hovers/NAME.txt` holds those for the places marked in `hovers/NAME.*`.

`python -m tests.lsp.test_hover` writes them anew, to be read before they are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.support.lsp_client import CURSOR, Editor, marked

FOLDER = Path(__file__).parent / "hovers"
CASES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".yaml", ".json"))


def hovered(editor: Editor, path: Path) -> str:
    """All answers for a marked file: each place, the range of what stands there, what is said of it."""
    text, places = marked(path.read_text(encoding="utf-8"))
    lines = text.split("\n")
    uri = editor.open(text, name=path.name)
    answers = []
    for place in places:
        units = lines[place["line"]].encode("utf-16-le")
        before = units[: 2 * place["character"]].decode("utf-16-le")
        after = units[2 * place["character"] :].decode("utf-16-le")
        answers.append(
            f"=== {place['line'] + 1}: {before.lstrip()}{CURSOR}{after}\n{_written(editor, uri, place, lines)}"
        )
    return "\n".join(answers)


def _written(editor: Editor, uri: str, place: dict[str, int], lines: list[str]) -> str:
    answer: Any = editor.at("textDocument/hover", uri, place)
    if answer is None:
        return "nothing\n"
    start, end = answer["range"]["start"], answer["range"]["end"]
    assert start["line"] == end["line"]
    units = lines[start["line"]].encode("utf-16-le")
    of = units[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")
    return f"{types.MarkupKind(answer['contents']['kind']).value} of {of}\n\n{answer['contents']['value']}"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_hovers(editor: Editor, path: Path) -> None:
    assert hovered(editor, path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_there_are_enough_places() -> None:
    assert sum(path.read_text(encoding="utf-8").count(CURSOR) for path in CASES) >= 60


@pytest.fixture(scope="module")
def plain() -> Iterator[Editor]:
    """An editor that shows plain text only."""
    hover = types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText])
    made = Editor(types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(hover=hover)))
    yield made
    assert made.leave() == 0
    assert made.log == []


def test_plain_text(plain: Editor) -> None:
    text, places = marked("netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - po‸ol\n  - drop: 1\n")
    uri = plain.open(text)
    assert plain.at("textDocument/hover", uri, places[0]) == {
        "contents": {
            "kind": "plaintext",
            "value": """\
pool_1: pool, 4 x 4 x 1

    pool

A window of size F with stride S over an input of size W, padded by P on each side, has (W - F +
2*P) / S + 1 positions.

  input            8 x 8 x 1 from `input`
  output           4 x 4 x 1
  window           rows and columns: (8 - 2 + 2*0) / 2 + 1 = 4
  weights          none
  receptive field  1 + (2 - 1)*1 = 2 of the input along each dimension, in steps of 2

Pooling: the maximum, the mean or the root mean square of each window, channel by channel.
""",
        },
        "range": {"start": {"line": 3, "character": 4}, "end": {"line": 3, "character": 8}},
    }


def test_parts_of_lists_and_names_of_outputs(editor: Editor) -> None:
    text, places = marked(
        "netspec: 1\ninput: [8, 8, 3]\nlayers:\n"
        "  - inception: {1x1: 4, 3x3: [2, ‸4]}\n"
        "  - conv: {filters: 2, kernel_size: 3, padding: [[‸1, 1], [1, ‸1]]}\n"
        "outputs: {pi‸cture: conv_1}\n"
    )
    uri = editor.open(text)
    told = [editor.at("textDocument/hover", uri, place)["contents"]["value"].split("\n")[0] for place in places]
    assert told == [
        "**3x3**: of inception, default null",
        "**padding**: of conv, default valid",
        "**padding**: of conv, default valid",
        "**conv_1**: conv, 8 x 8 x 2",
    ]


def test_in_a_line_that_is_mended_what_is_left_is_told(editor: Editor) -> None:
    text, places = marked("netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - con‸v: {filters: 4, kernel_si‸ze: 3, na‸me: a\n")
    uri = editor.open(text)
    told = [editor.at("textDocument/hover", uri, place) for place in places]
    assert [(each["contents"]["value"].split("\n")[0], each["range"]["start"]["character"]) for each in told] == [
        ("**a**: conv, ≈6 x 6 x 4", 4),
        ("**kernel_size**: of conv, required", 23),
        ("**name**: accepted by every node", 39),
    ]


def test_where_the_text_cannot_be_read_its_problem_is_told(editor: Editor) -> None:
    text, (place,) = marked("netspec: 1\nlayers: [‸\n")
    answer = editor.at("textDocument/hover", editor.open(text), place)
    assert "\n---\n\nerror NS101: not YAML: a `]` is missing at the end of this line\n" in answer["contents"]["value"]
    text, (place,) = marked("netspec: 1\n‸\nlayers: [relu]\n")
    assert editor.at("textDocument/hover", editor.open(text), place) is None


if __name__ == "__main__":
    made = Editor()
    for each in CASES:
        each.with_suffix(".txt").write_text(hovered(made, each), encoding="utf-8")
    made.leave()
