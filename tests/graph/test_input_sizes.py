"""`inspect --sizes` against brute force: each size worked out as if the spec said it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.cli import main
from netspec.diagnostics.problems import Problems
from netspec.graph import input_sizes
from netspec.graph.elaboration import elaborate
from netspec.graph.input_sizes import Run, Sizes, sizes_of
from netspec.graph.model import Graph
from netspec.kinds.window import Windowed
from netspec.pipeline import Spec, check, check_text
from netspec.report.sizes import describe
from netspec.spec.document import Document, Given

SPECS = Path(__file__).parent.parent.parent / "specs"


WRONG_SIZES = {"NS401", "NS402", "NS403", "NS409"}


def answers(spec: Spec) -> tuple[Sizes, ...]:
    assert codes_of(spec) <= WRONG_SIZES, spec.problems
    assert spec.document is not None
    assert spec.graph is not None
    return sizes_of(spec.document, spec.graph)


def tried(spec: Spec, answer: Sizes, size: int) -> tuple[bool, bool]:
    """Is a size valid, and do all windows reach the end of their input?"""
    assert spec.document is not None
    assert spec.graph is not None
    inputs = []
    names = ("depth", "height", "width")[4 - len(answer.shape) :] if len(answer.shape) > 2 else ("length",)
    for declared, index in zip(spec.document.inputs, spec.graph.inputs, strict=True):
        shape: list[Any] = list(spec.graph.nodes[index].shape or ())
        if declared.name in answer.inputs:
            shape = [size if i < len(names) and names[i] in answer.dimensions else s for i, s in enumerate(shape)]
        inputs.append(declared._replace(shape=Given(shape, declared.shape.tree, False)))
    problems = Problems()
    graph = elaborate(spec.document._replace(inputs=tuple(inputs)), problems, spec.graph.params)
    if problems.has_errors:
        return False, False
    for node in graph.nodes:
        if not isinstance(node.config, Windowed) or node.config.padding == "same" or node.shape is None:
            continue
        if node.config.rounding == "floor":
            x = graph.nodes[node.inputs[0]].shape or ()
            for width, out, window in zip(x, node.shape, node.config.windows(x, len(x) - 1), strict=False):
                assert width is not None
                assert out is not None
                assert window is not None
                if (out - 1) * window.stride + window.size - window.before < width:
                    return True, False
    return True, True


def agree(spec: Spec, most: int) -> None:
    """Compare every answer about a spec with brute force."""
    for answer in answers(spec):
        for size in range(1, most + 1):
            known = [run.start is not None or size <= run.searched for run in (answer.valid, answer.exact)]
            said = answer.valid.holds(size), answer.exact.holds(size)
            assert not all(known) or said == tried(spec, answer, size), (answer, size)
        if answer.failure is not None:
            assert not tried(spec, answer, answer.failure.size)[0]


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "corners_cnn",
        "densenet_digits",
        "inception_digits",
        "lenet5",
        "nin",
        "resnet_cifar",
        "resnet_digits",
        "siamese",
        "signal_cnn",
        "squeezenet",
        "unet",
        "vgg16",
        "zfnet",
    ],
)
def test_the_zoo_by_brute_force(name: str) -> None:
    spec = check(SPECS / f"{name}.yaml")
    assert all(answer.valid.start is not None for answer in answers(spec))
    agree(spec, 400)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in SPECS.glob("*.yaml")))
def test_the_whole_zoo_by_brute_force(name: str) -> None:
    agree(check(SPECS / f"{name}.yaml"), 400)


def test_inception_v3() -> None:
    (answer,) = answers(check(SPECS / "inception_v3.yaml"))
    assert answer.valid == answer.exact == Run((), 44, 32, (75,), answer.valid.searched)
    assert answer.valid.holds(299)
    assert (answer.inputs, answer.dimensions, answer.params) == (("input",), ("height", "width"), ("size",))
    assert answer.failure is not None
    assert (answer.failure.size, answer.failure.code) == (59, "NS402")


# --- random networks --------------------------------------------------------------------------------------------------

window = st.fixed_dictionaries(
    {
        "kernel_size": st.integers(1, 5),
        "strides": st.integers(1, 3),
        "padding": st.sampled_from(["valid", "same", 0, 1]),
        "rounding": st.sampled_from(["exact", "floor", "ceil"]),
    }
)
conv = window.map(lambda w: {"conv": {"filters": 2, **w}})
pool = window.map(lambda w: {"pool": {("pool_size" if k == "kernel_size" else k): v for k, v in w.items()}})
other = st.sampled_from(
    ["relu", {"upsample": 2}, {"crop": 1}, {"zero_pad": 1}, {"1x1": 2}, {"permute": [2, 1, 3]}, {"conv_transpose": {"filters": 2, "kernel_size": 2, "strides": 2}}]
)  # fmt: skip
plain = st.one_of(conv, pool, other)
bodies = st.lists(plain, min_size=1, max_size=3)
nodes = st.one_of(
    plain,
    plain,
    bodies.map(lambda body: {"skip": {"body": body, "shortcut": "project"}}),
    bodies.map(lambda body: {"skip": {"body": body, "merge": "concat"}}),
    st.tuples(bodies, bodies).map(lambda pair: {"inception": {"branches": {"a": pair[0], "b": pair[1]}}}),
    st.just({"skip": {"body": [{"global_pool": {"keepdims": True}}], "merge": "multiply"}}),
    st.just({"inception": {"branches": {"a": [{"resize": {"height": 5, "width": 5}}], "b": []}}}),
    st.just({"1x1": "$channels // 1"}),
    st.just({"relu": {"when": "$height > 9"}}),
)
ends = st.sampled_from([[], ["flatten", {"dense": 3}], ["global_pool"], ["flatten", {"reshape": [-1, 6]}]])


@given(st.lists(nodes, min_size=1, max_size=5), ends)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_by_brute_force(layers: list[Any], end: list[Any]) -> None:
    document = {"netspec": 1, "input": [None, None, 2], "layers": [*layers, *end]}
    for size in (48, 37, 32, 15):
        document["input"] = [size, size, 2]
        spec = check_text(json.dumps(document), repairs=False)
        if spec.ok:
            agree(spec, 110)
            return


# --- answers ----------------------------------------------------------------------------------------------------------


def spec(layers: str, shape: str = "[32, 32, 3]", more: str = "") -> Spec:
    return check_text(f"netspec: 1\n{more}input: {shape}\nlayers: {layers}\n", "spec.yaml")


CONV = "{conv: {filters: 4, kernel_size: 3, activation: relu}}"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (f"[{CONV}]", "every size from 3"),
        (f"[{CONV}, pool]", "4 + 2k (4, 6, 8, …)"),
        ("[{pool: {pool_size: 4, strides: 2}}, {pool: {pool_size: 5}}]", "12 + 10k (12, 22, 32, …)"),
        ("[{reshape: [16, 64, 3]}]", "only 32 among 1 to 512; larger sizes were not checked"),
        ("[{reshape: [-1, 64]}]", "8, 16, 24, 32, 40, 48, 56, 64, … (64 in total) among 1 to 512; larger sizes were not checked"),
        ("[{inception: {branches: {a: [], b: [{resize: {height: 32, width: 32}}]}}}]", "only 32"),
        ("[{inception: {branches: {a: [pool], b: [{pool: {pool_size: 4, strides: 2, padding: 1}}]}}}]", "2 + 2k (2, 4, 6, …)"),
        ("[{relu: {repeat: $height // 16}}]", "every size from 1"),
    ],
)  # fmt: skip
def test_words(layers: str, said: str) -> None:
    (answer,) = answers(spec(layers))
    if "$height" in layers:
        assert answer.valid.start is None
        assert answer.valid.single == tuple(range(1, answer.valid.searched + 1))
    else:
        assert describe(answer.valid) == said


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (Run((), 1, 1, (), 9), "none"),
        (Run((2, 3), 5, 1, (), 9), "only 2 to 3"),
        (Run((2,), 5, 4, (6,), 20), "only 2, and 6 + 4k (6, 10, 14, …)"),
        (Run((), 5, 8, (6, 7, 9), 20), "(6 to 7, 9) + 8k"),
        (Run((), 1, 16, (1, 3, 5, 7, 9, 10), 48), "6 of every 16 from 1 on: 1, 3, 5, 7, 9, 10, …"),
        (Run((), None, 1, (), 64), "none among 1 to 64; larger sizes were not checked"),
    ],
)
def test_sets_in_words(run: Run, said: str) -> None:
    assert describe(run) == said


def test_dimensions_that_differ_are_also_varied_alone() -> None:
    found = answers(spec("[{pool: {pool_size: [2, 3]}}]", "[32, 30, 3]"))
    assert [(answer.dimensions, describe(answer.valid)) for answer in found] == [
        (("height", "width"), "6 + 6k (6, 12, 18, …)"),
        (("height",), "2 + 2k (2, 4, 6, …)"),
        (("width",), "3 + 3k (3, 6, 9, …)"),
    ]


def test_inputs_of_one_size_are_varied_together() -> None:
    text = "netspec: 1\ninputs: {a: [8, 8, 1], b: [8, 8, 2], c: [3], d: [4, 1]}\nlayers:\n"
    text += "  - concat: {from: [a, b]}\n  - flatten\n  - flatten: {from: d}\n  - concat: {from: [flatten_1, flatten_2, c]}\n"
    found = answers(check_text(text))
    assert [(answer.inputs, answer.dimensions) for answer in found] == [
        (("a", "b"), ("height", "width")),
        (("d",), ("length",)),
    ]


def inspected(path: Path, *arguments: str) -> str:
    out, err = StringIO(), StringIO()
    assert main(["inspect", "--sizes", str(path), *arguments], out, err) == 0, err.getvalue()
    return out.getvalue()


def test_text(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(
        "netspec: 1\nparams: {size: 33}\ninput: [$size, $size, 3]\nlayers:\n"
        "  - conv: {filters: 4, kernel_size: 5, strides: 2, name: wide}\n"
        "  - pool: {pool_size: 3, strides: 2, rounding: floor}\n"
    )
    assert inspected(path).endswith(
        "\n\nsizes of input (33 x 33 x 3, set by `size`)\n"
        "  height = width     9 + 2k (9, 11, 13, …)\n"
        "  nothing dropped    9 + 4k (9, 13, 17, …)\n"
        "  7 fails            pool `pool_1`: a window of 3 is larger than the 2 columns of its input\n"
    )


def test_data(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text("netspec: 1\ninput: [32, 32, 3]\nlayers:\n  - pool\n")
    assert json.loads(inspected(path, "--format", "json"))["sizes"] == [
        {
            "inputs": ["input"],
            "dimensions": ["height", "width"],
            "params": [],
            "valid": {"smallest": 2, "single": [], "start": 1, "period": 2, "first": [2], "searched": 7},
            "exact": {"smallest": 2, "single": [], "start": 1, "period": 2, "first": [2], "searched": 7},
            "too_small": {
                "size": 1,
                "node": "pool_1",
                "code": "NS402",
                "message": "pool `pool_1`: a window of 2 is larger than the 1 columns of its input",
            },
        }
    ]


def test_an_input_without_places(tmp_path: Path) -> None:
    path = tmp_path / "flat.yaml"
    path.write_text("netspec: 1\ninput: [8]\nlayers:\n  - dense: 3\n")
    assert inspected(path).endswith("\nsizes                no input has spatial dimensions\n")


# --- specs whose own size is not valid --------------------------------------------------------------------------------


def codes_of(spec: Spec) -> set[str]:
    """Of its errors."""
    return {problem.code for problem in spec.problems if problem.is_error}


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("inception_v3", 50, "NS401"),
        ("inception_v3", 298, "NS401"),
        ("unet", 100, "NS409"),
        ("unet", 570, "NS401"),
        ("vgg16", 40, "NS401"),
        ("zfnet", 227, "NS401"),
        ("zfnet", 10, "NS402"),
    ],
)
def test_a_wrong_size_has_the_answer_of_a_right_one(name: str, size: int, code: str) -> None:
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    right = check_text(text, f"{name}.yaml")
    assert right.graph is not None
    (index,) = right.graph.inputs
    shape = right.graph.nodes[index].shape or ()
    start = text.index("\ninput:") + 1
    end = text.index("\n", start)
    wrong = check_text(f"{text[:start]}input: [{size}, {size}, {shape[-1]}]{text[end:]}", f"{name}.yaml", repairs=False)
    assert code in codes_of(wrong)
    (expected,), (found,) = answers(right), answers(wrong)
    assert found.shape == (size, size, shape[-1])
    keys = ("inputs", "dimensions", "failure")
    assert [getattr(found, key) for key in keys] == [getattr(expected, key) for key in keys]
    for n in range(1, 2_000):
        assert (found.valid.holds(n), found.exact.holds(n)) == (expected.valid.holds(n), expected.exact.holds(n))


@pytest.mark.parametrize(
    ("layers", "shape", "said"),
    [
        ("[{pool: {pool_size: 2, strides: 3}}]", "[9, 9, 3]", ["2 + 3k (2, 5, 8, …)"]),
        ("[{conv: {filters: 2, kernel_size: 5}}]", "[3, 3, 3]", ["every size from 5"]),
        # branches that differ
        (
            "[{inception: {branches: {a: [{pool: {pool_size: 3, strides: 2, padding: 1, rounding: floor}}], "
            "b: [{pool: {pool_size: 2, strides: 2, rounding: floor}}]}}}]",
            "[9, 9, 3]",
            ["2 + 2k (2, 4, 6, …)"],
        ),
        # an identity that fits only where what is added to it is one place
        ("[{skip: [{conv: {filters: 3, kernel_size: 3}}]}]", "[8, 8, 3]", ["only 3"]),
        # no size mends a lack of channels
        (
            "[{concat: {from: [input, input]}}, {add: {from: [input, concat_1]}}]",
            "[8, 8, 3]",
            ["none among 1 to 512; larger sizes were not checked"],
        ),
        # a shortcut whose strides are those of the body
        (
            "[{skip: {body: [{conv: {filters: 4, kernel_size: 2, strides: 2}}], shortcut: project}}]",
            "[7, 7, 3]",
            ["2 + 2k (2, 4, 6, …)"],
        ),
        # height and width, each alone while the other stays: only one of them is wrong
        ("[{pool: {pool_size: [2, 3]}}]", "[32, 31, 3]", ["6 + 6k (6, 12, 18, …)", "none", "3 + 3k (3, 6, 9, …)"]),
        # what is right depends on the size itself
        (
            "[{relu: {repeat: $height // 8}}, {pool: {pool_size: 200, strides: 100}}]",
            "[9, 9, 3]",
            ["only 200, 300, 400, 500 among 1 to 512; larger sizes were not checked"],
        ),
    ],
)  # fmt: skip
def test_small_specs_of_a_wrong_size(layers: str, shape: str, said: list[str]) -> None:
    wrong = spec(layers, shape)
    assert codes_of(wrong)
    assert [describe(answer.valid) for answer in answers(wrong)] == said
    agree(wrong, 60)


def test_valid_sizes_are_sought_from_the_spec_s_own_outwards(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = spec("[{pool: {pool_size: 5, strides: 8}}]", "[33, 33, 3]")
    made, sizes = input_sizes._made, []

    def noted(document: Document, graph: Graph, inputs: list[int], dimensions: tuple[int, ...], size: int) -> Any:
        sizes.append(size)
        return made(document, graph, inputs, dimensions, size)

    monkeypatch.setattr(input_sizes, "_made", noted)
    (answer,) = answers(wrong)
    assert sizes == [32, 34, 31, 35, 30, 36, 29]
    assert describe(answer.valid) == "5 + 8k (5, 13, 21, …)"


def test_a_wrong_input_beside_another() -> None:
    text = "netspec: 1\ninputs: {a: [9, 9, 1], b: [8, 8, 2]}\nlayers:\n"
    text += "  - {pool: {from: a}}\n  - {global_pool: {}}\n  - {conv: {filters: 2, kernel_size: 3, from: b}}\n"
    text += "  - {global_pool: {}}\n  - concat: {from: [global_pool_1, global_pool_2]}\n"
    wrong = check_text(text)
    assert codes_of(wrong) == {"NS401"}
    first, second = answers(wrong)
    assert (first.inputs, describe(first.valid)) == (("a",), "2 + 2k (2, 4, 6, …)")
    assert (second.inputs, describe(second.valid)) == (("b",), "none")  # as long as `a` is what it is
    assert second.failure is not None
    assert second.failure.node == "pool_1"


WRONG = "netspec: 1\ninput: [9, 9, 3]\nlayers:\n  - pool: {name: halved}\n"
TILING = "wrong.yaml:4:5: error NS401: pool `halved`: a window of 2 with stride 2 does not tile 9 columns: "


def failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> tuple[str, str]:
    """What `inspect` prints of a spec with errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    out, err = StringIO(), StringIO()
    assert main(["inspect", "wrong.yaml", *arguments], out, err) == 1
    return out.getvalue(), err.getvalue()


def test_text_of_a_wrong_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = failed(tmp_path, monkeypatch, WRONG, "--sizes")
    assert out == (
        "sizes of input (9 x 9 x 3)\n"
        "  height = width     2 + 2k (2, 4, 6, …)\n"
        "  1 fails            pool `halved`: a window of 2 is larger than the 1 columns of its input\n"
    )
    assert err.startswith(TILING)


def test_data_of_a_wrong_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = failed(tmp_path, monkeypatch, WRONG, "--sizes", "--format", "json")
    data = json.loads(out)
    assert list(data) == ["name", "inputs", "sizes"]
    assert (data["name"], data["inputs"]) == ("wrong", {"input": [9, 9, 3]})
    assert data["sizes"][0]["valid"]["smallest"] == 2
    assert err.startswith(TILING)


@pytest.mark.parametrize("more", ["", "  - dense: {units: 0}\n"])
def test_no_sizes_where_not_asked_or_where_something_else_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    out, err = failed(tmp_path, monkeypatch, WRONG + more, *["--sizes"] * bool(more))
    assert (out, err.count(" error ")) == ("", 1 + bool(more))
