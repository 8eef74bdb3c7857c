"""A node's window, drawn in text and as a page; and the small case that is computed both ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.diagnostics.words import listing
from netspec.pipeline import check_text
from netspec.report.pages.markup import as_html
from netspec.report.pages.nodes import node_page
from netspec.report.sliding.geometry import Axis, Sliding, sliding
from netspec.report.sliding.matrices import Case, joined, small_case
from netspec.report.sliding.words import axis_sentences, number, product_sentences, strips
from tests.report.test_explain import NODES, explain, node_page_of

DRAWN = ("conv:", "1x1:", "depthwise_conv:", "separable_conv:", "pool:", "dense:")
CASES = [(shape, node) for shape, nodes in NODES.items() for node in nodes if node.startswith(DRAWN)] + [
    ("[6, 6, 2]", "pool: {pool_size: 3, strides: 2, rounding: ceil, type: avg}"),
    ("[6, 6, 2]", "pool: {pool_size: 3, strides: 1, padding: same, type: l2}"),
    ("[40, 3]", "conv: {filters: 4, kernel_size: 3, padding: causal, dilation_rate: 2}"),
    ("[3, 4]", "dense: 2"),
    ("[2, 2, 2, 2, 4]", "dense: 2"),
    ("[4, 4, 1]", "conv: {filters: 1, kernel_size: 1, padding: 3}"),
    ("[9, 9, 4]", "conv: {filters: 4, kernel_size: 2, strides: 3, groups: 2, rounding: floor}"),
    ("[300, 300, 1]", "conv: {filters: 1, kernel_size: 290}"),
]


def window_of(shape: str, node: str) -> tuple[Sliding, int]:
    spec = check_text(f"netspec: 1\ninput: {shape}\nlayers:\n  - {node}\n")
    assert spec.ok, [problem.message for problem in spec.problems]
    assert spec.graph is not None
    made = sliding(spec.graph, spec.graph.nodes[-1])
    assert made is not None
    return made, spec.graph.nodes[-1].macs or 0


def test_every_position_in_text() -> None:
    text = "netspec: 1\ninput: [28, 28, 6]\nlayers:\n  - conv: {filters: 96, kernel_size: 3, name: c}\n"
    assert node_page_of(text, "c") == (
        0,
        """\
c: conv, line 4 of spec.yaml

    conv: {filters: 96, kernel_size: 3}

A window of size F with stride S over an input of size W, padded by P on each side, has (W - F +
2*P) / S + 1 positions.

  input            28 x 28 x 6 from `input`
  output           26 x 26 x 96
  window           rows and columns: (28 - 3 + 2*0) / 1 + 1 = 26
  weights          3*3*6*96 + 96 = 5,280
  MACs             26*26 * 3*3*6*96 = 3,504,384
  receptive field  1 + (3 - 1)*1 = 3 of the input along each dimension, in steps of 1

How the window slides
     0  ###.........................  0 to 2
     1  .###........................  1 to 3
     2  ..###.......................  2 to 4
    …
    25  .........................###  25 to 27

    # taken  . not taken

Along rows and columns the window takes 3 places and moves by 1; neighbouring windows share 2. The
last position, 25, takes 25 to 27, which is the end.

There are 26 x 26 positions, and at each one number for each of the 96 filters: 26 x 26 x 96.

As a product of matrices (im2col)
Each of the 676 windows is a row of 3x3x6 = 54 numbers, and each of the 96 channels of the output is
a column of weights: (676 x 54) times (54 x 96) is 676 x 96, 3,504,384 multiply-accumulates.

A small case, the same over 4 x 4 x 1 with 2 channels of output and small whole numbers:

    input  1 2 3 4
           5 6 7 8
           9 1 2 3
           4 5 6 7

    windows 4 x 9         weights 9 x 2     output 4 x 2
    1 2 3 5 6 7 9 1 2  *   1 -1          =  27 16
    2 3 4 6 7 8 1 2 3      2  0             15 21
    5 6 7 9 1 2 4 5 6      1  1             24 36
    6 7 8 1 2 3 5 6 7     -1  2             39 23
                           0  1
                           1 -1
                           2  0
                           1  1
                          -1  2

Computed number by number, as the layer is defined, they are the same: `27` and `16` at the first
position.
""",
        "",
    )


def test_a_dense_layer_and_what_is_small_enough_are_shown_whole() -> None:
    text = "netspec: 1\ninput: [3]\nlayers: [{dense: {units: 2, name: d}}]\n"
    _, page, _ = node_page_of(text, "d")
    assert (
        page[page.index("As a product") :]
        == """\
As a product of matrices (im2col)
The 3 numbers at the one position are a row, and each of the 2 channels of the output is a column of
weights: (1 x 3) times (3 x 2) is 1 x 2, 6 multiply-accumulates.

With the input 3 and small whole numbers:

    input  1 2 3

    windows 1 x 3     weights 3 x 2     output 1 x 2
    1 2 3          *   1 -1          =  8 2
                       2  0
                       1  1

Computed number by number, as the layer is defined, they are the same: `8` and `2`.
"""
    )


def test_a_pool_leaves_padding_out() -> None:
    text = "netspec: 1\ninput: [3, 3, 1]\nlayers: [{pool: {pool_size: 3, strides: 2, padding: 1, type: avg}}]\n"
    _, page, _ = node_page_of(text, "pool_1")
    assert (
        page[page.index("How the window") :]
        == """\
How the window slides
    0  o##.-  -1 to 1
    1  -.##o  1 to 3

    # taken  . not taken  o padding that is taken  - padding

Along rows and columns the window takes 3 places and moves by 2; neighbouring windows share 1. Of
padding there is 1 before the 3 and 1 after them. The last position, 1, takes 1 to 3, which is the
end.

There are 2 x 2 positions, and at each one number for the one channel: 2 x 2 x 1.

As a matrix of windows (im2col)
Each of the 4 windows is a row of 9 numbers, for the one channel; the mean of a row is a number of
the output.

With the input 3 x 3 x 1 and small whole numbers:

    input  1 2 3
           4 5 6
           7 8 9

    windows 4 x 9         output 4 x 1
    - - - - 1 2 - 4 5  =  3
    - - - 2 3 - 5 6 -     4
    - 4 5 - 7 8 - - -     6
    5 6 - 8 9 - - - -     7

Computed number by number, as the layer is defined, they are the same: `3` at the first position.
"""
    )


@pytest.mark.parametrize(("shape", "node"), CASES)
def test_both_ways_are_the_same(shape: str, node: str) -> None:
    whole, macs = window_of(shape, node)
    small = small_case(whole)
    if small is None:
        assert "290" in node
        return
    for axis, cut in zip(whole.axes, small.axes, strict=True):
        assert (cut.taps, cut.dilation, cut.stride) == (axis.taps, axis.dilation, axis.stride)
        assert 1 <= cut.width <= axis.width
        assert 1 <= cut.positions <= axis.positions
    case = Case(small)
    steps = case.products()
    assert case.direct() == joined(steps[-1])
    assert len(case.direct()) == small.positions
    assert len(case.direct()[0]) == small.made
    multiplied = [re.search(r"([0-9,]+) multiply-accumulates", line) for line in product_sentences(whole)]
    assert sum(int(found[1].replace(",", "")) for found in multiplied if found) == macs


def test_what_is_done_at_each_step() -> None:
    text = (
        "netspec: 1\ninput: [5, 8, 8, 2]\nlayers:\n"
        "  - time_distributed: {body: [{conv: {filters: 3, kernel_size: 3, name: c}}], name: t}\n"
    )
    spec = check_text(text)
    assert spec.graph is not None, spec.problems
    node = next(node for node in spec.graph.nodes if node.path.endswith("c"))
    window = sliding(spec.graph, node)
    assert window is not None
    assert list(product_sentences(window)) == [
        "Each of the 36 windows is a row of 3x3x2 = 18 numbers, and each of the 3 channels of the output is a column of weights: "
        "(36 x 18) times (18 x 3) is 36 x 3, 1,944 multiply-accumulates, at each of 5 steps."
    ]
    assert node.macs == 5 * 1944


def test_large_matrices_are_cut() -> None:
    text = "netspec: 1\ninput: [224, 224, 3]\nlayers: [{conv: {filters: 64, kernel_size: 7, strides: 1, name: c}}]\n"
    _, page, _ = node_page_of(text, "c")
    lines = page[page.index("    windows") :].splitlines()
    assert lines[0].split("  ")[2] == "windows 4 x 49"
    assert lines[1] == "    1 2 3 4 5 6 7 9 1 2 3 4 5 6 8 … 9 1  *   1 -1           =  152 140"
    assert max(map(len, page.splitlines())) <= 100


@pytest.mark.parametrize(("shape", "node"), CASES)
def test_windows_lie_where_the_formula_says(shape: str, node: str) -> None:
    whole, _ = window_of(shape, node)
    for axis in whole.axes:
        assert axis.taken(0)[0] == -axis.before
        assert len(axis.taken(0)) == axis.taps
        assert axis.taken(0)[-1] - axis.taken(0)[0] + 1 == axis.reach
        assert axis.rest < axis.stride
        assert not axis.rest or "floor" in node or "rounding" not in node
        for line in strips(axis):
            assert len(line) <= 92, line


STEM = Axis("rows", 227, 11, 1, 4, 0, 0, 55)


def test_long_dimensions_are_cut() -> None:
    assert strips(STEM) == [
        f" 0  {'#' * 11}{'.' * 49}…  0 to 10",
        f" 1  ....{'#' * 11}{'.' * 45}…  4 to 14",
        f" 2  ........{'#' * 11}{'.' * 41}…  8 to 18",
        "…",
        f"54  …{'.' * 49}{'#' * 11}  216 to 226",
    ]


@pytest.mark.parametrize(
    ("axis", "sentences"),
    [
        (
            STEM,
            "Along rows the window takes 11 places and moves by 4; neighbouring windows share 7. The last position, 54, takes "
            "216 to 226, which is the end.",
        ),
        (
            Axis("steps", 10, 2, 1, 3, 0, 0, 3),
            "Along steps the window takes 2 places and moves by 3; neighbouring windows share none and leave out 1 between "
            "them. The last position, 2, takes 6 to 7: the 2 after that are left over, and no window sees them.",
        ),
        (
            Axis("steps", 10, 3, 1, 2, 0, 0, 5),
            "Along steps the window takes 3 places and moves by 2; neighbouring windows share 1. The last position, 4, takes 8 "
            "to 10: `rounding: ceil` added it, and it reaches 1 beyond the end.",
        ),
        (
            Axis("steps", 12, 3, 4, 1, 0, 0, 4),
            "Along steps the window takes 3 places, each 4 from the one before, so that it reaches over 9, and moves by 1; "
            "neighbouring windows share none. The last position, 3, takes 3, 7, 11, which is the end.",
        ),
        (
            Axis("steps", 7, 1, 1, 1, 0, 0, 7),
            "Along steps the window takes 1 place and moves by 1; neighbouring windows share none. The last position, 6, takes "
            "6, which is the end.",
        ),
        (
            Axis("steps", 7, 7, 1, 1, 0, 0, 1),
            "Along steps the window takes 7 places and moves by 1. The last position, 0, takes 0 to 6, which is the end.",
        ),
    ],
)
def test_what_is_said_of_a_dimension(axis: Axis, sentences: str) -> None:
    assert " ".join(axis_sentences(axis)) == sentences


@pytest.mark.parametrize("node", ["relu", "conv_transpose: {filters: 2, kernel_size: 2}", "batch_norm"])
def test_other_kinds_are_as_before(node: str) -> None:
    text = f"netspec: 1\ninput: [8, 8, 2]\nlayers:\n  - {node}\n"
    _, page, _ = node_page_of(text, f"{node.partition(':')[0]}_1")
    assert "matri" not in page
    assert "How the window slides" not in page


def test_figures_only() -> None:
    text = "netspec: 1\ninput: [28, 28, 6]\nlayers:\n  - conv: {filters: 96, kernel_size: 3, name: c}\n"
    drawn, brief = node_page_of(text, "c"), node_page_of(text, "c", "--brief")
    assert brief == (0, drawn[1].partition("\nHow the window slides\n")[0], "")
    assert explain("conv", "--brief") == (2, "", "netspec explain: --brief requires FILE NODE\n")


@pytest.mark.parametrize("text", ["input: [null, null, 3]\nlayers: [{conv: {filters: 2, kernel_size: 3}}]"])
def test_sizes_that_are_not_known_are_not_drawn(text: str) -> None:
    status, page, _ = node_page_of(f"netspec: 1\n{text}\n", "conv_1")
    assert status == 0
    assert "matri" not in page


# --- as a page --------------------------------------------------------------------------------------------------------


def test_a_page_is_written_for_every_kind_of_page(tmp_path: Path) -> None:
    page = tmp_path / "conv.html"
    assert explain("conv", "-o", str(page)) == (0, "", "")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n")
    assert "<h1>conv</h1>" in text
    assert "<script" not in text  # nothing moves
    assert explain("conv", "--format", "html") == (0, text, "")
    assert explain("conv", "-o", str(page))[0] == 0  # its own page is replaced


def test_other_files_are_not_replaced(tmp_path: Path) -> None:
    page = tmp_path / "mine.html"
    page.write_text("<!doctype html><p>mine", encoding="utf-8")
    assert explain("conv", "-o", str(page)) == (
        1,
        "",
        f"{page}: error NS709: the file exists and netspec did not write it; choose another with -o, or replace it with "
        "--force\n",
    )
    assert explain("conv", "-o", str(page), "--force")[0] == 0
    assert explain("conv", "--force") == (2, "", "netspec explain: --force requires -o\n")


def test_text_and_markdown_by_the_file_s_ending(tmp_path: Path) -> None:
    for name, start in (("a.md", "# conv\n"), ("a.txt", "conv\n")):
        assert explain("conv", "-o", str(tmp_path / name)) == (0, "", "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_names_cannot_break_out_of_the_page() -> None:
    spec = check_text("netspec: 1\ninput: [4, 4, 1]\nlayers: [{conv: {filters: 1, kernel_size: 2}}]\n", "<b>&.yaml")
    assert spec.graph is not None
    text = as_html([node_page(spec, spec.graph, spec.graph.nodes[-1])])
    assert "conv, line 3 of &lt;b&gt;&amp;.yaml" in text
    assert "<b>" not in text


def test_numbers_as_they_are_written() -> None:
    from fractions import Fraction

    assert listing([number(x) for x in (None, 3, Fraction(5, 2), 2.0**0.5)]) == "`-`, `3`, `2.5` and `1.414`"
