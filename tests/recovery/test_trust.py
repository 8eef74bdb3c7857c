"""Which shapes of a recovered spec are marked as doubtful."""

from __future__ import annotations

import pytest

from netspec.recovery import History, provisional, recover

TEXT = """\
netspec: 1
params: {size: 32, classes: 10}
input: [$size, $size, 3]
defaults: {conv: {padding: same}}
blocks:
  Unit:
    layers:
      - conv: {filters: 8, kernel_size: 3}
  Twice:
    layers:
      - Unit
      - Unit
  Other:
    layers:
      - gelu
layers:
  - conv: {filters: 8, kernel_size: 5, name: stem}
  - relu: {name: left}
  - Twice: {name: right, from: stem}
  - add: {from: [left, right], name: sum}
  - Other: {name: last}
train: {epochs: 3}
"""
HISTORY = recover(TEXT).history
ALL = ["input", "stem", "left", "right.Unit_1.conv_1", "right.Unit_2.conv_1", "sum", "last.gelu_1"]


def marked(text: str, history: History | None = HISTORY) -> list[str]:
    """The paths of the nodes that are marked, in their order."""
    found = recover(text, history)
    assert found.holes
    assert found.spec.graph is not None
    doubtful = provisional(found.spec, found)
    return [node.path for index, node in enumerate(found.spec.graph.nodes) if index in doubtful]


@pytest.mark.parametrize(
    ("was", "now", "paths"),
    [
        ("relu: {name: left}", "relu: {na", ["left", "sum", "last.gelu_1"]),
        ("Twice: {name: right, ", "Twice: {nam", ["right.Unit_1.conv_1", "right.Unit_2.conv_1", "sum", "last.gelu_1"]),
        ("filters: 8, kernel_size: 3}", "fil", ["right.Unit_1.conv_1", "right.Unit_2.conv_1", "sum", "last.gelu_1"]),
        ("      - gelu", "      - gel: [", ["last.gelu_1"]),
        ("Other: {name: last}", "Other: {", ["last.gelu_1"]),
        ("train: {epochs: 3}", "train: {epochs", []),
        ("size: 32, ", "siz 32, ", ALL),
        ("input: [$size, $size, 3]", "input: [$size, $s", ALL),
        ("padding: same}}", "padding: sam", ALL),
        ("\nlayers:", "\nlay", ALL),
        ("\nblocks:", "\nblo", ALL),
        ("  Other:", "  Oth", ["last.gelu_1"]),
    ],
)
def test_what_hangs_on_a_hole_is_marked(was: str, now: str, paths: list[str]) -> None:
    assert TEXT.count(was) == 1
    assert marked(TEXT.replace(was, now)) == paths


def test_a_node_that_stands_no_longer_leaves_doubt_on_what_follows() -> None:
    text = TEXT.replace("  - relu: {name: left}", "  - relu: {name: left}\n  - {")
    assert marked(text) == []  # nothing reads it: what follows says what it reads
    assert marked(text.replace("name: right, from: stem", "name: right")) == [
        "right.Unit_1.conv_1",
        "right.Unit_2.conv_1",
        "sum",
        "last.gelu_1",
    ]


@pytest.mark.parametrize(
    ("written", "following", "paths"),
    [
        ("  - Unit: {name: b", "  - Unit: {name: b, from: stem}", ["b.conv_1", "b.conv_1"]),
        (
            "  - Unit: {name: b_1",
            "  - Unit: {name: b, repeat: 2, from: stem}",
            ["b_1.conv_1", "b_1.conv_1", "b_2.conv_1"],
        ),
        (
            "  - Unit: {name: b,\n           repeat: 2",
            "  - Unit: {name: b_1, from: stem}",
            ["b_1.conv_1", "b_2.conv_1", "b_1.conv_1"],
        ),
        (  # a name that is worked out may be any
            '  - Unit: {name: "b_${1}",\n           trainable: true',
            "  - Unit: {name: b, repeat: 2, from: stem}",
            ["right.Unit_1.conv_1", "right.Unit_2.conv_1", "sum", "b_1.conv_1", "b_1.conv_1", "b_2.conv_1"],
        ),
    ],
)
def test_a_name_that_is_given_twice_does_not_tell_uses_apart(written: str, following: str, paths: list[str]) -> None:
    """What the hole makes has the paths of what the other use makes, so both are marked."""
    before = "  - Other: {name: last}\n"
    assert marked(TEXT.replace(before, f"{written}\n{following}\n{before}"), None) == [*paths, "last.gelu_1"]


def test_where_a_section_stands_twice_all_is_doubtful() -> None:
    """Which of the two lists is the network, if one was meant to be the block's?"""
    text = TEXT.replace("  Other:\n    layers:\n", "layers:\n")
    assert marked(text, None) == ["input", "gelu_1"]


def test_where_the_key_of_a_section_stands_too_low_all_is_doubtful() -> None:
    """The first of the params is read as what `name` says, and `$width` as that of the input."""
    text = """\
netspec: 1
name: example
  width: 6
params:
  classes: 3
input: [8, 8, 3]
layers:
  - dense: $width
  - dense: $classes
"""
    assert marked(text, None) == ["input", "dense_1", "dense_2"]


def test_what_is_made_for_the_sizes_of_a_marked_node_is_marked() -> None:
    """Weights read nothing, and have the sizes of what enters their block."""
    text = """\
netspec: 1
input: [8, 8, 3]
blocks:
  Shift:
    layers:
      - learned: {name: shift, shape: $channels}
      - add: {from: [input, shift]}
layers:
  - conv: {filters: 4, kernel_size: 1, s
  - relu
  - Shift
  - flatten
  - dense: 3
"""
    assert marked(text, None) == ["conv_1", "relu_1", "Shift_1.shift", "Shift_1.add_1", "flatten_1", "dense_1"]


@pytest.mark.parametrize(
    ("written", "more"),
    [
        ("  - relu\n      - global_pool: avg", ["relu_1"]),  # deeper than the list above, as the one before that
        ("      - relu\n - global_pool: avg", ["time_distributed_1.relu_1"]),  # shallower than each
        ('      - relu\n    "  - global_pool: avg', ["time_distributed_1.relu_1"]),
    ],
)
def test_a_list_that_a_line_may_have_belonged_to_is_marked(written: str, more: list[str]) -> None:
    text = f"""\
netspec: 1
input: [5, 16, 16, 3]
layers:
  - time_distributed:
      - conv: {{filters: 4, kernel_size: 3}}
{written}
  - dense: 3
"""
    inside = ["time_distributed_1.steps", "time_distributed_1.conv_1"]
    found = marked(text, None)
    assert found[:2] == inside
    assert sorted(found[2:]) == sorted(["time_distributed_1", *more, "global_pool_1", "dense_1"])


ROW = """\
netspec: 1
params: {deep: false}
input: [64, 64, 3]
blocks:
  Unit:
    params: {filters: }
    layers:
      - conv: {filters: $filters, kernel_size: 3, name: first}
      - pool
layers:
  - conv: {filters: 4, kernel_size: 3, name: level1}
  - pool
  - conv: {filters: 8, kernel_size: 4, name: level2}
  - pool
  - Unit: {filters: 8, name: unit, from: level1}
  - conv: {filters: 2, kernel_size: 1, name: extra, when: $deep}
  - concat: {from: [level2, level2], name: both}
  - concat: {from: [unit.first, unit.first], name: inner}
  - dense: 3
"""
MOST = ["level1", "pool_1", "level2", "pool_2", "unit.first", "unit.pool_1", "both", "inner", "dense_1"]


@pytest.mark.parametrize(
    ("was", "now", "paths"),
    [  # a line is gone, and what read it tells so, unless its name may be a slip
        ("  - conv: {filters: 8, kernel_size: 4, name: level2}\n", "", [each for each in MOST if each != "level2"]),
        ("      - conv: {filters: $filters, kernel_size: 3, name: first}\n", "", [*MOST[:4], *MOST[5:]]),
        ("from: [level2, level2]", "from: [level3, level2]", MOST),
        ("from: [level2, level2]", "from: [side, level2]", MOST),
        ("from: [level2, level2]", "from: [pool_3, level2]", MOST),
        ("from: [level2, level2]", "from: [inner, level2]", MOST),  # it stands, but later
        ("from: [level2, level2]", "from: [levl2, level2]", ["both"]),
        ("from: [level2, level2]", "from: [lev, level2]", ["both"]),
        ("from: [level2, level2]", "from: [extra, level2]", ["both"]),  # it stands, and is left out
        (
            "      - pool",
            "      - add: {from: [first, side]}",
            ["unit.first", "unit.linear_1", "inner", "dense_1"],
        ),  # a block
    ],
)
def test_a_name_that_stands_for_nothing_leaves_doubt_on_the_order(was: str, now: str, paths: list[str]) -> None:
    assert ROW.count(was) == 1
    assert marked(ROW.replace(was, now), None) == paths


def test_a_line_that_is_missing_is_not_forgotten_while_another_is_typed() -> None:
    text = ROW.replace("  - conv: {filters: 8, kernel_size: 4, name: level2}\n", "")
    history = recover(text).history
    half = text.replace("  - dense: 3", "  - dense: {wide: 3}")
    assert marked(half, history) == [each for each in MOST if each != "level2"]
    whole = half.replace(
        "  - pool\n  - Unit", "  - conv: {filters: 8, kernel_size: 4, name: level2}\n  - pool\n  - Unit"
    )
    assert marked(whole, recover(half, history).history) == ["dense_1"]


def test_a_line_that_was_deleted_is_missing() -> None:
    """No line near has room for it."""
    text = ROW.replace("  - conv: {filters: 8, kernel_size: 4, name: level2}\n", "")
    assert marked(text, recover(ROW).history) == [each for each in MOST if each != "level2"]


def test_lines_that_are_pasted_and_name_what_is_nowhere_leave_no_doubt_on_those_above() -> None:
    """The version before had no such name, so nothing that gave it is missing."""
    pasted = "  - relu\n  - conv: {filters: 8, kernel_size: 1, name: side}\n  - concat: {from: [side, branch], name: joined}\n"
    text = ROW.replace("  - concat: {from: [unit", f"{pasted}  - concat: {{from: [unit")
    assert marked(text, recover(ROW).history) == ["joined"]


def test_a_node_that_is_left_out_hands_the_doubt_on() -> None:
    text = """\
netspec: 1
params: {deep: false}
input: [8, 8, 3]
layers:
  - relu
  - conv: {filters: 8, kernel_siz
  - lrn: {when: $deep}
  - pool
  - dense: 3
"""
    assert marked(text.replace("8, kernel_siz", "[8}"), None) == ["pool_1", "dense_1"]


@pytest.mark.parametrize(
    ("was", "now", "first"),
    [
        ("  width: 12\n  count: 4\n", "", "input"),  # `$width` stands for that of the input now
        ("  width: 12\n  count: 4\n", "  width: 12\n", "conv_2"),
        ("repeat: $count", "repeat: $counts", "conv_2"),  # a slip
    ],
)
def test_a_param_that_may_be_missing_may_have_had_any_name(was: str, now: str, first: str) -> None:
    text = """\
netspec: 1
params:
  width: 12
  count: 4
  size: 32
input: [$size, $size, 3]
layers:
  - conv: {filters: $width, kernel_size: 3}
  - conv: {filters: 3, kernel_size: 3, repeat: $count}
  - conv: {filters: 3, kernel_size: 1, repeat: $count}
  - dense: 3
"""
    assert marked(text.replace(was, now, 1), None)[0] == first


def test_where_as_many_lines_stand_at_another_indent_either_may_be_wrong() -> None:
    text = """\
netspec: 1
input: [5, 16, 16, 3]
layers:
  # - time_distributed:
      - conv: {filters: 4, kernel_size: 3}
      - global_pool: avg
  - lstm: 8
  - dense: {units: 3, name: last}
"""
    assert marked(text, None) == ["conv_1", "global_pool_1", "last"]


def test_an_entry_that_a_line_between_cuts_off_leaves_doubt_on_what_it_belonged_to() -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
layers:
  - inception:
      branches:
        one: [{1x1: 2}]
  - relu
        two: [{1x1: 2}]
  - dense: 3
"""
    assert marked(text, None) == ["inception_1.one.conv1x1_1", "relu_1", "dense_1"]


def test_what_lines_between_cut_off_from_a_block_leaves_doubt_on_that() -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
blocks:
  Module:
    layers:
      - inception:
          branches:
            one: [{1x1: 2}]
            two:
  Unit:
    layers:
              - 1x1: 2
              - 1x1: 4
            three: [{1x1: 4}]
  Other:
    layers: [relu]
layers:
  - Module
  - dense: 3
"""
    assert marked(text, None) == ["Module_1.inception_1.one.conv1x1_1", "Module_1.inception_1", "dense_1"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("layers:\n  - relu\n", "  - relu\nlayers:\n"),
        ("    layers:\n      - pool\nlayers:\n  - relu\n", "  - relu\n    layers:\n      - pool\nlayers:\n"),
    ],
)
def test_a_node_that_stands_above_its_list_leaves_doubt_on_what_was_second(was: str, now: str) -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
blocks:
  Unit:
    description: one
    layers:
      - pool
layers:
  - relu
  - flatten
  - dense: 3
"""
    found = marked(text.replace(was, now), None)
    assert found == ["flatten_1", "dense_1"]


def test_where_a_block_is_missing_what_it_held_may_be_in_another() -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
blocks:
  First:
    layers:
      - pool
  # Second:
  #   layers:
      - 1x1: 4
layers:
  - relu
  - First: {name: first}
  - relu
  - Second: {name: second, from: relu_1}
"""
    assert marked(text, None) == ["first.pool_1", "first.conv1x1_1", "relu_2", "second"]
    slip = text.replace("  # Second:\n  #   layers:\n", "").replace("- Second", "- Firts")
    assert marked(slip, None) == ["second.pool_1", "second.conv1x1_1"]


def test_a_param_may_be_missing_whose_name_a_block_has_too() -> None:
    """And with it `$width`, which stands for that of the input then."""
    text = """\
netspec: 1
params: {width: 4, heads: 2}
input: [8, 8, 3]
blocks:
  Mix:
    params: {heads: }
    layers: [{1x1: $heads}]
layers:
  - 1x1: {filters: $width, name: first}
  - Mix: {heads: $heads, name: mix}
"""
    assert marked(text.replace("params: {width: 4, heads: 2}\n", ""), None) == ["input", "first", "mix"]


def test_a_line_of_a_block_that_reads_a_param_of_another_may_be_meant_for_that() -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
blocks:
  Point:
    params: {filters: }
    layers:
      - 1x1: $filters
      - Point: {filters: $expansion * $channels}
  Wide:
    params: {filters: , expansion: 4}
    layers:
      - relu
      - 1x1: $filters
  Plain:
    layers: [relu]
layers:
  - Plain: {name: plain}
  - Wide: {name: wide, filters: 4}
  - relu: {name: last}
  - Point: {name: point, filters: 4}
"""
    assert marked(text, None) == ["wide.relu_1", "wide.conv1x1_1", "last", "point.conv1x1_1"]
    before = text.replace("      - Point: {filters: $expansion * $channels}\n", "\n")
    assert marked(text, recover(before).history) == ["point.conv1x1_1"]  # it is known what stood there


def test_what_shares_the_layer_of_a_marked_node_is_marked() -> None:
    text = """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {name: first, filters: 8, kernel_size: 3, padding: same}
  - conv: {name: own, filters: $many, kernel_size: 3, padding: same, from: input}
  - conv: {name: again, share: own, from: input}
  - relu: {name: last}
"""
    assert marked(text, None) == ["own", "again", "last"]


def test_a_param_that_stands_at_the_top_may_be_meant_where_nodes_give_its_name_too() -> None:
    text = "netspec: 1\nparams:\n  many: 4\nwidth: 16\ninput: [8, 8, 1]\nlayers:\n  - 1x1: $width\n"
    found = recover(text)
    assert found.spec.graph is not None
    assert [node.shape for node in found.spec.graph.nodes] == [(8, 8, 1), (8, 8, 8)]
    assert provisional(found.spec, found) == {0, 1}
    other = recover(text.replace("width: 16", "wide: 16"))
    assert provisional(other.spec, other) == frozenset()
