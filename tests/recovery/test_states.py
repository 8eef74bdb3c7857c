"""Half-written states of one spec, and what stands for each."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from netspec.recovery import recover
from tests.support import half_written
from tests.support.half_written import outcome, remembered

TEXT = """\
netspec: 1
name: example

params:
  size: 32
  classes: 10

variants:
  large: {size: 64}

input: [$size, $size, 3]

defaults:
  conv: {padding: same}

blocks:
  Unit:   # twice in each stage
    params: {filters: , strides: 1}
    layers:
      - conv: {filters: $filters, kernel_size: 3, strides: $strides}
      - batch_norm
      - relu

layers:
  - conv: {filters: 8, kernel_size: 5, name: stem}
  - lrn
  - Unit: {filters: 16, strides: 2}
  - skip:
      shortcut: identity
      body:
        - Unit: 16
        - conv:
            filters: 16
            kernel_size: 3
        - gelu
  - inception:
      branches:
        narrow: [{1x1: 8}]
        wide: [{1x1: 8}, {conv: {filters: 16, kernel_size: 3}}]
  - pool: {name: small}
  - conv: {filters: 8, kernel_size: 1, from: stem, strides: 4,
           name: side}
  - concat: {from: [small, side]}
  - global_pool
  - dense: {units: $classes, activation: softmax, name: predictions}

train:
  epochs: 3
"""


class State(NamedTuple):
    """A piece of the spec while it is edited.

    Attributes:
        was: What it was.
        now: What it is.
        mended: The lines, from 0, that have another text where nothing is remembered.
        exact: Have all nodes on untouched lines their shapes then?
    """

    was: str
    now: str
    mended: dict[int, str]
    exact: bool


STATES = (
    State("  - lrn\n", "  - lr\n", {25: ""}, exact=True),
    State("  - lrn\n", "  - \n", {25: ""}, exact=True),
    State("  - lrn\n", "  -\n", {25: ""}, exact=True),
    State("  - lrn\n", "  - lrn\n  - co\n", {26: ""}, exact=True),
    State("  - lrn\n", "  - lrn\n  - conv\n", {26: "  - conv: {filters: 8, kernel_size: 5}"}, exact=True),
    State("  - lrn\n", "  - lrn\n  - conv:\n", {26: "  - conv: {filters: 8, kernel_size: 5}"}, exact=True),
    State("  - lrn\n", "  - lrn\n  - conv: {\n", {26: "  - conv: {filters: 8, kernel_size: 5}"}, exact=True),
    State(
        "  - lrn\n",
        "  - lrn\n  - conv: {filters: 16, ker\n",
        {26: "  - conv: {filters: 16, kernel_size: 5}"},
        exact=True,
    ),
    State(
        "  - lrn\n",
        "  - lrn\n  - conv: {filters: 16, kernel_size: \n",
        {26: "  - conv: {filters: 16, kernel_size: 5}"},
        exact=True,
    ),
    State(
        "  - lrn\n",
        "  - lrn\n  - conv: {filters: 16, kernel_size: 3\n",
        {26: "  - conv: {filters: 16, kernel_size: 3}"},
        exact=True,
    ),
    State("  - lrn\n", "  - lrn\n  - dropout: 0.\n  - dropout: {ra\n", {27: "  - dropout: {rate: 0.}"}, exact=True),
    State("  - gelu\n", "  - gel\n", {34: "        - gelu"}, exact=True),
    State("  - lrn\n", "  lrn\n", {25: "  - lrn"}, exact=True),
    State("  - lrn\n", "   - lrn\n", {25: "  - lrn"}, exact=True),
    State("  - lrn\n", "- lrn\n", {25: "  - lrn"}, exact=True),
    State("  - lrn\n", "\t- lrn\n", {25: "  - lrn"}, exact=True),
    State("  - lrn\n", "  -lrn\n", {25: "  - lrn"}, exact=True),
    State("  - lrn\n", "  - lrn: [\n", {25: ""}, exact=True),
    State("  - lrn\n", "  - lrn: 'a\n", {25: ""}, exact=True),
    State("  - lrn\n", '  - lrn: "a\n', {25: ""}, exact=True),
    State("  - lrn\n", "  - lrn: &\n", {25: "  - lrn: "}, exact=True),
    State("  - lrn\n", "  - *\n", {25: ""}, exact=True),
    State("  - lrn\n", "  - !\n", {25: ""}, exact=True),
    State("  - lrn\n", "  - @\n", {25: ""}, exact=True),
    State("  - lrn\n", "  - <<: 3\n", {25: ""}, exact=True),
    State(
        "  - lrn\n",
        "  - ? x\n",
        {25: "  - linear", 26: ""},
        exact=False,
    ),
    State("  - lrn\n", "  - lrn: alpha: 3\n", {25: ""}, exact=True),
    State("  - pool: {name: small}", "  - pool: {name: small", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool: {name: small, ", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool: {name: small}}", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool: name: small}", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool {name: small}", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool:{name: small}", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool: {name: small, type: av}", {39: "  - pool: {name: small}"}, exact=True),
    State(
        "  - pool: {name: small}",
        "  - pool: {name: small, typ: max}",
        {39: "  - pool: {name: small, type: max}"},
        exact=True,
    ),
    State("  - pool: {name: small}", "  - poo: {name: small}", {39: "  - pool: {name: small}"}, exact=True),
    State("  - pool: {name: small}", "  - pool: {name: small, name: big}", {39: "  - pool: {name: small}"}, exact=True),
    State(
        "kernel_size: 5, name: stem}",
        "kernel_size: 5, name: stem",
        {24: "  - conv: {filters: 8, kernel_size: 5, name: stem}"},
        exact=True,
    ),
    State(
        "{filters: 8, kernel_size: 5, name: stem}",
        "{filters: 8 kernel_size: 5, name: stem}",
        {24: "  - conv: {filters: 8, kernel_size: 5, name: stem}"},
        exact=True,
    ),
    State(
        "kernel_size: 5, name: stem}",
        "name: stem}",
        {24: "  - conv: {filters: 8, name: stem, kernel_size: 3}"},
        exact=True,
    ),
    State(
        "strides: 4,\n           name: side}",
        "strides: 4,\n           name: side",
        {41: "           name: side}"},
        exact=True,
    ),
    State(
        "strides: 4,\n           name: side}",
        "strides: 4,\n           nam",
        {40: "  - conv: {filters: 8, kernel_size: 1, from: stem, strides: 4}", 41: "", 42: "  - linear: {from: small}"},
        exact=False,
    ),
    State(
        "strides: 4,\n           name: side}",
        "strides: 4,\n",
        {40: "  - conv: {filters: 8, kernel_size: 1, from: stem, strides: 4}", 42: "  - linear: {from: small}"},
        exact=False,
    ),
    State(
        "            filters: 16\n            kernel_size: 3\n",
        "            filters: 16\n            kernel_si\n",
        {31: "        - linear", 32: "", 33: ""},
        exact=True,
    ),
    State(
        "            filters: 16\n            kernel_size: 3\n",
        "            filters: 16\n           kernel_size: 3\n",
        {33: "            kernel_size: 3"},
        exact=True,
    ),
    State(
        "            filters: 16\n            kernel_size: 3\n",
        "            filters 16\n            kernel_size: 3\n",
        {32: "            filters: 16"},
        exact=True,
    ),
    State(
        "            filters: 16\n            kernel_size: 3\n",
        "            filters: 16\n\t    kernel_size: 3\n",
        {33: "            kernel_size: 3"},
        exact=True,
    ),
    State("      shortcut: identity\n", "      sho\n", {28: ""}, exact=True),
    State("      shortcut: identity\n", "      shortcut: ident\n", {28: "      shortcut: identity"}, exact=True),
    State("      body:\n", "      bod\n", {29: "      body:"}, exact=True),
    State("      body:\n", "      body\n", {29: "      body:"}, exact=True),
    State("  - skip:\n", "  - ski:\n", {27: "  - skip:"}, exact=True),
    State("  - skip:\n", "  - skip\n", {27: "  - skip:"}, exact=True),
    State("      branches:\n", "      bran:\n", {36: "      branches:"}, exact=True),
    State("        narrow: [{1x1: 8}]", "        narrow: [{1x1: 8}", {37: "        narrow: [{1x1: 8}]"}, exact=True),
    State("        narrow: [{1x1: 8}]", "        narrow: [{1x1: 8", {37: "        narrow: [{1x1: 8}]"}, exact=True),
    State("        narrow: [{1x1: 8}]", "        narr", {37: "        narr:"}, exact=False),
    State("from: [small, side]", "from: [small, sid]", {42: "  - concat: {from: [small, side]}"}, exact=True),
    State("from: [small, side]", "from: [small, ", {42: "  - linear: {from: small}"}, exact=False),
    State("from: [small, side]", "fro", {42: ""}, exact=False),
    State("from: stem", "from: ", {40: "  - conv: {filters: 8, kernel_size: 1, strides: 4,"}, exact=True),
    State(
        "kernel_size: 3, strides: $strides}",
        "kernel_size: 3, strides: $stri}",
        {19: "      - conv: {filters: $filters, kernel_size: 3, strides: $strides}"},
        exact=True,
    ),
    State(
        "kernel_size: 3, strides: $strides}",
        "kernel_size: 3, strides: $}",
        {19: "      - conv: {filters: $filters, kernel_size: 3}"},
        exact=False,
    ),
    State(
        "kernel_size: 3, strides: $strides}",
        "kernel_size: 3, strides: 2 * }",
        {19: "      - conv: {filters: $filters, kernel_size: 3 }"},
        exact=False,
    ),
    State(
        "kernel_size: 3, strides: $strides}",
        'kernel_size: 3, strides: "$strides + }',
        {19: "      - conv: {filters: $filters, kernel_size: 3}"},
        exact=False,
    ),
    State(
        "units: $classes,",
        "units: $clas,",
        {44: "  - dense: {units: $classes, activation: softmax, name: predictions}"},
        exact=True,
    ),
    State(
        "units: $classes,",
        "units: $classes[,",
        {44: "  - dense: {units: $classes, activation: softmax, name: predictions}"},
        exact=True,
    ),
    State(
        "    params: {filters: , strides: 1}",
        "    params: {filters: , str",
        {
            17: "    params: {filters: }",
            19: "      - conv: {filters: $filters, kernel_size: 3}",
            26: "  - Unit: {filters: 16}",
        },
        exact=False,
    ),
    State(
        "    params: {filters: , strides: 1}",
        "    par",
        {
            17: "    params:",
            19: "      - conv: {kernel_size: 3, filters: 8}",
            26: "  - Unit: {}",
            30: "",
        },
        exact=False,
    ),
    State("    layers:\n", "    lay\n", {18: "    layers:"}, exact=True),
    State("    layers:\n", "    \n", {18: "    layers:"}, exact=True),
    State(
        "    layers:\n",
        "",
        {
            16: "",
            17: "",
            18: "",
            19: "",
            20: "",
            25: "",
            29: "",
        },
        exact=False,
    ),
    State("  Unit:   # twice", "  Unit   # twice", {16: "  Unit:   # twice in each stage"}, exact=True),
    State("  Unit:   # twice", "  unit:   # twice", {16: "  Unit:   # twice in each stage"}, exact=True),
    State("  Unit:   # twice", "  Un:   # twice", {16: "  Unit:   # twice in each stage"}, exact=True),
    State(
        "  - Unit: {filters: 16, strides: 2}",
        "  - Unit: {strides: 2}",
        {26: "  - Unit: {strides: 2, filters: 16}"},
        exact=True,
    ),
    State(
        "  - Unit: {filters: 16, strides: 2}",
        "  - Unt: {filters: 16, strides: 2}",
        {26: "  - Unit: {filters: 16, strides: 2}"},
        exact=True,
    ),
    State(
        "  - Unit: {filters: 16, strides: 2}",
        "  - Unit: {filters: 16, stride: 2}",
        {26: "  - Unit: {filters: 16, strides: 2}"},
        exact=True,
    ),
    State("      - relu\n", "      - relu\n\n  Oth\n", {23: ""}, exact=True),
    State("      - relu\n", "      - relu\n\n  Other:\n    layers:\n      - \n", {25: ""}, exact=True),
    State("\nlayers:\n", "\nlay\n", {23: "layers:"}, exact=True),
    State("\nlayers:\n", "\n\n", {23: "layers:"}, exact=True),
    State("\nlayers:\n", "\nlayer:\n", {23: "layers:"}, exact=True),
    State("\nlayers:\n", "\n", {22: "layers:"}, exact=True),
    State("input: [$size, $size, 3]", "input: [$size, $size, 3", {10: "input: [$size, $size, 3]"}, exact=True),
    State("input: [$size, $size, 3]", "inp", {10: "input:"}, exact=False),
    State("input: [$size, $size, 3]", "", {}, exact=False),
    State("input: [$size, $size, 3]", "input: [$siz, $size, 3]", {10: "input: [$size, $size, 3]"}, exact=True),
    State("\nblocks:\n", "\nblo\n", {15: "blocks:"}, exact=True),
    State("\nblocks:\n", "\n\n", {15: "blocks:"}, exact=True),
    State("  size: 32\n", "  size: \n", {4: "", 10: "input: [null,null, 3]"}, exact=False),
    State("  size: 32\n", "  siz\n", {4: "", 10: "input: [null,null, 3]"}, exact=False),
    State("\nparams:\n", "\nparams\n", {3: "params:"}, exact=True),
    State("  conv: {padding: same}", "  conv: {padding: sam}", {13: "  conv: {padding: same}"}, exact=True),
    State("  conv: {padding: same}", "  conv: {pad", {13: "  conv: {}"}, exact=False),
    State("defaults:\n", "defau\n", {12: "defaults:"}, exact=True),
    State("  large: {size: 64}", "  large: {size: 64", {8: "  large: {size: 64}"}, exact=True),
    State("  epochs: 3", "  epochs: [3", {47: "  epochs: [3]"}, exact=True),
    State("train:\n", "trai\n", {46: "train:"}, exact=True),
    State("netspec: 1\n", "nets\n", {0: "netspec:"}, exact=True),
    State("name: example\n", "name: [\n", {1: "name: []"}, exact=True),
    State("name: example\n", "---\n", {1: " --"}, exact=True),
    State(
        "    params: {filters: , strides: 1}",
        "    params: {filtes: , strides: 1}",
        {17: "    params: {filters: , strides: 1}"},
        exact=True,
    ),
    State(
        "    params: {filters: , strides: 1}",
        "    params: {f:ilters: , strides: 1}",
        {17: "    params: {filters: , strides: 1}"},
        exact=True,
    ),
    State(
        "blocks:\n  Unit:   # twice in each stage\n    params: {filters: , strides: 1}",
        "blocks:\n  Other:\n    params: {filters: }\n    layers: [{1x1: $filters}]\n\n"
        "  Unit:   # twice in each stage\n    params: {filers: , strides: 1}",
        {21: "    params: {filters: , strides: 1}"},
        exact=True,
    ),
    # A line too many, in a column that it cannot have, or with something that was typed by mistake.
    State("  - lrn\n", "  - lrn\n      - relu\n", {25: "  - linear", 26: ""}, exact=True),
    State("      - batch_norm\n", "    layers:\n      - batch_norm\n", {20: ""}, exact=True),
    State("      - batch_norm\n", "layers:\n      - batch_norm\n", {20: ""}, exact=True),
    State("  - lrn\n", "params:\n  - lrn\n", {25: ""}, exact=True),
    State("  - lrn\n", "name: other\n  - lrn\n", {25: ""}, exact=True),
    State("  - lrn\n", "blocks:\n  - lrn\n", {25: ""}, exact=True),
    State("params:\n", "blocks:\nparams:\n", {3: ""}, exact=True),
    State("netspec: 1\n", "params:\nnetspec: 1\n", {0: ""}, exact=True),
    State("input: [$size, ", "input: [o$size, ", {10: "input: [$size, $size, 3]"}, exact=True),
    State("input: [$size, ", "input: [$size,_ ", {10: "input: [$size,$size, 3]"}, exact=True),
    State("    params: {", "    params? {", {17: "    params: {filters: , strides: 1}"}, exact=True),
    State("    params: {", "    params?{", {17: "    params: {filters: , strides: 1}"}, exact=True),
    State("  - skip:\n", "_ - skip:\n", {27: "  - skip:"}, exact=True),
    State(
        "  - skip:\n",
        " - skip:\n",
        {
            27: "  - skip:",
            28: "       shortcut: identity",
            29: "       body:",
            30: "         - Unit: 16",
            31: "         - conv:",
            32: "             filters: 16",
            33: "             kernel_size: 3",
            34: "         - gelu",
        },
        exact=True,
    ),
    State("  - lrn\n", "  -' lrn\n", {25: "  - lrn"}, exact=True),
    State("  - lrn\n", "  -, lrn\n", {25: "  - lrn"}, exact=True),
    State("{name: small}", "{name:* small}", {39: "  - pool: {name: small}"}, exact=True),
    State("  - lrn\n", "  - lrn\n  - add: {from: [stem, side]\n", {26: "  - linear: {from: stem}"}, exact=True),
    State(
        "  - lrn\n",
        "  - lrn\n  - concat: {from: [stem, lrn_1]\n",
        {26: "  - concat: {from: [stem, lrn_1]}"},
        exact=True,
    ),
    State("        - gelu\n", "        - gelu\n        - conv: {filters: 2\n", {35: ""}, exact=True),
    State("        - gelu\n", "        - gelu\n        body:\n", {35: ""}, exact=True),
    State("        - gelu\n", "        - gelu\n      body:\n", {35: ""}, exact=True),
    State("            kernel_size: 3\n", "      - relu\n            kernel_size: 3\n", {33: ""}, exact=True),
    State("  classes: 10\n", "   classes: 10\n", {5: "  classes: 10"}, exact=True),
    State("  classes: 10\n", " classes: 10\n", {5: "  classes: 10"}, exact=True),
)
REMEMBERED = remembered(TEXT)


def ids(state: State) -> str:
    """A state in a word."""
    return state.now.strip() or f"without {state.was.strip()}"


def test_there_are_enough() -> None:
    assert len(STATES) >= 60
    assert sum(state.exact for state in STATES) >= 0.8 * len(STATES)


@pytest.mark.parametrize("state", STATES, ids=ids)
def test_what_is_remembered_keeps_all_shapes(state: State) -> None:
    assert TEXT.count(state.was) == 1
    found = outcome(half_written.State(TEXT, TEXT.replace(state.was, state.now), ""), REMEMBERED)
    assert found is not None
    assert (found.graph, found.exact, found.wrong) == (True, True, ())


@pytest.mark.parametrize("state", STATES, ids=ids)
def test_without_memory_the_text_is_mended(state: State) -> None:
    now = TEXT.replace(state.was, state.now)
    lines = now.split("\n")
    for number, line in state.mended.items():
        lines[number] = line
    recovered = recover(now)
    assert recovered.text == "\n".join(lines)
    changed = {number for hole in recovered.holes for number in range(hole.start, hole.end)}
    assert changed >= {*state.mended}
    found = outcome(half_written.State(TEXT, now, ""), None)
    assert found is not None
    assert (found.graph, found.exact, found.wrong) == (True, state.exact, ())
