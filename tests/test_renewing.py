"""What is renewed on other shapes, and not made again, is what a check without a memory makes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from netspec.graph.elaboration.emitter import Emitter
from netspec.graph.model import Node
from netspec.keeping import Memory
from netspec.pipeline import check_text
from netspec.spec.decoding.nodes import NodeReader
from tests.test_memory import emitted, same

BLOCKS = """netspec: 1
input: [32, 32, 4]
params: {deep: 2}
blocks:
  Unit: {params: {n: , strides: 1}, layers: [conv: {filters: $n, kernel_size: 3, strides: $strides, padding: same}, batch_norm, relu]}
  Basic: {params: {n: , strides: 1}, layers: [skip: {body: [Unit: {n: $n, strides: $strides}, Unit: $n], shortcut: project}, relu]}
  Same: {layers: [skip: [1x1: $channels, relu]]}
  Even: {layers: [zero_pad: {padding: "[[$height % 2, 0], [$width % 2, 0]]"}, pool: {pool_size: 2}]}
  Side: {params: {with: }, layers: [1x1: {filters: 4, name: mine}, concat: {from: [mine, $with]}, Same]}
  Parts: {layers: [split: {name: p, parts: [a, b]}, add: {from: [p.a, p.b]}]}
layers:
- 1x1: {filters: 8, name: first}
- relu: {name: second}
- Basic: {n: 8, repeat: $deep, name: basic}
- Basic: {n: 16, strides: 2, name: half}
- Same: {repeat: 2}
- Even
- Side: {with: Even_1, repeat: 2}
- Parts
- inception: {branches: {x: [1x1: 4], y: [Same, 1x1: 4]}}
- skip: {body: [conv: {filters: 8, kernel_size: 3, padding: same}], shortcut: "'identity' if $channels == 8 else 'project'"}
- global_pool
- dense: {units: 10, name: last}
"""
STEPS = """netspec: 1
input: {shape: [6, 8], dtype: float32}
blocks:
  Read: {params: {n: }, layers: [lstm: {units: $n, return_sequences: true, return_state: true, name: l}, relu]}
  Fold: {layers: [time_distributed: [dense: $channels, relu]]}
layers:
- dense: {units: 8, name: first}
- Read: {n: 4, repeat: 2}
- Fold: {repeat: 2}
- lstm: {units: 3, name: s, share: null}
- dense: 2
"""
MASKED = """netspec: 1
input: {shape: [6], dtype: int32}
blocks: {Read: {layers: [lstm: {units: 4, return_sequences: true}, dropout: 0.1]}}
layers:
- embedding: {input_dim: 9, output_dim: 4, mask_zero: true}
- Read: {repeat: 2}
- lstm: 3
- dense: 2
"""
SHARING = """netspec: 1
input: [8, 8, 4]
blocks: {B: {layers: [1x1: {filters: 4, name: a}, 1x1: {filters: 4, share: a}, relu]}}
layers: [relu, B: {repeat: 2}, B: {name: c}, B: {share: c}, global_pool]
"""
LENT = """netspec: 1
input: [8, 8, 4]
blocks:
  Own: {layers: [1x1: {filters: 4, name: a}, batch_norm]}
  Again: {params: {of: }, layers: [1x1: {share: $of.a}, batch_norm]}
layers:
- Own: {name: one}
- Own: {name: two}
- relu: {name: between}
- 1x1: {name: b, share: one.a}
- 1x1: {name: c, share: b}
- Again: {of: one}
- Again: {of: two}
- 1x1: {name: d, filters: 6}
- relu: {share: between}
- global_pool
- dense: 3
"""
CHANGED = {
    "rows and columns": (BLOCKS, "[32, 32, 4]", "[40, 24, 4]"),
    "an odd size, for which a block asks": (BLOCKS, "[32, 32, 4]", "[33, 32, 4]"),
    "channels of the input": (BLOCKS, "[32, 32, 4]", "[32, 32, 3]"),
    "channels that a block asks for": (BLOCKS, "filters: 8, name: first", "filters: 12, name: first"),
    "strides at the beginning": (BLOCKS, "filters: 8, name: first", "filters: 8, strides: 2, name: first"),
    "an argument": (BLOCKS, "n: 16, strides: 2", "n: 24, strides: 2"),
    "strides that a shortcut follows": (BLOCKS, "n: 16, strides: 2", "n: 16, strides: 4"),
    "channels that make a shortcut the identity": (BLOCKS, "{x: [1x1: 4]", "{x: [1x1: 5]"),
    "what cannot be split": (BLOCKS, "n: 16, strides: 2", "n: 15, strides: 2"),
    "a size that is not known": (BLOCKS, "[32, 32, 4]", "[null, 32, 4]"),
    "dimensions": (BLOCKS, "[32, 32, 4]", "[32, 4]"),
    "no dimension": (BLOCKS, "[32, 32, 4]", "[]"),
    "a problem before": (BLOCKS, "relu: {name: second}", "reshape: {target_shape: [32, 31, 8], name: second}"),
    "an unknown kind before": (BLOCKS, "relu: {name: second}", "rellu: {name: second}"),
    "a problem in a block": (BLOCKS, "kernel_size: 3, strides: $strides, padding: same", "kernel_size: 33"),
    "more than any machine holds": (BLOCKS, "[32, 32, 4]", "[320000000, 320000000, 4]"),
    "no positions before": (BLOCKS, "relu: {name: second}", "reshape: {target_shape: [16, 64, 8], name: second}"),
    "what is not known, for a merge whose inputs differ": (
        BLOCKS,
        "relu: {name: second}",
        "skip: {body: [reshape: [16, 64, 8]], name: second}",
    ),
    "features of steps": (STEPS, "units: 8, name: first", "units: 7, name: first"),
    "how many steps": (STEPS, "[6, 8]", "[5, 8]"),
    "steps of which it is not known how many": (STEPS, "[6, 8]", "[null, 8]"),
    "the type of numbers": (STEPS, "float32", "string"),
    "a mask": (MASKED, "mask_zero: true", "mask_zero: false"),
    "what carries a mask": (MASKED, "output_dim: 4", "output_dim: 5"),
    "weights that are shared": (SHARING, "[8, 8, 4]", "[6, 8, 4]"),
    "weights that are not to be shared any longer": (SHARING, "[8, 8, 4]", "[6, 8, 3]"),
    "whose weights another has that lends them": (LENT, "share: one.a", "share: two.a"),
    "another that lends its weights by the same path": (LENT, "share: b", "share: d"),
    "a node that lends weights and has its own": (LENT, "name: b, share: one.a", "name: b, filters: 4"),
    "a node that lends weights and is of another kind": (LENT, "1x1: {name: b, share: one.a}", "batch_norm: {name: b}"),
    "a block in the place of the node that lends weights": (
        LENT,
        "- 1x1: {name: b, share: one.a}",
        "- Again: {name: b, of: one}",
    ),
    "hyperparameters of a node that lends weights": (LENT, "filters: 4", "filters: 5"),
    "more of them": (LENT, "filters: 4,", "filters: 4, activation: relu,"),
    "weights that are frozen where they are lent": (LENT, "name: one", "name: one, trainable: false"),
    "weights that are lent for another input": (LENT, "[8, 8, 4]", "[8, 8, 6]"),
    "a problem at a node that lends weights": (LENT, "filters: 4", "filter: 4"),
    "what has no weights, and now the same input": (LENT, "filters: 6", "filters: 4"),
    "who lends weights to a body": (LENT, "of: two", "of: one"),
    "what sees more of the input": (
        LENT,
        "relu: {name: between}",
        "pool: {name: between, pool_size: 3, strides: 1, padding: same}",
    ),
}


@pytest.mark.parametrize(("text", "old", "new"), CHANGED.values(), ids=CHANGED)
def test_what_is_renewed_is_what_would_be_made(text: str, old: str, new: str) -> None:
    assert old in text
    memory = Memory()
    for now in (text, text.replace(old, new, 1), text, text.replace(old, new, 1), f"\n{text}", text):
        same(memory, now)


@pytest.mark.parametrize("new", ["[40, 24, 4]", "[32, 32, 3]"])
def test_nothing_is_walked_to_where_no_answer_is_another(new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    same(memory, BLOCKS)
    made = emitted(monkeypatch)
    spec = check_text(BLOCKS.replace("[32, 32, 4]", new), memory=memory, repairs=False)
    assert spec.ok
    asking = ["Even_1.zero_pad_1", "Even_1.pool_1", "Parts_1.p.a", "Parts_1.p.b", "Parts_1.add_1"]  # for these sizes
    assert made == (asking if new == "[40, 24, 4]" else [])


def test_an_answer_that_is_another_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing after the node that was asked about is asked what it says of the new shapes."""
    text = "netspec: 1\ninput: [8, 8, 4]\nblocks: {B: {layers: [relu, 1x1: $channels, tanh, tanh]}}\nlayers: [B, dense: 3]\n"
    memory = Memory()
    same(memory, text)
    asked: list[str] = []
    again = Emitter.again

    def noted(self: Emitter, node: Node, sources: list[Node]) -> Node | None:
        asked.append(node.path)
        return again(self, node, sources)

    monkeypatch.setattr(Emitter, "again", noted)
    same(memory, text.replace("8, 4]", "8, 5]"))
    assert asked == [
        "B_1.relu_1",
        "B_1.relu_1",
        "dense_1",
    ]  # by the step and by the body that are made again, and what follows


def test_what_uses_the_weights_of_others_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    same(memory, LENT)
    made = emitted(monkeypatch)
    assert check_text(LENT.replace("filters: 6", "filters: 7"), memory=memory, repairs=False).ok
    assert made == ["d", "relu_1"]


TYPED = {
    "an input's size": (BLOCKS, "[32, 32, 4]", "[40, 24, 4]"),
    "what makes no network": (BLOCKS, "n: 16, strides: 2", "n: 15, strides: 2"),
    "a param": (BLOCKS, "deep: 2", "deep: 3"),
    "in a block": (BLOCKS, "kernel_size: 3, strides: $strides", "kernel_size: 5, strides: $strides"),
    "what a name stands for": (BLOCKS, "with: Even_1", "with: Evn_1"),
    "who lends weights": (LENT, "share: one.a", "share: two.a"),
    "the network's own nodes": (LENT, "filters: 6", "filters: 7"),
}


@pytest.mark.parametrize(("text", "old", "new"), TYPED.values(), ids=TYPED)
def test_what_is_taken_back_is_put_in_place(text: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    same(memory, text)
    check_text(text.replace(old, new), memory=memory, repairs=False)
    again = Emitter.again

    def renewing(self: Emitter, node: Any, sources: Any) -> Any:
        made.append(node.path)
        return again(self, node, sources)

    with monkeypatch.context() as patch:
        made = emitted(patch)
        patch.setattr(Emitter, "again", renewing)
        assert check_text(text, memory=memory, repairs=False).ok
    assert made == []
    same(memory, text)


def test_bodies_that_are_put_in_place_outlive_what_is_typed_into_their_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    for size in (5, 7, 9):  # typed into a block, and taken back each time
        check_text(BLOCKS.replace("kernel_size: 3, strides: $s", f"kernel_size: {size}, strides: $s"), memory=memory)
        same(memory, BLOCKS)
    made = emitted(monkeypatch)
    text = BLOCKS.replace("- relu: {name: second}\n", "- relu: {name: second}\n- softmax\n")
    assert check_text(text, memory=memory, repairs=False).ok
    assert not [path for path in made if path.startswith(("basic", "half"))]


def test_what_stands_for_long_is_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies of steps that are put in place are not forgotten, however many keys there are elsewhere."""
    memory = Memory()
    for number in range(8):
        same(memory, BLOCKS.replace("units: 10", f"units: {10 + number}"))
    made = emitted(monkeypatch)
    text = BLOCKS.replace("- relu: {name: second}\n", "- relu: {name: second}\n- softmax\n")
    assert check_text(text, memory=memory, repairs=False).ok
    assert [path for path in made if not path.startswith(("inception", "skip"))] == [
        "softmax_1",
        "global_pool_1",
        "last",
    ]


@pytest.mark.parametrize("seed", range(6))
def test_random_numbers(seed: int) -> None:
    """Any number of a spec becomes another, one after the other; most are never taken back."""
    random = Random(f"renewing {seed}")
    memory = Memory()
    for text in (BLOCKS, STEPS, MASKED, SHARING, LENT):
        same(memory, text)
        for _ in range(30):
            places = [i for i, letter in enumerate(text) if letter.isdigit() and i > len("netspec: 1")]
            at = random.choice(places)
            now = text[:at] + str(random.randrange(1, 10)) + text[at + 1 :]
            same(memory, now)
            if random.random() < 0.5:
                text = now


DEFAULTS = """netspec: 1
input: [16, 16, 8]
params: {rate: 0.5, bias: true, act: relu}
defaults:
  conv: {padding: same, use_bias: $bias}
  dropout: {rate: $rate}
  pool: {pool_size: 2}
  batch_norm: {momentum: 0.9}
  dense: {activation: $act}
blocks:
  Unit: {params: {n: 8}, layers: [conv: {filters: $n, kernel_size: 3}, batch_norm, relu]}
  Basic: {params: {n: 8}, layers: [skip: {body: [Unit: $n, Unit: $n], shortcut: project}, dropout]}
  Down: {layers: [pool, Basic]}
  Plain: {layers: [relu, softmax]}
  Made: {layers: [skip: {body: [separable_conv: {filters: 6, kernel_size: 3, padding: same}], shortcut: project}]}
layers:
- Unit: {repeat: 2}
- Basic
- skip: {body: [separable_conv: {filters: 5, kernel_size: 3, padding: same}], shortcut: project}
- Made
- Down
- Plain: {repeat: 2}
- 1x1: 3
- flatten
- dense: 10
"""
SAID = {
    "of one kind": ("pool_size: 2", "pool_size: 4"),
    "of a kind that others start from": ("padding: same", "padding: valid"),
    "of nodes that a shortcut makes": ("momentum: 0.9", "momentum: 0.8"),
    "of nodes that are in no list": ("use_bias: $bias", "use_bias: false"),
    "another param": ("rate: $rate", "rate: $rate / 2"),
    "a param's value": ("rate: 0.5", "rate: 0.25"),
    "of a kind of which nothing was said": ("defaults:\n", "defaults:\n  relu: {max_value: 6}\n"),
    "nothing more of a kind": ("  batch_norm: {momentum: 0.9}\n", ""),
    "nothing more at all": (DEFAULTS[DEFAULTS.index("defaults:") : DEFAULTS.index("blocks:")], ""),
    "something that is wrong": ("pool_size: 2", "pool_sice: 2"),
    "of what is no kind": ("  pool:", "  pol:"),
    "what makes a shape wrong": ("pool_size: 2", "pool_size: 40"),
    "further down": ("defaults:\n", "\ndefaults:\n\n"),
    "of one kind that a block uses and one that a composition makes": (
        "conv: {padding: same,",
        "conv: {dilation_rate: 2,",
    ),
}


@pytest.mark.parametrize(("old", "new"), SAID.values(), ids=SAID)
def test_what_defaults_say(old: str, new: str) -> None:
    assert old in DEFAULTS
    memory = Memory()
    now = DEFAULTS.replace(old, new, 1)
    for text in (DEFAULTS, now, DEFAULTS, now, now.replace("dense: 10", "dense: 11"), f"\n{now}", DEFAULTS, now):
        same(memory, text)


@pytest.mark.parametrize("seed", range(6))
def test_random_defaults(seed: int) -> None:
    """Values of `defaults` and of nodes change, by turns or together."""
    random = Random(f"defaults {seed}")
    memory, text = Memory(), DEFAULTS
    same(memory, text)
    changes = [*SAID.values(), ("bias: true", "bias: false"), ("act: relu", "act: tanh"), ("1x1: 3", "1x1: 4")]
    for _ in range(30):
        now = DEFAULTS if random.random() < 0.3 else text
        for old, new in random.sample(changes, random.choice((1, 1, 2))):
            now = now.replace(old, new, 1) if old in now else now.replace(new, old, 1) if new else now
        same(memory, now)
        text = now


def test_defaults_of_one_kind_concern_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, made, read = Memory(), [], []
    same(memory, DEFAULTS)
    emit, node = Emitter.emit, NodeReader._node

    def counted(self: Emitter, site: Any, *arguments: Any, **others: Any) -> int:
        made.append(site.path)
        return emit(self, site, *arguments, **others)

    def noted(self: NodeReader, tree: Any) -> Any:
        step = node(self, tree)
        assert step is not None
        read.append(step.kind_name)
        return step

    monkeypatch.setattr(Emitter, "emit", counted)
    monkeypatch.setattr(NodeReader, "_node", noted)
    assert check_text(DEFAULTS.replace("pool_size: 2", "pool_size: 4"), memory=memory, repairs=False).ok
    assert (read, made) == (["pool"], ["Down_1.pool_1"])
    read.clear()
    made.clear()
    assert check_text(DEFAULTS, memory=memory, repairs=False).ok
    assert (read, made) == ([], [])
