"""Text to tree: YAML 1.2's values, places that editors agree on, and hostile files refused at once."""

from __future__ import annotations

import json
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netspec.diagnostics.problems import Problem, Problems
from netspec.pipeline import check, check_text
from netspec.syntax import reading
from netspec.syntax.edits import apply
from netspec.syntax.reading import read, read_bytes, read_text
from netspec.syntax.tree import Scalar, Sequence, Tree, plain, span_of

SECOND = 1.0  # of processor time; a refusal takes a hundredth of it


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers: a PyYAML that was built without libyaml must read the same."""
    if request.param == "pure Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not yaml.__with_libyaml__:
        pytest.skip("this PyYAML was built without libyaml")


def value_of(text: str) -> Any:
    problems = Problems()
    tree = read_text(text, "spec.yaml", problems).tree
    assert not problems.ordered()
    assert tree is not None
    return plain(tree)


def problems_of(text: str | bytes) -> list[Problem]:
    problems = Problems()
    if isinstance(text, bytes):
        read_bytes(text, "spec.yaml", problems)
    else:
        read_text(text, "spec.yaml", problems)
    return list(problems.ordered())


def said(text: str | bytes) -> list[str]:
    return [f"{p.span.line}:{p.span.column} {p.code} {p.message}" for p in problems_of(text)]


# --- values -----------------------------------------------------------------------------------------------------------

SCALARS: dict[str, Any] = {
    # null
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "nULL": "nULL",
    # truth: YAML 1.1 has eleven words for each
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "tRUE": "tRUE",
    "yes": "yes",
    "no": "no",
    "on": "on",
    "off": "off",
    "y": "y",
    "n": "n",
    "On": "On",
    # whole numbers
    "0": 0,
    "12": 12,
    "+12": 12,
    "-12": -12,
    "-0": 0,
    "010": 10,
    "0000000000000000005": 5,
    "08": 8,
    "0o17": 15,
    "0x1F": 31,
    "0o8": "0o8",
    "-0o17": "-0o17",
    "-0x1F": "-0x1F",
    "0b101": "0b101",
    "1_000": "1_000",
    "1,000": "1,000",
    "3:3": "3:3",
    "12:30:45": "12:30:45",
    "9007199254740992": 2**53,
    "-9007199254740992": -(2**53),
    # fractions
    "1.5": 1.5,
    "-1.5": -1.5,
    "3.0": 3.0,
    "3.": 3.0,
    ".5": 0.5,
    "+.5": 0.5,
    "1e-3": 1e-3,
    "1e3": 1000.0,
    "1E+3": 1000.0,
    "-1.5e-7": -1.5e-7,
    "1e": "1e",
    "e3": "e3",
    ".": ".",
    "1.2.3": "1.2.3",
    "--1": "--1",
    "+": "+",
    "1 2": "1 2",
    "1e-400": 0.0,
    # what only looks like something
    "2024-01-02": "2024-01-02",
    "2024-01-02 10:00:00": "2024-01-02 10:00:00",
    "1x1": "1x1",
    "3x3": "3x3",
    "inf": "inf",
    "nan": "nan",
    "NaN": "NaN",
    ".nAn": ".nAn",
    "0x": "0x",
    "=": "=",
    "١٢": "١٢",  # digits, but not of YAML
    "1１": "1１",
    '"12"': "12",
    "'true'": "true",
    '"\\x41\\u00e9\\U0001F600"': "Aé😀",
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_scalars_of_the_core_schema(text: str, value: Any) -> None:
    found = value_of(f"a: {text}\n")["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [t for t in SCALARS if t and t[0] not in "\"'"])
def test_keys_are_text_as_they_stand(text: str) -> None:
    assert list(value_of(f"{text}: 0\n")) == [text]


def test_keys_in_quotes_are_their_content() -> None:
    assert list(value_of('"1": 0\n\'true\': 0\n"a b": 0\n')) == ["1", "true", "a b"]


def test_a_quoted_merge_key_is_only_text() -> None:
    assert value_of('"<<": 1\n') == {"<<": 1}


def test_texts_over_lines() -> None:
    assert value_of("a: |\n  one\n  two\nb: >-\n  one\n  two\nc: one\n  two\n") == {
        "a": "one\ntwo\n",
        "b": "one two",
        "c": "one two",
    }


def test_aliases_repeat_a_value() -> None:
    assert value_of("a: &x {k: [1, 2]}\nb: *x\nc: [*x, &y 3, *y]\n") == {
        "a": {"k": [1, 2]},
        "b": {"k": [1, 2]},
        "c": [{"k": [1, 2]}, 3, 3],
    }


def test_a_mark_given_again_counts_from_there() -> None:
    assert value_of("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    text = "netspec: 1\ninput: [8]\nlayers:\n  - cnov\n".replace("\n", end)
    (problem,) = check_text(text).problems
    assert tuple(problem.span) == (4, 5, 4, 9)


def test_a_byte_order_mark_counts_for_nothing() -> None:
    spec = check_text(b"\xef\xbb\xbfnetspec: 2\ninput: [8]\nlayers: [relu]\n")
    assert [tuple(p.span)[:2] for p in spec.problems] == [(1, 10)]
    assert spec.text.startswith("netspec")


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    graph = check_text("netspec: 1.0\ninput: [8.0]\nlayers:\n  - dense: 1e1\n").graph
    assert graph is not None
    assert graph.nodes[-1].shape == (10,)


# --- JSON -------------------------------------------------------------------------------------------------------------

words = st.text(st.sampled_from('aé中😀"\\/\n\t\x00\x7f\x85\u2028 :-#') | st.characters(codec="utf-8"), max_size=6)
leaves = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | words
)
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)


@given(st.dictionaries(st.sampled_from("abcdef"), json_values, max_size=4), st.booleans(), st.sampled_from([None, 2]))
def test_json_is_read_as_json(value: dict[str, Any], escaped: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    problems = Problems()
    tree = read_text(text, "spec.json", problems).tree
    if any(p.code == "NS107" for p in problems.ordered()):
        assert not escaped  # a control character as it is; written as an escape it is welcome
        return
    assert not problems.ordered()
    assert tree is not None
    assert plain(tree) == value


@given(st.lists(st.sampled_from(["\\ud83d\\ude00", "\\u00e9", "é", "\\n", "a", "😀"]), max_size=6), st.booleans())
def test_places_in_json_count_characters_as_written(parts: list[str], broken: bool) -> None:
    before = "".join(parts)
    gap = "\n " if broken else " "
    text = f'{{"description": "{before}",{gap}"netspec": 0,{gap}"input": [8], "layers": ["relu"]}}'
    (problem,) = check_text(text).problems
    lines = text.split("\n")
    span = problem.span
    assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == "0"
    (fix,) = problem.fixes
    assert tuple(fix.edits[0].span) == tuple(span)


@pytest.mark.parametrize("end", ["", "\n", "\n\n  # the end\n"])
@pytest.mark.parametrize(
    ("item", "mended"),
    [
        ("   - dense: 10", "  - dense: 10"),
        (" - dense: 10", "  - dense: 10"),
        ("   - dense:\n        units: 10", "  - dense:\n       units: 10"),
        ("    - dense: 10\n    - relu", "  - dense: 10\n  - relu"),
    ],
)
def test_an_item_is_indented_as_those_before_it_with_all_that_belongs_to_it(item: str, mended: str, end: str) -> None:
    text = f"netspec: 1\ninput: [8]\nlayers:\n  - relu\n{item}{end}"
    (problem,) = check_text(text).problems
    assert [(fix.title, apply(text, fix.edits)) for fix in problem.fixes] == [
        ("indent it by 2", text.replace(item, mended))
    ]


# --- places -----------------------------------------------------------------------------------------------------------


def test_every_place_shows_what_stands_there() -> None:
    text = "a: 1\nlist:\n  - \"é😀x\"\n  - {b: [2, three], c: '4'}\n日本: 語\n"
    tree = read_text(text, "spec.yaml", Problems()).tree
    assert tree is not None
    lines = text.split("\n")
    seen = []

    def walk(tree: Tree) -> None:
        if isinstance(tree, Scalar):
            span = span_of(tree)
            assert span.line == span.end_line
            seen.append(lines[span.line - 1][span.column - 1 : span.end_column - 1])
        elif isinstance(tree, Sequence):
            for item in tree.items:
                walk(item)
        else:
            for key, value in tree.entries.values():
                walk(key)
                walk(value)

    walk(tree)
    assert seen == ["a", "1", "list", '"é😀x"', "b", "2", "three", "c", "'4'", "日本", "語"]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_models_and_archives_are_called_what_they_are(tmp_path: Path) -> None:
    model = tmp_path / "model.keras"
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
    assert said(model.read_bytes()) == [
        "1:1 NS107 the file is a Keras model, and not a spec; `netspec import` writes it as one, and `netspec evaluate` and "
        "`netspec predict` take it if netspec made it"
    ]
    assert said(b"PK\x03\x04rest") == ["1:1 NS107 the file is a ZIP archive, and not a spec"]
    assert said(b"\x89HDF\r\n\x1a\n\0") == [
        "1:1 NS107 the file is HDF5, which holds weights or a model, and not a spec; `netspec import` writes a model as one"
    ]


def test_a_run_folder_is_called_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    assert [p.message for p in check(tmp_path).problems] == [
        f"'{tmp_path}' is a run folder; `netspec evaluate` and `netspec predict` take it, and its spec is "
        f"'{tmp_path / 'spec.yaml'}'"
    ]


def test_encodings() -> None:
    assert said("netspec: 1\n".encode("utf-32")) == ["1:1 NS107 the file is UTF-32; save it as UTF-8"]
    assert said("netspec: 1\n".encode("utf-16")) == ["1:1 NS107 the file is UTF-16; save it as UTF-8"]
    assert said(b"\xfe\xff\0n") == ["1:1 NS107 the file is UTF-16; save it as UTF-8"]
    assert said(b"netspec: 1\nname: caf\xe9\n") == ["2:10 NS107 the byte 0xe9 is not UTF-8; save the file as UTF-8"]
    assert said(b"\xef\xbb\xbfa: \xff") == ["1:4 NS107 the byte 0xff is not UTF-8; save the file as UTF-8"]
    assert said("é: 1\nb: é\0\n") == ["2:5 NS107 the text holds a NUL character; remove it"]
    assert said("a: \x1b[31m\n") == ["1:4 NS107 the text holds the control character U+001B; remove it"]
    assert said("a: b\u2028c\n") == ["1:5 NS107 the text holds the control character U+2028; remove it"]
    assert said("a: b\x85c\n") == ["1:5 NS107 the text holds the control character U+0085; remove it"]
    assert said("a: \ufffe\n") == ["1:4 NS107 the text holds the control character U+FFFE; remove it"]
    assert said("a: \ud800\n") == ["1:4 NS107 the text holds the control character U+D800; remove it"]


def test_escapes_of_no_character() -> None:
    (lone,) = problems_of('a: "\\ud83d"\n')
    assert lone.code in ("NS101", "NS107")  # libyaml refuses it itself
    (json_lone,) = problems_of('{"a": "\\ude00\\ud83d"}\n')
    assert json_lone.code in ("NS101", "NS107")


def test_numbers_beyond_what_can_be_held() -> None:
    assert said("a: [9007199254740993, -9007199254740993]\n") == [
        "1:5 NS108 the number 9007199254740993 is too large; whole numbers go up to 2**53",
        "1:23 NS108 the number -9007199254740993 is too large; whole numbers go up to 2**53",
    ]
    assert said(f"a: {'7' * 5000}\n") == [
        "1:4 NS108 the number 777777777777… (5,000 characters) is too large; whole numbers go up to 2**53"
    ]
    assert said("a: 0x" + "f" * 40 + "\n") == [
        "1:4 NS108 the number 0xffffffffff… (42 characters) is too large; whole numbers go up to 2**53"
    ]
    assert said("a: [.nan, -.inf, +.INF, 1e999]\n") == [
        "1:5 NS108 .nan is not a number that a spec can hold",
        "1:11 NS108 -.inf is not a number that a spec can hold",
        "1:18 NS108 +.INF is not a number that a spec can hold",
        "1:25 NS108 the number 1e999 is too large; numbers go up to 1.79e308",
    ]
    assert value_of("a: [1.7e308, 9e15]\n") == {"a": [1.7e308, 9e15]}


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [true]",
        "!!python/name:os.system",
        "!!str a",
        "!!float 1",
        "!mine a",
        "! a",
        "!!binary aGk=",
        "!!set {a, b}",
        "!<tag:yaml.org,2002:str> a",
        "[1, !!int 2]",
        "{a: !!null ''}",
        "{!!str a: 1}",
        "&a !!str b",
    ],
)
def test_tags_are_refused(text: str) -> None:
    assert [p.code for p in problems_of(f"a: {text}\n")] == ["NS103"]


@pytest.mark.parametrize("text", ["<<: {b: 1}", "<<: *x", "a: {<<: [{b: 1}]}"])
def test_merge_keys_are_refused(text: str) -> None:
    assert [p.code for p in problems_of(f"x: &x {{b: 1}}\n{text}\n")] == ["NS104"]


@pytest.mark.parametrize("text", ["a: *x", "a: &x [*x]", "a: &x {b: {c: [1, *x]}}", "a: &x {*x : 1}", "b: *x\na: &x 1"])
def test_aliases_without_an_end_or_a_beginning(text: str) -> None:
    assert {p.code for p in problems_of(text + "\n")} <= {"NS105", "NS109"}
    assert problems_of(text + "\n")


@pytest.mark.parametrize("text", ["{[a]: 1}", "{{a: 1}: 1}", "? [a]\n: 1", "&x [1]: 2", "a: &x [1]\n*x : 2"])
def test_keys_that_are_no_text(text: str) -> None:
    assert [p.code for p in problems_of(text + "\n")] == ["NS109"]


def test_every_duplicate_key_is_found_and_the_first_value_stays() -> None:
    text = "a: 1\nb: {c: 1, c: 2, 'c': 3}\na: 2\n1: x\n'1': y\n"
    problems = Problems()
    tree = read_text(text, "spec.yaml", problems).tree
    assert [(p.code, p.span.line, p.span.column) for p in problems.ordered()] == [
        ("NS102", 2, 11),
        ("NS102", 2, 17),
        ("NS102", 3, 1),
        ("NS102", 5, 1),
    ]
    assert tree is not None
    assert plain(tree) == {"a": 1, "b": {"c": 1}, "1": "x"}


def test_a_second_document_does_not_hide_what_is_wrong_with_the_first() -> None:
    codes = [p.code for p in check_text("netspec: 0\ninput: [8]\nlayers: [relu]\n---\n!!oops [\n").problems]
    assert codes == ["NS208", "NS110"]


def test_one_document_may_be_marked() -> None:
    assert value_of("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}
    assert value_of("--- {a: 1}\n") == {"a": 1}
    assert [p.code for p in problems_of("%TAG !e! tag:example.org,2000:\n---\na: 1\n")] == ["NS103"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "   ", "\ufeff"])
def test_nothing_at_all(text: str) -> None:
    assert [(p.code, tuple(p.span)) for p in problems_of(text.encode())] == [("NS112", (1, 1, 1, 1))]


def test_files(tmp_path: Path) -> None:
    problems = Problems()
    for path in (tmp_path, tmp_path / "missing.yaml", tmp_path / "a" / "b.yaml", "nul\0.yaml", ""):
        assert read(path, problems).tree is None
    assert {p.code for p in problems.ordered()} == {"NS111"}
    secret = tmp_path / "file.yaml"
    secret.write_bytes(b"netspec: 1\ninput: [8]\nlayers: [relu]\n")
    assert check(secret).ok
    assert [p.code for p in check(tmp_path / "file.yaml" / "below.yaml").problems] == ["NS111"]


# --- slips of the pen -------------------------------------------------------------------------------------------------

START = "netspec: 1\nparams: {widths: [4, 8], width: 8, wide: true}\ninput: [8, 8, 1]\nlayers:\n"
QUOTES = "an expression with brackets needs quotes inside `{…}` or `[…]`; write"
BRACES = "a name in an expression stands without braces; write"
CHOICE = "an expression chooses by `if` and `else`, not by `?` and `:`; write"
DASH = "a space is missing after this `-`"


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        # an expression that YAML takes for something else
        ("  - conv: {filters: $widths[1], kernel_size: 3}", f'5:21 {QUOTES} `"$widths[1]"`'),
        ("  - conv: {kernel_size: 3, filters: $widths[1]}", f'5:37 {QUOTES} `"$widths[1]"`'),
        ("  - conv: {a: $widths[0], b: $widths[1]}", f'5:15 {QUOTES} `"$widths[0]"`'),
        ("  - conv: {filters: 4 * $widths[$index % 2] , b: 1}", f'5:21 {QUOTES} `"4 * $widths[$index % 2]"`'),
        ("  - conv: {filters: $widths[$widths[0]]}", f'5:21 {QUOTES} `"$widths[$widths[0]]"`'),
        ("  - reshape: [$widths[0], 4]", f'5:15 {QUOTES} `"$widths[0]"`'),
        ("  - reshape: [4, $widths[0]]", f'5:18 {QUOTES} `"$widths[0]"`'),
        ("  - conv: {\n      filters: $widths[1],\n      kernel_size: 3}", f'6:16 {QUOTES} `"$widths[1]"`'),
        ("  - conv: {filters: ${width}, kernel_size: 3}", f"5:21 {BRACES} `$width`"),
        ("  - conv: {filters: 2 * ${width}}", f"5:21 {BRACES} `2 * $width`"),
        ("  - conv: {filters: ${widths}[1]}", f'5:21 {BRACES} `"$widths[1]"`'),
        ("  - reshape: [${width}, 4]", f"5:15 {BRACES} `$width`"),
        ("  - conv: {filters: $wide ? 3 : 4, kernel_size: 3}", f"5:21 {CHOICE} `3 if $wide else 4`"),
        ("  - conv: {filters: $wide ? 3: 4, kernel_size: 3}", f"5:21 {CHOICE} `3 if $wide else 4`"),
        ("  - conv: {filters: ${wide} ? $widths[0] : 4}", f'5:21 {CHOICE} `"$widths[0] if $wide else 4"`'),
        ("  - conv:\n      filters: $wide ? 3 : 4", f"6:16 {CHOICE} `3 if $wide else 4`"),
        # a key without its colon, or without the space after it
        ("  - conv {filters: 8, kernel_size: 3}\n  - relu", "5:9 a `:` is missing here, after `conv`"),
        ("  - conv{filters: 8, kernel_size: 3}", "5:9 a `:` is missing here, after `conv`"),
        ("  - conv {filters: 8,\n          kernel_size: 3}", "5:9 a `:` is missing here, after `conv`"),
        ("  - 1x1 {filters: 8, use_bias: true}", "5:8 a `:` is missing here, after `1x1`"),
        ('  - "conv" {filters: 8, kernel_size: 3}', '5:11 a `:` is missing here, after `"conv"`'),
        ("  - skip:\n      body {a: 1, b: 2}", "6:11 a `:` is missing here, after `body`"),
        ("  - conv:{filters: 8, kernel_size: 3}", "5:10 a space is missing here, after the `:`"),
        # a dash without its space
        ("  -conv: {filters: 8, kernel_size: 3}\n  - relu", f"5:3 {DASH}"),
        ("  - relu\n  -relu", f"6:3 {DASH}"),
        ("  -relu\n  - conv: {filters: 8, kernel_size: 3}", f"5:3 {DASH}"),
        ("  - relu\n  -relu\n  - relu", f"6:3 {DASH}"),
        ("  - relu\n  -1x1: 8\n  - relu", f"6:3 {DASH}"),
        ("  -conv: {filters: 8, kernel_size: 3}\n  -relu", f"5:3 {DASH}"),
        ("  - conv:\n      filters: 8\n\n  # then\n  -relu\n  - relu", f"9:3 {DASH}"),
        ("  - skip:\n      -conv: 3\n      - relu\n  - relu", f"6:7 {DASH}"),
    ],
)
def test_slips_are_told_where_they_are(layers: str, message: str) -> None:
    place, _, words = message.partition(" ")
    assert said(f"{START}{layers}\n") == [f"{place} NS101 not YAML: {words}"]
    assert said(f"{START}{layers}\n".replace("\n", "\r\n")) == [f"{place} NS101 not YAML: {words}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            " netspec: 1\ninput: [8]\nlayers: [relu]\n",
            "1:1 this line is indented by a space that the following lines do not have; remove it",
        ),
        (
            "# a\n\n  netspec: 1\ninput: [8]\n",
            "3:1 this line is indented by 2 spaces that the following lines do not have; remove them",
        ),
        (
            "   netspec: 1\n input: [8]\n layers: [relu]\n",
            "1:1 this line is indented by 2 spaces that the following lines do not have; remove them",
        ),
        (
            " netspec: 1\n # a\n input: [8]\nlayers: [relu]\n",
            "1:1 the lines from this to line 3 are indented by a space that the following lines do not have; remove it",
        ),
    ],
)
def test_first_lines_that_are_indented(text: str, message: str) -> None:
    place, _, words = message.partition(" ")
    assert said(text) == [f"{place} NS101 not YAML: {words}"]


@pytest.mark.parametrize(
    "layers",
    [
        "  - conv: {filters: $width kernel_size: [3]}",  # a comma is missing, brackets or not
        "  - conv: {filters: $width [}",
        "  - conv: {filters: price[1], kernel_size: 3}",  # no expression
        "  - conv: {filters: $widths[1, kernel_size: 3}",
        "  - conv: {filters: ${width, kernel_size: 3}",
        "  - conv: {filters: $widths strides[2]}",  # no expression that could be read with quotes
        '  - conv: {filters: "$widths[1]" kernel_size: 3}',
        "  - concat [a, b]\n  - relu: x: y",  # a text, as far as YAML goes, and the mistake is another
        "  - relu: the network\n      conv {filters: 8, kernel_size: 3}",  # goes on with the text above
        "  - relu: the network\n      -a: thing",
        "  - relu: |\n      -a\n      -b\n  - relu: x: y",  # a block of text
        "  - reshape: [\n    -1, 4 {a}]",  # a number
        "  - flatten\n   - dense: 10",
        "  - flatten\n  dense: 10",
        "  - relu\n ]",
        '  -" conv: {filters: 8, kernel_size: 3}\n  - relu',  # a quote or a bracket that is not closed
        "  -[relu: 1\n  - relu: 2",
        "  - conv:{ {filters: 8, kernel_size: 3}\n  - relu",
        "  - conv: {filters: $width, kernel_size: ${width}\n  - relu",
    ],
)
def test_nothing_is_called_a_slip_that_is_none(layers: str) -> None:
    (message,) = said(f"{START}{layers}\n")
    for words in (QUOTES, BRACES, CHOICE, DASH, " is missing here", "following lines"):
        assert words not in message


@pytest.mark.parametrize("text", [" {netspec: 1}\nb: 1\n", " - a\nb: 1\n", " netspec: 1\n...\nb: 1\n"])
def test_an_indentation_is_not_blamed_for_what_follows_a_whole_spec(text: str) -> None:
    assert all("indented by" not in message for message in said(text))


# --- limits -----------------------------------------------------------------------------------------------------------


def deep(levels: int, opening: str = "[", closing: str = "]") -> str:
    return "a: " + opening * levels + "1" + closing * levels + "\n"


def test_depth() -> None:
    at_most = reading.MAX_DEPTH - 1  # the map around it is a level too
    assert not problems_of(deep(at_most))
    assert said(deep(at_most + 1)) == [f"1:{3 + reading.MAX_DEPTH} NS106 the text is nested deeper than 64 levels"]
    assert [p.code for p in problems_of(deep(at_most + 1, "{a: ", "}"))] == ["NS106"]


def test_length_of_a_text() -> None:
    assert not problems_of(f"a: {'x' * reading.MAX_SCALAR}\n")
    assert said(f"a: {'x' * (reading.MAX_SCALAR + 1)}\n") == ["1:4 NS106 this text is longer than 100,000 characters"]
    assert [p.code for p in problems_of(f'a: "{"x" * (reading.MAX_SCALAR + 1)}"\n')] == ["NS106"]


def test_number_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_VALUES", 50)
    monkeypatch.setattr(reading, "MAX_ALIASED", 50)
    assert not problems_of("[" + "1, " * 48 + "]")  # and both ends of the list
    assert [p.code for p in problems_of("[" + "1, " * 49 + "]")] == ["NS106"]
    assert [p.code for p in problems_of("[" + "1, " * 60 + "]")] == ["NS106"]
    twice = "a: &a [" + "1, " * 23 + "]\nb: *a\nc: *a\n"
    assert not problems_of(twice)
    assert said(twice + "d: *a\n") == ["4:4 NS106 the aliases of the text stand for more than 50 values"]


def test_size_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 2**20)
    path = tmp_path / "large.yaml"
    path.write_bytes(b"# " + b"x" * 2**20)
    (problem,) = check(path).problems
    assert (problem.code, problem.message) == ("NS106", "the file is larger than 1 MiB, the most that netspec reads")


def bomb(width: int = 10, levels: int = 9) -> str:
    lines = ["a0: &a0 [" + ", ".join(["x"] * width) + "]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * width) + "]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


HOSTILE = {
    "aliases, nine levels of ten": bomb(),
    "aliases, sixty levels of two": bomb(2, 60),
    "aliases in keys": "a: &a x\n" + "".join(f"{'?' if i % 2 else '-'} *a\n" for i in range(100)),
    "merge keys, nested": "a: &a {x: 1}\n" + "".join(f"b{i}: {{<<: [{', '.join(['*a'] * 50)}]}}\n" for i in range(200)),
    "brackets": "[" * 100_000,
    "braces": "{a: " * 50_000,
    "dashes": "- " * 50_000 + "x",
    "question marks": "? " * 50_000 + "x",
    "indents": "".join(" " * i + "a:\n" for i in range(1_000)),
    "quotes": '"' * 100_001,
    "a long number": "a: " + "9" * 1_000_000,
    "a long fraction": "a: 0." + "9" * 90_000,
    "a long exponent": "a: 1e" + "9" * 90_000,
    "a long text": "a: " + "x" * 1_000_000,
    "a long key": "x" * 1_000_000 + ": 1",
    "a long line": "a: [" + "1," * 5_000 + "]",
    "anchors": "a:\n" + "".join(f"  - &x{i} {i}\n" for i in range(3_000)),
    "comments": "#\n" * 100_000,
    "documents": "---\n" * 30_000,
    "directives": "%YAML 1.2\n" * 10_000,
    "surrogates": '{"a": "' + "\\ud83d\\ude00" * 8_000 + '"}',
    "surrogates in a line": '{"a": [' + '"\\ud83d\\ude00",' * 8_000 + "]}",
    "half surrogates": '{"a": "' + "\\ud83d" * 20_000 + '"}',
    "colons": "a: " + ": " * 20_000,
    "tabs": "\t" * 100_000 + "a",
    "slips": "a:\n" + "  -b\n" * 50_000 + "  - c: [\n",
    "slips in a line": "a: {" + "b: $c[0], " * 20_000 + "}",
    "indented lines": " a: 1\n" * 50_000 + "b: 1",
    "noise": "".join(random.Random(1).choices("[]{}:,-?&*!|>'\"%@`# \n\tax1.", k=50_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_at_once(name: str) -> None:
    began = time.process_time()
    problems = check_text(HOSTILE[name]).problems
    assert any(p.is_error for p in problems)
    assert time.process_time() - began < SECOND * (1 if hasattr(yaml, "CSafeLoader") else 8)


@given(st.text(st.sampled_from("[]{}:,-?&*!|>'\"%@`#$ \n\tnetspc1input.8layr~e0\\u") | st.characters(), max_size=60))
def test_no_text_can_do_more_than_be_wrong(text: str) -> None:
    for problem in check_text(text, repairs=False).problems:
        assert problem.span.line >= 1
        assert problem.message


@given(st.binary(max_size=40))
def test_no_bytes_can_do_more_than_be_wrong(data: bytes) -> None:
    check_text(data, repairs=False)
