"""Code actions: repairs, warnings suppressed, refactorings, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.support.lsp_client import Editor

SPEC = """\
netspec: 1
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3}   # é🙂
  - batch_norm
  - relu
  - conv: {filters: 8, kernel_size: 3}
  - batch_norm
  - relu
  - dense: {unit: 10}
"""


@pytest.fixture(scope="module")
def resolving() -> Iterator[Editor]:
    """An editor that asks for an action's edit when it is chosen, and takes versions with edits."""
    support = types.ClientCodeActionResolveOptions(properties=["edit"])
    made = Editor(
        types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                code_action=types.CodeActionClientCapabilities(resolve_support=support)
            ),
            workspace=types.WorkspaceClientCapabilities(
                workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
            ),
        )
    )
    yield made
    assert made.leave() == 0


def asked(editor: Editor, uri: str, first: int, last: int = 0, **context: Any) -> list[Any]:
    """The actions for some lines, from 1."""
    lines = {"start": {"line": first - 1, "character": 0}, "end": {"line": (last or first) - 1, "character": 3}}
    params = {"textDocument": {"uri": uri}, "range": lines, "context": {"diagnostics": [], **context}}
    answer = editor.ask("textDocument/codeAction", params)
    assert isinstance(answer, list)
    return answer


def edited(text: str, edits: list[Any]) -> str:
    """A text with the edits of the protocol made, none of which touches another."""
    lines = text.split("\n")

    def offset(place: dict[str, int]) -> int:
        before = sum(len(line) + 1 for line in lines[: place["line"]])
        line = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]]
        return before + len(line.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda each: offset(each["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


def test_a_quick_fix_comes_with_its_problem(editor: Editor) -> None:
    uri = editor.open(SPEC)
    (problem,) = editor.published(uri)
    (action,) = asked(editor, uri, 10, only=["quickfix"])
    place = {"start": {"line": 9, "character": 12}, "end": {"line": 9, "character": 16}}
    assert action == {
        "title": "units → same parameter count, 7.18 k MACs in total",
        "kind": "quickfix",
        "diagnostics": [problem],
        "isPreferred": True,
        "edit": {"changes": {uri: [{"range": place, "newText": "units"}]}},
    }
    assert asked(editor, uri, 9, only=["quickfix"]) == []


def test_what_is_wrong_at_every_use_of_a_block_is_mended_once(editor: Editor) -> None:
    spec = """\
netspec: 1
input: [8, 8, 4]
blocks:
  Half:
    layers:
      - conv: {filters: 4, kernel_size: 1, strides: 3, rounding: exact}
layers:
  - inception:
      branches: {a: [Half], b: [Half], c: [Half]}
"""
    uri = editor.open(spec)
    problems = editor.published(uri)
    assert [each["code"] for each in problems] == ["NS401"] * 3
    actions = asked(editor, uri, 6, only=["quickfix"])
    assert [each["title"].split(" → ")[0] for each in actions] == ["kernel_size: 2", "padding: 1", "rounding: floor"]
    assert [each["isPreferred"] for each in actions] == [True, False, False]
    assert all(each["diagnostics"] == problems for each in actions)


def test_a_warning_can_be_suppressed(editor: Editor) -> None:
    text = "netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - conv: {filters: 4, kernel_size: 3}\n  - batch_norm\n  - relu\n"
    uri = editor.open(text)
    assert [each["code"] for each in editor.published(uri)] == ["NS801"]
    (suppress,) = [each for each in asked(editor, uri, 4) if each["title"] == "Suppress NS801 here"]
    new = edited(text, suppress["edit"]["changes"][uri])
    assert new == text.replace("kernel_size: 3}\n", "kernel_size: 3}   # netspec: ignore NS801\n")
    commented = text.replace("kernel_size: 3}\n", "kernel_size: 3}   # thin\n")
    uri = editor.open(commented)
    (suppress,) = [each for each in asked(editor, uri, 4) if each["title"] == "Suppress NS801 here"]
    assert edited(commented, suppress["edit"]["changes"][uri]) == commented.replace(
        "  - conv", "  # netspec: ignore NS801\n  - conv"
    )


def test_a_suppressing_comment_takes_one_code_more(editor: Editor) -> None:
    text = (
        "netspec: 1\ninput: [9, 9, 1]\nlayers:\n"
        "  - 1x1: {filters: 4, strides: 2}   # netspec: ignore NS808: why\n  - batch_norm\n  - relu\n"
    )
    uri = editor.open(text)
    assert [each["code"] for each in editor.published(uri)] == ["NS801"]
    (suppress,) = [each for each in asked(editor, uri, 4) if each["title"].startswith("Suppress")]
    assert edited(text, suppress["edit"]["changes"][uri]) == text.replace("NS808:", "NS808, NS801:")


def test_a_comment_of_no_use_to_any_variant_is_told_when_nothing_is_typed(editor: Editor) -> None:
    text = (
        "netspec: 1\nparams: {norm: false}\nvariants: {normed: {norm: true}}\ninput: [8, 8, 1]\nlayers:\n"
        "  - conv: {filters: 4, kernel_size: 3}   # netspec: ignore NS801: `normed`\n  - batch_norm: {when: $norm}\n"
        "  - relu   # netspec: ignore NS801\n"
    )
    uri = editor.open(text)
    assert editor.published(uri) == []
    place = {"start": {"line": 7, "character": 29}, "end": {"line": 7, "character": 34}}
    problem = {
        "range": place,
        "severity": 2,
        "code": "NS809",
        "codeDescription": {"href": "https://github.com/netspec-keras/netspec/blob/main/docs/problems.md#ns809"},
        "source": "netspec",
        "message": "nothing at line 8 raises NS801, so there is nothing to suppress",
    }
    editor.until(uri, [problem])
    (action,) = asked(editor, uri, 8, only=["quickfix"])
    assert action["diagnostics"] == [problem]
    assert edited(text, action["edit"]["changes"][uri]) == text.replace("relu   # netspec: ignore NS801", "relu")


def test_refactorings_have_their_edits(editor: Editor) -> None:
    uri = editor.open(SPEC)
    found = asked(editor, uri, 4, 6, only=["refactor"])
    assert [(each["title"], each["kind"]) for each in found] == [
        ("Extract block `ConvBlock` (2 places)", "refactor.extract"),
        ("Extract block `ConvBlock` (here only)", "refactor.extract"),
    ]
    assert edited(SPEC, found[0]["edit"]["changes"][uri]) == (
        "netspec: 1\ninput: [8, 8, 1]\nblocks:\n  ConvBlock:\n    params: {filters: }\n    layers:\n"
        "      - conv: {filters: $filters, kernel_size: 3}   # é🙂\n      - batch_norm\n      - relu\n\n"
        "layers:\n  - ConvBlock: 4\n  - ConvBlock: 8\n  - dense: {unit: 10}\n"
    )
    assert [each["title"] for each in asked(editor, uri, 4, only=["refactor.rewrite"])] == ["Write in lines"]
    assert asked(editor, uri, 4, only=["source.organizeImports"]) == []


def test_an_editor_that_can_gets_edits_when_it_chooses(resolving: Editor) -> None:
    text = SPEC.replace("unit:", "units:")
    uri = resolving.open(text)
    first, *_ = asked(resolving, uri, 4, 6, only=["refactor.extract"])
    assert first == {
        "title": "Extract block `ConvBlock` (2 places)",
        "kind": "refactor.extract",
        "data": {"uri": uri, "version": 1, "span": [4, 1, 6, 4]},
    }
    resolved = resolving.ask("codeAction/resolve", first)
    (change,) = resolved["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    assert "  - ConvBlock: 4\n  - ConvBlock: 8\n" in edited(text, change["edits"])
    resolving.type(uri, {"text": text + "\n"})
    with pytest.raises(JsonRpcException, match="the text has changed since"):
        resolving.ask("codeAction/resolve", first)


def test_another_way_is_taken_where_a_variant_would_change(resolving: Editor) -> None:
    text = (
        "netspec: 1\nparams: {size: 7}\nvariants: {small: {size: 4}}\ninput: [$size, $size, 3]\n"
        "blocks:\n  One:\n    params: {n: }\n    layers:\n      - 1x1: 7\n      - 1x1: $n\n\n"
        "layers:\n  - 1x1: $size\n  - One: $channels\n"
    )
    uri = resolving.open(text)
    (inline,) = [each for each in asked(resolving, uri, 14) if each["title"] == "Inline `One`"]
    (change,) = resolving.ask("codeAction/resolve", inline)["edit"]["documentChanges"]
    assert edited(text, change["edits"]) == (
        "netspec: 1\nparams: {size: 7}\nvariants: {small: {size: 4}}\ninput: [$size, $size, 3]\n"
        "layers:\n  - 1x1: $size\n  - 1x1: 7\n  - 1x1: $size\n"
    )


def test_what_would_break_a_variant_is_refused(resolving: Editor, editor: Editor) -> None:
    text = "netspec: 1\nparams: {n: 3}\nvariants: {wide: {n: 4}}\ninput: [8, 8, $n]\nlayers:\n  - 1x1: 3\n  - relu\n"
    uri = resolving.open(text)
    (wrap,) = [
        each for each in asked(resolving, uri, 6, only=["refactor.rewrite"]) if each["title"] == "Wrap in `skip`"
    ]
    with pytest.raises(JsonRpcException, match="in a variant of the network it would change something"):
        resolving.ask("codeAction/resolve", wrap)
    offered = asked(editor, editor.open(text), 6, only=["refactor.rewrite"])
    assert [each["title"] for each in offered] == ["Name `filters`"]


def test_refactorings_of_a_large_network_are_sought_when_asked_for(editor: Editor) -> None:
    uri = editor.open("netspec: 1\ninput: [8]\nlayers:\n" + "  - dense: 8\n  - relu\n" * 200)
    editor.published(uri)
    assert asked(editor, uri, 4, triggerKind=2) == []
    assert [each["title"] for each in asked(editor, uri, 4, triggerKind=1)] == ["Name `units`", "Wrap in `skip`"]


def test_all_that_can_be_fixed(editor: Editor) -> None:
    text = SPEC.replace("relu\n", "relo\n")
    uri = editor.open(text)
    (action,) = asked(editor, uri, 1, only=["source.fixAll"])
    assert (action["title"], action["kind"]) == ("Fix all that can be fixed", "source.fixAll")
    assert edited(text, action["edit"]["changes"][uri]) == SPEC.replace("unit:", "units:")
    editor.type(uri, {"text": SPEC.replace("unit:", "units:")})
    assert asked(editor, uri, 1, only=["source.fixAll"]) == []


def test_all_that_can_be_fixed_leaves_the_variants_sound(editor: Editor) -> None:
    text = (
        "netspec: 1\nparams: {units: 8}\nvariants: {odd: {units: 9}}\ninput: [$units]\nlayers:\n"
        "  - skip: [{dense: 9}]\n  - relo\n"
    )
    uri = editor.open(text)
    (action,) = asked(editor, uri, 1, only=["source.fixAll"])
    assert action["title"] == "Fix all that can be fixed, but for an error in variant `odd`"
    assert edited(text, action["edit"]["changes"][uri]) == text.replace("relo", "relu")


def test_a_half_written_text_has_only_repairs(editor: Editor) -> None:
    uri = editor.open(SPEC.replace("kernel_size: 3}   #", "kernel_size: 3   #"))
    editor.published(uri)
    assert asked(editor, uri, 5, 6, only=["refactor"]) == []


def test_a_spec_of_a_later_version_is_told_and_nothing_is_offered(editor: Editor) -> None:
    newer = SPEC.replace("netspec: 1", "netspec: 2")
    uri = editor.open(newer)
    said = [(each["code"], each["range"]["start"], each["message"]) for each in editor.published(uri)]
    assert said == [
        (
            "NS208",
            {"line": 0, "character": 9},
            "this netspec knows format 1, and this is format 2, which needs a newer netspec: pip install --upgrade netspec-keras",
        )
    ]
    assert asked(editor, uri, 1, 10) == []
    editor.type(uri, {"text": SPEC})
    assert [each["code"] for each in editor.published(uri)] == ["NS202"]
    editor.type(uri, {"text": newer})
    assert [each["code"] for each in editor.published(uri)] == ["NS208"]
    assert asked(editor, uri, 1, 10) == []
    editor.type(uri, {"text": newer.replace("netspec: 2", "netspec: 11")})
    (action,) = asked(editor, uri, 1, only=["quickfix"])
    assert action["title"] == "netspec: 1"
