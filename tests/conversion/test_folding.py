"""Repetition found and said once, and the network the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.conversion.flattening import flat_of
from netspec.conversion.folding import fold
from netspec.conversion.folding.items import Item
from netspec.conversion.folding.labels import called
from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.model import ConversionError
from netspec.graph.model import Graph
from netspec.pipeline import check_text

SPECS = Path(__file__).parent.parent.parent / "specs"
# A body over each step stands in no flat spec.
STEPS = ("cnn_lstm",)
NAMES = sorted(file.stem for file in SPECS.glob("*.yaml") if file.stem not in STEPS)
RATIO = 1.3  # of the lines of the page that somebody wrote
LONGER = {"hrnet": 1.33}  # from its own graph; what is imported of it has 1.24
FEW = [
    "resnet",
    "mobilenet_v2",
    "densenet",
    "inception_v3",
    "googlenet",
    "regnet",
    "unet",
    "yolov8",
    "wavenet",
    "bifpn",
    "hrnet",
    "nasnet",
    "efficientdet",
]


def graph_of(text: str) -> Graph:
    """The network of a right spec."""
    spec = check_text(text, repairs=False)
    assert [problem.message for problem in spec.problems if problem.is_error] == []
    assert spec.graph is not None
    return spec.graph


def folded(text: str, level: str = "blocks") -> str:
    """A spec's text folded, which is the same network."""
    graph = graph_of(text)
    made = fold(flat_of(graph), level)
    assert made.level == level
    assert not isinstance(matched(graph, graph_of(made.text)), Mismatch)
    return made.text


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_of_the_zoo_is_folded_to_the_same_network(name: str) -> None:
    """And in about as many lines as somebody took."""
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    page = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())
    assert len(folded(text).splitlines()) <= LONGER.get(name, RATIO) * page


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in FEW else pytest.mark.slow) for name in NAMES])
def test_what_is_folded_once_is_folded_to_the_same_again(name: str) -> None:
    once = folded((SPECS / f"{name}.yaml").read_text(encoding="utf-8"))
    assert folded(once) == once


def test_a_body_over_steps_is_told() -> None:
    graph = graph_of((SPECS / "cnn_lstm.yaml").read_text(encoding="utf-8"))
    with pytest.raises(ConversionError) as caught:
        flat_of(graph)
    assert caught.value.text == "`time_distributed_1.steps` stands in `time_distributed`, which is not folded"


RESNET = """\
netspec: 1
name: network
input: [224, 224, 3]
defaults:
  conv: {kernel_size: 3, kernel_initializer: he_normal}
  batch_norm: {epsilon: 1.001e-05}
blocks:
  Bottleneck:
    params: {filters: , strides: 1}
    layers:
      - skip:
          shortcut: "'identity' if $channels == 4 * $filters else 'project'"
          body:
            - 1x1: {filters: $filters, strides: $strides, rounding: floor}
            - batch_norm
            - relu
            - conv: {filters: $filters, padding: same}
            - batch_norm
            - relu
            - 1x1: 4 * $filters
            - batch_norm
      - relu
layers:
  - conv: {filters: 64, kernel_size: 7, strides: 2, padding: 3, rounding: floor}
  - batch_norm
  - relu
  - pool: {pool_size: 3, strides: 2, padding: 1, rounding: floor}
  - Bottleneck: {filters: 64, repeat: 3}
  - Bottleneck: {filters: 128, strides: "2 if $index == 0 else 1", repeat: 4}
  - Bottleneck: {filters: 256, strides: "2 if $index == 0 else 1", repeat: 6}
  - Bottleneck: {filters: 512, strides: "2 if $index == 0 else 1", repeat: 3}
  - global_pool
  - dense: {units: 1000, activation: softmax, name: predictions}
"""


def test_residual_blocks_and_their_projections() -> None:
    assert folded((SPECS / "resnet.yaml").read_text(encoding="utf-8")) == RESNET


FLAT = """\
netspec: 1
name: flat
input: [28, 28, 192]
layers:
  - 1x1: {filters: 64, activation: relu, name: one}
  - 1x1: {filters: 96, activation: relu, from: input}
  - conv: {filters: 128, kernel_size: 3, padding: same, activation: relu, name: three}
  - 1x1: {filters: 16, activation: relu, from: input}
  - conv: {filters: 32, kernel_size: 5, padding: same, activation: relu, name: five}
  - pool: {pool_size: 3, strides: 1, padding: same, from: input}
  - 1x1: {filters: 32, activation: relu, name: pooled}
  - concat: {from: [one, three, five, pooled]}
  - global_pool
"""


def test_the_row_of_an_inception() -> None:
    assert folded(FLAT) == (
        "netspec: 1\n"
        "name: flat\n"
        "input: [28, 28, 192]\n"
        "defaults:\n"
        "  conv: {activation: relu}\n"
        "layers:\n"
        "  - inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}\n"
        "  - global_pool\n"
    )


def test_levels() -> None:
    assert folded(FLAT, "flat").splitlines()[4] == "  - 1x1: {filters: 64, activation: relu, name: one}"
    assert folded(FLAT, "modules") == folded(FLAT)


STEPPED = """\
netspec: 1
name: stepped
input: [16, 16, 8]
layers:
{}
  - global_pool
"""


def test_a_number_that_goes_by_a_rule() -> None:
    """As the rates of stochastic depth do, which grow with the depth."""
    rates = [0.0125, 0.025, 0.037500000000000006, 0.05]
    body = "[{{conv: {{filters: 8, kernel_size: 3, padding: same}}}}, batch_norm, relu, {{stochastic_depth: {}}}]"
    text = STEPPED.format("\n".join(f"  - skip: {body.format(rate)}" for rate in rates))
    assert folded(text) == (
        "netspec: 1\n"
        "name: stepped\n"
        "input: [16, 16, 8]\n"
        "defaults:\n"
        "  conv: {kernel_size: 3, padding: same}\n"
        "blocks:\n"
        "  Conv:\n"
        "    params: {rate: }\n"
        "    layers: [{conv: {filters: 8}}, batch_norm, relu, {stochastic_depth: $rate}]\n"
        "layers:\n"
        "  - skip: {repeat: 4, body: [{Conv: {rate: 0.0125 + 0.0125 * $index}}]}\n"
        "  - global_pool\n"
    )


CELL = """\
  - relu: {{from: {before}, name: h{n}}}
  - conv: {{filters: 8, kernel_size: 3, padding: same, name: a{n}}}
  - relu: {{from: {earlier}, name: p{n}}}
  - conv: {{filters: 8, kernel_size: 5, padding: same, name: b{n}}}
  - add: {{from: [a{n}, b{n}], name: x{n}}}
  - concat: {{from: [p{n}, x{n}], name: y{n}}}
  - 1x1: {{filters: 8, name: c{n}}}
"""


def test_cells_that_read_two_before_them() -> None:
    """As NASNet's do: what a cell reads beside what enters it is a param that names a node."""
    cells = "".join(
        CELL.format(n=n, before=f"c{n - 1}" if n else "stem", earlier=f"c{n - 2}" if n > 1 else "stem")
        for n in range(4)
    )
    text = STEPPED.format("  - conv: {filters: 8, kernel_size: 1, name: stem}\n" + cells.rstrip("\n"))
    assert folded(text).splitlines()[5:] == [
        "blocks:",
        "  Convs:",
        "    params: {other: }",
        "    layers:",
        "      - conv: {filters: 8, name: conv1}",
        "      - relu: {from: $other, name: relu1}",
        "      - conv: {filters: 8, kernel_size: 5, name: conv2}",
        "      - add: {from: [conv1, conv2], name: add1}",
        "      - concat: {from: [relu1, add1]}",
        "      - 1x1: 8",
        "layers:",
        "  - 1x1: {filters: 8, name: stem}",
        "  - relu: {name: h0}",
        "  - Convs: {other: stem, name: c0}",
        "  - relu: {name: h1}",
        "  - Convs: {other: stem, name: c1}",
        "  - relu: {name: h2}",
        "  - Convs: {other: c0}",
        "  - relu: {name: h3}",
        "  - Convs: {other: c1}",
        "  - global_pool",
    ]


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("reduction_concat_reduce_4", "reduction"),
        ("stage1_c3_Fuse_1_batch_norm_1", "stage1_c3"),
        ("normal_concat_11", "normal"),
        ("adjust_bn", "adjust_bn"),
    ],
)
def test_a_use_is_called_the_same_when_it_is_read_back(name: str, use: str) -> None:
    """Whatever its last node is, and whatever number makes its name its own."""
    paths = [name, *(f"{use}{end}" for end in ("_concat_1", "_last_Conv_1_relu_1", "_Norm_2_skip_1_conv1"))]
    assert {called(Item("Block", path, {}, (), block=True), {}) for path in paths} == {use}
    assert called(Item("Block", f"{use}2_concat_1", {}, (), block=True), {}) == f"{use}2"


def test_a_difference_is_named_by_the_node() -> None:
    one = graph_of(FLAT)
    other = graph_of(FLAT.replace("filters: 128", "filters: 127"))
    assert matched(one, other) == Mismatch("global_pool_1", "has the shape (256,), and (255,)")
    other = graph_of(
        FLAT.replace("padding: same, activation: relu, name: five", "padding: same, activation: gelu, name: five")
    )
    assert matched(one, other) == Mismatch("five", "has `activation: relu`, and `activation: gelu`")
    other = graph_of(FLAT.replace("name: one}", "name: one, trainable: false}"))
    assert matched(one, other) == Mismatch("one", "is frozen in one only")


UNIT = """\
  - conv: {{filters: 8, kernel_size: 3, padding: same, name: wide{n}}}
  - 1x1: {{filters: 4, name: side{n}}}
  - 1x1: {{filters: 8, from: wide{n}, name: narrow{n}}}
  - add: {{from: [{before}, narrow{n}], name: sum{n}}}
"""


def test_what_is_read_inside_a_use() -> None:
    """As WaveNet's side outputs are, all of them by one name."""
    units = "".join(UNIT.format(n=n, before=f"sum{n - 1}" if n > 1 else "stem") for n in range(1, 6))
    ends = ", ".join(f"side{n}" for n in range(1, 6))
    text = STEPPED.format(f"  - relu: {{name: stem}}\n{units}  - concat: {{from: [{ends}, sum5]}}")
    assert folded(text).splitlines()[3:] == [
        "defaults:",
        "  conv: {kernel_size: 3, padding: same}",
        "blocks:",
        "  Sum:",
        "    layers:",
        "      - conv: {filters: 8, name: conv1}",
        "      - 1x1: {filters: 4, name: conv2}",
        "      - 1x1: {filters: 8, from: conv1, name: conv3}",
        "      - add: {from: [input, conv3]}",
        "layers:",
        "  - relu: {name: stem}",
        "  - Sum: {name: sum5, repeat: 5}",
        "  - concat: {from: [sum5_*.conv2, sum5]}",
        "  - global_pool",
    ]


def test_uses_beside_each_other() -> None:
    """As the embeddings of a table's columns are."""
    fields = "".join(
        f"  - slice: {{start: {n}, stop: {n + 1}, from: table}}\n  - embedding: {{input_dim: 9, output_dim: 4, name: e{n}}}\n"
        for n in range(9)
    )
    ends = ", ".join(f"e{n}" for n in range(9))
    text = (
        "netspec: 1\ninputs: {table: {shape: [9], dtype: int32}, other: [4]}\nlayers:\n"
        f"{fields}  - dense: {{units: 4, from: other, name: d}}\n  - concat: {{from: [{ends}], axis: 1}}\n"
        "  - flatten\n  - concat: {from: [d, flatten_1]}\n"
    )
    assert folded(text).splitlines()[3:] == [
        "blocks:",
        "  Block:",
        "    params: {stop: }",
        "    layers:",
        "      - slice: {start: $stop - 1, stop: $stop, from: table}",
        "      - embedding: {input_dim: 9, output_dim: 4}",
        "layers:",
        "  - Block: {stop: 1 + $index, from: table, name: e8, repeat: 9}",
        "  - concat: {axis: 1, from: e8_*}",
        "  - flatten: {name: flatten1}",
        "  - dense: {units: 4, from: other, name: d}",
        "  - concat: {from: [d, flatten1]}",
    ]


def test_a_long_chain_that_reads_no_input() -> None:
    """It stands before what reads it, and nothing goes down it step by step."""
    chain = "".join("  - relu\n" if number % 2 else "  - sigmoid\n" for number in range(1200))
    text = f"netspec: 1\ninput: [4]\nlayers:\n  - dense: {{units: 4, name: d}}\n  - learned: 4\n{chain}  - add: {{from: [d, relu_600]}}\n"
    assert len(folded(text).splitlines()) < 20
