"""The arithmetic that articles about convolutions teach, and every example of the language's own page.

All of it through the commands, as a reader would try it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from netspec.cli import main


def command(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err = StringIO(), StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def spec(layers: str, given: str = "[28, 28, 192]", more: str = "") -> str:
    """A whole spec around its layers."""
    return f"netspec: 1\ninput: {given}\n{more}layers:\n{layers}"


def inspected(text: str, *arguments: str) -> dict[str, Any]:
    """What `netspec inspect` says of a spec that has no problems; advice apart, which small examples need not follow."""
    Path("spec.yaml").write_text(text)
    status, out, err = command("inspect", "spec.yaml", "--format", "json", *arguments)
    assert status == 0, err
    assert set(re.findall(r"^\S+ (?:error|warning) (NS\d)", err, re.MULTILINE)) <= {"NS8"}, err
    found: dict[str, Any] = json.loads(out)
    return found


def shapes(report: dict[str, Any]) -> dict[str, list[int | None]]:
    return {node["name"]: node["output_shape"] for node in report["nodes"]}


def one(layers: str, given: str = "[28, 28, 192]") -> dict[str, Any]:
    """The row of the last node."""
    row: dict[str, Any] = inspected(spec(layers, given))["nodes"][-1]
    return row


# --- windows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "node", "shape"),
    [
        # (28 - 3) / 1 + 1 = 26, and a channel for each filter.
        ("[28, 28, 192]", "conv: {filters: 96, kernel_size: 3}", [26, 26, 96]),
        ("[28, 28, 1]", "conv: {filters: 6, kernel_size: 5}", [24, 24, 6]),
        ("[28, 28, 192]", "1x1: 32", [28, 28, 32]),
        ("[10, 10, 3]", "conv: {filters: 16, kernel_size: 4, strides: 2}", [4, 4, 16]),
        (
            "[224, 224, 3]",
            "conv: {filters: 64, kernel_size: 7, strides: 2, padding: 3, rounding: floor}",
            [112, 112, 64],
        ),
        # AlexNet's first.
        ("[227, 227, 3]", "conv: {filters: 96, kernel_size: 11, strides: 4}", [55, 55, 96]),
        ("[28, 28, 192]", "conv: {filters: 8, kernel_size: 3, padding: same}", [28, 28, 8]),
        ("[28, 28, 192]", "conv: {filters: 8, kernel_size: 3, strides: 2, padding: same}", [14, 14, 8]),
        ("[28, 30, 192]", "conv: {filters: 8, kernel_size: [3, 5], padding: [1, 2]}", [28, 30, 8]),
        (
            "[10, 10, 3]",
            "conv: {filters: 8, kernel_size: 3, strides: 2, padding: [[0, 1], [1, 0]]}",
            [5, 5, 8],
        ),
        # Dilated by 2 a window of 3 reaches over 5.
        ("[28, 28, 192]", "conv: {filters: 8, kernel_size: 3, dilation_rate: 2}", [24, 24, 8]),
        # Pooling: the stride is the window's size, and the channels stay.
        ("[28, 28, 192]", "pool", [14, 14, 192]),
        ("[28, 28, 192]", "pool: {pool_size: 4}", [7, 7, 192]),
        ("[28, 28, 192]", "pool: {pool_size: 4, type: avg}", [7, 7, 192]),
        ("[28, 28, 192]", "pool: {pool_size: 4, type: l2}", [7, 7, 192]),
        ("[28, 28, 192]", "pool: {pool_size: 3, strides: 1, padding: same}", [28, 28, 192]),
        ("[112, 112, 64]", "pool: {pool_size: 3, strides: 2, rounding: floor}", [55, 55, 64]),
        ("[112, 112, 64]", "pool: {pool_size: 3, strides: 2, rounding: ceil}", [56, 56, 64]),
        ("[28, 28, 192]", "global_pool", [192]),
        ("[28, 28, 192]", "global_pool: max", [192]),
        # The same kinds over one and three dimensions, and over sizes that are known at run time only.
        ("[100, 8]", "conv: {filters: 16, kernel_size: 3}", [98, 16]),
        ("[9, 9, 9, 8]", "conv: {filters: 16, kernel_size: 3}", [7, 7, 7, 16]),
        ("[null, null, 3]", "conv: {filters: 16, kernel_size: 3}", [None, None, 16]),
    ],
)
def test_a_window_slides(given: str, node: str, shape: list[int]) -> None:
    row = one(f"  - {node}\n", given)
    assert row["output_shape"] == shape


@pytest.mark.parametrize(
    ("node", "parameters", "macs"),
    [
        # Each of 32 filters has 192 weights and a bias, and is laid on 28 x 28 places.
        ("1x1: 32", 192 * 32 + 32, 28 * 28 * 192 * 32),
        ("1x1: {filters: 32, use_bias: false}", 192 * 32, 28 * 28 * 192 * 32),
        ("conv: {filters: 96, kernel_size: 3}", 9 * 192 * 96 + 96, 26 * 26 * 9 * 192 * 96),
        ("pool: {pool_size: 2}", 0, 0),
    ],
)
def test_what_a_window_costs(node: str, parameters: int, macs: int) -> None:
    row = one(f"  - {node}\n")
    assert (row["parameters"], row["macs"]) == (parameters, macs)


TOY = """\
netspec: 1
input: [10, 10, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, strides: 2, name: c1}
  - relu
"""


def test_a_window_that_does_not_tile_is_refused_with_repairs() -> None:
    Path("toy.yaml").write_text(TOY)
    assert command("validate", "toy.yaml") == (
        1,
        "toy.yaml:4:5: error NS401: conv `c1`: a window of 3 with stride 2 does not tile 10 columns: "
        "(10 - 3 + 2*0) / 2 + 1 = 4.5\n"
        "    4 |   - conv: {filters: 16, kernel_size: 3, strides: 2, name: c1}\n"
        "      |     ^^^^\n"
        "  fix: kernel_size: 4                 -> 4 x 4 x 16; +336 parameters, 12.3 k MACs in total\n"
        "  fix: padding: [[0, 1], [0, 1]]      -> 5 x 5 x 16; same parameter count, 10.8 k MACs in total\n"
        "  fix: rounding: floor                -> 4 x 4 x 16, drops the last row and column; "
        "same parameter count, 6.91 k MACs in total\n"
        "1 file, 1 error\n",
        "",
    )


def edited(text: str, edits: Sequence[dict[str, Any]]) -> str:
    """The text with the edits that the JSON names made, as a program would."""
    lines = text.splitlines(keepends=True)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column - 1

    for edit in sorted(edits, key=lambda e: (e["line"], e["column"]), reverse=True):
        start, end = offset(edit["line"], edit["column"]), offset(edit["end_line"], edit["end_column"])
        text = text[:start] + edit["text"] + text[end:]
    return text


@pytest.mark.parametrize(
    ("number", "title", "line", "shape"),
    [
        (0, "kernel_size: 4", "  - conv: {filters: 16, kernel_size: 4, strides: 2, name: c1}", [4, 4, 16]),
        (
            1,
            "padding: [[0, 1], [0, 1]]",
            "  - conv: {filters: 16, kernel_size: 3, strides: 2, name: c1, padding: [[0, 1], [0, 1]]}",
            [5, 5, 16],
        ),
        (
            2,
            "rounding: floor",
            "  - conv: {filters: 16, kernel_size: 3, strides: 2, name: c1, rounding: floor}",
            [4, 4, 16],
        ),
    ],
)
def test_each_repair_holds_and_gives_what_it_promises(number: int, title: str, line: str, shape: list[int]) -> None:
    Path("toy.yaml").write_text(TOY)
    status, out, err = command("validate", "toy.yaml", "--format", "json")
    found = json.loads(out)
    (problem,) = found["files"][0]["problems"]
    assert (status, err, found["errors"], found["warnings"]) == (1, "", 1, 0)
    assert [fix["title"] for fix in problem["fixes"]] == [
        "kernel_size: 4",
        "padding: [[0, 1], [0, 1]]",
        "rounding: floor",
    ]
    fix = problem["fixes"][number]
    mended = edited(TOY, fix["edits"])
    assert fix["title"] == title
    assert mended == TOY.replace(TOY.splitlines()[3], line)
    Path("mended.yaml").write_text(mended)
    assert command("validate", "mended.yaml") == (0, "1 file, no problems\n", "")
    assert shapes(inspected(mended)) == {"c1": shape, "relu_1": shape}
    assert fix["result"].split(",")[0] == " x ".join(map(str, shape))


def test_fix_applies_the_first_repair() -> None:
    Path("toy.yaml").write_text(TOY)
    assert command("validate", "toy.yaml", "--fix") == (
        0,
        "1 file, no problems\n",
        "toy.yaml:4: fixed NS401: kernel_size: 4\n",
    )
    assert Path("toy.yaml").read_text() == TOY.replace("kernel_size: 3", "kernel_size: 4")


# --- stacks and modules ---------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "sees"), [(1, 3), (2, 5), (3, 7)])
def test_stacked_windows_see_further_with_fewer_weights(count: int, sees: int) -> None:
    c = 64
    small = f"  - conv: {{filters: {c}, kernel_size: 3, padding: same, use_bias: false, repeat: {count}}}\n"
    large = f"  - conv: {{filters: {c}, kernel_size: {sees}, padding: same, use_bias: false}}\n"
    stack = inspected(spec(small, f"[28, 28, {c}]"))
    single = inspected(spec(large, f"[28, 28, {c}]"))
    assert [node["receptive_field"] for node in stack["nodes"]] == [3, 5, 7][:count]
    assert single["nodes"][0]["receptive_field"] == sees
    assert stack["totals"]["parameters"] == 9 * count * c * c  # three: 27 C^2
    assert single["totals"]["parameters"] == sees * sees * c * c  # one of 7x7: 49 C^2


def test_strides_multiply_and_fields_grow_by_them() -> None:
    report = inspected(spec("  - conv: {filters: 8, kernel_size: 3, padding: same}\n  - pool\n" * 3, "[32, 32, 3]"))
    assert [(node["receptive_field"], node["jump"]) for node in report["nodes"]] == [
        (3, 1),
        (4, 2),
        (8, 2),
        (10, 4),
        (18, 4),
        (22, 8),
    ]


@pytest.mark.parametrize(
    ("row", "weights", "channels"),
    [
        ("{1x1: 64, 3x3: 128, 5x5: 32, pool: max, use_bias: false}", 387_072, 64 + 128 + 32 + 192),
        ("{1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32, use_bias: false}", 163_328, 64 + 128 + 32 + 32),
    ],
)
def test_reductions_make_an_inception_module_affordable(row: str, weights: int, channels: int) -> None:
    report = inspected(spec(f"  - inception: {row}\n"))
    assert report["totals"]["parameters"] == weights
    assert report["outputs"] == {"inception_1": [28, 28, channels]}


# --- the examples of the language's page ----------------------------------------------------------

PAGE = Path(__file__).parent.parent / "docs" / "language.md"
# What each example of the page needs around it to be a whole spec, by its first key.
AROUND = {
    "layers:": """\
netspec: 1
input: [224, 224, 3]
blocks:
  Bottleneck:
    params: {filters: }
    layers:
      - skip: {body: [{1x1: $filters}], shortcut: project}
outputs: [add_1, Bottleneck_4]
""",
    "netspec:": "",  # a whole spec
    "blocks:": """\
netspec: 1
input: [56, 56, 256]
defaults: {conv: {use_bias: false}}
layers:
  - Bottleneck: 64
  - Bottleneck: {filters: 128, strides: 2, shortcut: project}
""",
    "input:": "netspec: 1\n",
    "- inception:": "netspec: 1\ninput: [28, 28, 192]\nlayers:\n",
    "- conv:": "netspec: 1\ninput: [32, 32, 3]\nlayers:\n",
    "data:": """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 10, activation: softmax}
""",
}


def examples() -> dict[str, str]:
    """The page's YAML by first key."""
    found = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return {text[: text.index(":") + 1]: text for text in found}


def test_every_example_of_the_page_is_known() -> None:
    assert list(examples()) == list(AROUND)


@pytest.mark.parametrize("first", list(AROUND))
def test_every_example_of_the_page_is_right(first: str) -> None:
    Path("spec.yaml").write_text(AROUND[first] + examples()[first], encoding="utf-8")
    assert command("validate", "spec.yaml") == (0, "1 file, no problems\n", "")


def test_params_that_name_nodes() -> None:
    report = inspected("netspec: 1\n" + examples()["input:"])
    rows = {node["name"]: (node["inputs"], node["output_shape"]) for node in report["nodes"]}
    assert {name: row for name, row in rows.items() if name.startswith(("gate", "Exchange"))} == {
        "gate.deep": (["upsample_1"], [32, 32, 8]),
        "gate.wide": (["fine"], [32, 32, 8]),
        "gate.add_1": (["gate.deep", "gate.wide"], [32, 32, 8]),
        "gate.factor": (["gate.add_1"], [32, 32, 1]),
        "gate.multiply_1": (["fine", "gate.factor"], [32, 32, 16]),
        "Exchange_1.path_1": (["gate.multiply_1"], [32, 32, 4]),
        "Exchange_1.path_2": (["coarse"], [16, 16, 4]),
        "Exchange_1.path_3": (["gate.deep"], [32, 32, 4]),
        "Exchange_1.sized_1": (["Exchange_1.path_1"], [32, 32, 4]),
        "Exchange_1.sized_2": (["Exchange_1.path_2"], [32, 32, 4]),
        "Exchange_1.sized_3": (["Exchange_1.path_3"], [32, 32, 4]),
        "Exchange_1.add_1": (
            ["Exchange_1.sized_1", "Exchange_1.sized_2", "Exchange_1.sized_3"],
            [32, 32, 4],
        ),
    }


BOTTLENECK = """\
blocks:
  Bottleneck:
    params: {filters: , strides: 1, shortcut: identity}     # filters is required
    layers:
      - skip:
          body:
            - 1x1: $filters
            - batch_norm
            - relu
            - conv: {filters: $filters, kernel_size: 3, strides: $strides, padding: 1, rounding: floor}
            - batch_norm
            - relu
            - 1x1: 4 * $filters
            - batch_norm
          shortcut: $shortcut
      - relu
"""


def test_nodes_and_a_block() -> None:
    layers = """\
  - conv: {filters: 64, kernel_size: 7, strides: 2, padding: 3, rounding: floor, name: stem}   # the long form
  - batch_norm                                  # a kind that requires nothing may stand alone
  - relu                                        # every activation is a kind; `activation: relu` says the same
  - 1x1: 256                                    # a scalar is the kind's principal hyperparameter
  - Bottleneck: {filters: 64, repeat: 3}        # a block is used like a kind; its capital letter tells
  - Bottleneck: {filters: 128, strides: 2, shortcut: project}
  - Bottleneck: 128                             # … its first param is the principal one
  - add: {from: [Bottleneck_4, Bottleneck_5]}
"""
    report = inspected(spec(layers, "[224, 224, 3]", BOTTLENECK))
    within = [
        ("skip_1.conv1x1_1", 1),
        ("skip_1.batch_norm_1", 1),
        ("skip_1.relu_1", 1),
        ("skip_1.conv_1", 1),
        ("skip_1.batch_norm_2", 1),
        ("skip_1.relu_2", 1),
        ("skip_1.conv1x1_2", 4),
        ("skip_1.batch_norm_3", 4),
    ]
    end = [("skip_1", 4), ("relu_1", 4)]

    def block(number: int, filters: int, size: int) -> dict[str, list[int]]:
        return {f"Bottleneck_{number}.{name}": [size, size, filters * times] for name, times in [*within, *end]}

    halved = block(4, 128, 56)
    halved["Bottleneck_4.skip_1.conv1x1_1"][:2] = [112, 112]
    halved["Bottleneck_4.skip_1.batch_norm_1"][:2] = [112, 112]
    halved["Bottleneck_4.skip_1.relu_1"][:2] = [112, 112]
    projected = {
        "Bottleneck_4.skip_1.shortcut.conv1x1_1": [56, 56, 512],
        "Bottleneck_4.skip_1.shortcut.batch_norm_1": [56, 56, 512],
    }
    assert shapes(report) == {
        "stem": [112, 112, 64],
        "batch_norm_1": [112, 112, 64],
        "relu_1": [112, 112, 64],
        "conv1x1_1": [112, 112, 256],
        **block(1, 64, 112),
        **block(2, 64, 112),
        **block(3, 64, 112),
        **halved,
        **projected,
        **block(5, 128, 56),
        "add_1": [56, 56, 512],
    }
    rows = {node["name"]: node for node in report["nodes"]}
    assert rows["Bottleneck_4.skip_1"]["inputs"] == [
        "Bottleneck_4.skip_1.shortcut.batch_norm_1",
        "Bottleneck_4.skip_1.batch_norm_3",
    ]
    assert rows["Bottleneck_1.skip_1"]["inputs"] == ["conv1x1_1", "Bottleneck_1.skip_1.batch_norm_3"]
    assert rows["add_1"]["inputs"] == ["Bottleneck_4.relu_1", "Bottleneck_5.relu_1"]
    assert rows["Bottleneck_2.skip_1"]["line"] == 7  # where it is written, not where it is used
    assert report["outputs"] == {"add_1": [56, 56, 512]}


def test_a_block_needs_its_required_param_and_knows_no_other() -> None:
    layers = "  - 1x1: 256\n  - Bottleneck\n  - Bottleneck: {filters: 64, stride: 2}\n"
    Path("spec.yaml").write_text(spec(layers, "[56, 56, 64]", BOTTLENECK))
    assert command("validate", "spec.yaml") == (
        1,
        "spec.yaml:21:5: error NS203: the block `Bottleneck` needs its param `filters`\n"
        "   21 |   - Bottleneck\n"
        "      |     ^^^^^^^^^^\n"
        "spec.yaml:22:31: error NS202: "
        "the block `Bottleneck` has no param 'stride'; did you mean `strides`?\n"
        "   22 |   - Bottleneck: {filters: 64, stride: 2}\n"
        "      |                               ^^^^^^\n"
        "  fix: strides\n"
        "1 file, 2 errors\n",
        "",
    )


def test_an_inception_row() -> None:
    report = inspected(spec("  - inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}\n"))
    assert shapes(report) == {
        "inception_1.conv1x1": [28, 28, 64],
        "inception_1.conv3x3_reduce": [28, 28, 96],
        "inception_1.conv3x3": [28, 28, 128],
        "inception_1.conv5x5_reduce": [28, 28, 16],
        "inception_1.conv5x5": [28, 28, 32],
        "inception_1.pool": [28, 28, 192],
        "inception_1.pool_project": [28, 28, 32],
        "inception_1": [28, 28, 256],
    }


@pytest.mark.parametrize(("merge", "channels"), [("", 64 + 128 + 192), ("      merge: concat\n", 64 + 128 + 192)])
def test_inception_branches(merge: str, channels: int) -> None:
    layers = """\
  - inception:
      branches:                                   # any bodies, by name; an empty one is the identity
        narrow: [{1x1: 64}]
        wide:
          - 1x1: 96
          - conv: {filters: 128, kernel_size: 3, padding: same}
        itself: []
"""
    report = inspected(spec(layers + merge))
    assert shapes(report) == {
        "inception_1.narrow.conv1x1_1": [28, 28, 64],
        "inception_1.wide.conv1x1_1": [28, 28, 96],
        "inception_1.wide.conv_1": [28, 28, 128],
        "inception_1": [28, 28, channels],
    }
    assert report["nodes"][-1]["inputs"] == [
        "inception_1.narrow.conv1x1_1",
        "inception_1.wide.conv_1",
        "input",
    ]


@pytest.mark.parametrize(
    ("merge", "words"),
    [("add", "add"), ("average", "average"), ("maximum", "take the maximum of"), ("multiply", "multiply")],
)
def test_branches_that_merge_in_place_agree_in_everything(merge: str, words: str) -> None:
    layers = f"  - inception: {{branches: {{a: [{{1x1: 8}}], b: [{{1x1: 8}}]}}, merge: {merge}}}\n"
    assert one(layers)["output_shape"] == [28, 28, 8]
    Path("spec.yaml").write_text(spec(layers.replace("b: [{1x1: 8}]", "b: [{1x1: 9}]")))
    status, out, _ = command("validate", "spec.yaml")
    assert status == 1
    assert out.splitlines()[0] == (
        "spec.yaml:4:5: error NS403: inception `inception_1`: "
        f"cannot {words} 28 x 28 x 8 and 28 x 28 x 9: 8 channels against 9"
    )


@pytest.mark.parametrize(
    ("node", "inputs", "shape"),
    [
        ("skip: [{1x1: 192}, relu]", ["input", "skip_1.relu_1"], [28, 28, 192]),
        ("skip: {body: [{1x1: 192}]}", ["input", "skip_1.conv1x1_1"], [28, 28, 192]),
        (
            "skip: {body: [{1x1: 192}], shortcut: identity, merge: add}",
            ["input", "skip_1.conv1x1_1"],
            [28, 28, 192],
        ),
        # DenseNet's.
        ("skip: {body: [{1x1: 32}], merge: concat}", ["input", "skip_1.conv1x1_1"], [28, 28, 224]),
        ("skip: {body: [{1x1: 192}], merge: average}", ["input", "skip_1.conv1x1_1"], [28, 28, 192]),
        ("skip: {body: [{1x1: 192}], merge: maximum}", ["input", "skip_1.conv1x1_1"], [28, 28, 192]),
        (
            "skip: {body: [{conv: {filters: 32, kernel_size: 2, strides: 2}}], shortcut: project}",
            ["skip_1.shortcut.conv1x1_1", "skip_1.conv_1"],
            [14, 14, 32],
        ),
        (
            "skip: {body: [{1x1: 32}, batch_norm], shortcut: project}",
            ["skip_1.shortcut.batch_norm_1", "skip_1.batch_norm_1"],
            [28, 28, 32],
        ),
        (
            "skip: {body: [{1x1: 32}], shortcut: [{1x1: 32}, relu]}",
            ["skip_1.shortcut.relu_1", "skip_1.conv1x1_1"],
            [28, 28, 32],
        ),
        # Squeeze-and-excitation's gate: one number a channel.
        (
            "skip: {merge: multiply, body: [{global_pool: {keepdims: true}}, {1x1: 12}, relu, {1x1: 192}, sigmoid]}",
            ["input", "skip_1.sigmoid_1"],
            [28, 28, 192],
        ),
    ],
)
def test_skips(node: str, inputs: list[str], shape: list[int]) -> None:
    row = one(f"  - {node}\n")
    assert (row["name"], row["kind"], row["inputs"], row["output_shape"]) == ("skip_1", "skip", inputs, shape)


def test_a_head_ends_in_an_output_and_the_chain_goes_on_from_where_it_left() -> None:
    layers = "  - 1x1: 64\n  - head: {name: aux1, body: [global_pool, {dense: 10}]}\n  - pool\n"
    report = inspected(spec(layers))
    assert report["outputs"] == {"pool_1": [14, 14, 64], "aux1": [10]}
    assert [(node["name"], node["inputs"]) for node in report["nodes"]] == [
        ("conv1x1_1", ["input"]),
        ("aux1.global_pool_1", ["conv1x1_1"]),
        ("aux1.dense_1", ["aux1.global_pool_1"]),
        ("pool_1", ["conv1x1_1"]),
    ]


def test_share_counts_weights_once() -> None:
    layers = "  - conv: {name: c, filters: 192, kernel_size: 3, padding: same}\n  - conv: {share: c}\n"
    report = inspected(spec(layers))
    assert report["totals"]["parameters"] == 9 * 192 * 192 + 192
    assert [(node["name"], node["parameters"], node.get("share")) for node in report["nodes"]] == [
        ("c", 9 * 192 * 192 + 192, None),
        ("conv_1", 0, "c"),
    ]


def test_trainable_false_moves_weights_to_those_that_stay() -> None:
    totals = inspected(spec("  - 1x1: {filters: 8, trainable: false}\n  - 1x1: 8\n"))["totals"]
    assert (totals["trainable_parameters"], totals["non_trainable_parameters"]) == (8 * 8 + 8, 192 * 8 + 8)


def test_names_of_nodes_that_have_none_and_of_repeated_ones() -> None:
    layers = """\
  - 1x1: 8
  - conv: {filters: 8, kernel_size: 3, padding: same}
  - 1x1: 8
  - conv: {filters: 8, kernel_size: 3, padding: same, name: s, repeat: 3}
  - relu: {repeat: 2}
  - conv: {filters: 8, kernel_size: 3, padding: same}
  - dropout: {rate: 0.5, repeat: 0}
  - Stage: {name: stage4}
  - concat: {from: [stage4.last, s_1, s_3, Stage_1.last, input]}
"""
    blocks = "blocks:\n  Stage:\n    layers: [{1x1: 4}, {relu: {name: last}}]\n"
    layers = "  - Stage\n" + layers
    report = inspected(spec(layers, "[28, 28, 192]", blocks))
    assert shapes(report) == {
        "Stage_1.conv1x1_1": [28, 28, 4],
        "Stage_1.last": [28, 28, 4],
        "conv1x1_1": [28, 28, 8],
        "conv_1": [28, 28, 8],
        "conv1x1_2": [28, 28, 8],
        "s_1": [28, 28, 8],
        "s_2": [28, 28, 8],
        "s_3": [28, 28, 8],
        "relu_1": [28, 28, 8],
        "relu_2": [28, 28, 8],
        "conv_2": [28, 28, 8],
        "stage4.conv1x1_1": [28, 28, 4],
        "stage4.last": [28, 28, 4],
        "concat_1": [28, 28, 4 + 8 + 8 + 4 + 192],
    }
    assert report["nodes"][-1]["inputs"] == ["stage4.last", "s_1", "s_3", "Stage_1.last", "input"]


@pytest.mark.parametrize(
    ("expression", "filters"),
    [
        ("4 * $filters", 256),
        ("$channels // 2", 96),
        ("$widths[3]", 40),
        ("$widths[0] + $widths[1] * 2", 50),
        ("$filters if $deep else 1", 64),
        ("2 if $filters == 0 else 1", 1),
        ("3 if not $deep or $filters >= 64 and $height == $width else 1", 3),
        ("$filters ** 2 % 100 - 90", 6),
        ("int($filters / 3)", 21),
        ("min($widths) + max($widths)", 50),
        ("len($widths) + sum($widths)", 104),
        ("abs(-$filters)", 64),
        ("round($filters / 7)", 9),
        ("floor($filters / 7)", 9),
        ("ceil($filters / 7)", 10),
        ("$height", 28),
    ],
)
def test_expressions(expression: str, filters: int) -> None:
    params = "params: {filters: 64, deep: true, widths: [10, 20, 30, 40]}\n"
    read = "  - dropout: {rate: 0 * ($filters + len($widths)), when: $deep}\n"  # so that no param goes unread
    report = inspected(spec(read + f'  - 1x1: "{expression}"\n', more=params))
    assert report["nodes"][-1]["output_shape"] == [28, 28, filters]


def test_index_counts_repetitions_from_0() -> None:
    text = spec(
        "  - conv:\n"
        "      name: s\n"
        "      filters: $widths[$index]\n"
        "      kernel_size: 3\n"
        "      strides: 2 if $index == 0 else 1\n"
        "      padding: 1\n"
        "      rounding: floor\n"
        "      repeat: len($widths)\n",
        more="params: {widths: [8, 16, 32]}\n",
    )
    assert shapes(inspected(text)) == {"s_1": [14, 14, 8], "s_2": [14, 14, 16], "s_3": [14, 14, 32]}
    assert shapes(inspected(text, "--set", "widths=[4, 5]")) == {"s_1": [14, 14, 4], "s_2": [14, 14, 5]}


def test_a_name_alone_stands_for_text_and_when_leaves_out() -> None:
    text = spec(
        "  - conv: {filters: 8, kernel_size: 3, padding: $how}\n  - dropout: {rate: 0.5, when: $drop}\n  - relu\n",
        more="params: {how: same, drop: true}\nvariants:\n  bare: {how: valid, drop: false}\n",
    )
    assert shapes(inspected(text)) == {"conv_1": [28, 28, 8], "dropout_1": [28, 28, 8], "relu_1": [28, 28, 8]}
    assert shapes(inspected(text, "--variant", "bare")) == {"conv_1": [26, 26, 8], "relu_1": [26, 26, 8]}


def test_1x1_starts_from_the_defaults_of_conv_then_its_own() -> None:
    defaults = "defaults:\n  conv: {use_bias: false, kernel_size: 5, activation: relu}\n"
    text = spec("  - conv: 8\n  - 1x1: 8\n", more=defaults).replace("conv: 8\n", "conv: {filters: 8}\n")
    assert inspected(text)["totals"]["parameters"] == 25 * 192 * 8 + 8 * 8
    own = text.replace("layers:", "  1x1: {use_bias: true}\nlayers:")
    assert inspected(own)["totals"]["parameters"] == 25 * 192 * 8 + 8 * 8 + 8


TRAINING = """\
netspec: 1
name: whole
description: every section of the language's page
input: {shape: [8, 8, 1], dtype: float32, name: image}
layers:
  - flatten
  - dense: {name: digit, units: 10, activation: softmax}
outputs: {class: digit}
limits: {parameters: 5M, macs: 1G, activation_memory: 2GiB, receptive_field: 8}
data: {source: digits, validation_split: 0.2}
train:
  epochs: 30
  batch_size: 64
  optimizer: {adam: {learning_rate: 1e-3, weight_decay: 1e-4}}
  schedule: {cosine: {warmup_epochs: 2}}
  loss: sparse_categorical_crossentropy     # per output: {main: …, aux1: …}, with loss_weights
  metrics: [accuracy]
  augment: [{random_translation: {height_factor: 0.1, width_factor: 0.1}}]
  precision: float32                        # or mixed_bfloat16, mixed_float16
  early_stopping: {monitor: val_loss, patience: 5}
  distribute: auto
  seed: 42
"""


def test_a_document_with_every_section() -> None:
    report = inspected(TRAINING)
    assert report == {
        "name": "whole",
        "inputs": {"image": [8, 8, 1]},
        "outputs": {"class": [10]},
        "totals": {
            "parameters": 650,
            "trainable_parameters": 650,
            "non_trainable_parameters": 0,
            "macs": 640,
            "activation_bytes": (64 + 10) * 4,
        },
        "nodes": [
            {
                "name": "flatten_1",
                "kind": "flatten",
                "line": 6,
                "inputs": ["image"],
                "output_shape": [64],
                "parameters": 0,
                "trainable_parameters": 0,
                "macs": 0,
                "receptive_field": 8,
                "jump": None,
            },
            {
                "name": "digit",
                "kind": "dense",
                "line": 7,
                "inputs": ["flatten_1"],
                "output_shape": [10],
                "parameters": 650,
                "trainable_parameters": 650,
                "macs": 640,
                "receptive_field": 8,
                "jump": None,
            },
        ],
    }
