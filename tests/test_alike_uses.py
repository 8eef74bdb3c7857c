"""Uses of a block that are alike, though the nodes that a param names for them, or `$index`, are others: they are copied."""

from __future__ import annotations

import pytest

from netspec.keeping import Memory
from netspec.pipeline import check_text
from tests.test_memory import emitted, same

CHAIN = """netspec: 1
input: [16, 16, 4]
params: {other: one, wide: 4}
blocks:
  Begin: {layers: [1x1: {filters: 4, name: one}, 1x1: {filters: 4, name: two}]}
  Pair:
    params: {before: , n: 2}
    layers:
    - 1x1: {filters: $wide, name: one, from: $before.one}
    - conv: {filters: 4, kernel_size: 3, padding: same, from: $before.two}
    - add: {from: [one, conv_1], name: two}
  Last: {params: {of: }, layers: [relu: {from: $of}]}
layers:
- Begin: {name: a_0}
- Pair: {name: a, before: a_$index, repeat: 3}
- Last: {of: a_1}
- Last: {of: a_3.one}
- add: {from: [Last_1, Last_2]}
- dense: 3
"""
FIRST = "filters: $wide, name: one"


def test_uses_that_read_others_by_a_name_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    assert check_text(CHAIN, memory=Memory(), repairs=False).ok
    assert made == ["a_0.one", "a_0.two", "a_1.one", "a_1.conv_1", "a_1.two", "Last_1.relu_1", "add_1", "dense_1"]


def test_a_use_is_another_where_more_hangs_on_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    text = CHAIN.replace(FIRST, f"{FIRST}, when: $before != 'a_4'")
    assert check_text(text, memory=Memory(), repairs=False).ok
    assert [each for each in made if each.endswith("conv_1")] == ["a_1.conv_1", "a_2.conv_1", "a_3.conv_1"]


def test_other_texts_are_given_as_numbers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    text = CHAIN.replace("n: 2}", "n: 2, sort: plain}").replace(FIRST, f"{FIRST}, when: $sort == 'plain'")
    assert check_text(text, memory=Memory(), repairs=False).ok
    assert [each for each in made if each.endswith("conv_1")] == ["a_1.conv_1"]


def test_what_is_repeated_in_a_block_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    text = CHAIN.replace(
        "add: {from: [one", "1x1: {filters: $index + 4, name: each, repeat: $n}\n    - add: {from: [one"
    )
    assert check_text(text, memory=Memory(), repairs=False).ok
    assert [each for each in made if "each" in each] == ["a_1.each_1", "a_1.each_2"]


OTHERS = {
    "nothing": (FIRST, FIRST),
    "what is handed in": ("a_$index", "a_0"),
    "what it stands for": ("4, name: two}]", "4, kernel_initializer: zeros, name: two}]"),
    "its shape": ("4, name: two}]", "5, name: two}]"),
    "a name that stands for nothing": ("a_$index", "'a_${$index + 1}'"),
    "a condition on the name": (FIRST, f"{FIRST}, when: $before != 'a_1'"),
    "a size of the name": (FIRST, "filters: len($before), name: one"),
    "a name made of it": ("- add: {from: [one, conv_1]", "- relu: {name: of_$before}\n    - add: {from: [one, conv_1]"),
    "a path whose first part goes on": ("$before.two", "'${before}_x.two'"),
    "a path that is the name": ("$before.two", "$before"),
    "a part that is read twice": ("$before.two", "$before.$before"),
    "another param that names nodes": ("params: {before: ,", "params: {before: , beside: a_0,"),
    "another that is read": (
        "params: {before: , n: 2}\n    layers:\n",
        "params: {before: , beside: a_0}\n    layers:\n    - relu: {from: $beside.one}\n",
    ),
    "a list of names": (
        "params: {before: , n: 2}\n    layers:\n",
        "params: {before: , those: [a_0.one, a_0.two]}\n    layers:\n    - add: {from: $those}\n",
    ),
    "another text that is no name": ("n: 2}", "n: 2, sort: plain}", FIRST, f"{FIRST}, when: $sort == 'plain'"),
    "another text that ends a path": ("n: 2}", "n: 2, end: two}", "$before.two", "$before.$end"),
    "another text that begins one": ("n: 2}", "n: 2, end: a_0}", "$before.two", "\"$end if $n == 2 else 'a_0'\""),
    "another text that is handed on": (
        "n: 2}",
        "n: 2, end: a_0}",
        "from: $before.two}",
        "from: $before.two}\n    - Last: {of: $end, name: l}\n    - add: {from: [l, one]}",
    ),
    "a param of the spec that names nodes": (
        "params: {other: one, wide: 4}",
        "params: {other: a_0, wide: 4}",
        "$before.two",
        "$other.two",
    ),
    "the same text by a param of the spec": (
        "params: {other: one, wide: 4}",
        "params: {other: a_0, wide: 4}",
        "add: {from: [one, conv_1]",
        "add: {from: [one, conv_1, $other.one]",
    ),
    "a default": ("params: {before: ,", "params: {before: a_0,", "before: a_$index, ", ""),
    "what is handed on": ("$before.two}", "$before.two}\n    - Last: {of: $before}"),
    "weights that are shared": (
        "- Last: {of: a_1}",
        "- Last: {of: a_1}\n- Pair: {before: a_1, share: a_2}\n- Last: {of: a_1}",
    ),
    "weights inside": ("from: $before.two}", "from: $before.two, share: $before.two}"),
    "`$index`": ("filters: 4, kernel_size", "filters: 4 + $index, kernel_size"),
    "`$index` in a repetition": (FIRST, f"{FIRST}, repeat: 1 + $index"),
    "`$index` in a repetition of its own": (
        "- conv: {filters: 4, ",
        "- conv: {repeat: 2, filters: 4 + $index - $index, ",
    ),
    "`$index` in a body": (
        "- add: {from: [one",
        "- skip: [conv: {filters: 4, kernel_size: 2 * $index + 1, padding: same}]\n    - add: {from: [one",
    ),
    "`$index` in a block": (
        "relu: {from: $of}",
        "1x1: {filters: $index + 3, from: $of}",
        "$before.two}",
        "$before.two}\n    - Last: {of: one}",
    ),
    "`$index` in a default": ("n: 2", "n: $index", "filters: 4, kernel_size", "filters: 4 + $n, kernel_size"),
    "`$index` in what a repetition reads": (
        "4, name: two}]",
        "5, name: two}]",
        "from: $before.two}",
        "from: $before.two}\n    - 1x1: {name: more, from: \"'a_0.two' if $index == 1 else 'a_0.one'\", repeat: $channels, filters: 4}",
    ),
    "`defaults` that count": ("layers:\n- Begin", "defaults: {conv: {dilation_rate: 1 + $index}}\nlayers:\n- Begin"),
    "a param called as what is counted": ("params: {other: one, ", "params: {index: 1, other: one, "),
    "a param called as a size": ("before: , n", "width: , n", "$before", "$width", "before: a_", "width: a_"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_copied_is_what_would_be_made(name: str) -> None:
    text, pairs = CHAIN, OTHERS[name]
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    memory = Memory()
    longer = text.replace("repeat: 3}\n", "repeat: 4}\n").replace("of: a_3", "of: a_4")
    for each in (
        text,
        CHAIN,
        text,
        longer,
        text.replace("[16, 16, 4]", "[12, 16, 4]"),
        text,
        text.replace("wide: 4", "wide: 5"),
        text,
    ):
        same(memory, each)
