"""`netspec probe`: what is done to pictures, how answers are scored, and the lessons that it is for."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

from netspec.api import build, train
from netspec.api import probe as ask_python
from netspec.training.meaning import Meaning
from netspec.training.plan import OverrideError
from netspec.training.probing.disturbances import (
    BY_NAME,
    DISTURBANCES,
    FILLS,
    Setting,
    backgrounds,
)
from netspec.training.probing.equivariance import equivariance
from netspec.training.probing.scoring import ACCURACY, ERROR, mean, score_name, scores
from netspec.training.probing.telling import as_dict
from netspec.training.reopen import load_run_or_model

from .conftest import SMALL, netspec, trained

UNIT = Setting(0.0, 1.0)
ONE = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
INDICES = np.arange(1)


def done(name: str, pictures: Any, level: float, way: int = 0, setting: Setting = UNIT) -> Any:
    return BY_NAME[name].done(pictures, np.arange(len(pictures)), level, way, setting)


class TestDisturbances:
    def test_the_command_knows_them_all(self) -> None:
        from netspec.cli import probe

        assert (*(each.name for each in DISTURBANCES), "nodes") == probe.NAMES
        assert tuple(FILLS) == probe.FILLS

    @pytest.mark.parametrize("disturbance", DISTURBANCES, ids=lambda each: each.name)
    def test_nothing_is_done_at_the_neutral_level(self, disturbance: Any) -> None:
        pictures = np.random.default_rng(0).random((3, 8, 8, 2), np.float32)
        levels = disturbance.levels((8, 8))
        assert disturbance.neutral in levels
        assert list(levels) == sorted(set(levels))
        for way in range(disturbance.ways):
            made = disturbance.done(pictures, np.arange(3), disturbance.neutral, way, UNIT)
            np.testing.assert_allclose(made, pictures, atol=1e-6)

    @pytest.mark.parametrize(
        ("way", "rows"),
        [
            (0, [[3, 4, 5], [6, 7, 8], [4, 4, 4]]),
            (1, [[4, 4, 4], [0, 1, 2], [3, 4, 5]]),
            (2, [[1, 2, 4], [4, 5, 4], [7, 8, 4]]),
            (3, [[4, 0, 1], [4, 3, 4], [4, 6, 7]]),
        ],
    )
    def test_translation_goes_four_ways(self, way: int, rows: list[list[int]]) -> None:
        # The median of the border 0, 1, 2, 3, 5, 6, 7, 8 is 4.
        assert done("translation", ONE, 1, way)[0, ..., 0].tolist() == rows

    @pytest.mark.parametrize(
        ("fill", "row"), [("edge", [0, 0, 1]), ("wrap", [2, 0, 1]), ("reflect", [0, 0, 1]), ("background", [4, 0, 1])]
    )
    def test_what_comes_in_at_the_border(self, fill: str, row: list[int]) -> None:
        assert done("translation", ONE, 1, 3, UNIT._replace(fill=fill))[0, 0, :, 0].tolist() == row

    def test_translation_goes_half_the_picture(self) -> None:
        assert BY_NAME["translation"].levels((32, 28)) == (0, 2, 4, 5, 7, 9, 10, 12, 14)
        assert BY_NAME["translation"].levels((4, 4)) == (0, 1, 2)
        assert BY_NAME["translation"].levels((2, 40)) == (0, 1)

    def test_a_quarter_turn_is_exact(self) -> None:
        np.testing.assert_allclose(done("rotation", ONE, 90)[0, ..., 0], np.rot90(ONE[0, ..., 0]), atol=1e-5)
        np.testing.assert_allclose(done("rotation", ONE, -90)[0, ..., 0], np.rot90(ONE[0, ..., 0], -1), atol=1e-5)

    def test_scale_is_about_the_centre(self) -> None:
        picture = np.zeros((1, 5, 5, 1), np.float32)
        picture[0, 1:4, 1:4] = 1
        assert done("scale", picture, 2.0)[0, ..., 0].sum() == 25
        assert done("scale", picture, 0.5)[0, ..., 0].sum() < 4

    def test_brightness_is_cut_off(self) -> None:
        made = done("brightness", np.array([[[[0.0], [0.5]], [[0.75], [1.0]]]], np.float32), 0.5)
        assert made.reshape(-1).tolist() == [0.5, 1.0, 1.0, 1.0]
        assert done("brightness", np.full((1, 2, 2, 1), -3, np.float32), 0.5, 0, Setting(-5, 5)).max() == 2

    def test_noise_hangs_on_the_example_alone(self) -> None:
        pictures = np.full((4, 6, 6, 1), 0.5, np.float32)
        noise = BY_NAME["noise"]
        all_ = noise.done(pictures, np.arange(4), 0.05, 0, UNIT)
        assert (noise.done(pictures[2:], np.arange(2, 4), 0.05, 0, UNIT) == all_[2:]).all()
        assert not (noise.done(pictures, np.arange(4), 0.05, 0, UNIT._replace(seed=1)) == all_).any()
        twice = noise.done(pictures, np.arange(4), 0.1, 0, UNIT)
        np.testing.assert_allclose(twice - 0.5, 2 * (all_ - 0.5), atol=1e-6)

    def test_occlusion_covers_its_share(self) -> None:
        pictures = np.zeros((50, 10, 10, 1), np.float32)
        made = done("occlusion", pictures, 0.25)
        assert (made == 0.5).sum(axis=(1, 2, 3)).tolist() == [25] * 50
        assert len({tuple(np.argwhere(each)[0]) for each in made}) > 10

    def test_labels_of_places_move_with_the_picture(self) -> None:
        masks = np.array([[[1, 2], [3, 4]]])
        moved = BY_NAME["translation"].labels(masks, 1, 3, (2, 2), UNIT)
        assert moved.tolist() == [[[-1, 1], [-1, 3]]]
        twice = BY_NAME["translation"].labels(np.kron(masks, np.ones((2, 2), np.int64)), 2, 3, (4, 4), UNIT)
        assert twice[0, 0].tolist() == [-1, -1, 1, 1]
        classes = np.array([1, 2])
        assert BY_NAME["rotation"].labels(classes, 90, 0, (2, 2), UNIT) is classes

    def test_backgrounds(self) -> None:
        picture = np.zeros((1, 4, 4, 2), np.float32)
        picture[0, ..., 1] = 0.25
        picture[0, 1:3, 1:3] = 1
        assert backgrounds(picture).tolist() == [[0.0, 0.25]]


class TestScores:
    def test_of_classes(self) -> None:
        meaning = Meaning("classes", ("a", "b"), "softmax", ignored=9)
        found = scores(meaning, np.array([0, 1, 9]), np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]]))
        assert found[:2].tolist() == [1.0, 0.0]
        assert math.isnan(found[2])

    def test_of_masks(self) -> None:
        meaning = Meaning("masks", ("a", "b"), "softmax")
        made = np.eye(2)[np.array([[[0, 1], [1, 1]]])]
        assert scores(meaning, np.array([[[0, 1], [-1, 0]]]), made).tolist() == [2 / 3]

    def test_of_labels(self) -> None:
        meaning = Meaning("labels", ("a", "b"), "sigmoid")
        assert scores(meaning, np.array([[0, 1]]), np.array([[0.9, 0.9]])).tolist() == [0.5]

    def test_of_numbers(self) -> None:
        assert scores(Meaning("numbers"), np.array([[1.0], [2.0]]), np.array([[2.0], [4.0]])).tolist() == [1.0, 2.0]
        assert score_name(Meaning("numbers")) == ERROR

    def test_wilson(self) -> None:
        # Eight of ten: 0.4902 to 0.9433 (Brown, Cai and DasGupta, Statistical Science 16, 2001, formula 4).
        found = mean(ACCURACY, np.array([1.0] * 8 + [0.0] * 2 + [math.nan]))
        assert [round(each, 4) for each in found] == [0.8, 0.4902, 0.9433]
        assert mean(ACCURACY, np.ones(10))[2] == pytest.approx(1.0, abs=1e-12)
        assert all(map(math.isnan, mean(ACCURACY, np.array([math.nan]))))

    def test_of_errors(self) -> None:
        found = mean(ERROR, np.array([1.0, 2.0, 3.0]))
        assert [round(each, 4) for each in found] == [2.0, 0.8684, 3.1316]


# --- the lessons ------------------------------------------------------------------------------------------------------


def points(report: Any, run: int, disturbance: str, test: str) -> dict[float, Any]:
    (curve,) = (
        each for each in report["runs"][run]["curves"] if each["disturbance"] == disturbance and each["test"] == test
    )
    return {each["level"]: each for each in curve["points"]}


def test_corners_where_they_were_never_seen() -> None:
    """The lesson of the articles: the fully connected network guesses, the convolutional one has learned what a corner is."""
    import netspec.zoo

    runs = [str(train(netspec.zoo.specs()[name], runs=Path("runs")).folder) for name in ("corners_mlp", "corners_cnn")]
    result = ask("probe", *runs, "--format", "json", "--only", "translation", "--only", "nodes")
    report = json.loads(result.out)
    dense, sliding = (points(report, run, "translation", "unseen positions")[0] for run in (0, 1))
    assert abs(dense["value"] - 0.5) < 0.02
    assert dense["low"] < 0.5 < dense["high"]
    assert sliding["value"] > 0.99
    assert points(report, 0, "translation", "test")[0]["value"] > 0.98
    # Two pixels on, the first has lost most of what it knew.
    assert points(report, 0, "translation", "test")[2]["value"] < 0.75
    assert points(report, 1, "translation", "test")[2]["value"] > 0.85
    assert sorted(sliding["classes"]) == ["corner", "no corner"]
    nodes = {each["node"]: each for each in report["runs"][1]["nodes"]}
    assert nodes["conv_1"]["stride"] == 1
    assert nodes["conv_1"]["by_one_pixel"] < 1e-6
    assert nodes["corner"]["stride"] is None
    assert report["runs"][0]["nodes"][-1]["by_one_pixel"] > 0.3
    page = Path("probe.html").read_text(encoding="utf-8")
    assert "A unseen positions" in page
    assert page.count("<svg") == 3 + 4  # and the classes of both runs on both tests


CIRCULAR = """\
netspec: 1
name: circular
input: [8, 8, 1]
blocks:
  Circular:   # each side shows what lies beyond the other
    layers:
      - crop: {name: bottom, from: input, cropping: [[7, 0], [0, 0]]}
      - crop: {name: top, from: input, cropping: [[0, 7], [0, 0]]}
      - concat: {name: tall, from: [bottom, input, top], axis: 1}
      - crop: {name: right, from: tall, cropping: [[0, 0], [7, 0]]}
      - crop: {name: left, from: tall, cropping: [[0, 0], [0, 7]]}
      - concat: {from: [right, tall, left], axis: 2}
layers:
  - Circular
  - conv: {filters: 4, kernel_size: 3, activation: relu}
  - Circular
  - conv: {filters: 4, kernel_size: 3, activation: relu}
  - global_pool: max
  - dense: {units: 10, activation: softmax}
data: {source: digits}
train: {epochs: 1}
"""


@pytest.mark.parametrize("turns", [1, 2])
def test_circular_shifts_do_nothing_to_a_network_without_borders(turns: int) -> None:
    """Convolutions whose borders go round and a global pooling: not a bit of the output changes."""
    text = CIRCULAR if turns == 1 else CIRCULAR.replace("kernel_size: 3", "kernel_size: 3, use_bias: false")
    Path("circular.yaml").write_text(text)
    folder = train("circular.yaml", runs=Path("runs")).folder
    opened = load_run_or_model(folder)
    x = np.random.default_rng(0).random((16, 8, 8, 1), np.float32)
    found = equivariance(opened, {"input": x}, ("input",), "wrap")
    assert [(node.node, node.stride, node.pixel, node.own) for node in found][-2:] == [
        ("global_pool_1", None, 0.0, None),
        ("dense_1", None, 0.0, None),
    ]
    assert {node.node: (node.pixel, node.own) for node in found if node.kind == "conv"} == {
        "conv_1": (0.0, 0.0),
        "conv_2": (0.0, 0.0),
    }
    result = ask("probe", str(folder), "--only", "translation", "--fill", "wrap", "--format", "json")
    (run,) = json.loads(result.out)["runs"]
    assert len({point["value"] for point in run["curves"][0]["points"]}) == 1


STRIDED = """\
netspec: 1
name: strided
input: [8, 8, 1]
layers:
  - conv: {filters: 3, kernel_size: 2, strides: 2}
  - global_pool
  - dense: {units: 10, activation: softmax}
data: {source: digits}
train: {epochs: 1}
"""


def test_a_stride_keeps_to_motions_by_itself_alone() -> None:
    Path("strided.yaml").write_text(STRIDED)
    opened = load_run_or_model(train("strided.yaml", runs=Path("runs")).folder)
    x = np.random.default_rng(0).random((4, 8, 8, 1), np.float32)
    conv, pool, _ = equivariance(opened, {"input": x}, ("input",), "background")
    assert (conv.node, conv.kind, conv.stride) == ("conv_1", "conv", 2)
    assert conv.own is not None
    assert conv.own < 1e-6 < 0.1 < conv.pixel
    assert (pool.stride, pool.own) == (None, None)


def test_equivariance_is_what_it_says() -> None:
    """One node, by hand: a dense layer over each position keeps to motions; one over all does not."""
    Path("own.yaml").write_text(
        STRIDED.replace("kernel_size: 2, strides: 2", "kernel_size: 1").replace("global_pool", "flatten")
    )
    opened = load_run_or_model(train("own.yaml", runs=Path("runs")).folder)
    x = np.random.default_rng(0).random((4, 8, 8, 1), np.float32)
    conv, flat, _ = equivariance(opened, {"input": x}, ("input",), "wrap")
    assert (conv.pixel, conv.own) == (0.0, 0.0)
    kernel, bias = (np.asarray(weight) for weight in opened.network.get_layer("conv_1").get_weights())
    made = (x[..., None] @ kernel.reshape(1, 3)).reshape(4, 8, 8, 3) + bias
    differences = [np.roll(made, 1, axis) - made for axis in (1, 2)]
    wanted = (sum((each**2).sum() for each in differences) / (2 * (made**2).sum())) ** 0.5
    assert flat.pixel == pytest.approx(wanted, rel=1e-4)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    return trained(tmp_path_factory)


def test_the_table(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = ask("probe", small, "--only", "translation", "--only", "rotation", "--only", "nodes", "--examples", "50")
    assert (
        result.err
        == f"note: {small}: translation\nnote: {small}: rotation\nnote: {small}: how each node keeps to motions of its input\n"
    )
    lines = result.out.splitlines()
    assert lines[0] == "translation, pixels: accuracy in %"
    assert lines[1] == " " * 28 + "      0      1      2      3      4"
    assert lines[2].split()[0] == "test"
    assert lines[4] == "rotation, degrees: accuracy in %"
    assert lines[5] == " " * 28 + "   -180    -90    -30      0     30     90    180"
    assert lines[8] == "equivariance: |f(moved picture) - moved f(picture)| / |f(picture)|"
    assert lines[9] == "node                          stride  by one pixel  by its stride"
    assert lines[10].split()[0] == "softmax_1"
    assert lines[-1] == f"wrote {small}/probe.html"
    assert lines[-2].startswith("95 % confidence intervals are at most ± ")
    page = Path(small, "probe.html").read_text(encoding="utf-8")
    assert "test: 50 of 359 examples" in page


def test_as_data(small: str) -> None:
    result = ask("probe", small, "--only", "occlusion", "--format", "json", "-o", "page.html", "--seed", "3")
    report = json.loads(result.out)
    assert report["page"] == "page.html"
    (run,) = report["runs"]
    assert {name: run[name] for name in ("run", "name", "weights", "seed", "fill", "range", "nodes")} == {
        "run": small,
        "name": "small",
        "weights": "last",
        "seed": 3,
        "fill": "background",
        "range": [0.0, 1.0],
        "nodes": [],
    }
    assert run["examples"] == {"test": {"asked": 359, "of": 359}}
    (curve,) = run["curves"]
    assert (curve["disturbance"], curve["unit"], curve["neutral"], curve["score"]) == (
        "occlusion",
        "of the picture",
        0.0,
        "accuracy",
    )
    assert [point["level"] for point in curve["points"]] == [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65]
    first = curve["points"][0]
    assert first["low"] < first["value"] < first["high"]
    assert list(first["classes"]) == [str(digit) for digit in range(10)]
    again = ask("probe", small, "--only", "occlusion", "--format", "json", "-o", "page.html", "--seed", "3")
    assert again.out == result.out


def test_a_batch_size_changes_nothing(small: str) -> None:
    texts = [
        ask("probe", small, "--only", "noise", "--examples", "40", "-o", f"{size}.html", "--batch-size", size).out
        for size in ("7", "40")
    ]
    assert texts[0].replace("7.html", "40.html") == texts[1]


def test_what_is_untouched_is_what_evaluate_says(small: str) -> None:
    measured = json.loads(netspec("evaluate", small, "--format", "json").out)["results"]
    report = json.loads(ask("probe", small, "--only", "brightness", "--format", "json", "-o", "page.html").out)
    assert points(report, 0, "brightness", "test")[0]["value"] == pytest.approx(measured["test"]["accuracy"], abs=1e-6)


TABLE = """\
netspec: 1
name: rows
input: [4]
layers:
  - dense: {units: 3, activation: softmax}
data: {source: {npz: rows.npz}}
train: {epochs: 1}
"""


def test_rows_are_no_pictures() -> None:
    rng = np.random.default_rng(0)
    np.savez("rows.npz", x=rng.random((60, 4), np.float32), y=np.arange(60) % 3)
    Path("rows.yaml").write_text(TABLE)
    folder = train("rows.yaml", runs=Path("runs")).folder
    result = netspec("probe", str(folder))
    assert (result.status, result.out) == (1, "")
    assert result.err == (
        f"{folder}: error NS730: no input of its network takes pictures of rows x columns x channels\n"
    )


def test_a_model_has_no_data() -> None:
    Path("small.yaml").write_text(SMALL)
    build("small.yaml").save("small.keras")
    assert netspec("build", "small.yaml", "-o", "own.keras").status == 0
    result = netspec("probe", "own.keras")
    assert result.status == 1
    assert "error NS730: a model alone says nothing of data; name the run that it comes from" in result.err


def test_what_others_wrote_is_not_replaced(small: str) -> None:
    Path("notes.html").write_text("mine")
    result = netspec("probe", small, "-o", "notes.html")
    assert result.status == 1
    assert "NS709" in result.err
    for command in (("report", small), ("runs", "compare", small, small)):
        assert "notes.html: error NS709" in netspec(*command, "-o", "notes.html").err
    assert Path("notes.html").read_text() == "mine"
    assert ask("report", small, "-o", "notes.html", "--force").out == "wrote notes.html\n"
    assert ask("report", small, "-o", "notes.html").out == "wrote notes.html\n"
    twice = netspec("probe", small, small)
    assert (twice.status, twice.err.splitlines()[0]) == (2, "netspec probe: a run is named twice")


def test_places_and_autoencoders() -> None:
    """Labels that lie in the places of a picture move with it; a picture that is to be made again does too."""
    rng = np.random.default_rng(0)
    x = rng.random((60, 8, 8, 1), np.float32)
    np.savez("masks.npz", x=x, y=(x[..., 0] > 0.5).astype(np.int64))
    Path("masks.yaml").write_text(
        "netspec: 1\nname: masks\ninput: [8, 8, 1]\nlayers:\n  - 1x1: {filters: 2, activation: softmax}\n"
        "data: {source: {npz: masks.npz}}\ntrain: {epochs: 30, batch_size: 8, optimizer: {adam: {learning_rate: 0.1}}}\n"
    )
    Path("again.yaml").write_text(
        "netspec: 1\nname: again\ninput: [8, 8, 1]\nlayers:\n  - 1x1: {filters: 1, kernel_initializer: ones}\n"
        "data: {source: {npz: masks.npz}, target: input}\ntrain: {epochs: 1, loss: mean_squared_error, optimizer: {sgd: {learning_rate: 1e-9}}}\n"
    )
    for name, exact in (("masks", 0.97), ("again", 1e-3)):
        folder = str(train(f"{name}.yaml", runs=Path("runs")).folder)
        result = ask("probe", folder, "--only", "translation", "--format", "json", "-o", f"{name}.html")
        values = [point["value"] for point in points(json.loads(result.out), 0, "translation", "test").values()]
        if name == "masks":
            assert min(values) > exact
        else:
            assert max(values) < exact


def ask(*arguments: str) -> Any:
    """A command that succeeds."""
    result = netspec(*arguments)
    assert result.status == 0, result.err
    return result


class TestFromPython:
    """`netspec.probe`: the same numbers as the command prints."""

    def test_it_finds_what_the_command_prints(self, small: str, capsys: pytest.CaptureFixture[str]) -> None:
        found = ask_python(small, only=["noise", "nodes"], seed=3, examples=20, page="own.html")
        said = capsys.readouterr()
        assert (said.out, said.err) == (
            "",
            f"note: {small}: noise\nnote: {small}: how each node keeps to motions of its input\n",
        )
        command = ("probe", small, "--only", "noise", "--only", "nodes", "--seed", "3", "--examples", "20")
        printed = json.loads(netspec(*command, "-o", "page.html", "--format", "json").out)
        assert printed["runs"] == as_dict([found])["runs"]
        assert "<h1>small</h1>" in Path("own.html").read_text()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (
                {"only": ["rotations"]},
                "`only` must be `translation`, `scale`, `rotation`, `brightness`, `noise`, `occlusion` or `nodes`, not 'rotations'; "
                "did you mean `rotation`?",
            ),
            ({"only": "rotation"}, "`only` must be a list of names, not 'rotation'"),
            ({"fill": "mirror"}, "`fill` must be `background`, `edge`, `reflect` or `wrap`, not 'mirror'"),
            ({"seed": -1}, "`seed` must be a whole number of at least 0, not -1"),
            ({"examples": 0}, "`examples` must be a whole number of at least 1, not 0"),
            ({"weights": "worst"}, "`weights` must be `best` or `last`, not 'worst'"),
            ({"batch_size": 1.5}, "`batch_size` must be a whole number of at least 1, not 1.5"),
        ],
    )
    def test_a_wrong_option_is_told(self, small: str, options: dict[str, Any], said: str) -> None:
        with pytest.raises(OverrideError) as caught:
            ask_python(small, **options)
        assert str(caught.value) == said
