"""`netspec features`: what decided against a reference by hand, receptive fields against the published law, and the page."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

import keras

from netspec.api import features, load, train
from netspec.backends.keras.compiling import compile_graph
from netspec.data.dataset import Split
from netspec.training.looking.deciding import GradCam, class_weights, occlusion
from netspec.training.looking.drawing import boxed, coloured, heated, kernels, scaled
from netspec.training.looking.exciting import exciting
from netspec.training.looking.fields import effective_field
from netspec.training.looking.page import as_dict
from netspec.training.meaning import Meaning
from netspec.training.objective import outputs_of
from netspec.training.plan import OverrideError
from netspec.training.reopen import Opened, load_run_or_model
from netspec.training.watching import Watched, with_addition, with_outputs

from .conftest import SMALL, netspec, trained
from .test_reports import Page


def opened(text: str, seed: int = 0) -> Opened:
    """A network with random weights, biases too, as if it had been trained."""
    Path("net.yaml").write_text(text)
    graph = load("net.yaml")
    network = compile_graph(graph)
    rng = np.random.default_rng(seed)
    for variable in network.variables:
        if variable.dtype == "float32":
            variable.assign(rng.normal(scale=0.5, size=variable.shape).astype(np.float32))
    outputs = outputs_of(keras, network, tuple(graph.outputs))
    found: Any = SimpleNamespace(
        path=Path("net"),
        keras=keras,
        network=network,
        outputs=outputs,
        graph=graph,
        plan=None,
        schema=None,
        fused=False,
    )
    return found  # type: ignore[no-any-return]


def index_of(opened_: Opened, path: str) -> int:
    return next(index for index, node in enumerate(opened_.graph.nodes) if node.path == path)


def weights_of(opened_: Opened, layer: str) -> list[Any]:
    return [np.asarray(each, np.float64) for each in opened_.network.get_layer(layer).get_weights()]


TWO = """\
netspec: 1
name: two
input: [4, 4, 1]
layers:
  - 1x1: {name: maps, filters: 3, activation: relu}
  - global_pool: {name: mean}
  - dense: {name: classes, units: 2, activation: softmax}
"""


@pytest.mark.parametrize("ending", ["inside", "apart"])
def test_grad_cam_of_two_layers_by_hand(ending: str) -> None:
    """Of a mean over positions the gradient is the dense layer's weights / 16; so the map is known."""
    text = TWO
    if ending == "apart":
        text = TWO.replace("units: 2, activation: softmax}", "units: 2}\n  - softmax")
    net = opened(text)
    x = np.random.default_rng(1).random((2, 4, 4, 1), np.float32)
    (output,) = net.graph.outputs
    found = GradCam(net, index_of(net, "maps"), output)({"input": x}, np.tile(np.float32([0, 1]), (2, 1)))
    kernel, bias = weights_of(net, "maps")
    dense, _ = weights_of(net, "classes")
    maps = np.maximum(x @ kernel[0, 0] + bias, 0)
    wanted = np.maximum((maps * dense[:, 1] / 16).sum(axis=-1), 0)
    assert wanted.any()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_grad_cam_past_a_shortcut() -> None:
    """Whatever goes past the node does not count: the gradient is by the node alone."""
    net = opened(
        """\
netspec: 1
name: past
input: [3, 3, 2]
layers:
  - 1x1: {name: maps, filters: 2}
  - add: {name: both, from: [maps, input]}
  - global_pool: {name: sum, type: avg}
  - dense: {name: classes, units: 2, activation: sigmoid}
"""
    )
    x = np.random.default_rng(1).random((1, 3, 3, 2), np.float32)
    found = GradCam(net, index_of(net, "maps"), "classes")({"input": x}, np.float32([[1, 0]]))
    kernel, bias = weights_of(net, "maps")
    dense, _ = weights_of(net, "classes")
    wanted = np.maximum(((x @ kernel[0, 0] + bias) * dense[:, 0] / 9).sum(axis=-1), 0)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_an_addition_of_zeros_changes_nothing() -> None:
    text = """\
netspec: 1
name: several
input: [6, 6, 1]
layers:
  - conv: {name: a, filters: 4, kernel_size: 3}
  - split: {name: halves, axis: -1, parts: {small: 1, large: 3}}
  - skip: {body: [{conv: {filters: 1, kernel_size: 3, padding: same}}], from: halves.small}
  - conv: {name: again, filters: 4, kernel_size: 3, padding: same, from: a}
  - concat: {from: [again, skip_1]}
  - flatten
  - dense: {name: end, units: 3}
"""
    net = opened(text)
    x = np.random.default_rng(1).random((2, 6, 6, 1), np.float32)
    wanted = np.asarray(net.network.predict_on_batch(x))
    for index, node in enumerate(net.graph.nodes):
        if node.is_input or index not in net.graph.used():
            continue
        zeros = np.zeros((2, *(side or 0 for side in node.shape or ())), np.float32)
        watched = Watched(net, with_addition(net.graph, index))
        made = watched({"input": x, "netspec_added": zeros})
        np.testing.assert_allclose(made["end"], wanted, atol=1e-6)
        other = watched({"input": x, "netspec_added": zeros + 1})
        assert (other["end"] != wanted).any(), node.path


def test_gradients_are_those_of_differences() -> None:
    """Central differences of a smooth network, number by number, on this backend."""
    net = opened(TWO.replace("relu", "tanh"))
    watched = Watched(net, net.graph)
    x = np.random.default_rng(1).random((1, 4, 4, 1), np.float32)
    weights = np.float32([[1, -2]])
    found = watched.gradients({"input": x}, {"classes": weights}, ["input"])["input"]
    for place in np.ndindex(4, 4):
        ends = []
        for sign in (-1, 1):
            moved = x.copy()
            moved[(0, *place, 0)] += sign * 1e-2
            ends.append(float((watched({"input": moved})["classes"] * weights).sum()))
        assert found[(0, *place, 0)] == pytest.approx((ends[1] - ends[0]) / 2e-2, abs=2e-4)


def test_what_an_output_counts() -> None:
    of_three = Meaning("classes", ("a", "b", "c"), "softmax")
    assert class_weights(of_three, (3,), 1).tolist() == [0, 1, 0]
    single = Meaning("classes", ("no", "yes"), "sigmoid", single=True)
    assert (class_weights(single, (2,), 0).tolist(), class_weights(single, (2,), 1).tolist()) == ([-1], [1])
    masks = Meaning("masks", ("a", "b"), "softmax")
    assert class_weights(masks, (1, 2, 2), 1).tolist() == [[[0, 1], [0, 1]]]


def test_occlusion_finds_the_place() -> None:
    """A network that looks at one pixel alone loses where a square covers that, and nowhere else."""
    net = opened(
        """\
netspec: 1
name: pixel
input: [8, 8, 1]
layers:
  - flatten
  - dense: {name: classes, units: 2, activation: softmax}
"""
    )
    kernel = np.zeros((64, 2), np.float32)
    kernel[5 * 8 + 2, 1] = 4
    net.network.get_layer("classes").set_weights([kernel, np.zeros(2, np.float32)])
    picture = np.zeros((8, 8, 1), np.float32)
    picture[5, 2] = 1
    meaning = Meaning("classes", ("a", "b"), "softmax")
    found = occlusion(net, {"input": picture}, "input", "classes", meaning, 1)
    # Squares of 2 x 2 a pixel apart; grey is a half. Of the four over the pixel, each pixel near it is in one, two or four.
    lost = 1 / (1 + math.exp(-4)) - 1 / (1 + math.exp(-2))
    shares = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    wanted = np.zeros((8, 8))
    wanted[4:7, 1:4] = lost * shares
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_what_excites_a_channel_and_where() -> None:
    net = opened(
        """\
netspec: 1
name: strokes
input: [6, 6, 1]
layers:
  - conv: {name: maps, filters: 2, kernel_size: 2, activation: relu}
  - global_pool: max
  - dense: {units: 2, activation: softmax}
"""
    )
    kernel = np.zeros((2, 2, 1, 2), np.float32)
    kernel[0, :, 0, 0] = 1  # two pixels side by side
    kernel[:, 0, 0, 1] = 5  # two pixels, one above the other
    net.network.get_layer("maps").set_weights([kernel, np.zeros(2, np.float32)])
    x = np.zeros((4, 6, 6, 1), np.float32)
    x[1, 3, 2:4] = 1
    x[2, 1:3, 4] = 1
    x[3, 0, 0] = 0.5
    split = Split({"input": x}, {})
    (upright, flat) = exciting(net, [index_of(net, "maps")], split, np.arange(4), "input", 2, 3)["maps"]
    assert (upright.number, flat.number) == (1, 0)
    assert [(each.example, each.value) for each in upright.pictures] == [(2, 10.0), (1, 5.0), (3, 2.5)]
    assert upright.pictures[0].box == (1, 4, 3, 5)
    assert [(each.example, each.value) for each in flat.pictures] == [(1, 2.0), (2, 1.0), (3, 0.5)]
    assert flat.pictures[0].box == (3, 2, 4, 4)
    assert exciting(net, [index_of(net, "maps")], split, np.arange(1), "input", 1, 1)["maps"][0].pictures[0].box is None


def test_the_effective_field_shrinks_as_the_root_of_the_depth() -> None:
    """Luo et al. 2016: of random weights it grows as the root of the depth, the theoretical one as the depth."""
    depths, shares = (4, 8, 16, 32), []
    for depth in depths:
        net = opened(
            f"""\
netspec: 1
name: deep
input: [72, 72, 1]
defaults: {{conv: {{kernel_size: 3, padding: same, use_bias: false}}}}
layers:
  - conv: {{name: inner, filters: 8, repeat: {depth - 1}}}
  - conv: {{name: last, filters: 8}}
  - global_pool
  - dense: 2
"""
        )
        x = np.random.default_rng(3).normal(size=(2, 72, 72, 1)).astype(np.float32)
        field = effective_field(net, index_of(net, "last"), {"input": x}, "input")
        assert field.theoretical == 2 * depth + 1
        assert field.contributions.max() == 1
        assert field.effective <= 2 * depth + 1
        shares.append(field.effective / (2 * depth + 1))
    slope, _ = np.polyfit(np.log(depths), np.log(shares), 1)
    assert slope == pytest.approx(-0.5, abs=0.12)


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_arrays_become_pixels() -> None:
    assert scaled(np.float32([[[0.25]], [[1]]])).tolist() == [[[0.25]], [[1]]]
    assert scaled(np.float32([[[-1]], [[3]]])).tolist() == [[[0]], [[1]]]
    assert kernels(np.float32([[[[-2]]], [[[1]]]])).reshape(-1).tolist() == [0, 0.75]
    assert kernels(np.zeros((1, 1, 1, 1), np.float32)).reshape(-1).tolist() == [0.5]
    heat = coloured(np.float32([[0, 1], [-5, 2]]))
    assert heat.shape == (2, 2, 3)
    assert (heat[0, 0] == heat[1, 0]).all()
    assert heat[1, 1].sum() > heat[0, 1].sum() > heat[0, 0].sum()
    assert heated(np.zeros((4, 6, 1), np.float32), np.float32([[0, 1]])).shape == (4, 6, 3)
    box = boxed(np.zeros((48, 48, 1), np.float32), (0, 0, 24, 24))
    assert box.shape == (96, 96, 3)
    assert box[0, 0].max() > 0.8
    assert box[60, 60].max() == 0


# --- the command ------------------------------------------------------------------------------------------------------

CONVOLVED = SMALL.replace(
    "layers:\n", "layers:\n  - conv: {name: first, filters: 3, kernel_size: 3, activation: relu}\n"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("features")
    (folder / "small.yaml").write_text(CONVOLVED)
    return str(train(folder / "small.yaml", runs=folder / "runs").folder)


def test_the_page_of_a_run(small: str) -> None:
    result = netspec("features", small, "--png", "png", "--channels", "2")
    assert result.status == 0, result.err
    assert result.err == (
        f"note: {small}: filters, feature maps and what decided\n"
        f"note: {small}: receptive fields\n"
        f"note: {small}: pictures that excite channels most\n"
    )
    *answers, blank, heading, row, end, counted, last = result.out.splitlines()
    assert [line.split(":")[0] for line in answers] == ["test example 0", "test example 1", "test example 2"]
    assert (blank, end) == ("", "")
    assert heading == "node   receptive field  effective"
    assert row.split()[:2] == ["first", "3"]
    files = sorted(str(path.relative_to("png")) for path in Path("png").rglob("*.png"))
    assert counted == f"wrote {len(files)} pictures into png"
    assert last == f"wrote {small}/features.html"
    assert files[:2] == ["exciting/first/channel_0_1.png", "exciting/first/channel_0_2.png"] or len(files) == 29
    assert [name for name in files if name.startswith("filters")] == ["filters/0.png", "filters/1.png", "filters/2.png"]
    assert [name for name in files if name.startswith("picture_1/") and "channel" not in name] == [
        "picture_1/grad_cam.png",
        "picture_1/input.png",
        "picture_1/occlusion.png",
    ]
    with Image.open("png/picture_1/grad_cam.png") as image:
        assert (image.size, image.mode) == ((256, 256), "RGB")
    page = Page(Path(small, "features.html"))
    assert page.headings == ["Filters", "Pictures", "What excites a channel", "Receptive fields"]
    assert all(source.startswith(("data:", "#")) for source in page.sources)
    assert page.counts["img"] == len(files)


def test_as_data(small: str) -> None:
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 3).save("one.png")
    result = netspec(
        "features", small, "one.png", "--class", "7", "--node", "first", "--format", "json", "-o", "page.html"
    )
    assert result.status == 0, result.err
    report = json.loads(result.out)
    assert {name: report[name] for name in ("run", "name", "weights", "page", "filters")} == {
        "run": small,
        "name": "small",
        "weights": "last",
        "page": "page.html",
        "filters": {"node": "first", "shape": [3, 3, 3, 1]},
    }
    (picture,) = report["pictures"]
    assert (picture["input"], picture["chosen"]) == ("one.png", "7")
    assert len(picture["classes"]) == 3
    assert picture["grad_cam"]["node"] == "first"
    assert np.shape(picture["grad_cam"]["map"]) == (6, 6)
    assert np.shape(picture["occlusion"]) == (8, 8)
    (node,) = report["nodes"]
    assert (node["node"], node["receptive_field"]) == ("first", 3)
    assert 1 <= node["effective_receptive_field"] <= 3
    assert sorted(each["channel"] for each in node["channels"]) == [0, 1, 2]
    box = node["channels"][0]["examples"][0]["box"]
    assert box is None or (box[2] - box[0] <= 3 and box[3] - box[1] <= 3)


def test_a_dense_layer_has_filters_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = trained(tmp_path_factory)
    result = netspec("features", run, "--format", "json")
    assert result.status == 0, result.err
    report = json.loads(result.out)
    assert report["filters"] == {"node": "dense_1", "shape": [10, 8, 8, 1]}
    assert report["nodes"] == []
    assert [each["grad_cam"] for each in report["pictures"]] == [None] * 3
    named = json.loads(netspec("features", run, "--node", "dense_1", "--format", "json").out)
    assert [(each["node"], each["receptive_field"]) for each in named["nodes"]] == [("dense_1", None)]


def test_what_cannot_be_looked_at(small: str) -> None:
    cases = {
        ("--node", "frist"): (2, "netspec features: there is no node 'frist'; did you mean `first`?"),
        ("--class", "12"): (
            2,
            "netspec features: there is no class '12'; did you mean `2`?\n",
        ),
        ("nothing.png",): (1, "<inputs>: error NS703: cannot read 'nothing.png': no such file or directory\n"),
    }
    for arguments, (status, said) in cases.items():
        result = netspec("features", small, *arguments, "-o", "page.html")
        assert (result.status, result.out) == (status, "")
        assert said in result.err, result.err
        assert not Path("page.html").exists()
    Path("png").mkdir()
    Path("png/mine.txt").write_text("mine")
    result = netspec("features", small, "--png", "png")
    assert result.status == 2
    assert result.err.startswith("netspec features: --png: png exists and is not an empty folder;")


def test_a_model_alone_takes_pictures(small: str) -> None:
    assert netspec("export", small, "-o", "model.keras").status == 0
    nothing = netspec("features", "model.keras")
    assert (nothing.status, nothing.err) == (1, "model.keras: error NS730: a model alone has no pictures; name some\n")
    Image.new("L", (8, 8), 128).save("one.png")
    result = netspec("features", "model.keras", "one.png")
    assert result.status == 0, result.err
    assert result.out.splitlines()[-1] == "wrote features.html"
    assert load_run_or_model(Path("model.keras")).graph.name == "small"
    assert with_outputs(load_run_or_model(Path("model.keras")).graph, [1]).outputs == {"first": 1}


class TestFromPython:
    """`netspec.features`: what the command prints, as arrays."""

    def test_it_finds_what_the_command_prints(self, small: str, capsys: pytest.CaptureFixture[str]) -> None:
        found = features(small, channels=2, examples=20, page="own.html")
        assert capsys.readouterr().out == ""
        printed = json.loads(
            netspec("features", small, "--channels", "2", "--examples", "20", "-o", "page.html", "--format", "json").out
        )
        assert json.loads(json.dumps({**as_dict(found), "page": "page.html"})) == printed
        assert "<h1>small</h1>" in Path("own.html").read_text()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"nodes": ["nowhere"]}, "there is no node 'nowhere'"),
            ({"class_name": "11"}, "there is no class '11'; did you mean `1`?"),
            ({"channels": 0}, "`channels` must be a whole number of at least 1, not 0"),
            ({"examples": True}, "`examples` must be a whole number of at least 1, not true"),
            ({"weights": "worst"}, "`weights` must be `best` or `last`, not 'worst'"),
        ],
    )
    def test_a_wrong_option_is_told(self, small: str, options: dict[str, Any], said: str) -> None:
        with pytest.raises(OverrideError) as caught:
            features(small, **options)
        assert str(caught.value) == said
