"""The zoo: right to the last parameter, the same in Keras, and the same numbers as `keras.applications`."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import netspec
from netspec.cli import main

SPECS = Path(__file__).parent.parent / "specs"
MODELINE = "# yaml-language-server: $schema=netspec.schema.json"


class Facts(NamedTuple):
    """What is known of a network: parameters, those that are learned, multiply-accumulates, and its outputs."""

    parameters: int
    learned: int
    macs: int
    outputs: dict[str, list[int]]


IMAGENET = {"predictions": [1000]}
FACTS = {
    ("corners_cnn", None): Facts(1_282, 1_282, 180_032, {"corner": [2]}),
    ("corners_mlp", None): Facts(18_594, 18_594, 18_496, {"corner": [2]}),
    ("densenet_digits", None): Facts(67_258, 65_410, 2_521_416, {"digit": [10]}),
    ("googlenet", None): Facts(13_378_280, 13_378_280, 1_591_044_096, {"main": [1000], "aux1": [1000], "aux2": [1000]}),
    ("inception_digits", None): Facts(43_874, 43_874, 1_146_432, {"digit": [10]}),
    ("lenet5", None): Facts(61_706, 61_706, 416_520, {"digit": [10]}),
    # torchvision's resnet18 and resnet34 have 11,689,512 and 21,797,672 to learn.
    ("resnet", "18"): Facts(11_699_112, 11_689_512, 1_814_073_344, IMAGENET),
    ("resnet", "34"): Facts(21_814_696, 21_797_672, 3_663_761_408, IMAGENET),
    # keras.applications counts 25,636,712, 44,707,176 and 60,419,944.
    ("resnet", None): Facts(25_636_712, 25_583_592, 3_857_973_248, IMAGENET),
    ("resnet", "50"): Facts(25_636_712, 25_583_592, 3_857_973_248, IMAGENET),
    ("resnet", "101"): Facts(44_707_176, 44_601_832, 7_570_194_432, IMAGENET),
    ("resnet", "152"): Facts(60_419_944, 60_268_520, 11_282_415_616, IMAGENET),
    ("resnet_digits", None): Facts(43_418, 42_938, 1_123_648, {"digit": [10]}),
    ("vgg16", None): Facts(138_357_544, 138_357_544, 15_470_264_320, IMAGENET),
}
NAMES = sorted({name for name, _ in FACTS})


def path(name: str) -> str:
    return str(SPECS / f"{name}.yaml")


def test_every_spec_is_known_here_and_none_other() -> None:
    assert sorted(file.stem for file in SPECS.glob("*.yaml")) == NAMES


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


@pytest.mark.parametrize(("name", "most"), [("resnet", 60), ("googlenet", 60)])
def test_a_large_network_is_a_short_page(name: str, most: int) -> None:
    lines = Path(path(name)).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines) <= most


def test_no_spec_has_a_problem_not_even_a_warning() -> None:
    out, err = StringIO(), StringIO()
    status = main(["validate", *map(path, NAMES)], out, err)
    assert (status, out.getvalue(), err.getvalue()) == (0, f"{len(NAMES)} files, no problems\n", "")


@pytest.mark.parametrize(("name", "variant"), list(FACTS))
def test_counts(name: str, variant: str | None) -> None:
    assert netspec.validate(path(name), variant=variant) == ()
    report = netspec.inspect(path(name), variant=variant)
    totals = report["totals"]
    found = Facts(totals["parameters"], totals["trainable_parameters"], totals["macs"], report["outputs"])
    assert (report["name"], found) == (name, FACTS[name, variant])


def test_resnet_50_without_biases_is_torchvision_s() -> None:
    totals = netspec.inspect(path("resnet"), params={"bias": False})["totals"]
    assert totals["trainable_parameters"] == 25_557_032


def test_googlenet_without_its_heads_is_caffe_s_main_path() -> None:
    nodes = netspec.inspect(path("googlenet"))["nodes"]
    heads = sum(node["parameters"] for node in nodes if node["name"].startswith("aux"))
    assert (heads, FACTS["googlenet", None].parameters - heads) == (6_379_728, 6_998_552)


# Small inputs and few classes where a spec has params for them: what is compared does not depend on either.
BUILT: dict[tuple[str, str | None], dict[str, Any]] = {
    ("corners_cnn", None): {},
    ("corners_mlp", None): {},
    ("densenet_digits", None): {},
    ("googlenet", None): {"classes": 10},
    ("inception_digits", None): {},
    ("lenet5", None): {},
    ("resnet", "18"): {"size": 64},
    ("resnet", "50"): {"size": 64},
    ("resnet_digits", None): {},
    ("vgg16", None): {"size": 32, "classes": 10},
}


@pytest.mark.parametrize(("name", "variant"), list(BUILT))
def test_keras_agrees_on_every_shape_and_count(name: str, variant: str | None) -> None:
    params = BUILT[name, variant]
    graph = netspec.load(path(name), params=params, variant=variant)
    model = netspec.build(path(name), params=params, variant=variant)
    totals = graph.totals()
    assert model.name == name
    assert model.count_params() == totals.parameters
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == totals.trainable_parameters
    expected = {node.layer: (node.shape, sum(node.weights)) for node in graph.nodes}
    layers = {layer.name: layer for layer in model.layers if layer.name in expected}
    found = {name: (tuple(layer.output.shape[1:]), layer.count_params()) for name, layer in layers.items()}
    assert found == expected
    outputs = model.output if isinstance(model.output, dict) else {next(iter(graph.outputs)): model.output}
    assert {name: tuple(tensor.shape[1:]) for name, tensor in outputs.items()} == {
        name: graph.nodes[index].shape for name, index in graph.outputs.items()
    }


# --- the same numbers as keras.applications ---------------------------------------------------------


def difference(a: Any, b: Any) -> float:
    """The largest difference, relative to the largest number."""
    return float(np.abs(a - b).max() / np.abs(b).max())


def pictures(size: int) -> Any:
    return np.random.default_rng(0).normal(size=(2, size, size, 3)).astype("float32")


def random_weights(model: Any) -> None:
    """Weights of which every one matters, moving averages included."""
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if weight.name in ("gamma", "moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.name in ("beta", "moving_mean", "bias"):
            weight.assign(rng.normal(0, 0.1, weight.shape))


def vgg16_twins(size: int, classes: int) -> tuple[Any, Any]:
    import keras

    reference = keras.applications.VGG16(weights=None, input_shape=(size, size, 3), classes=classes)
    random_weights(reference)
    model = netspec.build(path("vgg16"), params={"size": size, "classes": classes})
    model.set_weights(reference.get_weights())
    return model, reference


def resnet_name(layer: str) -> str | None:
    """Ours for a layer of keras.applications' ResNet, if it has weights."""
    ends = {"conv1_conv": "conv_1", "conv1_bn": "batch_norm_1", "predictions": "predictions"}
    if layer in ends:
        return ends[layer]
    group, block, *rest = layer.split("_")
    if len(rest) != 2 or rest[1] not in ("conv", "bn"):
        return None
    number, kind = rest
    within = {
        ("0", "conv"): "shortcut_conv1x1_1",
        ("0", "bn"): "shortcut_batch_norm_1",
        ("1", "conv"): "conv1x1_1",
        ("2", "conv"): "conv_1",
        ("3", "conv"): "conv1x1_2",
    }.get((number, kind), f"batch_norm_{number}")
    stage = int(group.removeprefix("conv")) - 1
    return f"Stage_{stage}_Bottleneck_{block.removeprefix('block')}_skip_1_{within}"


def resnet_twins(size: int, depth: str) -> tuple[Any, Any]:
    import keras

    make = {"50": keras.applications.ResNet50, "101": keras.applications.ResNet101}[depth]
    reference = make(weights=None, input_shape=(size, size, 3))
    random_weights(reference)
    model = netspec.build(path("resnet"), params={"size": size}, variant=depth)
    copied = set()
    for layer in reference.layers:
        if layer.weights:
            name = resnet_name(layer.name)
            model.get_layer(name).set_weights(layer.get_weights())
            copied.add(name)
    assert copied == {layer.name for layer in model.layers if layer.weights}
    return model, reference


def agree(model: Any, reference: Any, before_last: str, size: int) -> None:
    """The features before the classifier and the classes' probabilities are the same."""
    import keras

    assert model.count_params() == reference.count_params()
    ours = keras.Model(model.input, [model.get_layer("predictions").input, model.output])
    theirs = keras.Model(reference.input, [reference.get_layer(before_last).output, reference.output])
    x = pictures(size)
    for a, b in zip(ours.predict_on_batch(x), theirs.predict_on_batch(x), strict=True):
        assert a.shape == b.shape
        assert difference(a, b) <= 1e-5


def test_vgg16_computes_what_keras_applications_does() -> None:
    agree(*vgg16_twins(32, 10), before_last="fc2", size=32)


def test_resnet_50_computes_what_keras_applications_does() -> None:
    agree(*resnet_twins(64, "50"), before_last="avg_pool", size=64)


@pytest.mark.slow
def test_vgg16_at_full_size() -> None:
    agree(*vgg16_twins(224, 1000), before_last="fc2", size=224)


@pytest.mark.slow
@pytest.mark.parametrize("depth", ["50", "101"])
def test_resnet_at_full_size(depth: str) -> None:
    agree(*resnet_twins(224, depth), before_last="avg_pool", size=224)


# --- trained ---------------------------------------------------------------------------------------


def trained(name: str, folder: Path) -> dict[str, float]:
    """Accuracy on each test, after training as the spec says."""
    out, err = StringIO(), StringIO()
    assert main(["train", path(name), "--runs", str(folder), "--format", "json"], out, err) == 0, err.getvalue()
    return {test: result["accuracy"] for test, result in json.loads(out.getvalue())["results"].items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [("lenet5", 0.98), ("inception_digits", 0.97), ("resnet_digits", 0.97), ("densenet_digits", 0.97)],
)
def test_digits_are_read(name: str, least: float, tmp_path: Path) -> None:
    assert trained(name, tmp_path)["test"] > least


@pytest.mark.slow
def test_corners_are_found_everywhere_by_windows_that_slide_and_only_where_seen_by_dense_layers(tmp_path: Path) -> None:
    windows, dense = trained("corners_cnn", tmp_path), trained("corners_mlp", tmp_path)
    assert min(windows["test"], windows["unseen positions"], dense["test"]) > 0.99
    assert dense["unseen positions"] < 0.6
