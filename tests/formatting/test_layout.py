"""The layout: what it is, that it is its own, and that nothing else changes."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netspec.diagnostics.problems import Problems, SpecError
from netspec.formatting import Unformattable, as_json, format_lines, format_text
from netspec.formatting.printing import WIDTH
from netspec.pipeline import check_text
from netspec.syntax.edits import apply
from netspec.syntax.reading import read_text
from netspec.syntax.tree import plain
from tests.support.handwriting import written
from tests.support.layouts import comments, disturbed, values

ROOT = Path(__file__).parent.parent.parent
ZOO = sorted((ROOT / "specs").glob("*.yaml"))

CASES = {
    "blanks": ("a:   1\nb: { c :  2,d: [ 1 ,2,3 ] }   \n", "a: 1\nb: {c: 2, d: [1, 2, 3]}\n"),
    "values left out": ("a: {b:   , c, d: }\ne:\n", "a: {b: , c, d: }\ne:\n"),
    "brackets with nothing in them": ("a: { }\nb: [ ]\nc: {\n  }\n", "a: {}\nb: []\nc: {}\n"),
    "indentation": (
        "a:\n    b:\n        c: 1\nd:\n- 1\n-   e: 2\n    f: 3\n",
        "a:\n  b:\n    c: 1\nd:\n  - 1\n  - e: 2\n    f: 3\n",
    ),
    "a list of lists": ("a:\n- - 1\n  - 2\n-\n  - 3\n", "a:\n  - - 1\n    - 2\n  - - 3\n"),
    "an item below its dash": ("a:\n  -\n     b: 1\n     c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
    "a value below its key": ("a:\n   1\nb:\n   {c: 2}\n", "a: 1\nb: {c: 2}\n"),
    "empty lines": ("\n\na: 1\n\n\n\nb:\n\n  c: 1\n\n\n", "a: 1\n\nb:\n  c: 1\n"),
    "no line end at the end": ("a: 1", "a: 1\n"),
    "a key by a question mark": ("? a\n: 1\n? b\n", "a: 1\nb:\n"),
    "markers": ("%YAML 1.2\n--- # here\na: 1\n... # there\n", "%YAML 1.2\n---   # here\na: 1\n...   # there\n"),
    "a single pair in a list": ("a: [b: 1,  c]\n", "a: [b: 1, c]\n"),
    "keys in quotes": ("a: {\"b\":1, 'c':2}\n", "a: {\"b\": 1, 'c': 2}\n"),
    "comments behind": ("a: 1 # x\nb: 22  # y\nc: 3     # z\n", "a: 1   # x\nb: 22  # y\nc: 3     # z\n"),
    "comments in one column": (
        "a:  1   # x\nbb: 22  # y\n",
        "a: 1     # x\nbb: 22   # y\n".replace("     ", "    ").replace("   # y", "  # y"),
    ),
    "comments above": (
        "a:\n    # of b\n    b: 1\n# of c\nc: 2\n# the end\n",
        "a:\n  # of b\n  b: 1\n# of c\nc: 2\n# the end\n",
    ),
    "comments below": (
        "a:\n    b:\n    - 1\n    # below the list\n\n    # still\n# of c\nc: 2\n",
        "a:\n  b:\n    - 1\n    # below the list\n\n    # still\n# of c\nc: 2\n",
    ),
    "a comment before a value": ("a: # x\n    1\nb:   # y\n  c: 2\n", "a:   # x\n  1\nb:   # y\n  c: 2\n"),
    "a comment before an item": ("a:\n- # x\n  b: 1\n", "a:\n  -   # x\n    b: 1\n"),
    "line breaks in brackets": (
        "a: {b: 1,\n c: [2,\n 3],\n   d: 4}\n",
        "a: {b: 1,\n    c: [2,\n        3],\n    d: 4}\n",
    ),
    "comments in brackets": (
        "a: {b: 1, # x\n # y\n c: 2 # z\n , d: 3\n}\n",
        "a: {b: 1,   # x\n    # y\n    c: 2,   # z\n    d: 3}\n",
    ),
    "a comment behind a value left out": ("a: {b: , c: # x\n }\n", "a: {b: , c:   # x\n   }\n"),
    "a bracket that ends its line": (
        "a: {\n  b: 1, c: 2, # x\n  d: [\n 3]\n }\n",
        "a:\n  b: 1\n  c: 2   # x\n  d:\n    - 3\n",
    ),
    "brackets around all": ("{\n a: 1, # x\n b: [2]}\n", "a: 1   # x\nb: [2]\n"),
    "a comma at the end": ("a: [1, 2,]\nb: {c: 3,}\n", "a: [1, 2]\nb: {c: 3}\n"),
    "a comment behind a bracket": ("a: {\n  b: 1 # x\n} # y\n", "a:   # y\n  b: 1   # x\n"),
    "too wide": (
        f"a:\n  - b: {{c: {'x' * 60}, d: {{e: 1}}, f: {'y' * 60}}} # z\n",
        f"a:\n  - b:   # z\n      c: {'x' * 60}\n      d: {{e: 1}}\n      f: {'y' * 60}\n",
    ),
    "a list that is too wide": (
        f"a: [{', '.join(['12345'] * 20)}]\n",
        f"a: [{', '.join(['12345'] * 16)},\n    {', '.join(['12345'] * 4)}]\n",
    ),
    "a list of maps that is too wide": (
        f"a: [{{b: {'x' * 60}}}, {{b: {'y' * 60}}}, c]\n",
        f"a:\n  - b: {'x' * 60}\n  - b: {'y' * 60}\n  - c\n",
    ),
    "too wide, and a warning suppressed": (
        f"a: {{b: {'x' * 60},  c: {'y' * 60}}} # netspec: ignore NS801\n",
        f"a: {{b: {'x' * 60}, c: {'y' * 60}}}   # netspec: ignore NS801\n",
    ),
    "too wide, and a warning suppressed above": (
        f"# netspec: ignore NS801\na: {{b: {'x' * 60},  c: {'y' * 60}}}\n",
        f"# netspec: ignore NS801\na: {{b: {'x' * 60}, c: {'y' * 60}}}\n",
    ),
    "items in braces": (
        "a:\n- {b: 1} # x\n- { c: {d: 2} } # y\n- {e: 1, f: 2}\n- {g}\n- {\n  h: 3}\n- &i {j: 4}\n",
        "a:\n  - b: 1   # x\n  - c: {d: 2}   # y\n  - {e: 1, f: 2}\n  - g:\n  - h: 3\n  - &i {j: 4}\n",
    ),
    "anchors": (
        "a: &x   {b: 1}\nc: &y\n    d: 1\ne: [*x , *y]\nf: &z 1\ng: &n\nh:\n- &m\n    i: 1\n",
        "a: &x {b: 1}\nc: &y\n  d: 1\ne: [*x, *y]\nf: &z 1\ng: &n\nh:\n  - &m\n    i: 1\n",
    ),
    "an alias as a key": ("a: &x b\nc: {*x : 1}\n", "a: &x b\nc: {*x : 1}\n"),
    "texts in lines": (
        "a:\n    b: |\n        x\n          y  \n\n        z\n    c: >-\n     x\n     y\n",
        "a:\n  b: |\n    x\n      y  \n\n    z\n  c: >-\n    x\n    y\n",
    ),
    "a text that keeps its line ends": (
        "a:   |+\n   x\n\n\nb: 1\nc: |+\n x\n\n",
        "a: |+\n  x\n\n\nb: 1\nc: |+\n  x\n\n",
    ),
    "a text that ends without a line end": ("a:   |\n   x", "a: |\n  x"),
    "a text with a comment behind its mark": ("a: |  # x # y\n  z # no comment\n", "a: |  # x # y\n  z # no comment\n"),
    "a text whose indentation is said": ("a: |2\n   x\n  y\n", "a: |2\n   x\n  y\n"),
    "texts over several lines": (
        'a: one\n      two   \n   three\nb: "one   \n\n  two\\\n       three"\n',
        'a: one\n  two\n  three\nb: "one\n\n  two\\\n  three"\n',
    ),
    "a # that is no comment": ("a: b#c\nd: 'e # f'\ng: \"#\"  # h\n", "a: b#c\nd: 'e # f'\ng: \"#\"  # h\n"),
    "tabs between": ("a:\t1\t# x\nb: [1,\t2]\t\n", "a: 1   # x\nb: [1, 2]\n"),
    "JSON": (
        '{"netspec":1,"input":[8 , 8,3],"layers":[{"conv":{"filters":1e0,"kernel_size":3}},"relu"], "name": "a\\ud83d\\ude00"}',
        '{\n  "netspec": 1,\n  "input": [8, 8, 3],\n  "layers": [{"conv": {"filters": 1e0, "kernel_size": 3}}, "relu"],\n'
        '  "name": "a\\ud83d\\ude00"\n}\n',
    ),
    "JSON that is too wide": (
        f'{{"layers": ["{"x" * 60}", {{"y": "{"y" * 60}"}}], "a": {{}}}}',
        f'{{\n  "layers": [\n    "{"x" * 60}",\n    {{"y": "{"y" * 60}"}}\n  ],\n  "a": {{}}\n}}\n',
    ),
}


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES.keys())
def test_the_layout(text: str, wanted: str) -> None:
    assert format_text(text) == wanted
    assert format_text(wanted) == wanted
    assert values(wanted) == values(text)


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_has_the_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(text) == text


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32))
def test_the_zoo_in_another_layout(path: Path, seed: int) -> None:
    text = path.read_text(encoding="utf-8")
    other = disturbed(text, random.Random(seed))
    new = format_text(other)
    assert values(new) == values(text)
    assert sorted(comments(new)) == sorted(comments(other))
    assert format_text(new) == new
    assert not any(line.endswith((" ", "\t")) for line in new.splitlines())
    assert "\n\n\n" not in new


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32))
def test_what_many_hands_write(seed: int) -> None:
    rng = random.Random(seed)
    document = {
        "netspec": 1,
        "input": [32, 32, 3],
        "params": {"n": [1, 2, 3], "text": "a: b", "é": True, "empty": [], "none": None},
        "layers": [
            {"conv": {"filters": rng.randrange(99), "kernel_size": [3, 3], "kernel_initializer": {"l2": 1e-4}}},
            "relu",
            {"skip": {"body": [{"1x1": 4}, {"conv": {"filters": 4, "kernel_size": 3}}], "shortcut": "identity"}},
            {"inception": {"branches": {"a": [], "b": [{"1x1": 4}, "relu"]}}},
            {"skip": [{"1x1": 4}, "relu"]},
        ],
    }
    text = written(document, str(seed))
    other = disturbed(text, rng)
    new = format_text(other)
    assert values(new) == values(text)
    assert format_text(new) == new


def test_windows_line_ends_stay() -> None:
    assert format_text("a:   1\r\nb:\r\n- 2 # x\r\n") == "a: 1\r\nb:\r\n  - 2   # x\r\n"


def test_as_json() -> None:
    text = (
        "netspec: 1\nname: é   # not\ninput: [8, null]\nblocks:\n  A: {params: {x: , y: 1e-5}, layers: [{1x1: $x}]}\n"
    )
    assert as_json(text) == (
        '{\n  "netspec": 1,\n  "name": "é",\n  "input": [8, null],\n'
        '  "blocks": {"A": {"params": {"x": null, "y": 1e-05}, "layers": [{"1x1": "$x"}]}}\n}\n'
    )
    assert format_text(as_json(text)) == as_json(text)


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_as_json_has_the_same_values(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = read_text(text, path.name, Problems()).tree
    assert tree is not None
    assert json.loads(as_json(text)) == plain(tree)
    assert check_text(as_json(text), str(path), repairs=False).ok


def test_warnings_stay_suppressed() -> None:
    text = (ROOT / "specs" / "resnet.yaml").read_text(encoding="utf-8")
    assert "netspec: ignore" in text
    assert check_text(format_text(text.replace("  ", "    "))).problems == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1\n", "NS101"),
        ("a: 1\na: 2\n", "NS102"),
        ("a: !!x 1\n", "NS103"),
        ("", "NS112"),
        ("a: {r: 0,9}\n", "NS202"),
    ],
)
def test_what_cannot_be_read(text: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        format_text(text, "my.yaml")
    assert (caught.value.path, caught.value.text) == ("my.yaml", text)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("? |\n  a\n: 1\n", "a key at line 1 is not on one line"),
        ("? a # x\n:\n  b: 1\n", "a comment stands between a key and its colon, at line 1"),
    ],
)
def test_what_has_no_layout(text: str, why: str) -> None:
    with pytest.raises(Unformattable) as caught:
        format_text(text)
    assert str(caught.value) == why


def test_it_is_fast() -> None:
    nodes = "".join(f"- conv: {{filters: {n},kernel_size: 3}} # {n}\n- relu\n" for n in range(1, 1001))
    text = f"netspec: 1\ninput: [64, 64, 3]\nlayers:\n{nodes}"
    began = time.process_time()
    assert format_text(text).count("\n") == 2003
    assert time.process_time() - began < 2  # seconds; a tenth of that on an idle machine


def test_width() -> None:
    fits = f"a: {{b: {'x' * (WIDTH - 8)}}}\n"
    assert len(fits) == WIDTH + 1
    assert format_text(fits) == fits
    assert format_text(fits.replace("x}", "xx}")) == f"a:\n  b: {'x' * (WIDTH - 7)}\n"


def test_some_lines() -> None:
    text = "a:   1\nb:\n- 1\n- 2\nc:   3\n"
    assert apply(text, format_lines(text, 1, 1)) == "a: 1\nb:\n- 1\n- 2\nc:   3\n"
    assert apply(text, format_lines(text, 3, 4)) == "a:   1\nb:\n  - 1\n  - 2\nc:   3\n"
    assert format_lines(text, 3, 3) == ()  # a dash alone cannot move
    assert apply(text, format_lines(text, 1, 5)) == format_text(text)


@settings(max_examples=30)
@example(seed=919819)  # in which a comment moves over a line at which the others begin: it stood there twice
@given(seed=st.integers(0, 2**32))
def test_some_lines_in_another_layout(seed: int) -> None:
    rng = random.Random(seed)
    text = disturbed((ROOT / "specs" / "resnet_digits.yaml").read_text(encoding="utf-8"), rng, 5)
    first = rng.randrange(1, text.count("\n") + 2)
    new = apply(text, format_lines(text, first, first + rng.choice((0, 3, 20))))
    assert values(new) == values(text)
    assert sorted(comments(new)) == sorted(comments(text))
