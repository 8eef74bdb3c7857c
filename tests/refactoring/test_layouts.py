"""Texts that refactorings leave: indents of all sorts, comments in odd places, quotes where brackets need them."""

from __future__ import annotations

import json

import pytest

from netspec.pipeline import check_text
from tests.refactoring.test_brackets import done as at_marks
from tests.refactoring.test_refactoring import HEAD, done, titles

INDENTS = ["\t", "    ", "  "]


def indented(text: str, indent: str) -> str:
    """A text whose lines stand two spaces in a level, with another indent."""
    lines = text.splitlines(keepends=True)
    return "".join(indent * ((len(line) - len(line.lstrip(" "))) // 2) + line.lstrip(" ") for line in lines)


JSON = """\
{
  "netspec": 1,
  "input": [16, 16, 4],
  "layers": [
    "tanh",
    {"1x1": {
      "filters": 4
    }},
    "relu",
    "dense"
  ]
}
""".replace('"dense"', '{"dense": 4}')


@pytest.mark.parametrize("indent", INDENTS)
@pytest.mark.parametrize(
    ("title", "new"),
    [
        (
            "Wrap in `skip`",
            '    {"skip": [\n      {"1x1": {\n        "filters": 4\n      }},\n      "relu"\n    ]},\n',
        ),
        ("Extract block `Conv1x1Block`", '    "Conv1x1Block",\n'),
    ],
)
def test_lines_in_json_stand_as_far_in_as_the_others(indent: str, title: str, new: str) -> None:
    nodes = '    {"1x1": {\n      "filters": 4\n    }},\n    "relu",\n'
    expected = JSON.replace(nodes, new)
    if title.startswith("Extract"):
        block = (
            '  "blocks": {\n    "Conv1x1Block": {\n      "layers": [\n        {"1x1": {\n          "filters": 4\n        }},\n'
            '        "relu"\n      ]\n    }\n  },\n'
        )
        expected = expected.replace('  "layers": [\n    "tanh"', block + '  "layers": [\n    "tanh"')
    marked = JSON.replace('{"1x1"', '‸{"1x1"').replace('"relu",', '"relu"‸,')
    result = at_marks(indented(marked, indent), title)
    assert result == indented(expected, indent)
    assert json.loads(result)


@pytest.mark.parametrize("indent", INDENTS)
def test_a_node_of_json_in_lines_and_on_one(indent: str) -> None:
    lines = indented(JSON.replace('{"1x1"', '‸{"1x1"'), indent)
    one = at_marks(lines, "Write on one line")
    assert one == indented(JSON.replace('{\n      "filters": 4\n    }', '{"filters": 4}'), indent)
    assert at_marks(one.replace('{"1x1"', '‸{"1x1"'), "Write in lines") == lines.replace("‸", "")


def test_inlining_into_json_with_tabs() -> None:
    text = indented(
        '{\n  "netspec": 1,\n  "input": [8],\n  "blocks": {\n    "Two": {\n      "layers": [\n        {"dense": {\n          "units": 4\n'
        '        }},\n        "relu"\n      ]\n    }\n  },\n  "layers": [\n    "‸Two",\n    "tanh"\n  ]\n}\n',
        "\t",
    )
    assert at_marks(text, "Inline `Two`") == indented(
        '{\n  "netspec": 1,\n  "input": [8],\n  "layers": [\n    {"dense": {\n      "units": 4\n    }},\n    "relu",\n    "tanh"\n  ]\n}\n',
        "\t",
    )


@pytest.mark.parametrize(
    ("lines", "one"),
    [
        ("  - 1x1:   # c\n      filters: max($n, 2)\n", '  - 1x1: {filters: "max($n, 2)"}   # c\n'),
        (
            "  - conv:\n      filters: 4\n\n      kernel_size: 3\n      padding:\n        - [1, 1]\n        - [1, 1]\n",
            "  - conv: {filters: 4, kernel_size: 3, padding: [[1, 1], [1, 1]]}\n",
        ),
        ("  - 1x1: {filters: 4,\n         name: a}   # c\n", "  - 1x1: {filters: 4, name: a}   # c\n"),
        ("  - skip:\n      body:\n        - relu\n      merge: add\n", "  - skip: {body: [relu], merge: add}\n"),
    ],
)
def test_nodes_on_one_line(lines: str, one: str) -> None:
    head = f"netspec: 1\nparams: {{n: 4}}\n{HEAD.partition(chr(10))[2]}layers:\n"
    tail = "  - 1x1: $n\n"
    assert done(f"{head}{lines}{tail}", "Write on one line", 5) == f"{head}{one}{tail}"


def test_a_node_in_braces_over_several_lines_is_written_in_lines_without() -> None:
    text = f"{HEAD}layers:\n  - 1x1: {{filters: 4,\n      name: a}}   # c\n"
    assert done(text, "Write in lines", 4) == f"{HEAD}layers:\n  - 1x1:   # c\n      filters: 4\n      name: a\n"
    assert "Write in lines" not in titles(text.replace("4,\n", "4,   # four\n"), 4)


def test_an_expression_with_commas_gets_its_name_and_quotes() -> None:
    head = f"netspec: 1\nparams: {{n: 4}}\n{HEAD.partition(chr(10))[2]}layers:\n"
    assert done(f"{head}  - 1x1: max($n, 2)\n", "Name `filters`", 5) == f'{head}  - 1x1: {{filters: "max($n, 2)"}}\n'


@pytest.mark.parametrize(
    ("written", "alone"),
    [
        ("  - relu:   # c\n", "  - relu   # c\n"),
        ("  - relu : {}\n", "  - relu\n"),
        ('  - "relu" :\n', '  - "relu"\n'),
        ("  - skip: [{relu‸: }, tanh]\n", "  - skip: [relu, tanh]\n"),
    ],
)
def test_a_node_to_which_nothing_is_given(written: str, alone: str) -> None:
    mark = "" if "‸" in written else "‸"
    text = f"{HEAD}layers:\n  - tanh\n{written}".replace("re", f"{mark}re", 1) if mark == "" else ""
    text = text or f"{HEAD}layers:\n  - tanh\n{written.replace('relu', '‸relu', 1)}"
    assert at_marks(text, "Write `relu` alone") == f"{HEAD}layers:\n  - tanh\n{alone}"


BLOCKS = """\
# All blocks.
blocks:   # here
  # What it is.
  Unit:
    # Its params.
    params: {filters: }
    layers:
      - 1x1: $filters
      # The end.

    # Further in.
  # What else is.
  Other:
    layers: [relu]
    # Its end.
  # Of both.

# The network.
layers:
"""


def test_comments_of_a_block_go_where_its_nodes_are() -> None:
    text = f"{HEAD}{BLOCKS}  - Unit: 4   # once\n  - Other\n"
    line = text.count("\n") - 1
    assert done(text, "Inline `Unit`", line) == f"{HEAD}# All blocks.\nblocks:   # here\n" + (
        "  # What else is.\n  Other:\n    layers: [relu]\n    # Its end.\n  # Of both.\n\n# The network.\nlayers:\n"
        "  # What it is.\n  # Its params.\n  # The end.\n  # Further in.\n  # once\n  - 1x1: 4\n  - Other\n"
    )
    other = done(text, "Inline `Other`", line + 1)
    assert other == f"{HEAD}# All blocks.\nblocks:   # here\n" + (
        "  # What it is.\n  Unit:\n    # Its params.\n    params: {filters: }\n    layers:\n      - 1x1: $filters\n      # The end.\n\n"
        "    # Further in.\n  # Of both.\n\n# The network.\nlayers:\n"
        "  - Unit: 4   # once\n  # What else is.\n  # Its end.\n  - relu\n"
    )
    line = other.splitlines().index("  - Unit: 4   # once") + 1
    assert done(other, "Inline `Unit`", line) == f"{HEAD}# The network.\nlayers:\n" + (
        "  # All blocks.\n  # here\n  # What it is.\n  # Its params.\n  # The end.\n  # Further in.\n  # Of both.\n  # once\n  - 1x1: 4\n"
        "  # What else is.\n  # Its end.\n  - relu\n"
    )
    assert check_text(other, repairs=False).ok
