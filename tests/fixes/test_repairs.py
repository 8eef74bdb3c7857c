"""Repairs of shapes: what is broken on purpose is mended, and only what holds is offered."""

from __future__ import annotations

import re

import pytest

from netspec.diagnostics.problems import Edit, Span
from netspec.fixes.candidates.channels import groups_divide
from netspec.fixes.candidates.search import Search
from netspec.fixes.candidates.windows import does_not_tile
from netspec.pipeline import check_text
from netspec.syntax.edits import apply, between
from tests.fixes.accept import NAMES, accepted, breakages, paragraphs
from tests.support.broken import WAYS, corpus, mended

LEAST = 0.95
IDLE_ROUNDING = re.compile(r"rounding: (floor|ceil)[^{}]*padding: same|padding: same[^{}]*rounding: (floor|ceil)")


@pytest.mark.parametrize("names", NAMES)
def test_what_is_broken_gets_the_repairs_that_were_accepted(names: str) -> None:
    """`python -m tests.fixes.accept` writes the file anew."""
    found = breakages(names)
    assert paragraphs(found) == accepted()[names]
    bare = [each for each, _, whole in found if not whole]
    assert len(bare) <= (1 - LEAST) * len(found), [(each.spec, each.way, each.title) for each in bare]
    for each, spec, _ in found:
        for fix in [fix for problem in spec.problems for fix in problem.fixes]:
            new = {*apply(each.text, fix.edits).splitlines()} - {*each.text.splitlines()}
            idle = [line for line in new if IDLE_ROUNDING.search(line)]
            assert not idle or IDLE_ROUNDING.search(each.text), (each.spec, fix.title)


@pytest.mark.slow
def test_the_whole_zoo() -> None:
    """`python tools/repairs.py` prints the same by way."""
    broken = list(corpus(2))
    assert {each.way for each in broken} == set(WAYS)
    assert sum(bool(mended(each)[1]) for each in broken) >= LEAST * len(broken)


def fixes(layers: str, given: str = "[32, 32, 8]", more: str = "") -> list[tuple[str, str]]:
    """The repairs of the first problem, and the text that the first makes of the layers."""
    text = f"netspec: 1\ninput: {given}\n{more}layers:\n{layers}"
    problem = check_text(text).problems[0]
    return [(fix.title, apply(text, fix.edits).partition("layers:\n")[2]) for fix in problem.fixes]


def test_a_skip_written_as_a_list_becomes_a_map() -> None:
    block = "  - skip:\n      - conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}   # halves\n"
    assert fixes(block)[0] == (
        "shortcut: project",
        "  - skip:\n      shortcut: project\n      body:\n"
        "      - conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}   # halves\n",
    )
    assert fixes("  - skip: [{1x1: 16}]\n")[0] == (
        "shortcut: project",
        "  - skip: {shortcut: project, body: [{1x1: 16}]}\n",
    )


def test_what_a_merge_reads_is_brought_to_size() -> None:
    layers = "  - 1x1: {filters: 16, name: a}\n  - 1x1: {filters: 24, name: b, from: input}   # wide\n  - add: {from: [a, b]}\n"
    assert fixes(layers) == [
        ("filters: 16 at `b`", layers.replace("24", "16")),
        ("filters: 24 at `a`", layers.replace("16", "24")),
        (
            "1x1: {name: b_fit, filters: 16, from: b}",
            layers.replace(
                "  - add: {from: [a, b", "  - 1x1: {name: b_fit, filters: 16, from: b}\n  - add: {from: [a, b_fit"
            ),
        ),
    ]


def test_one_convolution_gets_the_channels_and_the_stride_of_the_other_way() -> None:
    layers = (
        "  - conv: {filters: 16, kernel_size: 3, padding: same, name: a}\n"
        "  - conv: {filters: 24, kernel_size: 3, strides: 2, padding: same, name: b, from: input}\n"
        "  - add: {from: [a, b]}\n"
    )
    (problem,) = check_text(f"netspec: 1\ninput: [32, 32, 16]\nlayers:\n{layers}").problems
    assert [fix.title for fix in problem.fixes] == [
        "filters: 16, strides: 1 at `b`",
        "filters: 24, strides: 2 at `a`",
        "1x1: {name: a_fit, filters: 24, strides: 2, rounding: floor, from: a}",
    ]


def test_a_pool_larger_than_an_image_that_is_no_square() -> None:
    (problem,) = check_text("netspec: 1\ninput: [4, 6, 3]\nlayers:\n  - pool: {pool_size: 8}\n").problems
    assert [fix.title for fix in problem.fixes] == ["global_pool: max", "padding: same", "input: 8 x 8 x 3"]


@pytest.mark.parametrize("merge", ["add", "concat"])
@pytest.mark.parametrize("empty", ["[0, 3]", "[5, 0]", "[0, 0]", "[0, 4, 3]", "[4, 0, 3]"])
def test_a_merge_with_what_holds_nothing(merge: str, empty: str) -> None:
    shape = [5, 3] if empty.count(",") == 1 else [5, 4, 3]
    ends = f"  - reshape: {{target_shape: {empty}, name: a, from: input}}\n  - {merge}: {{from: [a, input]}}\n"
    spec = check_text(f"netspec: 1\ninput: {shape}\nlayers:\n{ends}")
    assert [problem.code for problem in spec.problems] == ["NS406", "NS403"][
        : 2 - (empty == "[5, 0]" and merge == "concat")
    ]


def test_a_number_in_a_block_becomes_its_param() -> None:
    blocks = "blocks:\n  Conv:\n    params: {filters: , kernel_size: }\n    layers:\n      - conv: {filters: $filters, kernel_size: 40}\n"
    text = f"netspec: 1\ninput: [32, 32, 8]\n{blocks}layers:\n  - Conv: {{filters: 4, kernel_size: 3, repeat: 2}}\n"
    problem = check_text(text).problems[0]
    fixes = {fix.title: fix for fix in problem.fixes}
    fix = fixes["kernel_size: $kernel_size"]
    assert apply(text, fix.edits) == text.replace("40", "$kernel_size")


@pytest.mark.parametrize("beside", ["", "  - skip: [relu]\n", "  - C: {}\n"])
def test_a_skip_is_projected_at_the_uses_of_its_block_where_it_does_not_fit(beside: str) -> None:
    """Whatever other skips there are."""
    other = "  C: {layers: [{skip: [relu]}]}\n" if "C" in beside else ""
    blocks = (
        "blocks:\n  B:\n    params: {filters: , strides: 1}\n    layers:\n      - skip: {body: [{conv: {filters: $filters, "
        f"kernel_size: 3, strides: $strides, padding: same}}}}]}}\n{other}"
    )
    layers = f"  - B: 8\n  - B: {{filters: 16, strides: 2}}\n  - B: 16\n{beside}"
    text = f"netspec: 1\ninput: [32, 32, 8]\n{blocks}layers:\n{layers}"
    (problem,) = check_text(text).problems
    line = text.splitlines().index("  - B: {filters: 16, strides: 2}") + 1
    assert problem.fixes[0].title == f"a param `shortcut` of `B`, and shortcut: project at line {line}"
    assert apply(text, problem.fixes[0].edits) == (
        text.replace("strides: 1}", "strides: 1, shortcut: identity}")
        .replace("padding: same}}]}", "padding: same}}], shortcut: $shortcut}")
        .replace("strides: 2}", "strides: 2, shortcut: project}")
    )


@pytest.mark.parametrize(
    ("shape", "node", "titles"),
    [
        # The values of the last dimensions, or of the first where the others are those of channels.
        ("[30, 4]", "conv: {filters: 2, kernel_size: [3, 5]}", ["kernel_size: [5]"]),
        ("[30, 4]", "conv: {filters: 2, kernel_size: [3, 1]}", ["kernel_size: [3]", "kernel_size: [1]"]),
        ("[30, 4]", "conv: {filters: 2, kernel_size: [3, 3]}", ["kernel_size: 3"]),
        ("[9, 9, 4]", "conv: {filters: 2, kernel_size: [2, 3, 4]}", ["kernel_size: [3, 4]"]),
        # Those that are too few are not made more, unless they are all the same.
        ("[9, 9, 9, 4]", "conv: {filters: 2, kernel_size: [3, 5]}", []),
        ("[9, 9, 9, 4]", "conv: {filters: 2, kernel_size: [3, 3]}", ["kernel_size: 3"]),
    ],
)
def test_a_value_for_each_dimension_that_there_is(shape: str, node: str, titles: list[str]) -> None:
    assert [title for title, _ in fixes(f"  - {node}\n", shape) if title.startswith("kernel_size")] == titles


def test_groups_are_made_to_divide_at_the_nodes_before() -> None:
    search = search_of(
        "netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - 1x1: 10\n  - relu\n  - deform_conv: {filters: 10, kernel_size: 1, deformable_groups: 4}\n"
    )
    found = [candidate.title for candidate in groups_divide(search, 3) if candidate is not None]
    assert found == ["filters: 8 at `conv1x1_1`", "filters: 12 at `conv1x1_1`"]


def test_numbers_are_made_as_many_as_a_reshape_takes() -> None:
    layers = "  - dense: 10\n  - reshape: [3, 4]\n"
    assert fixes(layers, "[4]") == [
        ("units: 12 at `dense_1`", layers.replace("10", "12")),
        ("leave out `reshape_1`", "  - dense: 10\n"),
    ]


def test_a_softmax_over_a_mask_becomes_the_function() -> None:
    layers = "  - embedding: {input_dim: 9, output_dim: 4, mask_zero: true}\n  - softmax\n"
    assert fixes(layers, "{shape: [5], dtype: int32}") == [
        ("activation: softmax", layers.replace("- softmax", "- activation: softmax"))
    ]


def test_what_is_changed_at_a_use_of_a_block_and_in_the_block_is_told_of_both() -> None:
    block = (
        "blocks:\n  B: {params: {n: }, layers: [{conv: {filters: $n, kernel_size: 3, strides: 2, padding: same}}]}\n"
    )
    layers = "  - B: {n: 4, name: a}\n  - 1x1: {filters: 8, name: b, from: input}\n  - add: {from: [a, b]}\n"
    text = f"netspec: 1\ninput: [32, 32, 8]\n{block}layers:\n{layers}"
    assert [(fix.title, apply(text, fix.edits)) for fix in check_text(text).problems[0].fixes[1:2]] == [
        (
            "n: 8 at `a`, strides: 1 at `a.conv_1`",
            text.replace("strides: 2", "strides: 1").replace("{n: 4", "{n: 8"),
        )
    ]


def test_a_pool_halves_where_what_follows_leaves_no_room_for_a_larger_one() -> None:
    layers = "  - pool: {pool_size: 8}\n  - conv: {filters: 2, kernel_size: 2}\n"
    assert fixes(layers, "[4, 4, 3]") == [
        ("pool_size: 4, and 1 more change", layers.replace("8", "4").replace("kernel_size: 2", "kernel_size: 1")),
        ("pool_size: 2", layers.replace("8", "2")),
        ("pool_size: 4", layers.replace("8", "4")),
    ]


def test_of_a_block_s_params_each_is_tried_alone_too() -> None:
    """With both, the body has no more as many channels as its shortcut."""
    blocks = "blocks:\n  B:\n    params: {filters: 4, strides: 1}\n    layers:\n      - conv: {filters: 8, kernel_size: 3, strides: 2, padding: same}\n"
    text = f"netspec: 1\ninput: [32, 32, 8]\n{blocks}layers:\n  - skip: [B]\n"
    (problem,) = (each for each in check_text(text).problems if each.is_error)
    assert [(fix.title, apply(text, fix.edits)) for fix in problem.fixes[1:]] == [
        ("strides: $strides at `skip_1.B_1.conv_1`", text.replace("strides: 2", "strides: $strides")),
        ("strides: 1 at `skip_1.B_1.conv_1`", text.replace("strides: 2", "strides: 1")),
    ]


@pytest.mark.parametrize(("cut", "window"), [(21, True), (22, False)])
def test_a_window_is_not_made_a_multiple_of_itself_to_fit(cut: int, window: bool) -> None:
    branches = f"{{a: [{{crop: [[{cut}, 2], [{cut}, 2]]}}], b: [{{pool: {{pool_size: 3, strides: 1}}}}]}}"
    titles = [title for title, _ in fixes(f"  - inception: {{branches: {branches}}}\n", "[64, 64, 8]")]
    assert titles == [
        *([f"pool_size: {cut + 3} at `inception_1.b.pool_1`"] if window else []),
        "resize: {height: 62, width: 62} at the end of a branch",
        f"resize: {{height: {62 - cut}, width: {62 - cut}}} at the end of a branch",
    ]


def test_what_leaves_nothing_wrong_stands_before_what_uncovers_more() -> None:
    layers = "  - conv: {filters: 4, kernel_size: 3, strides: 2}\n  - pool: {pool_size: 3, strides: 2}\n  - flatten\n  - dense: 3\n"
    assert [title for title, _ in fixes(layers, "[30, 30, 8]")] == [
        "padding: [[0, 1], [0, 1]]",
        "padding: same",
        "input: 31 x 31 x 8",
    ]
    text = f"netspec: 1\ninput: [30, 30, 8]\nlayers:\n{layers}"
    for fix in check_text(text).problems[0].fixes:
        assert check_text(apply(text, fix.edits)).ok


def test_a_text_is_made_of_another_by_its_lines() -> None:
    old, new = "a\nb\nc\n", "a\nB\nc\nd\n"
    assert between(old, new) == (Edit(Span(2, 1, 3, 1), "B\n"), Edit(Span(4, 1, 4, 1), "d\n"))
    assert apply(old, between(old, new)) == new
    windows = old.replace("\n", "\r\n")
    assert apply(windows, between(windows, new.replace("\n", "\r\n"))) == new.replace("\n", "\r\n")


def test_the_cost_of_a_repair_is_that_of_the_whole_network() -> None:
    text = "netspec: 1\ninput: [10, 10, 3]\nlayers:\n  - conv: {filters: 16, kernel_size: 3, strides: 2}\n"
    found = [(fix.title, fix.parameters, fix.more, fix.macs) for fix in check_text(text).problems[0].fixes]
    assert found == [
        ("kernel_size: 4", 784, 336, 12_288),
        ("padding: [[0, 1], [0, 1]]", 448, 0, 10_800),
        ("rounding: floor", 448, 0, 6_912),
    ]


def test_a_rest_that_is_only_padding_is_dropped_first() -> None:
    """The beginning of a ResNet as PyTorch writes it: each window there leaves a rest of padding."""
    layers = "  - conv: {filters: 64, kernel_size: 7, strides: 2, padding: 3}\n  - pool: {pool_size: 3, strides: 2, padding: 1}\n"
    title, mended = fixes(layers, "[224, 224, 3]")[0]
    assert title == "rounding: floor, and 1 more change"
    assert mended == layers.replace("}", ", rounding: floor}")
    lost = "  - conv: {filters: 64, kernel_size: 11, strides: 4}\n"
    assert [title for title, _ in fixes(lost, "[228, 228, 3]")] == [
        "kernel_size: 12",
        "padding: [[1, 2], [1, 2]]",
        "rounding: floor",
    ]


def test_same_padding_that_every_branch_forgot() -> None:
    layers = (
        "  - inception:\n      branches:\n        a: [{1x1: 8}]\n        b: [{1x1: 4}, {conv: {filters: 8, kernel_size: 3}}]\n"
        "        c: [{pool: {pool_size: 3, strides: 1}}]\n"
    )
    assert fixes(layers)[0] == (
        "padding: same at `inception_1.b.conv_1` and `inception_1.c.pool_1`",
        layers.replace("kernel_size: 3", "kernel_size: 3, padding: same").replace(
            "strides: 1", "strides: 1, padding: same"
        ),
    )


@pytest.mark.parametrize(
    ("node", "titles"),
    [
        # A pool that was to cover all does so with the largest window that fits; a smaller one would leave more places.
        ("pool: {type: avg, pool_size: 33}", ["pool_size: 32", "global_pool: avg", "padding: same"]),
        ("pool: {type: avg, pool_size: 33, strides: 1}", ["pool_size: 32", "global_pool: avg", "padding: same"]),
        ("pool: {type: l2, pool_size: 33, strides: 1}", ["pool_size: 32", "padding: same", "input: 33 x 33 x 8"]),
        ("pool: {pool_size: [33, 33], strides: 1}", ["pool_size: 32", "padding: same", "input: 33 x 33 x 8"]),
        ("pool: {pool_size: 33, padding: 0}", ["pool_size: 32", "global_pool: max", "padding: same"]),
        # One whose windows overlap was not.
        ("pool: {pool_size: 34, strides: 2}", ["pool_size: 32", "padding: same", "input: 34 x 34 x 8"]),
        ("pool: {pool_size: 35, strides: 2, rounding: floor}", ["pool_size: 31", "pool_size: 32", "pool_size: 3"]),
        # Of a kernel that is far too large the usual one may have been meant, of one that is a little too large not.
        ("conv: {filters: 4, kernel_size: 33}", ["kernel_size: 31", "kernel_size: 32", "kernel_size: 3"]),
        ("conv: {filters: 4, kernel_size: [33, 40]}", ["kernel_size: 32", "kernel_size: 3", "padding: same"]),
    ],
)  # fmt: skip
def test_windows_that_fit(node: str, titles: list[str]) -> None:
    assert [title for title, _ in fixes(f"  - {node}\n")] == titles


def test_the_usual_kernel_is_not_offered_for_one_of_about_its_size() -> None:
    layers = "  - conv: {filters: 4, kernel_size: [5, 5]}\n"
    assert [title for title, _ in fixes(layers, "[4, 4, 8]")] == ["kernel_size: 4", "padding: same", "input: 5 x 5 x 8"]
    assert "kernel_size: 3" in [title for title, _ in fixes(layers.replace("5", "6"), "[4, 4, 8]")]


@pytest.mark.parametrize(
    ("node", "number", "title", "mended"),
    [
        (
            "skip: [{conv: {filters: 8, kernel_size: 3, rounding: floor}}]",
            0,
            "padding: same instead of rounding: floor at `skip_1.conv_1`",
            "skip: [{conv: {filters: 8, kernel_size: 3, padding: same}}]",
        ),
        (
            "skip: [{conv: {filters: 8, rounding: floor, kernel_size: 3, padding: valid}}]",
            0,
            "padding: same instead of rounding: floor at `skip_1.conv_1`",
            "skip: [{conv: {filters: 8, kernel_size: 3, padding: same}}]",
        ),
        (
            "skip: [{conv: {rounding: floor, filters: 8, kernel_size: 3, padding: valid}}]",
            0,
            "padding: same instead of rounding: floor at `skip_1.conv_1`",
            "skip: [{conv: {filters: 8, kernel_size: 3, padding: same}}]",
        ),
        (
            "skip: [{conv: {filters: 8, kernel_size: 3, strides: 2, rounding: ceil}}]",
            1,
            "strides: 1, padding: same instead of rounding: ceil at `skip_1.conv_1`",
            "skip: [{conv: {filters: 8, kernel_size: 3, strides: 1, padding: same}}]",
        ),
        (
            "skip: [{conv: {filters: 8, kernel_size: 3, rounding: exact}}]",
            0,
            "padding: same at `skip_1.conv_1`",
            "skip: [{conv: {filters: 8, kernel_size: 3, rounding: exact, padding: same}}]",
        ),
        (
            "inception: {branches: {a: [{1x1: 8}], b: [{conv: {filters: 8, kernel_size: 3, rounding: floor}}], "
            "c: [{conv: {filters: 8, kernel_size: 5, rounding: floor}}]}}",
            0,
            "padding: same instead of rounding: floor at `inception_1.b.conv_1` and `inception_1.c.conv_1`",
            "inception: {branches: {a: [{1x1: 8}], b: [{conv: {filters: 8, kernel_size: 3, padding: same}}], "
            "c: [{conv: {filters: 8, kernel_size: 5, padding: same}}]}}",
        ),
        (
            "inception: {branches: {a: [{1x1: 8}], b: [{conv: {filters: 8, kernel_size: 3, rounding: floor}}], "
            "c: [{conv: {filters: 8, kernel_size: 5}}]}}",
            0,
            "padding: same at `inception_1.b.conv_1` and `inception_1.c.conv_1`",
            "inception: {branches: {a: [{1x1: 8}], b: [{conv: {filters: 8, kernel_size: 3, padding: same}}], "
            "c: [{conv: {filters: 8, kernel_size: 5, padding: same}}]}}",
        ),
        (
            "conv: {filters: 4, kernel_size: 40, rounding: floor}",
            2,
            "padding: same instead of rounding: floor",
            "conv: {filters: 4, kernel_size: 40, padding: same}",
        ),
        (
            "skip:\n      - conv:\n          rounding: floor   # as PyTorch\n          filters: 8\n          kernel_size: 3",
            0,
            "padding: same instead of rounding: floor at `skip_1.conv_1`",
            "skip:\n      - conv:\n          padding: same   # as PyTorch\n          filters: 8\n          kernel_size: 3",
        ),
        (
            "skip:\n      - conv:\n          padding: valid\n          filters: 8\n          kernel_size: 3\n          rounding: floor",
            0,
            "padding: same instead of rounding: floor at `skip_1.conv_1`",
            "skip:\n      - conv:\n          padding: same\n          filters: 8\n          kernel_size: 3",
        ),
    ],
)
def test_rounding_does_not_stay_beside_padding_that_leaves_no_rest(
    node: str, number: int, title: str, mended: str
) -> None:
    assert fixes(f"  - {node}\n")[number] == (title, f"  - {mended}\n")


def test_a_repair_is_offered_once() -> None:
    for node in ("pool: {type: l2, pool_size: 33}", "pool: {type: avg, pool_size: 33, name: p}"):
        assert [title for title, _ in fixes(f"  - {node}\n")] == [
            "pool_size: 32",
            "padding: same",
            "input: 33 x 33 x 8",
        ]


def test_a_shortcut_goes_the_strides_of_its_body() -> None:
    body = (
        "  - skip: {body: [{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}], shortcut: [{1x1: 16}]}\n"
    )
    assert fixes(body)[0] == (
        "strides: 2, rounding: floor at `skip_1.shortcut.conv1x1_1`",
        body.replace("1x1: 16", "1x1: {filters: 16, strides: 2, rounding: floor}"),
    )


def test_channels_that_stand_first_are_put_last() -> None:
    text = "netspec: 1\ninput: [1, 28, 28]   # as PyTorch has it\nlayers:\n  - conv: {filters: 6, kernel_size: 5}\n"
    problem = check_text(text).problems[0]
    assert problem.code == "NS402"
    assert problem.fixes[0].title == "input: 28 x 28 x 1"
    assert apply(text, problem.fixes[0].edits) == text.replace("[1, 28, 28]", "[28, 28, 1]")


def test_a_misspelt_word_is_mended_though_a_shape_is_wrong_then() -> None:
    layers = "  - conv: {filters: 32, kernel_size: 3, stride: 2}\n"
    assert fixes(layers, "[28, 28, 1]") == [("strides", layers.replace("stride", "strides"))]


def test_what_stands_beside_its_kind_is_indented() -> None:
    layers = "  - conv:\n    filters: 4   # four\n    kernel_size:\n      - 3\n      - 3\n  - relu\n"
    assert fixes(layers) == [
        (
            "indent them by two more",
            "  - conv:\n      filters: 4   # four\n      kernel_size:\n        - 3\n        - 3\n  - relu\n",
        )
    ]


@pytest.mark.parametrize(
    ("layers", "mended"),
    [
        ('["Flatten", {"dense": 4}]', '["flatten", {"dense": 4}]'),
        ('[{"conv": {"filters": 2, "kernel": 3}}]', '[{"conv": {"filters": 2, "kernel_size": 3}}]'),
        ('[{"dense": {"units": 4, "activation": "rleu"}}]', '[{"dense": {"units": 4, "activation": "relu"}}]'),
        (
            '[{"conv": {"filters": 2, "kernel_size": 3, "strides": 2}}]',
            '[{"conv": {"filters": 2, "kernel_size": 4, "strides": 2}}]',
        ),
        ('[{"skip": [{"1x1": 16}]}]', '[{"skip": {"shortcut": "project", "body": [{"1x1": 16}]}}]'),
        (
            '[{"skip": {"body": [{"pool": {"padding": "same"}}], "shortcut": [{"1x1": 8}]}}]',
            '[{"skip": {"body": [{"pool": {"padding": "same"}}], '
            '"shortcut": [{"1x1": {"filters": 8, "strides": 2, "rounding": "floor"}}]}}]',
        ),
    ],
)
def test_json_stays_json(layers: str, mended: str) -> None:
    text = f'{{"netspec": 1, "input": [32, 32, 8], "layers": {layers}}}'
    fix = check_text(text, "spec.json").problems[0].fixes[0]
    assert apply(text, fix.edits) == f'{{"netspec": 1, "input": [32, 32, 8], "layers": {mended}}}'
    assert apply(text[:-1] + " }", fix.edits) == f'{{"netspec": 1, "input": [32, 32, 8], "layers": {mended} }}'


def test_yaml_that_looks_like_json_keeps_its_manner() -> None:
    text = "{netspec: 1, input: [32, 32, 8], layers: [Flatten]}"
    fix = check_text(text).problems[0].fixes[0]
    assert apply(text, fix.edits) == "{netspec: 1, input: [32, 32, 8], layers: [flatten]}"


@pytest.mark.parametrize(
    ("variant", "head"),
    [
        (None, "params: {size: 14}\nvariants: {large: {size: 12}, other: {}}\n"),
        ("large", "params: {size: 10}\nvariants: {large: {size: 14}, other: {}}\n"),
        ("other", "params: {size: 14}\nvariants: {large: {size: 12}, other: {}}\n"),
    ],
)
def test_an_input_is_resized_where_its_size_stands(variant: str | None, head: str) -> None:
    """At the param's default, or at the variant that was asked for and says it."""
    text = (
        "netspec: 1\nparams: {size: 10}\nvariants: {large: {size: 12}, other: {}}\ninput: [$size, $size, 3]\n"
        "layers:\n  - relu\n"
    )
    spec = check_text(text, variant=variant)
    assert spec.document is not None
    assert spec.graph is not None
    change = Search(spec.document, spec.graph, variant).resized(0, (14, 14, 3))
    assert change is not None
    assert apply(text, change.edits).removeprefix("netspec: 1\n").partition("input")[0] == head


def test_images_of_other_sizes_are_resized_row_by_row_and_column_by_column() -> None:
    layers = "  - relu: {name: a}\n  - crop: {cropping: [[1, 2], [0, 0]], name: b, from: input}\n  - concat: {from: [a, b]}\n"
    assert [title for title, _ in fixes(layers, "[17, 23, 8]")] == [
        "resize: {name: a_fit, height: 14, width: 23, from: a}",
        "resize: {name: b_fit, height: 17, width: 23, from: b}",
    ]


def search_of(text: str) -> Search:
    """What candidates are sought in."""
    spec = check_text(text, repairs=False)
    assert spec.document is not None
    assert spec.graph is not None
    return Search(spec.document, spec.graph, None)


@pytest.mark.parametrize(
    ("shape", "window", "said"),
    [
        ("[10, 10, 8]", 2, "3 x 3 x 4, drops the last 2 rows and columns"),
        ("[10, 9, 8]", 2, "3 x 3 x 4, drops the last 2 rows and column"),
        ("[9, 9, 8]", 2, "3 x 3 x 4, drops the last row and column"),
        ("[9, 8, 8]", 2, "3 x 3 x 4, drops the last row"),
        ("[10, 8]", 2, "3 x 4, drops the last 2 steps"),
        ("[10, 10, 10, 8]", 2, "3 x 3 x 3 x 4, drops the last 2 planes and rows and columns"),
    ],
)
def test_what_is_dropped_is_told_along_each_dimension(shape: str, window: int, said: str) -> None:
    text = f"netspec: 1\ninput: {shape}\nlayers:\n  - conv: {{filters: 4, kernel_size: {window}, strides: 3}}\n"
    assert [fix.result for fix in check_text(text).problems[0].fixes if fix.title == "rounding: floor"] == [said]


@pytest.mark.parametrize(("stride", "fewer"), [(4, [2, 3]), (3, [2]), (2, [1])])
def test_a_window_that_does_not_tile_may_go_fewer_steps(stride: int, fewer: list[int]) -> None:
    node = f"conv: {{filters: 8, kernel_size: 3, strides: {stride}}}"
    search = search_of(f"netspec: 1\ninput: [24, 24, 3]\nlayers:\n  - {node}\n")
    found = [dict(candidate.options) for candidate in does_not_tile(search, 1) if candidate is not None]
    assert [each for each in found if "strides" in each] == [
        {"strides": str(step), **more} for step in fewer for more in ({}, {"rounding": "floor"})
    ]


def test_a_merge_that_says_not_what_it_reads_has_no_place_for_a_node() -> None:
    """Its inputs are those of the block around it."""
    spec = check_text(
        "netspec: 1\ninputs: {a: [8, 8, 4], b: [8, 8, 3]}\nblocks: {M: {layers: [add, relu]}}\nlayers:\n  - M: {from: [a, b]}\n"
    )
    assert [(problem.code, problem.fixes) for problem in spec.problems] == [("NS403", ())]


@pytest.mark.parametrize(
    ("name", "reads", "offered"),
    [
        ("level_2", "level_1", True),
        ("level_2", "level_2", False),  # another merge reads it
        ("second", "level_1", False),  # not of the same series
    ],
)
def test_another_level_is_offered_where_nothing_reads_it(name: str, reads: str, offered: bool) -> None:
    layers = f"""\
  - relu: {{name: level_1}}
  - pool: {{pool_size: 2}}
  - relu: {{name: {name}}}
  - pool: {{pool_size: 2}}
  - upsample: 2
  - concat: {{from: [level_1, upsample_1]}}
  - concat: {{from: [{reads}, {reads}]}}
"""
    found = [(number, title) for number, (title, _) in enumerate(fixes(layers)) if "from: [" in title]
    assert found == [(0, "from: [level_2, upsample_1]")] * offered


def test_the_names_of_one_body_are_none_of_another() -> None:
    layers = """\
  - skip: [{relu: {name: a_2}}, relu]
  - relu: {name: a_1}
  - pool: {pool_size: 2, name: a_3, from: input}
  - upsample: {size: 2, name: b_1, from: a_3}
  - relu: {name: a_4}
  - concat: {from: [a_3, a_1]}
"""
    titles = []
    for text in (layers, layers.replace("a_4", "b_4")):
        (problem,) = (
            each for each in check_text(f"netspec: 1\ninput: [32, 32, 8]\nlayers:\n{text}").problems if each.is_error
        )
        titles.append([fix.title for fix in problem.fixes if "from: [a" in fix.title])
    assert titles == [["from: [a_4, a_1]"], []]


def test_a_stride_beside_that_of_a_param_is_not_meant() -> None:
    """Where no window takes its stride from a param, the one that is written is."""
    block = """\
blocks:
  B:
    params: {strides: 1}
    layers:
      - skip:
          - conv: {filters: 8, kernel_size: 3, strides: STRIDES, padding: same}
          - conv: {filters: 8, kernel_size: 3, strides: 2, padding: same}
layers:
  - B
"""
    titles = {
        strides: check_text(f"netspec: 1\ninput: [32, 32, 8]\n{block.replace('STRIDES', strides)}")
        .problems[-1]
        .fixes[0]
        .title
        for strides in ("$strides", "1")
    }
    assert titles == {"$strides": "strides: 1 at `B_1.skip_1.conv_2`", "1": "shortcut: project"}


@pytest.mark.parametrize(
    ("others", "lacking"),
    [
        (["3, padding: same"] * 2, 1),
        (["3, padding: same"] * 3, 2),
        (["3, padding: same"] * 4, 2),
        (["3, padding: same"], 1),
        (["5, padding: same"] * 2, 1),
        (["3, padding: same"] * 3 + ["1"], 1),
        (["3, padding: same"] * 3 + ["3, padding: valid"], 1),
    ],
)
def test_what_a_network_pads_by_its_own_way(others: list[str], lacking: int) -> None:
    """Twice as many convolutions as lack it, some of their size among them, and none that says another."""
    nodes = [f"  - conv: {{filters: 8, kernel_size: {size}}}\n" for size in [*others, *["3"] * lacking]]
    text = f"netspec: 1\ninput: [32, 32, 8]\nlayers:\n{''.join(nodes)}"
    usual = {"3, padding: same"} == {*others} - {"1"} and len(others) >= 2 * lacking
    lines = range(4 + len(others), 4 + len(others) + lacking)
    assert {span.line for span in search_of(text).unpadded} == ({*lines} if usual else set())
