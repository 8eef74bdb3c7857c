"""Definition, references, highlights and rename, at marked places, through a real client."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from netspec.lsp.gathering import gather
from netspec.lsp.names import Name
from netspec.lsp.renaming import Impossible, Renaming
from netspec.pipeline import Spec, check, check_text
from netspec.syntax.edits import apply
from tests.support.lsp_client import Editor, marked
from tests.support.positions import edited, stretch

Json = Any
ZOO = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))

# One mark at each thing that is asked about; the comment keeps columns honest: it is two code units wide.
SPEC = """\
netspec: 1
params: {fil‸ters: 8, act: relu}
variants: {wide: {filters‸: 16}, narrow: {filters: 4}}
input: [8, 8, 3]
defaults: {conv: {activation: $a‸ct, padding: same}}
blocks:
  Un‸it:
    params: {filters: , "size": 3}
    layers:
      - conv: {filters: "$fil‸ters  * 1", kernel_size: $size, name: f‸irst}   # 😀
      - conv: {filters: $filters, kernel_size: "1 if $channels‸ > 4 else $size"}
      - add: {from: [fir‸st, conv_1], name: sum}
layers:
  - co‸nv: {filters: $‸filters, kernel_size: 3, name: stem}
  - Unit: {filt‸ers: 8, name: a}
  - U‸nit: {filters: 8, share: a}
  - inception: {name: mix, branches: {left: [{1x1: 4}], right: [{1x1: {filters: 4, name: one}}]}}
  - conv: {filters: 4, kernel_size: 3}
  - concat: {from: ["a.first", Uni‸t_1.sum, mi‸x.right.one, conv_‸1], name: all}
  - conv: {filters: 4, kernel_size: 1}
  - global_pool: {from: conv_2}
  - dense: {units: "sum([$e‸ach for each in [4, 6]])", activation: softmax, name: predictions}
outputs: {ma‸in: predictions, second: mix.ri‸ght.one}
train: {loss: {main: sparse_categorical_crossentropy, second: mean_squared_error}, freeze: [mix.*, a]}
"""
TEXT, PLACES = marked(SPEC)
(
    PARAM,
    IN_VARIANT,
    IN_DEFAULTS,
    BLOCK,
    OWN,
    FIRST,
    BUILT_IN,
    FROM_FIRST,
    KIND,
    DOLLAR,
    ARGUMENT,
    USE,
    NUMBERED,
    MIX,
    AUTOMATIC,
    VARIABLE,
    OUTPUT,
    BRANCH,
) = PLACES


def asked(editor: Editor, method: str, at: Json, **more: Json) -> list[str] | None:
    uri = editor.open(TEXT)
    answer = editor.at(f"textDocument/{method}", uri, at, **more)
    if answer is None:
        return None
    assert all(each.get("uri", uri) == uri for each in answer)
    return [stretch(each["range"]) + " rw"[each.get("kind", 1) - 1].strip() for each in answer]


def test_the_fixture_is_right() -> None:
    assert [problem.message for problem in check_text(TEXT, "net.netspec.yaml").problems] == []


# At each mark: definitions, references, and how many lines a rename changes to what; or why there is none.
FOUND: list[tuple[Json, list[str] | None, list[str] | None]] = [
    (PARAM, ["1:9-16"], ["2:18-25", "2:41-48", "13:21-28"]),
    (IN_VARIANT, ["1:9-16"], ["2:18-25", "2:41-48", "13:21-28"]),
    (IN_DEFAULTS, ["1:21-24"], ["4:31-34"]),
    (BLOCK, ["6:2-6"], ["14:4-8", "15:4-8"]),
    (OWN, ["7:13-20"], ["9:26-33", "10:25-32", "14:11-18", "15:11-18"]),
    (FIRST, ["9:67-72"], ["11:21-26", "18:23-28"]),
    (BUILT_IN, None, None),
    (FROM_FIRST, ["9:67-72"], ["11:21-26", "18:23-28"]),
    (KIND, None, None),
    (DOLLAR, ["1:9-16"], ["2:18-25", "2:41-48", "13:21-28"]),
    (ARGUMENT, ["7:13-20"], ["9:26-33", "10:25-32", "14:11-18", "15:11-18"]),
    (USE, ["6:2-6"], ["14:4-8", "15:4-8"]),
    (NUMBERED, ["15:4-8"], ["18:31-37"]),
    (MIX, ["16:22-25"], ["18:43-46", "22:37-40", "23:92-95"]),
    (AUTOMATIC, ["17:4-8"], ["18:58-64"]),
    (VARIABLE, ["21:35-39"], ["21:26-30"]),
    (OUTPUT, ["22:10-14"], ["23:15-19"]),
    (BRANCH, ["16:56-61"], ["18:47-52", "22:41-46"]),
]

RENAMED: list[tuple[Json, str, str, list[str]]] = [
    (
        PARAM,
        "1:9-16 filters",
        "neu",
        [
            "params: {neu: 8, act: relu}",
            "variants: {wide: {neu: 16}, narrow: {neu: 4}}",
            "- conv: {filters: $neu, kernel_size: 3, name: stem}",
        ],
    ),
    (
        IN_VARIANT,
        "2:18-25 filters",
        "neu",
        [
            "params: {neu: 8, act: relu}",
            "variants: {wide: {neu: 16}, narrow: {neu: 4}}",
            "- conv: {filters: $neu, kernel_size: 3, name: stem}",
        ],
    ),
    (
        IN_DEFAULTS,
        "4:31-34 act",
        "neu",
        ["params: {filters: 8, neu: relu}", "defaults: {conv: {activation: $neu, padding: same}}"],
    ),
    (
        BLOCK,
        "6:2-6 Unit",
        "Neu",
        [
            "Neu:",
            "- Neu: {filters: 8, name: a}",
            "- Neu: {filters: 8, share: a}",
            '- concat: {from: ["a.first", Neu_1.sum, mix.right.one, conv_1], name: all}',
        ],
    ),
    (
        OWN,
        "9:26-33 filters",
        "neu",
        [
            'params: {neu: , "size": 3}',
            '- conv: {filters: "$neu  * 1", kernel_size: $size, name: first}   # 😀',
            '- conv: {filters: $neu, kernel_size: "1 if $channels > 4 else $size"}',
            "- Unit: {neu: 8, name: a}",
            "- Unit: {neu: 8, share: a}",
        ],
    ),
    (
        FIRST,
        "9:67-72 first",
        "neu",
        [
            '- conv: {filters: "$filters  * 1", kernel_size: $size, name: neu}   # 😀',
            "- add: {from: [neu, conv_1], name: sum}",
            '- concat: {from: ["a.neu", Unit_1.sum, mix.right.one, conv_1], name: all}',
        ],
    ),
    (
        FROM_FIRST,
        "11:21-26 first",
        "neu",
        [
            '- conv: {filters: "$filters  * 1", kernel_size: $size, name: neu}   # 😀',
            "- add: {from: [neu, conv_1], name: sum}",
            '- concat: {from: ["a.neu", Unit_1.sum, mix.right.one, conv_1], name: all}',
        ],
    ),
    (
        DOLLAR,
        "13:21-28 filters",
        "neu",
        [
            "params: {neu: 8, act: relu}",
            "variants: {wide: {neu: 16}, narrow: {neu: 4}}",
            "- conv: {filters: $neu, kernel_size: 3, name: stem}",
        ],
    ),
    (
        ARGUMENT,
        "14:11-18 filters",
        "neu",
        [
            'params: {neu: , "size": 3}',
            '- conv: {filters: "$neu  * 1", kernel_size: $size, name: first}   # 😀',
            '- conv: {filters: $neu, kernel_size: "1 if $channels > 4 else $size"}',
            "- Unit: {neu: 8, name: a}",
            "- Unit: {neu: 8, share: a}",
        ],
    ),
    (
        USE,
        "15:4-8 Unit",
        "Neu",
        [
            "Neu:",
            "- Neu: {filters: 8, name: a}",
            "- Neu: {filters: 8, share: a}",
            '- concat: {from: ["a.first", Neu_1.sum, mix.right.one, conv_1], name: all}',
        ],
    ),
    (
        NUMBERED,
        "18:31-37 Unit_1",
        "neu",
        [
            "- Unit: {filters: 8, share: a, name: neu}",
            '- concat: {from: ["a.first", neu.sum, mix.right.one, conv_1], name: all}',
        ],
    ),
    (
        MIX,
        "18:43-46 mix",
        "neu",
        [
            "- inception: {name: neu, branches: {left: [{1x1: 4}], right: [{1x1: {filters: 4, name: one}}]}}",
            '- concat: {from: ["a.first", Unit_1.sum, neu.right.one, conv_1], name: all}',
            "outputs: {main: predictions, second: neu.right.one}",
            "train: {loss: {main: sparse_categorical_crossentropy, second: mean_squared_error}, freeze: [neu.*, a]}",
        ],
    ),
    (
        AUTOMATIC,
        "18:58-64 conv_1",
        "neu",
        [
            "- conv: {filters: 4, kernel_size: 3, name: neu}",
            '- concat: {from: ["a.first", Unit_1.sum, mix.right.one, neu], name: all}',
            "- global_pool: {from: conv_1}",
        ],
    ),
    (
        OUTPUT,
        "22:10-14 main",
        "neu",
        [
            "outputs: {neu: predictions, second: mix.right.one}",
            "train: {loss: {neu: sparse_categorical_crossentropy, second: mean_squared_error}, freeze: [mix.*, a]}",
        ],
    ),
    (
        BRANCH,
        "22:41-46 right",
        "neu",
        [
            "- inception: {name: mix, branches: {left: [{1x1: 4}], neu: [{1x1: {filters: 4, name: one}}]}}",
            '- concat: {from: ["a.first", Unit_1.sum, mix.neu.one, conv_1], name: all}',
            "outputs: {main: predictions, second: mix.neu.one}",
        ],
    ),
]


@pytest.mark.parametrize(("at", "definitions", "uses"), FOUND)
def test_definition_and_references(
    editor: Editor, at: Json, definitions: list[str] | None, uses: list[str] | None
) -> None:
    assert asked(editor, "definition", at) == definitions
    assert asked(editor, "references", at, context={"includeDeclaration": False}) == uses
    both = None if definitions is None or uses is None else sorted(definitions + uses, key=_order)
    assert asked(editor, "references", at, context={"includeDeclaration": True}) == both


def _order(told: str) -> tuple[int, int]:
    line, column = told.partition("-")[0].split(":")
    return int(line), int(column)


def test_highlights_tell_reading_from_writing(editor: Editor) -> None:
    assert asked(editor, "documentHighlight", PARAM) == ["1:9-16w", "2:18-25w", "2:41-48w", "13:21-28r"]
    assert asked(editor, "documentHighlight", OWN) == ["7:13-20w", "9:26-33r", "10:25-32r", "14:11-18w", "15:11-18w"]
    assert asked(editor, "documentHighlight", FROM_FIRST) == ["9:67-72w", "11:21-26r", "18:23-28r"]
    assert asked(editor, "documentHighlight", BUILT_IN) is None


@pytest.mark.parametrize(("at", "prepared", "new", "lines"), RENAMED)
def test_rename(editor: Editor, at: Json, prepared: str, new: str, lines: list[str]) -> None:
    uri = editor.open(TEXT)
    answer = editor.at("textDocument/prepareRename", uri, at)
    assert f"{stretch(answer['range'])} {answer['placeholder']}" == prepared
    text = edited(TEXT, editor.at("textDocument/rename", uri, at, newName=new))
    changed = [new for old, new in zip(TEXT.split("\n"), text.split("\n"), strict=True) if old != new]
    assert [line.strip() for line in changed] == lines
    assert check_text(text, "net.netspec.yaml").problems == ()


REFUSED: list[tuple[Json, str, str]] = [
    (BUILT_IN, "neu", "`$channels` is built in: the channels of the input"),
    (KIND, "neu", "`conv` is a kind, which is called so in every spec; to call the node otherwise, give it a `name`"),
    (PARAM, "1st", "'1st' cannot be a name here: a name has letters, digits and _, and does not start with a digit"),
    (PARAM, "repeat", "a param cannot be called `repeat`, which every node takes already"),
    (PARAM, "channels", "a param called `channels` would hide the channels of the input"),
    (
        BLOCK,
        "unit",
        "'unit' cannot be a name here: a block's name starts with a capital letter and has letters, digits and _",
    ),
    (FIRST, "input", "nothing can be called `input`, which is what enters a body"),
    (
        FIRST,
        "sum",
        "with `sum` in place of `first` there would be a problem at line 12: the name `sum` is given twice; the first is at line 10",
    ),
    (
        OWN,
        "size",
        "with `size` in place of `filters` there would be a problem at line 8: duplicate key `size`; the first is at line 8",
    ),
    (
        PARAM,
        "act",
        "with `act` in place of `filters` there would be a problem at line 2: duplicate key `act`; the first is at line 2",
    ),
]


@pytest.mark.parametrize(("at", "new", "why"), REFUSED)
def test_a_rename_that_would_change_the_network_is_refused(editor: Editor, at: Json, new: str, why: str) -> None:
    with pytest.raises(JsonRpcException) as refused:
        editor.at("textDocument/rename", editor.open(TEXT), at, newName=new)
    assert (refused.value.code, refused.value.message) == (-32803, why)


def test_a_name_that_another_would_catch_is_refused() -> None:
    text, (place,) = marked(
        "netspec: 1\nparams: {a‸: 1, b: 1}\ninput: [8]\nblocks: {B: {params: {c: 1}, layers: [{dense: $a}]}}\nlayers: [B, {dense: $b}]\n"
    )
    renaming = Renaming(check_text(text, "x", repairs=False), None, place["line"] + 1, place["character"] + 1)
    assert renaming.edits("d")
    with pytest.raises(
        Impossible, match="it would mean something else somewhere, because another thing is called so there"
    ):
        renaming.edits("c")


def test_only_the_key_input_is_no_name() -> None:
    spec = check_text("netspec: 1\ninput: [8]\nlayers: [{dense: {units: 1, from: input}}]\n", "x", repairs=False)
    with pytest.raises(Impossible, match="`input` is the spec's only input, which has no name of its own"):
        Renaming(spec, None, 3, 36)
    spec = check_text(
        "netspec: 1\ninput: {shape: [8], name: x}\nlayers: [{dense: {units: 1, from: x}}]\n", "x", repairs=False
    )
    assert [edit.span[:2] for edit in Renaming(spec, None, 3, 36).edits("y")] == [(2, 27), (3, 35)]


def test_words_that_yaml_reads_otherwise_are_quoted() -> None:
    spec = check_text('netspec: 1\ninput: [8]\nlayers: [{relu: {name: a}}, {relu: {from: "a"}}]\n', "x", repairs=False)
    edits = Renaming(spec, None, 3, 24).edits("true")
    assert apply(spec.text, edits).splitlines()[2] == 'layers: [{relu: {name: "true"}}, {relu: {from: "true"}}]'


def test_json_keeps_its_quotes(editor: Editor) -> None:
    text, (place,) = marked(
        '{"netspec": 1, "params": {"n": 4}, "input": [8],\n "layers": [{"dense": "$n‸ * 2"}, {"dense": {"units": 1, "name": "n"}}]}\n'
    )
    uri = editor.open(text, name="net.netspec.json", language="json")
    new = edited(text, editor.at("textDocument/rename", uri, place, newName="null"))
    assert new == text.replace('"n": 4', '"null": 4').replace("$n ", "$null ")


def test_edits_are_bound_to_the_version_where_a_client_can_tell() -> None:
    workspace = types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
    )
    editor = Editor(types.ClientCapabilities(workspace=workspace))
    uri = editor.open(TEXT)
    editor.type(uri, {"text": TEXT + "\n"})
    answer = editor.at("textDocument/rename", uri, OUTPUT, newName="neu")
    assert answer["documentChanges"][0]["textDocument"] == {"uri": uri, "version": 2}
    assert edited(TEXT, answer).count("neu") == 2
    assert editor.leave() == 0


def test_a_name_for_one_repetition_of_several_numbers_the_others_anew() -> None:
    text = """\
netspec: 1
input: [8]
layers:
  - dense: 4
  - dense: {units: 4, repeat: 2}
  - dense: 4
  - add: {from: [dense_1, dense_2, dense_3, dense_4]}
"""
    spec = check_text(text, "x", repairs=False)
    new = apply(text, Renaming(spec, None, 7, 30).edits("hidden"))
    assert new.splitlines()[4:] == [
        "  - dense: {units: 4, repeat: 2, name: hidden}",
        "  - dense: 4",
        "  - add: {from: [dense_1, hidden_1, hidden_2, dense_2]}",
    ]
    new = apply(text, Renaming(spec, None, 7, 18).edits("first"))
    assert new.splitlines()[3:] == [
        "  - dense: {units: 4, name: first}",
        "  - dense: {units: 4, repeat: 2}",
        "  - dense: 4",
        "  - add: {from: [first, dense_1, dense_2, dense_3]}",
    ]


def test_a_name_in_a_variant_alone_is_followed() -> None:
    text = """\
netspec: 1
params: {deep: false}
variants: {deep: {deep: true}}
input: [8]
blocks: {Part: {layers: [{dense: 8}]}}
layers:
  - Part: {when: $deep}
  - Part
  - add: {from: [input, Part_2], when: $deep}
"""
    spec = check_text(text, "x", repairs=False)
    new = apply(text, Renaming(spec, None, 8, 6).edits("Piece"))
    assert new == text.replace("Part", "Piece")
    with pytest.raises(Impossible, match="`Part_1` is another node in another variant; give each a `name` first"):
        Renaming(check_text(text, "x", repairs=False), None, 9, 26).edits("last")


def test_a_text_that_cannot_be_read_has_no_names(editor: Editor) -> None:
    uri = editor.open("netspec: 1\nlayers: [\n")
    place = {"line": 0, "character": 1}
    assert editor.at("textDocument/definition", uri, place) is None
    with pytest.raises(JsonRpcException, match="the text cannot be read; mend its first error before"):
        editor.at("textDocument/prepareRename", uri, place)


# Lines that a recovered text has otherwise: a misspelt key left out, a bracket closed; names in what is left are found.
MENDED = """\
netspec: 1
params: {width: 16}
input: [32, 32, 3]
layers:
  - conv: {filters: $width, kernel_sze: 3, name: c‸2}
  - conv: {filters: $wid‸th, kernel_size: 3, padding: same, name: side
  - add: {from: [c2, si‸de]}
"""


def test_names_of_lines_that_are_mended_are_where_they_are_written(editor: Editor) -> None:
    text, places = marked(MENDED)
    uri = editor.open(text)
    found = []
    for place in places:
        definitions = editor.at("textDocument/definition", uri, place)
        places_ = editor.at("textDocument/references", uri, place, context={"includeDeclaration": False})
        lines = text.splitlines()
        for each in (*definitions, *places_):
            start, end = each["range"]["start"], each["range"]["end"]
            assert lines[start["line"]][start["character"] : end["character"]] in ("c2", "width", "side")
        found.append(([stretch(each["range"]) for each in definitions], [stretch(each["range"]) for each in places_]))
    assert found == [
        (["4:49-51"], ["6:17-19"]),
        (["1:9-14"], ["4:21-26", "5:21-26"]),
        (["5:65-69"], ["6:21-25"]),
    ]


def network(spec: Spec) -> list[object]:
    """What is the same of two networks that differ in names only."""
    assert spec.graph is not None
    nodes = [
        (node.kind_name, node.config, node.inputs, node.shape, node.weights, node.share) for node in spec.graph.nodes
    ]
    return [nodes, list(spec.graph.outputs.values()), spec.graph.totals(), [problem.code for problem in spec.problems]]


def renamed(name: Name) -> str:
    return {"block": "Renamed", "variant": "renamed-1"}.get(name.kind, "renamed")


# A name that is also built: `module_$index` is `module_0` once, where no text but its own would do.
BUILT = {
    "module_0": "with `renamed` in place of `module_0` there would be a problem at line 115: there is no node `module_0` here"
}


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_zoo(path: Path) -> None:
    """Two names of each spec, from wherever they stand."""
    spec = check(path, repairs=False)
    assert spec.document is not None
    names = [name for name in gather(spec.document, (spec.graph,)).all if not name.automatic and name.text != "input"]
    random_ = random.Random(path.stem)
    for name in random_.sample(names, min(2, len(names))):
        site = random_.choice([each for each in name.sites.values() if each.role != "derived"])
        renaming = Renaming(spec, None, site.span.line, site.span.column)
        if name.text in BUILT:
            with pytest.raises(Impossible) as refused:
                renaming.edits(renamed(name))
            assert str(refused.value) == BUILT[name.text]
            continue
        text = apply(spec.text, renaming.edits(renamed(name)))
        assert text != spec.text
        assert network(check_text(text, spec.path, repairs=False)) == network(spec)
