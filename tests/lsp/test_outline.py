"""What an editor shows of the structure of a spec: outline, folds, growing selections, blocks' uses, tokens, links, symbols."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from netspec.lsp.features import FEATURES, TOKEN_MODIFIERS, TOKEN_TYPES, search
from netspec.lsp.page import Client, Page
from netspec.lsp.workspace import Workspace
from tests.support.lsp_client import Editor, marked
from tests.support.positions import place, stretch

Json = Any
ROOT = Path(__file__).parent.parent.parent
ZOO = sorted((ROOT / "specs").glob("*.yaml"))

SPEC = """\
# yaml-language-server: $schema=netspec.schema.json
netspec: 1
description: |
  Two lines,
  # and this is no comment
# He et al., (arXiv 1512.03385)
# and one more line
params: {filters: 8, act: relu}
variants: {wide: {filters: 16}}
input: [8, 8, 3]
defaults:
  conv: {padding: same}
blocks:
  Unit:
    params:
      filters:
      size: 3
    layers:
      - conv: {filters: "$filters  * 2", kernel_size: $size, name: first}   # 😀
      - skip:
          body:
            - conv: {filters: 2 * $filters, kernel_size: "max(1, $size)", activation: $act}
            - relu: {when: $height == 0 or $channels > 4}
          shortcut:
            - 1x1: 2 * $filters
  Pair:
    layers: [{Unit: 4}, {Unit: 8}]
layers:
  - conv: {filters: $filters, kernel_size: 3, name: stem}
  - Unit: {filters: 4, repeat: 2}
  - inception:
      name: mix
      branches:
        left: [{1x1: 4}]
        right: [{1x1: {filters: 4, name: one}}]
  - Pair
  - global_pool
  - dense: {units: 10, activation: softmax, name: predictions}
outputs: {main: predictions}
limits: {parameters: 1M}
data: {source: digits}
train: {epochs: 3, loss: {main: sparse_categorical_crossentropy}, augment: [{random_flip: {mode: horizontal}}]}
"""


def outline(symbols: Json, depth: int = 0) -> list[str]:
    """An outline as text: the kind's number, name, detail, and where it stands."""
    found = []
    for each in symbols:
        detail = f" ({each['detail']})" if each.get("detail") else ""
        where = f"{stretch(each['range'])} {place(each['selectionRange']['start'])}"
        found.append(f"{'  ' * depth}{each['kind']} {each['name']}{detail} @ {where}")
        found += outline(each.get("children") or (), depth + 1)
    return found


def tokens(text: str, data: list[int]) -> list[str]:
    """Tokens as text, a line of the spec a line: each word with its type, and its modifiers after dots."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    found: dict[int, list[str]] = {}
    line = column = 0
    for index in range(0, len(data), 5):
        down, right, length, kind, bits = data[index : index + 5]
        line, column = line + down, right if down else column + right
        word = lines[line][2 * column : 2 * (column + length)].decode("utf-16-le")
        modifiers = [f".{each}" for at, each in enumerate(TOKEN_MODIFIERS) if bits & 1 << at]
        found.setdefault(line, []).append(f"{word}:{TOKEN_TYPES[kind]}{''.join(modifiers)}")
    return [f"{line} {' '.join(words)}" for line, words in found.items()]


def ranges(selection: Json) -> list[str]:
    """A selection and all around it, the smallest first."""
    found = []
    while selection:
        found.append(stretch(selection["range"]))
        selection = selection.get("parent")
    return found


OUTLINE = """\
7 netspec (1) @ 1:0-10 1:0
7 description @ 2:0-5:0 2:0
3 params (filters: 8, act: relu) @ 7:0-31 7:0
  13 filters (8) @ 7:9-19 7:9
  13 act (relu) @ 7:21-30 7:21
3 variants (wide: filters: 16) @ 8:0-31 8:0
  22 wide (filters: 16) @ 8:11-30 8:11
7 input (8×8×3) @ 9:0-16 9:0
3 defaults (conv: padding: same) @ 10:0-11:23 10:0
  20 conv (padding: same) @ 11:2-23 11:2
3 blocks @ 12:0-26:34 12:0
  5 Unit @ 13:2-24:31 13:2
    26 filters @ 15:6-14 15:6
    26 size (3) @ 16:6-13 16:6
    12 first (conv 8×8×8 → 8×8×16) @ 18:8-73 18:8
    23 skip_1 (8×8×8 → 8×8×16) @ 19:8-24:31 19:8
      12 conv_1 (8×8×8 → 8×8×16) @ 21:14-91 21:14
      12 relu_1 (8×8×8 → 8×8×16) @ 22:14-57 22:14
      12 conv1x1_1 (1x1 8×8×8 → 8×8×16) @ 24:14-31 24:14
  5 Pair @ 25:2-26:34 25:2
    19 Unit_1 (8×8×8) @ 26:14-21 26:14
    19 Unit_2 (8×8×16) @ 26:25-32 26:25
3 layers @ 27:0-37:62 27:0
  12 stem (conv 8×8×8) @ 28:4-57 28:4
  19 Unit (8×8×8) @ 29:4-33 29:4
  23 mix (inception 8×8×8) @ 30:4-34:47 30:4
    3 left @ 33:8-24 33:8
      12 conv1x1_1 (1x1 8×8×4) @ 33:16-22 33:16
    3 right @ 34:8-47 34:8
      12 one (1x1 8×8×4) @ 34:17-45 34:17
  19 Pair_1 (8×8×16) @ 35:4-8 35:4
  12 global_pool_1 (16) @ 36:4-15 36:4
  12 predictions (dense 10) @ 37:4-62 37:4
3 outputs (main: predictions) @ 38:0-28 38:0
  24 main (predictions) @ 38:10-27 38:10
3 limits (parameters: 1M) @ 39:0-24 39:0
  7 parameters (1M) @ 39:9-23 39:9
3 data (source: digits) @ 40:0-22 40:0
  7 source (digits) @ 40:7-21 40:7
3 train @ 41:0-111 41:0
  7 epochs (3) @ 41:8-17 41:8
  7 loss (main: sparse_categorical_crossentropy) @ 41:19-64 41:19
  7 augment ([random_flip: mode: horizontal]) @ 41:66-110 41:66
    12 random_flip @ 41:77-108 41:77
"""

TOKENS = """\
1 netspec:keyword
2 description:keyword
7 params:keyword filters:parameter.definition act:parameter.definition
8 variants:keyword wide:enumMember.definition filters:parameter
9 input:keyword
10 defaults:keyword
11 conv:function.defaultLibrary padding:property
12 blocks:keyword
13 Unit:class.definition
14 params:property
15 filters:parameter.definition
16 size:parameter.definition
17 layers:property
18 conv:function.defaultLibrary filters:property $filters:parameter *:operator 2:number kernel_size:property $size:parameter name:keyword first:variable.definition
19 skip:function.defaultLibrary
20 body:property
21 conv:function.defaultLibrary filters:property 2:number *:operator $filters:parameter kernel_size:property max:function (:operator 1:number ,:operator $size:parameter ):operator activation:property $act:parameter
22 relu:function.defaultLibrary when:keyword $height:parameter.defaultLibrary ==:operator 0:number or:keyword $channels:parameter.defaultLibrary >:operator 4:number
23 shortcut:property
24 1x1:function.defaultLibrary 2:number *:operator $filters:parameter
25 Pair:class.definition
26 layers:property Unit:class Unit:class
27 layers:keyword
28 conv:function.defaultLibrary filters:property $filters:parameter kernel_size:property name:keyword stem:variable.definition
29 Unit:class filters:parameter repeat:keyword
30 inception:function.defaultLibrary
31 name:keyword mix:variable.definition
32 branches:property
33 left:namespace.definition 1x1:function.defaultLibrary
34 right:namespace.definition 1x1:function.defaultLibrary filters:property name:keyword one:variable.definition
35 Pair:class
36 global_pool:function.defaultLibrary
37 dense:function.defaultLibrary units:property activation:property softmax:enumMember name:keyword predictions:variable.definition
38 outputs:keyword main:variable.definition predictions:variable
39 limits:keyword parameters:property
40 data:keyword source:property
41 train:keyword epochs:property loss:property main:variable augment:property random_flip:function.defaultLibrary mode:property horizontal:enumMember
"""


def test_the_outline(editor: Editor) -> None:
    uri = editor.open(SPEC)
    found = editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert "\n".join(outline(found)) + "\n" == OUTLINE


def test_tokens(editor: Editor) -> None:
    uri = editor.open(SPEC)
    found = editor.ask("textDocument/semanticTokens/full", {"textDocument": {"uri": uri}})
    assert "\n".join(tokens(SPEC, found["data"])) + "\n" == TOKENS
    some = {"start": {"line": 18, "character": 0}, "end": {"line": 21, "character": 10}}
    part = editor.ask("textDocument/semanticTokens/range", {"textDocument": {"uri": uri}, "range": some})
    lines = [line for line in TOKENS.splitlines() if 18 <= int(line.split()[0]) <= 21]
    assert tokens(SPEC, part["data"]) == lines


MENDED = """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 32, kernel_sze: 3, name: c2}
  - conv: {filters: 16, kernel_size: 3, name: si‸de
"""


def test_tokens_and_selections_of_lines_that_are_mended_are_where_they_are_written(editor: Editor) -> None:
    text, (place_,) = marked(MENDED)
    uri = editor.open(text)
    found = editor.ask("textDocument/semanticTokens/full", {"textDocument": {"uri": uri}})
    assert tokens(text, found["data"])[-2:] == [
        "3 conv:function.defaultLibrary filters:property name:keyword c2:variable.definition",
        "4 conv:function.defaultLibrary filters:property kernel_size:property name:keyword side:variable.definition",
    ]
    (selected,) = editor.ask("textDocument/selectionRange", {"textDocument": {"uri": uri}, "positions": [place_]})
    grown = []
    while selected is not None:
        grown.append(stretch(selected["range"]))
        selected = selected.get("parent")
    assert grown[:2] == ["4:46-50", "4:40-50"]


def test_folds(editor: Editor) -> None:
    uri = editor.open(SPEC)
    found = editor.ask("textDocument/foldingRange", {"textDocument": {"uri": uri}})
    assert [f"{e['startLine']}-{e['endLine']}{' ' + e['kind'] if e.get('kind') else ''}" for e in found] == [
        "2-4",
        "5-6 comment",
        "10-11",
        "12-26",
        "13-24",
        "14-16",
        "17-24",
        "19-24",
        "20-22",
        "23-24",
        "25-26",
        "27-37",
        "30-34",
        "32-34",
    ]


@pytest.mark.parametrize(
    ("marked_line", "expected"),
    [
        (
            '  - conv: {filters: "2 * ma‸x(1, $n)", kernel_size: 3}\n',
            [
                "4:25-28",
                "4:21-35",
                "4:20-36",
                "4:11-36",
                "4:10-53",
                "4:4-53",
                "4:2-53",
                "3:0-4:53",
                "0:0-4:53",
                "0:0-5:0",
            ],
        ),
        (
            "  - conv: {filters: $‸n, kernel_size: 3}\n",
            ["4:21-22", "4:20-22", "4:11-22", "4:10-39", "4:4-39", "4:2-39", "3:0-4:39", "0:0-4:39", "0:0-5:0"],
        ),
        ("  - re‸lu\n", ["4:4-8", "4:2-8", "3:0-4:8", "0:0-4:8", "0:0-5:0"]),
        ("  - relu   # here‸\n", ["0:0-5:0"]),
    ],
)
def test_selections_grow(editor: Editor, marked_line: str, expected: list[str]) -> None:
    text, places = marked("netspec: 1\nparams: {n: 2}\ninput: [8, 8, 3]\nlayers:\n" + marked_line)
    answer = editor.ask(
        "textDocument/selectionRange", {"textDocument": {"uri": editor.open(text)}, "positions": [*places, *places]}
    )
    assert [ranges(each) for each in answer] == [expected, expected]


def calls(editor: Editor, direction: str, item: Json) -> list[str]:
    key = "from" if direction == "incoming" else "to"
    answer = editor.ask(f"callHierarchy/{direction}Calls", {"item": item})
    return [f"{each[key]['name']} at {' '.join(map(stretch, each['fromRanges']))}" for each in answer]


def test_who_uses_which_block(editor: Editor) -> None:
    uri = editor.open(SPEC, name="net.netspec.yaml")
    places = {"use": (29, 5), "definition": (13, 3), "pair": (25, 3), "layers": (27, 3)}
    items = {
        word: editor.at("textDocument/prepareCallHierarchy", uri, {"line": line, "character": column})[0]
        for word, (line, column) in places.items()
    }
    assert items["use"] == items["definition"]
    assert (items["use"]["name"], items["use"]["detail"], stretch(items["use"]["range"])) == (
        "Unit",
        "3 uses",
        "13:2-24:31",
    )
    assert calls(editor, "incoming", items["use"]) == ["Pair at 26:14-18 26:25-29", "net at 29:4-8"]
    assert calls(editor, "outgoing", items["use"]) == []
    assert calls(editor, "outgoing", items["pair"]) == ["Unit at 26:14-18 26:25-29"]
    assert calls(editor, "outgoing", items["layers"]) == ["Unit at 29:4-8", "Pair at 35:4-8"]
    assert calls(editor, "incoming", items["layers"]) == []
    assert editor.at("textDocument/prepareCallHierarchy", uri, {"line": 28, "character": 6}) is None


def test_names_in_all_folders(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "one.netspec.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "nets" / "other.yml").write_text("services: {stem: 1}\n", encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "stem.netspec.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "broken.netspec.yaml").write_text("netspec: 1\nlayers: [\n", encoding="utf-8")
    editor = Editor(folders=(tmp_path.as_uri(),))

    def found(query: str) -> list[str]:
        return [
            f"{each['kind']} {each['name']} {each['location']['uri'].rpartition('/')[2]} "
            f"{stretch(each['location']['range'])} {each.get('containerName')}"
            for each in editor.ask("workspace/symbol", {"query": query})
        ]

    assert found("stm") == ["12 stem one.netspec.yaml 28:52-56 one"]
    assert found("FILT") == ["13 filters one.netspec.yaml 7:9-16 one", "13 filters one.netspec.yaml 15:6-13 one.Unit"]
    assert found("first") == ["12 first one.netspec.yaml 18:67-72 one.Unit"]
    text = SPEC.replace("name: stem", "name: stemming")
    uri = editor.open(text, name=(tmp_path / "nets" / "one.netspec.yaml").as_posix().lstrip("/"))
    assert found("stm") == ["12 stemming one.netspec.yaml 28:52-60 one"]
    editor.close(uri)
    assert found("stm") == ["12 stem one.netspec.yaml 28:52-56 one"]
    (tmp_path / "nets" / "one.netspec.yaml").write_text(SPEC.replace("stem", "trunk"), encoding="utf-8")
    assert found("stm") == []
    assert found("trunk") == ["12 trunk one.netspec.yaml 28:52-57 one"]
    assert editor.leave() == 0
    assert editor.log == []


def test_the_search_of_folders_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "around").symlink_to(tmp_path, target_is_directory=True)
    workspace = Workspace(Client(), {"rootUri": tmp_path.as_uri()})

    def found() -> list[str]:
        answer: Json = search.search(workspace, {"query": "predictions"})
        return [each["location"]["uri"].rpartition("/")[2] for each in answer]

    assert found() == ["a.yaml", "b.yaml", "c.yaml"]
    monkeypatch.setattr(search, "MAX_FILES", 2)
    assert found() == ["a.yaml", "b.yaml"]
    monkeypatch.setattr(search, "MAX_ENTRIES", 2)  # `around` is the second
    assert found() == ["a.yaml"]
    monkeypatch.setattr(search, "MAX_FOUND", 1)
    assert len(found()) == 1
    (tmp_path / "a.yaml").write_text("#" * search.MAX_BYTES + SPEC, encoding="utf-8")
    assert found() == []


def test_links(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "netspec.schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "pictures").mkdir()
    text = SPEC.replace("source: digits", "source: {folder: {path: pictures}}")
    uri = editor.open(text, name=(tmp_path / "one.netspec.yaml").as_posix().lstrip("/"))
    found = editor.ask("textDocument/documentLink", {"textDocument": {"uri": uri}})
    assert [(stretch(each["range"]), each["target"]) for each in found] == [
        ("0:32-51", (tmp_path / "netspec.schema.json").as_uri()),
        ("5:14-30", "https://arxiv.org/abs/1512.03385"),
        ("40:31-39", (tmp_path / "pictures").as_uri()),
    ]


METHODS = [
    ("textDocument/definition", "position"),
    ("textDocument/references", "position"),
    ("textDocument/documentHighlight", "position"),
    ("textDocument/selectionRange", "positions"),
    ("textDocument/prepareCallHierarchy", "position"),
    ("textDocument/documentSymbol", ""),
    ("textDocument/foldingRange", ""),
    ("textDocument/semanticTokens/full", ""),
    ("textDocument/documentLink", ""),
]


def inside(page: Page, answer: Json) -> None:
    """Every range of an answer lies in the text, and begins before it ends."""
    if isinstance(answer, dict):
        if "start" in answer and "end" in answer:
            for each in (answer["start"], answer["end"]):
                assert 0 <= each["line"] < page.text.line_count
                assert 0 <= each["character"] <= 2 * len(page.text.line(each["line"]))
            assert (answer["start"]["line"], answer["start"]["character"]) <= (
                answer["end"]["line"],
                answer["end"]["character"],
            )
        if "startLine" in answer:
            assert 0 <= answer["startLine"] < answer["endLine"] < page.text.line_count
        if "selectionRange" in answer:
            assert _holds(answer["range"], answer["selectionRange"])
        for child in answer.get("children", ()):
            assert child["range"]["start"]["line"] >= 0
        if "parent" in answer:
            assert _holds(answer["parent"]["range"], answer["range"])
        for each in answer.values():
            inside(page, each)
    elif isinstance(answer, (list, tuple)):
        for each in answer:
            inside(page, each)


def _holds(outer: Json, inner: Json) -> bool:
    def at(position: Json) -> tuple[int, int]:
        return position["line"], position["character"]

    return at(outer["start"]) <= at(inner["start"]) and at(inner["end"]) <= at(outer["end"])


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_anything_may_be_asked_anywhere(path: Path) -> None:
    """At random places of each spec of the zoo, whole and with a piece cut out: no request fails, and ranges lie in the text."""
    chance = random.Random(path.stem)
    text = path.read_text(encoding="utf-8")
    cut = chance.randrange(len(text))
    for content in (text, text[:cut] + text[cut + chance.randrange(30) :]):
        page = Page(path.as_uri(), "yaml", 1, content, Client())
        workspace = Workspace(Client(), {})
        workspace.pages[page.uri] = page
        for method, about in METHODS:
            feature = FEATURES[method]
            for _ in range(12 if about else 1):
                line = chance.randrange(page.text.line_count)
                position = {"line": line, "character": chance.randrange(len(page.text.line(line)) + 2)}
                params: Json = {"position": position, "positions": [position]}
                answer: Json = feature.load()(page, params)
                inside(page, answer)
                for item in answer or () if method.endswith("CallHierarchy") else ():
                    for direction in ("incoming", "outgoing"):
                        inside(page, FEATURES[f"callHierarchy/{direction}Calls"].load()(workspace, {"item": item}))
