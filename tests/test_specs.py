"""The specs of the zoo as pages, as graphs that Keras agrees with, and as networks that learn. More in `tests/zoo`."""

from __future__ import annotations

import json
import math
from io import StringIO
from pathlib import Path

import pytest

import netspec
from netspec.cli import main
from netspec.kinds.kind import Part
from netspec.zoo import GROUPS
from tests.support.small import SMALL

SPECS = Path(__file__).parent.parent / "specs"
MODELINE = "# yaml-language-server: $schema=netspec.schema.json"


NAMES = sorted(file.stem for file in SPECS.glob("*.yaml"))


def path(name: str) -> str:
    return str(SPECS / f"{name}.yaml")


def test_every_spec_stands_in_one_group() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_begins_with_what_editors_read_and_says_what_it_is(name: str) -> None:
    text = Path(path(name)).read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[:2] == [MODELINE, "netspec: 1"]
    assert lines[2].startswith("description: ")
    assert lines[3].startswith("# ")
    assert max(map(len, lines)) <= 120
    assert text.endswith("\n")
    assert "\t" not in text


@pytest.mark.parametrize(("name", "most"), [("resnet", 60), ("googlenet", 60), ("densenet", 40), ("inception_v3", 110)])
def test_a_large_network_is_a_short_page(name: str, most: int) -> None:
    lines = Path(path(name)).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines) <= most


def test_no_spec_has_a_problem_not_even_a_warning() -> None:
    out, err = StringIO(), StringIO()
    status = main(["validate", *map(path, NAMES)], out, err)
    assert (status, out.getvalue(), err.getvalue()) == (0, f"{len(NAMES)} files, no problems\n", "")


def test_resnet_50_without_biases_is_torchvision_s() -> None:
    totals = netspec.inspect(path("resnet"), params={"bias": False})["totals"]
    assert totals["trainable_parameters"] == 25_557_032


def test_googlenet_without_its_heads_is_caffe_s_main_path() -> None:
    nodes = netspec.inspect(path("googlenet"))["nodes"]
    heads = sum(node["parameters"] for node in nodes if node["name"].startswith("aux"))
    assert (heads, sum(node["parameters"] for node in nodes) - heads) == (6_379_728, 6_998_552)


@pytest.mark.backend
@pytest.mark.parametrize("name", NAMES)
def test_keras_agrees_on_every_shape_and_count(name: str) -> None:
    variant, params = SMALL[name]
    graph = netspec.load(path(name), params=params, variant=variant)
    model = netspec.build(path(name), params=params, variant=variant)
    totals = graph.totals()
    assert model.name == name
    assert model.count_params() == totals.parameters
    assert sum(math.prod(w.shape) for w in model.trainable_weights) == totals.trainable_parameters
    # Those that have a layer.
    used = [graph.nodes[index] for index in sorted(graph.used())]
    without = (
        "slice",
        "time_distributed",
        "not_equal",
        "power",
        "divide",
        "reduce",
        "stack",
        "matmul",
        "gather",
    )  # they are operations
    without = (*without, "space_to_depth", "gather", "roll", "equal")
    named = [node for node in used if node.share is None and node.kind_name not in without]
    named = [
        node for node in named if (node.kind_name, len(node.inputs)) not in (("multiply", 1), ("add", 1))
    ]  # by a constant
    named = [node for node in named if not isinstance(node.config, Part)]
    expected = {node.layer: (node.shape, sum(node.weights)) for node in named}
    layers = {layer.name: layer for layer in model.layers if layer.name in expected}
    ends = {name: each.output if hasattr(each.output, "shape") else each.output[0] for name, each in layers.items()}
    found = {name: (tuple(ends[name].shape[1:]), layer.count_params()) for name, layer in layers.items()}
    assert found == expected
    outputs = model.output if isinstance(model.output, dict) else {next(iter(graph.outputs)): model.output}
    assert {name: tuple(tensor.shape[1:]) for name, tensor in outputs.items()} == {
        name: graph.nodes[index].shape for name, index in graph.outputs.items()
    }


# --- trained ---------------------------------------------------------------------------------------


def trained(name: str, folder: Path) -> dict[str, float]:
    """Accuracy on each test, after training as the spec says."""
    out, err = StringIO(), StringIO()
    assert main(["train", path(name), "--runs", str(folder), "--format", "json"], out, err) == 0, err.getvalue()
    return {test: result["accuracy"] for test, result in json.loads(out.getvalue())["results"].items()}


@pytest.mark.slow
@pytest.mark.backend
@pytest.mark.parametrize(
    ("name", "least"),
    [("lenet5", 0.98), ("inception_digits", 0.97), ("resnet_digits", 0.97), ("densenet_digits", 0.97)],
)
def test_digits_are_read(name: str, least: float, tmp_path: Path) -> None:
    assert trained(name, tmp_path)["test"] > least


@pytest.mark.slow
@pytest.mark.backend
def test_corners_are_found_everywhere_by_windows_that_slide_and_only_where_seen_by_dense_layers(tmp_path: Path) -> None:
    windows, dense = trained("corners_cnn", tmp_path), trained("corners_mlp", tmp_path)
    assert min(windows["test"], windows["unseen positions"], dense["test"]) > 0.99
    assert dense["unseen positions"] < 0.6
