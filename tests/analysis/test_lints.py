"""When advice is given and when not, and how it is suppressed. Whole messages stand in `tests/problems`, files `lint_*` and `ignored*`."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.pipeline import Spec, check, check_text
from netspec.syntax.edits import apply

ZOO = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))


def spec(body: str, head: str = "input: [16, 16, 8]") -> Spec:
    """A spec of a list of nodes."""
    lines = "\n".join(f"  {line}" for line in body.strip("\n").splitlines())
    return check_text(f"netspec: 1\n{head}\nlayers:\n{lines}\n", "spec.yaml")


def advice(checked: Spec) -> list[tuple[str, int]]:
    """Code and line of each problem."""
    return [(p.code, p.span.line) for p in checked.problems]


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_follows_all_advice_or_says_why_not(path: Path) -> None:
    whole = check(path)
    assert whole.document is not None
    for variant in (None, *whole.document.variants):
        assert check(path, variant=variant).problems == (), variant


# --- NS801 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "- conv: {filters: 8, kernel_size: 3, use_bias: true}\n- batch_norm",
        "- conv: {filters: 8, kernel_size: 3, activation: relu}\n- batch_norm",
        "- conv: {filters: 8, kernel_size: 3}\n- relu\n- batch_norm",
        "- conv: {filters: 8, kernel_size: 3}\n- group_norm: 2",
        "- conv: {filters: 8, kernel_size: 3}\n- batch_norm: {trainable: false}",
        "- conv: {filters: 8, kernel_size: 3}\n- batch_norm: {axis: 1}",
        "- conv: {filters: 8, kernel_size: 3, name: a}\n- batch_norm\n- crop: 0\n- concat: {from: [a, crop_1]}",
        "- conv: {filters: 8, kernel_size: 3, padding: same, name: a}\n- batch_norm\n- relu\n- conv: {share: a}",
        "- conv: {filters: 8, kernel_size: 3, activation: relu, repeat: 2}\n- batch_norm",
        "- conv: {filters: 8, kernel_size: 3, groups: 8, repeat: 2}\n- batch_norm",
    ],
)
def test_a_bias_that_does_something_stays(body: str) -> None:
    assert advice(spec(body)) == []


def test_a_bias_under_defaults_is_meant() -> None:
    head = "input: [16, 16, 8]\ndefaults: {conv: {use_bias: true}}"
    assert advice(spec("- conv: {filters: 8, kernel_size: 3}\n- batch_norm", head)) == []


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("- 1x1: 4\n- batch_norm", "- 1x1: {filters: 4, use_bias: false}\n  - batch_norm"),
        ("- separable_conv: {filters: 4, kernel_size: 3}\n- batch_norm", "kernel_size: 3, use_bias: false}"),
        ("- flatten\n- dense:\n    units: 4\n- batch_norm", "    units: 4\n      use_bias: false\n"),
        ("- depthwise_conv: {kernel_size: 3, activation: linear}\n- batch_norm", "linear, use_bias: false}"),
    ],
)
def test_the_bias_is_taken_away_where_it_stands(body: str, after: str) -> None:
    checked = spec(body)
    (problem,) = checked.problems
    (fix,) = problem.fixes
    mended = apply(checked.text, fix.edits)
    assert problem.code == "NS801"
    assert after in mended
    assert check_text(mended).problems == ()


# --- NS803 ------------------------------------------------------------------------------------------------------------

SMALL = "- conv: {filters: 8, kernel_size: 3, activation: relu}\n"


@pytest.mark.parametrize(
    ("end", "given"),
    [
        ("- global_pool\n- dense: 2", [("NS803", 5)]),
        ("- global_pool: {keepdims: true}\n- 1x1: 2\n- flatten", [("NS803", 5)]),
        ("- pool: {type: avg, pool_size: 14}\n- flatten", [("NS803", 5)]),
        ("- global_pool: max\n- dense: 2", []),
        ("- flatten\n- dense: 2", []),
        ("- conv: {filters: 2, kernel_size: 14, activation: relu}\n- global_pool", []),
        ("- relu", []),  # says something of each place
        ("- conv: {filters: 2, kernel_size: 12, activation: relu, dilation_rate: 1}\n- global_pool", [("NS803", 6)]),
        ("- skip: {body: [{global_pool: {keepdims: true}}, {1x1: 8}], merge: multiply}\n- global_pool", []),
    ],
)
def test_a_mean_of_pieces(end: str, given: list[tuple[str, int]]) -> None:
    assert advice(spec(SMALL + end)) == given


def test_unknown_sizes_are_not_judged() -> None:
    assert advice(spec(SMALL + "- global_pool", "input: [null, null, 8]")) == []
    assert advice(spec("- global_pool\n- dense: 3")) == []  # nothing has looked at the input yet


# --- NS806 ------------------------------------------------------------------------------------------------------------

TWO = "- flatten\n- head: {name: aux, body: [{dense: 3}]}\n- dense: {units: 3, name: main}\n"


@pytest.mark.parametrize(
    ("loss", "given"),
    [
        ("{main: sparse_categorical_crossentropy}", [("NS806", 3)]),
        ("{main: sparse_categorical_crossentropy, aux: null}", []),
        ("{main: sparse_categorical_crossentropy, aux: huber}", []),
        ("sparse_categorical_crossentropy", []),
    ],
)
def test_each_output_is_named_or_none(loss: str, given: list[tuple[str, int]]) -> None:
    assert advice(spec(TWO, f"input: [4, 4, 1]\ntrain: {{loss: {loss}}}")) == given


# --- NS807 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ("- 1x1: 8\n- 1x1: 8", [("NS807", 5)]),
        ("- conv: {filters: 16, kernel_size: 3}\n- 1x1: 8", [("NS807", 5)]),
        ("- flatten\n- dense: 64\n- dropout: 0.5\n- dense: 10", [("NS807", 7)]),
        ("- 1x1: {filters: 8, use_bias: false}\n- batch_norm\n- linear\n- 1x1: 8", [("NS807", 7)]),
        ("- 1x1: {filters: 8, strides: 2, rounding: floor}\n- 1x1: 8", [("NS808", 4), ("NS807", 5)]),
        ("- 1x1: 8\n- relu\n- 1x1: 8", []),
        ("- 1x1: {filters: 8, activation: relu}\n- 1x1: 8", []),
        ("- 1x1: 8\n- layer_norm\n- 1x1: 8", []),
        ("- 1x1: 2\n- 1x1: 8", []),  # of low rank
        ("- conv: {filters: 8, kernel_size: 3}\n- conv: {filters: 8, kernel_size: 3}", []),  # a window of 5
        ("- depthwise_conv: {kernel_size: 3}\n- 1x1: 8", []),
        ("- depthwise_conv: {kernel_size: 3}\n- relu\n- 1x1: 8\n- 1x1: 48", []),  # an inverted residual's narrow end
        ("- 1x1: {filters: 8, groups: 2}\n- 1x1: {filters: 8, groups: 2}", []),
        ("- 1x1: {filters: 8, name: a}\n- 1x1: 8\n- add: {from: [a, conv1x1_1]}", []),
        ("- 1x1: 8\n- skip: [{1x1: 8}]", []),
        ("- 1x1: {filters: 8, name: a}\n- 1x1: {share: a}", []),
    ],
)
def test_what_two_linear_layers_are_good_for(body: str, given: list[tuple[str, int]]) -> None:
    assert advice(spec(body)) == given


# --- NS802 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["", "- flatten\n", "- reshape: [-1]\n- dropout: 0.1\n"])
def test_a_softmax_is_seen_behind_what_leaves_numbers_as_they_are(after: str) -> None:
    checked = spec(f"- 1x1: 2\n- softmax: {{name: last}}\n{after}", "input: [2, 2, 8]\ntrain: {from_logits: true}")
    output = {"": "last", "- flatten\n": "flatten_1"}.get(after, "dropout_1")
    assert [(each.code, each.message) for each in checked.problems] == [
        ("NS802", f"the output `{output}` ends in a softmax, and `from_logits: true` applies another")
    ]


# --- NS808 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ("- pool: {pool_size: 2, strides: 3, rounding: floor}", [("NS808", 4)]),
        ("- pool: {pool_size: 1, strides: 2, rounding: floor}", [("NS808", 4)]),
        ("- conv: {filters: 4, kernel_size: [3, 1], strides: [1, 2], rounding: floor}", [("NS808", 4)]),
        ("- pool: {pool_size: 3, strides: 2, rounding: floor}", []),  # a rest is not a gap
        (
            "- crop: 7\n- conv: {filters: 2, kernel_size: 1, strides: 2, rounding: floor}",
            [],
        ),  # nor beside a single position
        ("- pool: {pool_size: 3, strides: 3, padding: 1}", []),
        ("- conv_transpose: {filters: 4, kernel_size: 1, strides: 2}", []),
    ],
)
def test_windows_that_jump(body: str, given: list[tuple[str, int]]) -> None:
    assert advice(spec(body)) == given


def test_places_without_end_are_not_looked_at_one_by_one() -> None:
    """Found by a random edit: a set of 10**9 places took all memory."""
    text = "netspec: 1\ninput: [1000000000000, 3]\nlayers:\n  - conv: {filters: 1, kernel_size: 1, strides: 3}\n"
    assert read(text) == []


def test_a_shortcut_may_jump_over_what_the_body_sees() -> None:
    jumping = "- skip: {{shortcut: project, body: [{{{}: {{filters: 4, {}strides: 2, padding: same}}}}]}}"
    assert advice(spec(jumping.format("conv", "kernel_size: 3, "))) == []
    assert advice(spec(jumping.format("1x1", ""))) == [("NS808", 4)]


# --- suppressing --------------------------------------------------------------------------------------------------------

BIASED = "  - conv: {filters: 4, kernel_size: 3}"


def read(text: str) -> list[tuple[str, int]]:
    return advice(check_text(text, "spec.yaml"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(
    "lines",
    [
        f"{BIASED}   # netspec: ignore NS801",
        f"{BIASED} # why not?  # netspec: ignore NS801: it is an experiment",
        f"{BIASED}\t# netspec: ignore NS801, and so on",
        f"  # netspec: ignore NS801\n{BIASED}",
        f"# netspec: ignore NS801 (for now)\n\n  # because\n{BIASED}",
        "  - conv:   # netspec: ignore NS801\n      filters: 4\n      kernel_size: 3",
    ],
)
def test_a_comment_suppresses_its_line_or_the_next(lines: str, end: str) -> None:
    text = f"netspec: 1\ninput: [8, 8, 3]\nlayers:\n{lines}\n  - batch_norm\n"
    assert read(text.replace("\n", end)) == []


def test_a_line_in_a_block_counts_for_all_its_uses() -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
blocks:
  Unit:
    layers:
      - conv: {filters: 4, kernel_size: 3}   # netspec: ignore NS801
      - batch_norm
layers:
  - Unit
  - Unit
"""
    assert read(text) == []


def test_a_comment_suppresses_a_file() -> None:
    text = f"# netspec: ignore-file NS801, NS804: a sketch\nnetspec: 1\nparams: {{n: 1}}\ninput: [8, 8, 3]\nlayers:\n{BIASED}\n  - batch_norm\n"
    assert read(text) == []
    assert read(text.replace("# netspec: ignore-file NS801, NS804: a sketch\n", "")) == [("NS804", 2), ("NS801", 5)]


@pytest.mark.parametrize(
    "description",
    [
        '"a # netspec: ignore NS804"',
        "'a # netspec: ignore NS804'",
        '"a\n  # netspec: ignore NS804\n  b"',
        "|\n  a # netspec: ignore NS804",
        ">-\n  a\n\n  # netspec: ignore NS804\n",
    ],
)
def test_what_stands_in_a_text_is_no_comment(description: str) -> None:
    text = f"netspec: 1\ndescription: {description}\nparams: {{n: 1}}\ninput: [8]\nlayers: [dense: 2]\n"
    assert [code for code, _ in read(text.replace("[dense: 2]", "[{dense: 2}]"))] == ["NS804"]


def test_a_comment_behind_a_block_of_text_is_one() -> None:
    text = "netspec: 1\ndescription: |  # netspec: ignore NS803\n  words\n# netspec: ignore NS804\nparams: {n: 1}\n"
    assert read(text + "input: [8]\nlayers: [{dense: 2}]\n") == [("NS809", 2)]


@pytest.mark.parametrize(
    ("params", "given", "layers", "found"),
    [
        ("{width: 32}", "[32, $width, 3]", "[pool, {resize: {height: 16, width: $width // 2}}]", [("NS812", 2)]),
        ("{length: 32}", "[$length, 3]", "[pool, {reshape: [$length // 2, 3]}]", [("NS812", 2)]),
        ("{index: 2}", "[8]", "[{dense: $index}]", [("NS812", 2)]),
        # Nothing reads it where a node would: it is the input's size and no more.
        ("{channels: 3}", "[32, 32, $channels]", "[{1x1: 4}]", []),
        # It means something else, and everyone who reads it knows.
        ("{width: 16}", "[32, 32, 3]", "[{1x1: $width}]", []),
        ("{size: 32}", "[32, $size, 3]", "[{resize: {height: 16, width: $size // 2}}]", []),
    ],
)
def test_a_param_that_hides_what_a_node_receives(
    params: str, given: str, layers: str, found: list[tuple[str, int]]
) -> None:
    text = f"netspec: 1\nparams: {params}\ninput: {given}\nlayers: {layers}\n"
    assert read(text) == found
    assert read(text.replace("\ninput", "   # netspec: ignore NS812: as it should be\ninput")) == (
        [] if found else [("NS809", 2)]
    )


def test_a_block_may_call_its_params_by_what_nodes_receive() -> None:
    block = "blocks: {B: {params: {width: 96}, layers: [{1x1: $width}]}}"
    assert read(f"netspec: 1\ninput: [8, 8, 3]\n{block}\nlayers: [B]\n") == []
    assert read(f"netspec: 1\ninput: [8, 8, 3]\n{block.replace('width', 'index')}\nlayers: [B]\n") == [("NS812", 3)]


def test_beside_an_error_it_is_said_what_a_param_hides() -> None:
    """A window of the input's width, where the image is smaller by then."""
    text = "netspec: 1\nparams: {width: 32}\ninput: [32, $width, 3]\nlayers: [pool, {pool: {pool_size: $width}}]\n"
    assert read(text) == [("NS812", 2), ("NS402", 4)]


def test_json_has_no_comments() -> None:
    text = '{"netspec": 1, "description": "\\ud83d\\ude00 # netspec: ignore NS804", "params": {"n": 1},\n "input": [8], "layers": [{"dense": 2}]}'
    assert read(text) == [("NS804", 1)]


def test_errors_are_not_suppressed() -> None:
    text = "netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - pool: 3   # netspec: ignore NS204\n"
    assert read(text) == [("NS204", 4), ("NS809", 4)]


def test_beside_errors_a_comment_is_not_called_useless() -> None:
    text = f"netspec: 1\ninput: [8, 8, 3]\nlayers:\n{BIASED}   # netspec: ignore NS801\n  - batch_norm\n  - cnov\n"
    assert read(text) == [("NS201", 6)]


VARIED = """\
netspec: 1
input: [8, 8, 3]
params: {norm: false}
variants: {normed: {norm: true}}
layers:
  - conv: {filters: 4, kernel_size: 3}   # netspec: ignore NS801
  - batch_norm: {when: $norm}
"""


def test_a_comment_may_be_there_for_another_variant() -> None:
    for variant in (None, "normed"):
        assert check_text(VARIED, variant=variant).problems == ()
    assert check_text(VARIED, params={"norm": True}).problems == ()
    assert read(VARIED.replace("variants: {normed: {norm: true}}\n", "")) == [("NS809", 5)]


def test_a_comment_that_is_there_for_no_variant_is_useless() -> None:
    text = VARIED.replace("$norm}", "$norm}   # netspec: ignore NS802")
    for variant in (None, "normed"):
        (problem,) = check_text(text, variant=variant).problems
        assert (problem.code, problem.message) == (
            "NS809",
            "nothing at line 7 raises NS802, so there is nothing to suppress",
        )


def test_a_comment_for_another_param_is_judged_by_the_spec_as_it_stands() -> None:
    text = VARIED.replace("norm: false", "norm: true").replace("variants: {normed: {norm: true}}\n", "")
    assert check_text(text, params={"norm": False}).problems == ()


@pytest.mark.parametrize(
    ("comment", "after"),
    [
        ("   # netspec: ignore NS803", ""),
        ("   # netspec: ignore NS8O1", "   # netspec: ignore NS801"),
        ("   # netspec: ignore ns801: why", "   # netspec: ignore NS801: why"),
    ],
)
def test_a_useless_comment_is_mended(comment: str, after: str) -> None:
    text = f"netspec: 1\ninput: [8, 8, 3]\nlayers:\n{BIASED}{comment}\n  - batch_norm\n"
    checked = check_text(text)
    problem = next(p for p in checked.problems if p.code == "NS809")
    assert apply(text, problem.fixes[0].edits) == text.replace(comment, after)
