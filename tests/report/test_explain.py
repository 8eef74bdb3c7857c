"""`netspec explain`: every page, and a node's arithmetic, which is checked by working it out."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.diagnostics.codes import CODES
from netspec.kinds import FAMILIES, KINDS
from netspec.pipeline import check_text
from netspec.report.arithmetic import figures
from netspec.report.pages.codes import code_page
from netspec.report.pages.kinds import example_of, kind_page
from netspec.report.pages.parts import WIDTH, as_markdown, as_text
from netspec.report.pages.reference import index, reference
from netspec.report.pages.settings import CATALOGUES, SECTIONS, setting_pages, setting_words

ROOT = Path(__file__).parent.parent.parent


def explain(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(["explain", *arguments], out, err), out.getvalue(), err.getvalue()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_code_in_full() -> None:
    status, out, err = explain("NS405")
    assert (status, err) == (0, "")
    assert (
        out
        == """\
NS405: Channels not divisible by groups (error)

The channels are split evenly into groups, so their number must be a multiple of `groups`.

Example
    netspec: 1
    input: [32, 32, 10]
    layers:
      - group_norm: 4

    example.yaml:4:5: error NS405: group_norm `group_norm_1`: the 10 channels of its input must be
        divisible by `groups` (=4)
        4 |   - group_norm: 4
          |     ^^^^^^^^^^
      fix: groups: 2                      -> 32 x 32 x 10; same parameter count, 0 MACs in total
      fix: groups: 5                      -> 32 x 32 x 10; same parameter count, 0 MACs in total

How to fix
Choose a number of groups that divides the number of channels, or change the channels with a `1x1`.
"""
    )


def test_a_code_in_markdown() -> None:
    assert (
        explain("NS405", "--format", "markdown")[1]
        == """\
# NS405

**Channels not divisible by groups (error)**

The channels are split evenly into groups, so their number must be a multiple of `groups`.

**Example**

```yaml
netspec: 1
input: [32, 32, 10]
layers:
  - group_norm: 4
```

```text
example.yaml:4:5: error NS405: group_norm `group_norm_1`: the 10 channels of its input must be divisible by `groups` (=4)
    4 |   - group_norm: 4
      |     ^^^^^^^^^^
  fix: groups: 2                      -> 32 x 32 x 10; same parameter count, 0 MACs in total
  fix: groups: 5                      -> 32 x 32 x 10; same parameter count, 0 MACs in total
```

**How to fix**

Choose a number of groups that divides the number of channels, or change the channels with a `1x1`.
"""
    )


def test_a_kind_in_full() -> None:
    status, out, err = explain("global_pool")
    assert (status, err) == (0, "")
    assert (
        out
        == """\
global_pool

Global pooling: one number for each channel (arXiv 1312.4400).

Input [..., channels]; output [channels], or [1, …, 1, channels] with `keepdims`.

Hyperparameters
  type = avg
      Pooling function. Takes `avg` or `max`.
  keepdims = false
      Whether to keep the spatial dimensions, with size 1. Takes true or false.

Values of `type`
  avg  Mean.
  max  Maximum.

Wiring
Takes one input. Like every node it accepts `name`, `from`, `repeat`, `when`, `share` and
`trainable`. `global_pool: X` is short for `global_pool: {type: X}`.

In Keras
`GlobalAveragePooling1D`, `GlobalAveragePooling2D`, `GlobalAveragePooling3D`, `GlobalMaxPooling1D`,
`GlobalMaxPooling2D`, `GlobalMaxPooling3D`

Example
    - global_pool
"""
    )


def test_a_kind_in_markdown() -> None:
    out = explain("global_pool", "--format", "markdown")[1]
    assert out.startswith("# global_pool\n\nGlobal pooling: one number")
    assert "| `type` | `avg` | `avg` or `max` | Pooling function. |\n" in out
    assert "- `avg`: Mean.\n" in out


def test_the_window_formula_names_the_kind_s_own_words() -> None:
    assert "F is `kernel_size`, or `dilation_rate *" in " ".join(explain("conv")[1].split())
    assert "F is `pool_size`, S is" in " ".join(explain("pool")[1].split())
    assert "F is 1, S is" in " ".join(explain("1x1")[1].split())
    assert "(W - F + 2*P) / S + 1" not in explain("dense")[1]


@pytest.mark.parametrize("subject", ["ns405", "NS405", "405"])
def test_a_code_is_found_however_it_is_written(subject: str) -> None:
    assert explain(subject)[1].startswith("NS405: ")


@pytest.mark.parametrize("subject", [*CODES, *KINDS, *setting_words()])
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_every_page_is_whole(subject: str, form: str) -> None:
    status, out, err = explain(subject, "--format", form)
    assert (status, err) == (0, "")
    assert out.endswith("\n")
    assert "\n\n\n" not in out
    assert "None" not in out
    assert "object at" not in out
    assert " \n" not in out
    if form == "text":
        long = [line for line in out.splitlines() if len(line) > WIDTH]
        assert all(" " not in line.strip() for line in long), long  # one word that cannot be broken
    else:
        assert out.count("```") % 2 == 0
        rows = [line for line in out.splitlines() if line.startswith("|")]
        assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in rows)


def test_the_index_lists_every_page() -> None:
    status, out, err = explain()
    assert (status, err) == (0, "")
    for word in (*CODES, *KINDS):
        assert re.search(rf"^  {word} ", out, re.M), word
    for word in setting_words():
        assert re.search(rf"\b{word}\b", out), word
    assert max(map(len, out.splitlines())) <= WIDTH
    assert explain("--format", "markdown")[1] == as_markdown(index())


def test_every_kind_belongs_to_a_family() -> None:
    assert {cls.family for cls in KINDS.values()} == set(FAMILIES)


def test_settings() -> None:
    assert [page[0] for page in setting_pages("constant")] == [("constant", "schedule"), ("constant", "initializer")]
    assert explain("adam")[1].startswith("adam: optimizer\n\nAdam (arXiv 1412.6980).\n\nFor `optimizer` under `train`.")
    assert "  monitor = val_loss\n" in explain("early_stopping")[1]
    assert "sparse_categorical_crossentropy" in explain("train")[1]
    for name, doc, _ in SECTIONS:
        assert doc in as_text(setting_pages(name)[0])
    for noun, _, table in CATALOGUES:
        for word in table:
            assert (word, noun) in [page[0] for page in setting_pages(word)]


def test_hyperparameters() -> None:
    assert explain("filters")[1] == (
        "filters: hyperparameter\n"
        "\n"
        "Of `conv`, `1x1`, `separable_conv`, `conv_transpose`, `deform_conv`, `conv_lstm`\n"
        "  filters (required)\n"
        "      Number of filters. Takes a whole number of at least 1.\n"
    )
    assert explain("repeat")[1] == "repeat: accepted by every node\n\nNumber of repetitions; `$index` counts from 0.\n"
    assert "Of `adam`, `adamw`, " in explain("learning_rate")[1]
    pages = explain("constant")[1]
    assert pages.startswith("constant\n\nA tensor of numbers")  # the kind comes first, then what has a page of its own
    assert pages.index("\nconstant: schedule\n") < pages.index("\nconstant: initializer\n")


@pytest.mark.parametrize(
    ("subject", "hint"),
    [
        ("conv2d", "; did you mean `conv`?"),
        ("NS4O1", "; did you mean `NS4"),
        ("NS999", "; did you mean `NS"),
        ("botch_norm", "; did you mean `batch_norm`?"),
        ("adamm", "; did you mean `adam`?"),
        ("zzz", "; `netspec explain` lists the pages"),
        ("", "; `netspec explain` lists the pages"),
    ],
)
def test_what_has_no_page(subject: str, hint: str) -> None:
    status, out, err = explain(subject)
    assert (status, out) == (2, "")
    assert err.startswith(f"netspec explain: there is no page '{subject}'{hint}")


# --- examples ---------------------------------------------------------------------------------------------------------

INPUTS = (
    "[4096]",
    "[512, 1]",
    "{shape: [1], dtype: string}",
    "[24, 24, 64]",
    "[24, 24, 3]",
    "[32, 8]",
    "{shape: [32], dtype: int32}",
)


def surrounded(example: str, shape: str) -> str:
    """A spec that holds the example's nodes."""
    nodes = "".join(f"  {line}\n" for line in example.splitlines())
    if KINDS[example.removeprefix("- ").partition(":")[0].strip()].mixes_labels:
        nodes = "".join(f"    {line}\n" for line in example.splitlines())
        return f"netspec: 1\ninput: {shape}\nlayers: [relu]\ntrain:\n  augment:\n{nodes}"
    if "hashed_crossing" in example:  # of two inputs that are no images
        one = "{shape: [1], dtype: string}"
        return f"netspec: 1\ninputs: {{a: {one}, b: {one}}}\nlayers:\n{nodes}"
    before = "  - relu: {name: a}\n  - relu: {name: b}\n" if "from: [a, b]" in example else ""
    return f"netspec: 1\ninput: {shape}\nlayers:\n{before}{nodes}"


@pytest.mark.parametrize("word", KINDS)
def test_the_example_of_a_kind_is_right(word: str) -> None:
    example = example_of(KINDS[word])
    tried = [check_text(surrounded(example, shape), repairs=False) for shape in INPUTS]
    assert any(spec.ok for spec in tried), [p.message for spec in tried for p in spec.problems]
    assert re.search(rf"^- {word}\b", example, re.M)


# --- arithmetic -------------------------------------------------------------------------------------------------------

NODES = {
    "[28, 28, 192]": [
        "conv: {filters: 96, kernel_size: 3, padding: 1}",
        "conv: {filters: 96, kernel_size: [3, 5], padding: [1, [2, 1]], strides: [1, 2], rounding: floor}",
        "conv: {filters: 96, kernel_size: 3, padding: same, strides: 3}",
        "conv: {filters: 96, kernel_size: 3, dilation_rate: 2, use_bias: false}",
        "conv: {filters: 96, kernel_size: 3, groups: 32}",
        "1x1: 64",
        "1x1: {filters: 64, strides: 2, rounding: floor}",
        "depthwise_conv: {kernel_size: 3}",
        "depthwise_conv: {kernel_size: 3, depth_multiplier: 2, use_bias: false}",
        "separable_conv: {filters: 64, kernel_size: 3}",
        "separable_conv: {filters: 64, kernel_size: 3, depth_multiplier: 2, use_bias: false}",
        "conv_transpose: {filters: 64, kernel_size: 3, strides: 2}",
        "conv_transpose: {filters: 64, kernel_size: [3, 2], use_bias: false, padding: same}",
        "deform_conv: {filters: 64, kernel_size: 3}",
        "deform_conv: {filters: 64, kernel_size: 3, modulated: true, deformable_groups: 2, use_bias: false}",
        "pool: {pool_size: 3, strides: 2, rounding: ceil}",
        "pool: {pool_size: 3, strides: 2, padding: same}",
        "dense: 10",
        "dense: {units: 10, use_bias: false}",
        "batch_norm",
        "batch_norm: {scale: false}",
        "batch_norm: {scale: false, center: false}",
        "batch_norm: {axis: 1}",
        "layer_norm",
        "layer_norm: {axis: [1, 2, 3], center: false}",
        "layer_norm: {center: false, scale: false}",
        "group_norm: 32",
        "prelu",
        "relu",
        "lrn",
        "layer_scale",
    ],
    "[100, 7]": [
        "conv: {filters: 9, kernel_size: 3, strides: 2, padding: [[0, 1]]}",
        "lstm: 16",
        "lstm: {units: 16, bidirectional: concat, use_bias: false}",
        "gru: 16",
        "gru: {units: 16, reset_after: false}",
        "gru: {units: 16, use_bias: false}",
        "simple_rnn: {units: 16, bidirectional: sum}",
        "multi_head_attention: {num_heads: 2, key_dim: 8}",
        "multi_head_attention: {num_heads: 2, key_dim: 8, value_dim: 3, use_bias: false}",
    ],
    "[100]": ["dense: 10", "embedding: {input_dim: 1000, output_dim: 8}"],
    "[6, 7, 8, 2]": ["conv: {filters: 3, kernel_size: [2, 3, 2], strides: [2, 1, 3]}", "pool: {strides: 1}"],
}


@pytest.mark.parametrize(("shape", "node"), [(shape, node) for shape, nodes in NODES.items() for node in nodes])
def test_arithmetic_comes_out(shape: str, node: str) -> None:
    dtype = "int32" if "embedding" in node else "float32"
    spec = check_text(f"netspec: 1\ninput: {{shape: {shape}, dtype: {dtype}}}\nlayers:\n  - {node}\n")
    assert spec.ok, [p.message for p in spec.problems]
    assert spec.graph is not None
    made = spec.graph.nodes[-1]
    lines = figures(spec.graph, made)
    names = [name for name, _ in lines]
    assert names[:2] == ["input", "output"]
    assert "weights" in names
    assert ("MACs" in names) == bool(made.macs)
    for name, line in lines[2:]:
        worked_out(name, line, spec.graph.nodes[-1].shape or ())
    text = dict(lines)["weights"]
    assert text == "none" if not sum(made.weights) else f"{sum(made.weights):,}" in text
    if made.macs:
        assert dict(lines)["MACs"].endswith(f"{made.macs:,}")
    if sum(made.weights) and not node.startswith("layer_scale"):
        assert " = " in text


def worked_out(name: str, line: str, shape: tuple[int | None, ...]) -> None:
    """Every `sum = figure` in a line holds."""
    for sum_, figure in re.findall(r"(?:^|: )([-0-9()*/+ ]+) = ([-0-9.,]*[0-9])", line):
        value = eval(sum_)  # digits and operators
        assert value == pytest.approx(float(figure.replace(",", "")), rel=1e-3), line
        if name in ("window", "") and "rounds to" not in line:
            assert value in shape


def test_what_a_node_s_page_says() -> None:
    text = "netspec: 1\ninput: [28, 28, 192]\nparams: {width: 96}\nlayers:\n  - conv: {filters: $width, kernel_size: 3, strides: 2, padding: same, name: mid}\n"
    status, page, err = node_page_of(text, "mid")
    assert (status, page.partition("\nHow the window slides\n")[0], err) == (
        0,
        """\
mid: conv, line 5 of spec.yaml

    conv: {filters: 96, kernel_size: 3, strides: 2, padding: same}

A window of size F with stride S over an input of size W, padded by P on each side, has (W - F +
2*P) / S + 1 positions.

  input            28 x 28 x 192 from `input`
  output           14 x 14 x 96
  window           rows and columns: (28 - 3 + 0 + 1) / 2 + 1 = 14
  weights          3*3*192*96 + 96 = 165,984
  MACs             14*14 * 3*3*192*96 = 32,514,048
  receptive field  1 + (3 - 1)*1 = 3 of the input along each dimension, in steps of 2
""",
        "",
    )


def node_page_of(text: str, *arguments: str) -> tuple[int, str, str]:
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "spec.yaml").write_text(text, encoding="utf-8")
        before = Path.cwd()
        os.chdir(folder)
        try:
            return explain("spec.yaml", *arguments)
        finally:
            os.chdir(before)


BLOCKS = """\
netspec: 1
input: [10, 10, 4]
params: {width: 6}
variants: {wide: {width: 60}}
blocks:
  Unit:
    layers:
      - conv: {filters: $width, kernel_size: 3, name: inner}
layers:
  - Unit: {repeat: 2}
  - conv: {filters: 6, kernel_size: 3, name: own}
  - conv: {share: own}
  - batch_norm
"""


def test_nodes_inside_blocks_by_path_or_by_layer() -> None:
    for name in ("Unit_2.inner", "Unit_2_inner"):
        status, out, _ = node_page_of(BLOCKS, name)
        assert status == 0
        assert out.startswith("Unit_2.inner: conv, line 8 of spec.yaml\n")


def test_params_and_variants_count() -> None:
    assert "3*3*4*6 + 6 = 222\n" in node_page_of(BLOCKS, "Unit_1.inner")[1]
    assert "3*3*4*7 + 7 = 259\n" in node_page_of(BLOCKS, "Unit_1.inner", "--set", "width=7")[1]
    assert "3*3*4*60 + 60 = 2,220\n" in node_page_of(BLOCKS, "Unit_1.inner", "--variant", "wide")[1]


def test_shared_and_frozen_weights() -> None:
    assert "weights          those of `own`\n" in node_page_of(BLOCKS, "conv_1")[1]
    assert "weights  2*6 + 2*6 = 24 (12 non-trainable)\n" in node_page_of(BLOCKS, "batch_norm_1")[1]
    assert "weights  none\n" in node_page_of("netspec: 1\ninput: [8]\nlayers: [relu]\n", "relu_1")[1]


def test_an_input() -> None:
    assert node_page_of(BLOCKS, "input")[:2] == (0, "input: input, line 2 of spec.yaml\n\n  output  10 x 10 x 4\n")


def test_a_node_that_is_wrong() -> None:
    text = "netspec: 1\ninput: [10, 10, 3]\nlayers:\n  - conv: {filters: 16, kernel_size: 3, strides: 2}\n"
    assert node_page_of(text, "conv_1") == (
        1,
        """\
conv_1: conv, line 4 of spec.yaml

    conv: {filters: 16, kernel_size: 3, strides: 2}

A window of size F with stride S over an input of size W, padded by P on each side, has (W - F +
2*P) / S + 1 positions.

  input            10 x 10 x 3 from `input`
  output           ? x ? x 16
  window           rows and columns: (10 - 3 + 2*0) / 2 + 1 = 4.5, which is not whole
  weights          3*3*3*16 + 16 = 448
  receptive field  1 + (3 - 1)*1 = 3 of the input along each dimension, in steps of 2

error NS401: conv `conv_1`: a window of 3 with stride 2 does not tile 10 columns: (10 - 3 + 2*0) / 2
+ 1 = 4.5

Verified fixes
  kernel_size: 4             4 x 4 x 16
  padding: [[0, 1], [0, 1]]  5 x 5 x 16
  rounding: floor            4 x 4 x 16, drops the last row and column
""",
        "spec.yaml has 1 error; `netspec validate` shows them\n",
    )


@pytest.mark.parametrize(
    "node",
    [
        "conv: {filters: 16, kernel_size: [3, 3, 3]}",
        "conv: {filters: 16, kernel_size: 30}",
        "conv: {filters: 16, kernel_size: 3, groups: 2}",
        "conv: {filters: 16, kernel_size: 3, padding: [1, 2, 3]}",
        "lstm: 8",
        "add",
        "reshape: [7]",
        "dense: x",
        "softmax: {axis: 9}",
        "batch_norm: {axis: 9}",
        "prelu: {shared_axes: [9]}",
        "multi_head_attention: {num_heads: 2, key_dim: 3, from: [input, input, input, input]}",
    ],
)
@pytest.mark.parametrize("shape", ["[10, 10, 3]", "[null, null, 3]", "[null, null, null]", "[5]", "[]"])
def test_no_wrong_node_breaks_its_page(node: str, shape: str) -> None:
    text = f"netspec: 1\ninput: {shape}\nlayers:\n  - {node}\n"
    graph = check_text(text).graph
    assert graph is not None
    status, out, err = node_page_of(text, graph.nodes[-1].path or "input")
    assert status in (0, 1), err
    assert "internal error" not in err
    assert "None" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a node of 'spec.yaml': input, Unit_1.inner, Unit_2.inner, own, conv_1, batch_norm_1"),
        (("Unit_1",), "'Unit_1' is not a node but contains 1 node: Unit_1.inner"),
        (("ovn",), "there is no node 'ovn' in 'spec.yaml'; did you mean 'own'?"),
        (
            ("zzz",),
            "there is no node 'zzz' in 'spec.yaml': input, Unit_1.inner, Unit_2.inner, own, conv_1, batch_norm_1",
        ),
        (("own", "more"), "unrecognized arguments: more"),
    ],
)
def test_nodes_that_are_not_there(arguments: tuple[str, ...], message: str) -> None:
    status, out, err = node_page_of(BLOCKS, *arguments)
    assert (status, out) == (2, "")
    assert err.splitlines()[0] == f"netspec explain: {message}"


def test_a_file_that_cannot_be_read() -> None:
    status, out, err = explain("nowhere.yaml", "conv_1")
    assert (status, out) == (1, "")
    assert err == "nowhere.yaml:1:1: error NS111: cannot read 'nowhere.yaml': no such file or directory\n"


# --- the reference ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", reference())
def test_the_reference_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == reference()[name](), "run tools/write_reference.py"


def test_the_reference_holds_every_page() -> None:
    texts = {name: text() for name, text in reference().items()}
    for code in CODES.values():
        assert as_markdown(code_page(code), 3) in texts["docs/problems.md"]
    for cls in KINDS.values():
        assert as_markdown(kind_page(cls), 3) in texts["docs/kinds.md"]
    for word in setting_words():
        assert re.search(rf"^##+ {word}$", texts["docs/settings.md"], re.M)


def test_the_tool_fails_on_drift(tmp_path: Path) -> None:
    tool = ROOT / "tools" / "write_reference.py"
    copy = tmp_path / "tools" / "write_reference.py"
    copy.parent.mkdir()
    (tmp_path / "docs").mkdir()
    copy.write_text(tool.read_text(encoding="utf-8"), encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, str(copy), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})
        return done.returncode, done.stdout + done.stderr

    assert run("--check")[0] == 1
    assert run() == (0, "")
    assert run("--check") == (0, "")
    page = tmp_path / "docs" / "kinds.md"
    page.write_text(page.read_text(encoding="utf-8") + "a line of somebody's own\n", encoding="utf-8")
    assert run("--check") == (1, "docs/kinds.md is not current; run tools/write_reference.py\n")


def test_no_page_needs_keras() -> None:
    script = (
        "import sys\nfrom netspec.cli import main\n"
        "for subject in ('NS401', 'conv', 'adam'): assert main(['explain', subject], sys.stdout, sys.stderr) == 0\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'numpy', 'sklearn', 'jsonschema', 'rich'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
