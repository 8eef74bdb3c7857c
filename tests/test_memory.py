"""A check with a memory comes to what a check without comes to, whatever was done to the text before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from netspec.graph.elaboration.emitter import Emitter
from netspec.keeping import Memory
from netspec.pipeline import check_text, errors_of_variants
from netspec.syntax import rereading
from tests.support.comparing import facts
from tests.support.editing import edits, typed_anew

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
EDITS = 25
KEPT = 4  # checks after which nothing is left of the texts before

HEAD = "netspec: 1\ninput: [8, 8, 4]\n"
FLAT = f"""{HEAD}layers:
  - conv: {{filters: 8, kernel_size: 3, padding: same}}
  - relu
  - conv: {{filters: 4, kernel_size: 3, padding: same}}
  - relu
  - flatten
  - dense: 10
"""
PARTS = """netspec: 1
input: [5, 3]
layers:
- relu: {name: s}
- dense: {units: 3, name: d}
- lstm: {units: 3, name: a, return_state: true}
- dense: {units: 3, name: b}
"""
WINDOWS = f"""{HEAD}blocks: {{B: {{layers: [conv: {{filters: 4, kernel_size: 3, padding: same}}, relu, skip: [1x1: 4]]}}}}
layers:
- conv: {{filters: 4, kernel_size: 3, padding: same, name: first}}
- relu: {{name: second}}
- skip: [conv: {{filters: 4, kernel_size: 3, padding: same}}, relu]
- inception: {{branches: {{a: [1x1: 4], b: [pool: {{pool_size: 3, strides: 1, padding: same}}]}}}}
- B: {{repeat: 2}}
- time_distributed: [conv: {{filters: 2, kernel_size: 3}}, relu]
- flatten
- dense: {{units: 4, from: second}}
- reshape: {{target_shape: [-1, 4], name: flat}}
- lstm: {{units: 3, return_state: true, name: states, return_sequences: true}}
- 1x1: {{filters: 4, from: second}}
- concat: {{from: [first, conv1x1_1]}}
- conv: {{filters: 4, kernel_size: 3, padding: same}}
- global_pool
- dense: 10
"""
MASKS = """netspec: 1
input: {shape: [8], dtype: int32}
layers:
- embedding: {input_dim: 9, output_dim: 4, mask_zero: true}
- dropout: 0.5
- lstm: {units: 3, return_sequences: true}
- dense: 4
- add: {from: [dense_1, dropout_1]}
- relu
- lstm: 3
- dense: 2
"""
STEPS = "netspec: 1\ninput: [4, 8, 8, 1]\nlayers:\n"


def emitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the nodes that are made from now on, as they are."""
    made: list[str] = []
    emit = Emitter.emit

    def counted(self: Emitter, site: Any, *arguments: Any, **others: Any) -> int:
        made.append(site.path)
        return emit(self, site, *arguments, **others)

    monkeypatch.setattr(Emitter, "emit", counted)
    return made


def same(memory: Memory, text: str, *, variants: bool = False) -> None:
    """Check a text with a memory and without."""
    kept = check_text(text, memory=memory, repairs=False, variants=variants)
    plain = check_text(text, repairs=False, variants=variants)
    assert facts(kept) == facts(plain), text


SUPPRESSING = """netspec: 1
params: {norm: false}
variants: {normed: {norm: true}, small: {norm: false}}
input: [8, 8, 4]
layers:
- conv: {filters: 4, kernel_size: 3}   # netspec: ignore NS801
- batch_norm: {when: $norm}
- relu   # netspec: ignore NS801
- flatten
- dense: 3
"""


def test_what_all_variants_tell_of_comments_is_told_later() -> None:
    memory = Memory()
    never = SUPPRESSING.replace("when: $norm", "when: $norm and false")
    for text in (SUPPRESSING, never, SUPPRESSING, "\n" + SUPPRESSING):
        spec = check_text(text, repairs=False, memory=memory, later=True)
        plain = check_text(text, repairs=False)
        assert spec.problems == ()
        told = [each for found in errors_of_variants(spec, memory) for each in found]
        assert tuple(told) == plain.problems
        assert [each.code for each in told] == ["NS809"] * (2 if text is never else 1)


def test_without_variants_all_is_told_at_once() -> None:
    text = SUPPRESSING.replace("variants: {normed: {norm: true}, small: {norm: false}}\n", "")
    spec = check_text(text, repairs=False, later=True)
    assert [(each.code, each.span.line) for each in spec.problems] == [("NS809", 5), ("NS809", 7)]
    assert list(errors_of_variants(spec)) == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_random_edits_of_the_zoo(path: Path) -> None:
    random, memory, text = Random(path.stem), Memory(), path.read_text(encoding="utf-8")
    same(memory, text)
    for now in edits(text, random, EDITS):
        same(memory, now, variants=random.random() < 0.1)


EDITED = {
    "a number": (FLAT, FLAT.replace("filters: 8", "filters: 16")),
    "a node more": (FLAT, FLAT.replace("  - flatten\n", "  - relu\n  - flatten\n")),
    "a node less": (FLAT, FLAT.replace("  - relu\n", "", 1)),
    "an empty line": (FLAT, FLAT.replace("layers:\n", "layers:\n\n")),
    "the first node moved along its line": (FLAT, FLAT.replace("- conv: {filters: 8", "-  conv: {filters: 8")),
    "two nodes that are alike change places": (
        FLAT,
        FLAT.replace("  - relu\n  - flatten\n", "  - flatten\n  - relu\n"),
    ),
    "a problem before": (
        FLAT.replace("- flatten", "- flaten"),
        FLAT.replace("- flatten", "- flaten").replace("8,", "9,"),
    ),
    "a name that counting gives": (FLAT, FLAT.replace("- flatten", "- flatten: {name: relu_2}")),
    "the input": (FLAT, FLAT.replace("[8, 8, 4]", "[16, 16, 4]")),
    "defaults": (
        FLAT.replace("layers:", "defaults: {conv: {use_bias: false}}\nlayers:"),
        FLAT.replace("layers:", "defaults: {conv: {use_bias: true}}\nlayers:"),
    ),
    "defaults on another line": (
        FLAT.replace("layers:", "defaults: {conv: {use_bias: false}}\nlayers:"),
        FLAT.replace("layers:", "\ndefaults: {conv: {use_bias: false}}\nlayers:"),
    ),
    "a param": (
        FLAT.replace("layers:", "params: {wide: 8}\nlayers:").replace("filters: 8", "filters: $wide"),
        FLAT.replace("layers:", "params: {wide: 8.0}\nlayers:").replace("filters: 8", "filters: $wide"),
    ),
    "what a name of another body stands for": (
        HEAD + "layers:\n- conv: {filters: 4, kernel_size: 1, name: a}\n- relu\n- skip: [{add: {from: [a, input]}}]\n",
        HEAD
        + "layers:\n- conv: {filters: 5, kernel_size: 1}\n- relu: {name: a}\n- skip: [{add: {from: [a, input]}}]\n",
    ),
    "a block": (
        HEAD + "blocks:\n  B: {layers: [relu, {1x1: 4}]}\n  C: {layers: [B, B]}\nlayers: [{C: {repeat: 2}}, relu]\n",
        HEAD + "blocks:\n  B: {layers: [relu, {1x1: 5}]}\n  C: {layers: [B, B]}\nlayers: [{C: {repeat: 2}}, relu]\n",
    ),
    "a node before blocks that are used again": (
        HEAD + "blocks:\n  B: {params: {n: }, layers: [skip: [{1x1: $n}, relu], head: [flatten, {dense: $n}]]}\n"
        "  C: {layers: [B: 4, B: {n: 4, name: b}, add: {from: [b, B_1, input]}]}\nlayers: [{C: {repeat: 3}}, C, relu]\n",
        HEAD + "blocks:\n  B: {params: {n: }, layers: [skip: [{1x1: $n}, relu], head: [flatten, {dense: $n}]]}\n"
        "  C: {layers: [B: 4, B: {n: 4, name: b}, add: {from: [b, B_1, input]}]}\nlayers: [relu, {C: {repeat: 3}}, C, relu]\n",
    ),
    "`$index` in a block in a block": (
        HEAD + "blocks:\n  B: {layers: [1x1: $index + 4]}\n  C: {layers: [B, relu]}\nlayers: [{C: {repeat: 3}}, B]\n",
        HEAD
        + "blocks:\n  B: {layers: [1x1: $index + 4]}\n  C: {layers: [B, relu]}\nlayers: [relu, {C: {repeat: 3}}]\n",
    ),
    "a block that reads what is around it": (
        HEAD + "blocks:\n  B: {layers: [relu, add: {from: [input, a]}]}\n"
        "layers: [{1x1: {filters: 4, name: a}}, {B: {repeat: 2}}, skip: [{1x1: {filters: 4, name: a}}, B]]\n",
        HEAD + "blocks:\n  B: {layers: [relu, add: {from: [input, a]}]}\n"
        "layers: [{1x1: {filters: 4, name: a}}, {B: {repeat: 2}}, skip: [{1x1: {filters: 4, name: a}}, relu, B]]\n",
    ),
    "a block in itself": (
        HEAD + "blocks:\n  B: {layers: [relu, C]}\n  C: {layers: [relu]}\nlayers: [B, C, B]\n",
        HEAD + "blocks:\n  B: {layers: [relu, C]}\n  C: {layers: [relu, B]}\nlayers: [B, C, B]\n",
    ),
    "a layer with the name of one in a block": (
        HEAD
        + "blocks:\n  B: {layers: [1x1: {filters: 4, name: c}]}\nlayers: [B, relu, B: {name: a}, softmax: {name: b}]\n",
        HEAD
        + "blocks:\n  B: {layers: [1x1: {filters: 4, name: c}]}\nlayers: [softmax: {name: a_c}, B, B: {name: a}]\n",
    ),
    "a block gets the name of a kind that was unknown": (
        HEAD + "blocks:\n  B: {layers: [relu]}\nlayers: [{1x1: 4}, Bee]\n",
        HEAD + "blocks:\n  Bee: {layers: [relu]}\nlayers: [{1x1: 4}, Bee]\n",
    ),
    "weights that are shared": (
        HEAD + "layers:\n- 1x1: {filters: 4, name: a}\n- 1x1: {filters: 4, share: a}\n- relu\n",
        HEAD + "layers:\n- 1x1: {filters: 4, name: a, use_bias: false}\n- 1x1: {filters: 4, share: a}\n- relu\n",
    ),
    "an alias": (
        HEAD + "layers:\n- &a relu\n- 1x1: 4\n- *a\n",
        HEAD + "layers:\n- &a softmax\n- 1x1: 4\n- *a\n",
    ),
    "an output of several, which its node has no more": (
        PARTS + "- add: {from: [a.state_c, b]}\n",
        PARTS.replace("lstm", "gru") + "- add: {from: [a.state_c, b]}\n",
    ),
    "an output of several, in a block": (
        "blocks: {B: {layers: [add: {from: [a.state_c, b]}]}}\n" + PARTS + "- B\n",
        "blocks: {B: {layers: [add: {from: [a.state_c, b]}]}}\n" + PARTS.replace("lstm", "gru") + "- B\n",
    ),
    "a state handed on": (
        PARTS + "- lstm: {units: 3, from: s, initial_state: [a.state_h, b]}\n",
        PARTS.replace("units: 3, name: a", "units: 4, name: a")
        + "- lstm: {units: 3, from: s, initial_state: [a.state_h, b]}\n",
    ),
    "nodes for each step": (
        STEPS + "- time_distributed: [conv: {filters: 2, kernel_size: 3}, flatten]\n- lstm: 3\n",
        STEPS.replace("[4,", "[6,") + "- time_distributed: [conv: {filters: 2, kernel_size: 3}, flatten]\n- lstm: 3\n",
    ),
    "how many steps there are": (
        STEPS + "- slice: {stop: 3, axis: 1}\n- time_distributed: [1x1: 2, flatten]\n- lstm: 3\n",
        STEPS + "- slice: {stop: 2, axis: 1}\n- time_distributed: [1x1: 2, flatten]\n- lstm: 3\n",
    ),
    "a node that becomes one for each step": (
        STEPS + "- time_distributed: [1x1: 2, relu, flatten]\n- lstm: 3\n",
        STEPS + "- relu\n- time_distributed: [1x1: 2, relu, flatten]\n- lstm: 3\n",
    ),
    "a network without a body before it": (
        HEAD + "layers:\n- learned: {shape: [8, 8, 4], name: a}\n- add: {from: [input, a]}\n- relu\n",
        HEAD + "layers:\n- learned: {shape: [8, 8, 1], name: a}\n- add: {from: [input, a]}\n- relu\n",
    ),
    "names built of values": (
        HEAD + 'layers:\n- 1x1: {filters: 4, name: s, repeat: 3}\n- add: {from: ["s_${2 - 1}", s_3]}\n',
        HEAD + 'layers:\n- 1x1: {filters: 4, name: s, repeat: 2}\n- add: {from: ["s_${2 - 1}", s_3]}\n',
    ),
    "an end of each repetition": (
        HEAD
        + 'blocks: {B: {layers: [1x1: {filters: 4, name: side}, relu]}}\nlayers:\n- B: {name: s, repeat: 3}\n- concat: {from: "s_*.side"}\n',
        HEAD
        + 'blocks: {B: {layers: [relu, 1x1: {filters: 4, name: side}]}}\nlayers:\n- B: {name: s, repeat: 2}\n- concat: {from: "s_*.side"}\n',
    ),
    "a name handed to a block": (
        HEAD
        + "blocks: {B: {params: {with: }, layers: [1x1: {filters: 4, name: c}, add: {from: [c, $with]}]}}\nlayers:\n- 1x1: {filters: 4, name: a}\n- B: {with: a}\n",
        HEAD
        + "blocks: {B: {params: {with: }, layers: [1x1: {filters: 4, name: c}, add: {from: [c, $with]}]}}\nlayers:\n- 1x1: {filters: 4}\n- B: {with: a}\n",
    ),
    "a window": (
        WINDOWS,
        WINDOWS.replace("kernel_size: 3, padding: same, name", "kernel_size: 5, padding: same, name"),
    ),
    "strides": (WINDOWS, WINDOWS.replace("padding: same, name", "padding: same, strides: 2, name")),
    "a window, and channels": (
        WINDOWS,
        WINDOWS.replace("filters: 4, kernel_size: 3, pad", "filters: 6, kernel_size: 5, pad", 2),
    ),
    "a window larger than what it reads": (
        FLAT.replace(", padding: same", ""),
        FLAT.replace(", padding: same", "").replace("kernel_size: 3", "kernel_size: 7", 1),
    ),
    "numbers beyond all": (FLAT, FLAT.replace("[8, 8, 4]", "[90000000, 90000000, 4]")),
    "a mask": (MASKS, MASKS.replace("mask_zero: true", "mask_zero: false")),
    "sizes of what carries a mask": (MASKS, MASKS.replace("[8]", "[9]")),
    "what is a number": (MASKS, MASKS.replace("int32", "string")),
    "advice that is suppressed": (
        FLAT.replace("  - relu\n", "  - batch_norm   # netspec: ignore NS801\n", 1),
        "\n" + FLAT.replace("  - relu\n", "  - batch_norm   # netspec: ignore NS801\n", 1),
    ),
}


@pytest.mark.parametrize("path", SPECS[::3], ids=lambda path: path.stem)
def test_a_line_that_is_typed_anew(path: Path) -> None:
    random, memory, text = Random(f"anew {path.stem}"), Memory(), path.read_text(encoding="utf-8")
    same(memory, text)
    for now in typed_anew(text, random):
        same(memory, now)


def long_list(random: Random, count: int) -> str:
    """A spec with a list of so many nodes, and what people write around it and into it."""
    indent = random.choice(("", "  "))
    nodes = (
        "- relu",
        "- conv: {filters: 8, kernel_size: 3, padding: same}",
        "- skip:\n    - conv: {filters: 8, kernel_size: 1}\n    # why\n    - relu",
        "- batch_norm   # a remark",
        "- 1x1:\n    filters: 8",
        "\n# a remark",
        "- B: {n: 8, repeat: 2}",
    )
    lines = [f"{indent}{line}" for _ in range(count) for line in random.choice(nodes).split("\n")]
    head = "netspec: 1\ninput: [16, 16, 8]\nblocks: {B: {params: {n: 8}, layers: [1x1: $n]}}\nlayers:\n"
    text = (
        f"{head}{indent}- relu\n"
        + "\n".join(lines)
        + f"\n{indent}- flatten\n{indent}- dense: 10\ntrain:\n  epochs: 3\n"
    )
    return text.replace("\n", "\r\n") if random.random() < 0.2 else text


@pytest.mark.parametrize("seed", range(12))
def test_random_edits_of_long_lists(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereading, "MIN_ITEMS", 4)
    if seed % 2:
        monkeypatch.setattr(rereading, "retyped", lambda *_: None)  # which would leave little to it
    again: list[bool] = []
    whole = rereading.Texts._read_again

    def counted(self: rereading.Texts, *arguments: Any) -> bool:
        again.append(whole(self, *arguments))
        return again[-1]

    monkeypatch.setattr(rereading.Texts, "_read_again", counted)
    random = Random(f"long {seed}")
    text, memory = long_list(random, random.choice((20, 40))), Memory()
    same(memory, text)
    for now in edits(text, random, EDITS):
        same(memory, now)
    assert any(again) or not seed % 2  # not all was read each time


VALUES = (
    ("units: 1", "units: 12"),
    ("units: 12", "units: 1"),
    ("dense: {units: 1", "dense: {units: 3"),
    ("[8, 8, 4]", "[8, 80, 4]"),
    ("[8, 8, 4]", "[8, 0, 4]"),
    ("[8, 8, 4]", "[8, 8e9, 4]"),
    ("[8, 8, 4]", "[8, 8e99999, 4]"),
    ("[8, 8, 4]", "[8, 99999999999999999999999, 4]"),
    ("rate: 0.5", "rate: 0.25"),
    ("rate: 0.5", "rate: 0.x5"),
    ("rate: 0.5", "rate: .5"),
    ("rate: 0.5", "rate: 0."),
    ("epsilon: 1e-3", "epsilon: 1e-13"),
    ("epsilon: 1e-3", "epsilon: 1e-"),
    ("minus: -1", "minus: -"),
    ("minus: -1", "minus: -12"),
    ("$wide + 1", "$wider + 1"),
    ("$wide + 1", "$wide + 16"),
    ("$wide + 1", "$ + 1"),
    ("quoted: 'a: b # c'", "quoted: 'ax: b # c'"),
    ("quoted: 'a: b # c'", "quoted: 'a: b # cd'"),
    ('other: "a b"', 'other: "a bc"'),
    ('other: "a b"', 'other: "a "'),
    ("word: a:b#c", "word: a:#c"),
    ("word: a:b#c", "word: a:b1#c"),
    ("word: a:b#c", "word: a:"),
    ("description: Some", "description: S"),
    ("description: Some", "description: null"),
    ("name: d", "name: da"),
    ("name: d", "nam: d"),
    ("{wide: 4", "{wider: 4"),
    ("pool_size: [2, 2]", "pool_size: [2, x2]"),
    ("many: [1,2]", "many: [1,23]"),
    ("pair: {a: x, b: 3}", "pair: {a: 5, b: 3}"),
    ("# remark 1", "# remark 12"),
    ("x: {n: 1,5}", "x: {n: 12,5}"),
    ("x: {n: '(1', m: 5}", "x: {n: '(12', m: 5}"),
    ("x: {n: '(1', m: 5}", "x: {n: '(1', m: 52}"),
    ("x: ['(1', 5]", "x: ['(1', 52]"),
    ("x: [(1, 5)]", "x: [(12, 5)]"),
    ("x: {n: , m: 1, 5: }", "x: {n: , m: 12, 5: }"),
    ("x: {n: , m: (1, 5)}", "x: {n: , m: (12, 5)}"),
)
TYPED = """netspec: 1
description: Some words
input: [8, 8, 4]
params: {wide: 4, minus: -1, word: a:b#c, quoted: 'a: b # c', other: "a b", many: [1,2]}
layers:   # remark 1
- 1x1: {filters: $wide + 1, use_bias: true}
- pool: {pool_size: [2, 2], strides: 1}
- {dropout: {rate: 0.5, name: d}}
- batch_norm: {epsilon: 1e-3}
- flatten
- dense: {units: 1, activation: relu}
- dense:
    units: 12
    activation: softmax
"""


@pytest.mark.parametrize(("old", "new"), VALUES, ids=[new for _, new in VALUES])
def test_a_value_that_is_typed_over(old: str, new: str) -> None:
    memory = Memory()
    text = TYPED if old in TYPED else TYPED.replace("many: [1,2]", f"many: [1,2], {old}")
    assert old in text
    for now in (text, text.replace(old, new, 1), text, text.replace(old, new, 1).replace("units: 12", "units: 3")):
        same(memory, now)


def test_a_number_that_is_typed_over_is_not_read_with_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    same(memory, TYPED)
    monkeypatch.setattr(rereading, "parse_text", None)
    for number in (13, 1, 7):
        spec = check_text(TYPED.replace("units: 12", f"units: {number}"), memory=memory, repairs=False)
        assert spec.graph is not None
        assert spec.graph.nodes[-1].shape == (number,)


BODIES = """netspec: 1
input: [16, 16, 4]
params: {wide: 4, deep: 2, rate: 0.5}
blocks:
  Inner: {params: {n: $wide}, layers: [conv: {filters: $n, kernel_size: 3, padding: same}, relu]}
  Outer: {params: {n: , stop: false}, layers: [skip: [Inner: $n, Inner: $n], dropout: {rate: $rate, when: not $stop}]}
layers:
- 1x1: 4
- Outer: {n: 4, repeat: $deep}
- Outer: {n: 4, name: o}
- pool: {pool_size: 2, strides: 2}
- Outer: {n: 4, name: p, trainable: false}
- add: {from: [p, p.skip_1.Inner_1, p.skip_1]}
- head: {body: [Outer: 4, flatten, dense: 3]}
- flatten
- dense: 10
"""
STEPPED = BODIES.replace("[16, 16, 4]", "[5, 16, 16, 4]").replace(
    "- 1x1: 4\n",
    "- time_distributed:\n  - 1x1: 4\n  - Outer: 4\n  - Outer: 4\n- time_distributed: [Outer: 4, flatten]\n- lstm: 4\n- reshape: [2, 2, 1]\n- 1x1: 4\n",
)
READING = """netspec: 1
input: [16, 16, 4]
blocks:
  Gate: {params: {with: }, layers: [1x1: 4, multiply: {from: [conv1x1_1, $with]}, relu]}
  Side: {layers: [1x1: {filters: 4, name: side}, relu, add: {from: [relu_1, side, input]}]}
  Count: {layers: [1x1: $index + 4]}
layers:
- 1x1: {filters: 4, name: a}
- relu
- Gate: {with: a, name: g, repeat: 3}
- Gate: {with: g_1.conv1x1_1}
- Side: {name: l, repeat: 3}
- concat: {from: "l_*.side", name: all}
- add: {from: [l_1, l_3.relu_1]}
- Count: {repeat: 2}
- Count: {repeat: 2, name: again}
"""
HANDED = """netspec: 1
input: [16, 16, 4]
blocks:
  Gate: {params: {with: relu_1}, layers: [relu, 1x1: 4, multiply: {from: [conv1x1_1, $with]}]}
  Outer: {params: {to: }, layers: [relu, skip: [Gate: {with: $to}, Gate: {with: relu_1}, Gate], Gate: {with: relu_1}]}
layers:
- relu
- tanh
- Outer: {to: relu_1}
- Gate: {with: relu_1}
- Gate
- skip: [relu, Outer: {to: relu_1}, Gate: {with: relu_1}]
- Outer: {to: input}
- Gate: {with: input, repeat: 2}
- dense: 3
"""
COPIED = {
    "one like it": (BODIES, "- flatten\n- dense: 10", "- Outer: 4\n- flatten\n- dense: 10"),
    "other arguments": (BODIES, "n: 4, name: o", "n: 5, name: o"),
    "an argument that is a float": (BODIES, "n: 4, name: o", "n: 4.0, name: o"),
    "a param that the block reads": (BODIES, "rate: 0.5", "rate: 0.25"),
    "a param that it does not read": (BODIES, "wide: 4", "wide: 5"),
    "a block in it": (BODIES, "kernel_size: 3", "kernel_size: 5"),
    "a stride before it": (BODIES, "strides: 2", "strides: 1"),
    "a field before it": (BODIES, "- 1x1: 4\n", "- conv: {filters: 4, kernel_size: 5, padding: same}\n"),
    "a line before it": (BODIES, "blocks:", "\nblocks:"),
    "the name of a layer in it": (BODIES, "- dense: 10", "- dense: {units: 10, name: o_skip_1_Inner_1_conv_1}"),
    "a name twice": (BODIES, "- pool: {", "- pool: {name: o, "),
    "what is trained": (BODIES, ", trainable: false", ""),
    "weights that are shared": (BODIES, "n: 4, name: p", "n: 4, name: p, share: o"),
    "a node in it that is left out": (BODIES, "n: 4, name: o", "n: 4, stop: true, name: o"),
    "defaults": (BODIES, "layers:\n- 1x1", "defaults: {conv: {use_bias: $rate == 1}}\nlayers:\n- 1x1"),
    "recursion": (BODIES, "[skip: [Inner: $n", "[Outer: $n, skip: [Inner: $n"),
    "in steps": (STEPPED, "  - 1x1: 4\n", "  - relu\n  - 1x1: 4\n"),
    "how many steps": (STEPPED, "[5, 16", "[6, 16"),
    "steps of unknown number": (STEPPED, "[5, 16", "[null, 16"),
    "steps in steps": (STEPPED, "[5, 16, 16, 4]", "[2, 5, 16, 16, 4]"),
    "a block of steps": (STEPPED, "  Inner: {", "  S: {layers: [time_distributed: [Inner]]}\n  Inner: {"),
    "a name that it is handed": (READING, "g_1.conv1x1_1", "g_2.conv1x1_1"),
    "what that name stands for": (READING, "name: a", "name: b"),
    "another of that name": (READING, "- relu\n", "- 1x1: 4\n"),
    "an end of each": (READING, "name: l, repeat: 3", "name: l, repeat: 4"),
    "where a name that is handed on was written": (HANDED, "Gate: {with: $to}", "Gate: {with: relu_1}"),
    "a name that is handed to the outer one": (HANDED, "- Outer: {to: relu_1}", "- Outer: {to: tanh_1}"),
    "a name that a default has": (HANDED, "{with: relu_1}, layers", "{with: conv1x1_1}, layers"),
    "a name that stands for nothing there": (HANDED, "- relu\n- tanh", "- tanh"),
    "`$index`": (READING, "repeat: 2, name: again", "repeat: 3, name: again"),
    "a param called as what is counted": (READING, "blocks:", "params: {index: 3}\nblocks:"),
    "a wrong shape before it": (BODIES, "- 1x1: 4\n", "- 1x1: 4\n- reshape: [3, 3, 4]\n"),
    "an unknown shape before it": (BODIES, "- 1x1: 4\n", "- flatten\n- 1x1: 4\n"),
    "an unknown node before it": (BODIES, "- 1x1: 4\n", "- 1x1: 4\n- con: 4\n"),
    "a wrong shape in it": (BODIES, "filters: $n, kernel_size: 3", "filters: $n, kernel_size: 3, strides: 2"),
    "an unknown shape in it": (BODIES, "kernel_size: 3, padding: same", "kernel_size: 30"),
    "the sizes of what is wrong": (
        BODIES.replace("layers: [skip", 'layers: [1x1: "$channels * $n", 1x1: $n, skip'),
        "- 1x1: 4\n",
        "- flatten\n- 1x1: 4\n",
    ),
    "what is wrong in steps": (
        STEPPED,
        "- time_distributed:\n  - 1x1: 4\n",
        "- time_distributed:\n  - reshape: [3, 3]\n",
    ),
    "several outputs": (
        PARTS.replace(
            "layers:",
            "blocks: {L: {params: {n: 3}, layers: [lstm: {units: $n, return_state: true, name: a}, relu]}}\nlayers:",
        )
        + "- reshape: [1, 3]\n- L\n- reshape: [1, 3]\n- L: {name: q}\n- add: {from: [q.a.state_c, q]}\n",
        "- L\n",
        "- relu\n- L\n- reshape: [1, 3]\n- L\n",
    ),
}


@pytest.mark.parametrize("name", COPIED)
def test_bodies_that_are_copied(name: str) -> None:
    memory = Memory()
    before, old, new = COPIED[name]
    after = before.replace(old, new)
    assert after != before
    for text in (before, after, before, "\n" + before, after, before.replace("relu", "gelu", 1), before):
        same(memory, text)


def test_what_is_copied_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    memory = Memory()
    check_text(BODIES, memory=memory, repairs=False)
    outer = "conv_1", "relu_1"
    first = [f"Outer_1.skip_1.Inner_1.{each}" for each in outer]
    assert made[:6] == ["conv1x1_1", *first, "Outer_1.skip_1", "Outer_1.dropout_1", "pool_1"]
    made.clear()
    check_text(BODIES.replace("- 1x1: 4\n", "- 1x1: 4\n- relu\n"), memory=memory, repairs=False)
    assert made == ["relu_1", "pool_1", "add_1", "head_1.flatten_1", "head_1.dense_1", "flatten_1", "dense_1"]


@pytest.mark.parametrize(
    "now", ["filters: 8, kernel_size: 5", "filters: 6, kernel_size: 3", "filters: 6, kernel_size: 5"]
)
def test_what_a_change_moves_is_not_walked_to_again(now: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    memory = Memory()
    check_text(FLAT, memory=memory, repairs=False)
    made.clear()
    text = FLAT.replace("filters: 8, kernel_size: 3", now)
    check_text(text, memory=memory, repairs=False)
    assert made == ["conv_1"]
    same(memory, text)


def test_what_is_copied_on_other_shapes_stays_when_these_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made in an error's place is taken back soon; what it was made of serves the next."""
    made = emitted(monkeypatch)
    memory = Memory()
    other, third = (BODIES.replace("strides: 2}\n", f"strides: {each}}}\n- relu\n") for each in (1, 3))
    for now in (BODIES, other, BODIES, BODIES, BODIES, BODIES):
        check_text(now, memory=memory, repairs=False)
    made.clear()
    check_text(third, memory=memory, repairs=False)
    assert made == ["pool_1", "relu_1", "add_1", "head_1.flatten_1", "head_1.dense_1", "flatten_1", "dense_1"]
    same(memory, third)


def test_what_follows_a_wrong_shape_is_copied_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = emitted(monkeypatch)
    spec = check_text(BODIES.replace("- 1x1: 4\n", "- 1x1: 4\n- reshape: [3, 3, 4]\n"), memory=Memory(), repairs=False)
    assert [problem.code for problem in spec.problems if problem.is_error] == ["NS406", "NS401"]
    assert spec.graph is not None
    assert all(node.tainted for node in spec.graph.nodes[2:])
    inner = ["Outer_1.skip_1.Inner_1.conv_1", "Outer_1.skip_1.Inner_1.relu_1"]
    assert made[:7] == ["conv1x1_1", "reshape_1", *inner, "Outer_1.skip_1", "Outer_1.dropout_1", "pool_1"]


BACK = (
    ("units: 4", "units: 44"),
    ("kernel_size: 3", "kernel_size: 5"),
    ("[relu, {1x1: 4}, relu]", "[relu, {1x1: 40}, relu]"),
    ("{rate: 0.5", "{rate: 0.25"),
    ("use_bias: true", "use_bias: false"),
    ("units: 4", "units: x"),
    ("wide: 2", "wide: 12"),
)
TAKEN = f"""{HEAD}params: {{wide: 2}}
defaults: {{conv: {{padding: same, use_bias: true}}}}
blocks:
  B: {{params: {{n: 4}}, layers: [relu, {{1x1: 4}}, relu]}}
  C:
    layers:
    - conv: {{filters: $wide, kernel_size: 3}}
    - B: {{n: 4, name: b}}
    - dropout: {{rate: 0.5, name: d}}
layers:
- C: {{repeat: 2}}
- skip: [B, C, 1x1: 4]
- flatten
- dense: {{units: 4, name: e, activation: relu}}
- dense: 10
"""


@pytest.mark.parametrize(("old", "new"), BACK, ids=[new for _, new in BACK])
def test_a_value_that_is_taken_back(old: str, new: str) -> None:
    memory = Memory()
    now, others = TAKEN.replace(old, new, 1), [TAKEN.replace(one, other, 1) for one, other in BACK]
    same(memory, TAKEN)
    for after in (f"\n{TAKEN}", TAKEN.replace("- flatten", "- relu\n- flatten"), f"{TAKEN}- relu\n", *others):
        for text in (TAKEN, now, TAKEN, now, TAKEN, after, after.replace(old, new, 1), after, TAKEN):
            same(memory, text)


def test_what_is_taken_back_is_not_read_again() -> None:
    memory = Memory()
    bodies = []
    for text in (TAKEN, TAKEN.replace("0.5", "0.25"), TAKEN, TAKEN.replace("0.5", "0.7"), TAKEN):
        document = check_text(text, memory=memory, repairs=False).document
        assert document is not None
        bodies.append(document.blocks["C"])
    assert bodies[0] is bodies[2] is bodies[4]
    assert bodies[0] is not bodies[1]


def test_a_param_beside_one_without_a_value_is_not_read_again_either() -> None:
    """In a text in which something could be a piece of a tuple: keys that are words are none."""
    before = (
        TAKEN.replace("{n: 4}", "{least: , n: 4}")
        .replace("B, C", "B: {least: 1}, C")
        .replace("B: {n", "B: {least: 1, n")
    )
    before = f"description: Blocks (two)\n{before}"
    memory, blocks = Memory(), []
    for text in (before, before.replace("n: 4", "n: 5", 1), before):
        document = check_text(text, memory=memory, repairs=False).document
        assert document is not None
        blocks.append(document.blocks["B"])
    assert blocks[0] is blocks[2]
    assert blocks[0] is not blocks[1]
    same(memory, before)


@pytest.mark.parametrize("name", EDITED)
def test_an_edit_there_and_back(name: str) -> None:
    memory = Memory()
    before, after = EDITED[name]
    assert before != after
    for text in (before, after, before, before, after, "half: [", after):
        same(memory, text)


def test_too_many_nodes_are_too_many_with_a_memory_too() -> None:
    memory = Memory()
    for count in (30_000, 45_000, 30_000):
        text = f"{HEAD}layers:\n- relu: {{repeat: {count}}}\n- relu: {{repeat: 10000}}\n"
        kept = check_text(text, memory=memory, repairs=False)
        assert kept.problems == check_text(text, repairs=False).problems
        assert [problem.code for problem in kept.problems] == (["NS509"] if count == 45_000 else [])


def test_what_is_unchanged_is_the_same_object() -> None:
    memory = Memory()
    texts = FLAT, FLAT.replace("filters: 4", "filters: 6"), "\n" + FLAT.replace("filters: 4", "filters: 6")
    specs = [check_text(text, memory=memory, repairs=False) for text in texts]
    nodes = [spec.graph.nodes for spec in specs if spec.graph is not None]
    documents = [spec.document for spec in specs if spec.document is not None]
    assert [one is other for one, other in zip(*nodes[:2], strict=True)] == [False, True, True, *[False] * 4]
    first, second, third = (document.body for document in documents)
    assert [one is other for one, other in zip(first, second, strict=True)] == [True, True, False, True, True, True]
    assert second == third
    assert [node.span.line for node in nodes[2]] == [3, 5, 6, 7, 8, 9, 10]
    assert [node.span.line for node in nodes[1]] == [2, 4, 5, 6, 7, 8, 9]


def test_a_memory_stays_as_large_as_its_document() -> None:
    memory = Memory()
    text = (Path(__file__).parent.parent / "specs" / "resnet.yaml").read_text(encoding="utf-8")
    for now in (text, text.replace("classes: 1000", "classes: 10"), *[text] * KEPT):  # what was typed over last is kept
        check_text(now, memory=memory, repairs=False, variants=True)
    once = sizes(memory)
    for number in range(1, 30):
        check_text(text.replace("classes: 1000", f"classes: {number}"), memory=memory, repairs=False, variants=True)
    for _ in range(KEPT):
        check_text(text, memory=memory, repairs=False, variants=True)
    assert sizes(memory) == once


def sizes(memory: Memory) -> tuple[int, ...]:
    """How much a memory holds."""
    import gc

    seen: dict[int, object] = {}
    stack: list[object] = [memory]
    while stack:
        each = stack.pop()
        if id(each) not in seen and not isinstance(each, (type, type(gc))) and not callable(each):
            seen[id(each)] = each
            stack += gc.get_referents(each)
    counts: dict[str, int] = {}
    for each in seen.values():
        counts[type(each).__name__] = counts.get(type(each).__name__, 0) + 1
    return tuple(counts.get(name, 0) for name in ("Node", "Step", "Scope", "Scalar", "Made"))


def test_a_look_at_variants_that_is_abandoned_leaves_nothing_wrong_behind() -> None:
    """Of the variant that was looked at all is kept as it was before; the next look finds what one without memory finds."""
    (path,) = (path for path in SPECS if path.stem == "resnet")
    text = path.read_text(encoding="utf-8").replace('"152": {', '"0": {classes: 0}\n  "152": {')
    expected = [problem for found in errors_of_variants(check_text(text, repairs=False)) for problem in found]
    assert [problem.code for problem in expected] == ["NS504"]
    memory = Memory()
    spec = check_text(text, repairs=False, memory=memory)
    for most in (0, 1, 50, 100, 200, 300):
        left = iter(range(most))

        def watch(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            list(errors_of_variants(spec, memory, watch))
    assert [problem for found in errors_of_variants(spec, memory) for problem in found] == expected
