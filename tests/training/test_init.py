"""Training that starts with pretrained weights: which nodes get them, which do not and why, and what is missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from netspec.diagnostics.problems import SpecError
from netspec.pipeline import check
from netspec.training import plan_run
from netspec.training.progress import Silence
from netspec.training.session import Session
from netspec.zoo import specs
from tests.support.pretrained import pictures, published_name, seeded, write_legacy
from tests.support.runs import same_bits

from .conftest import SMALL, Write, netspec, only_run
from .test_resume import broken_off

MOBILENET = "mobilenet_2_5_224_tf.h5"
ADVICE = """\
warning: the weights were learned from images scaled to numbers from -1 to 1 (`tf` in Keras's words), and this network \
prepares them otherwise; write as the first nodes, in place of what prepares them now:
  - rescale: {scale: 2, offset: -1}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of Keras's own, without a file, and a network that reaches nothing."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))

    def unreachable(origin: str, *_: object) -> None:
        raise OSError("no route to host")

    import sys

    module = sys.modules[keras.utils.get_file.__module__]
    monkeypatch.setattr(module, "urlretrieve", unreachable)
    return tmp_path / "home"


def session_of(spec: Path | str, init: object, *, variant: str | None = None, **params: Any) -> Session:
    """A spec ready to learn from `p.npz`, with the weights that it starts with."""
    checked = check(spec, params=params, variant=variant)
    overrides = {"data": {"npz": "p.npz"}, "init": init, "batch_size": 8}
    plan = plan_run(checked, checked.text.encode(), params=params, variant=variant, overrides=overrides)
    session = Session(plan, Silence())
    session.initialise()
    return session


def message(make: Callable[[], object]) -> str:
    """What an error says, with its code."""
    with pytest.raises(SpecError) as caught:
        make()
    (problem,) = caught.value.problems
    return f"{problem.code}: {problem.message}"


# --- fine-tuning ------------------------------------------------------------------------------------------------------------


def test_fine_tuning_from_the_command_line(home: Path) -> None:
    write_legacy(seeded("MobileNet", alpha=0.25), home / "models" / MOBILENET)
    pictures(Path("p.npz"), 32)
    options = ("--variant", "0.25", "--init", "imagenet", "--set", "classes=5", "--set", "size=32", "--epochs", "1")
    made = netspec("train", str(specs()["mobilenet"]), *options, "--data", "p.npz")
    assert (made.status, made.err) == (0, ADVICE)
    assert made.settled.splitlines()[2:5] == [
        "weights of keras.applications:MobileNet(alpha=0.25) (imagenet, mobilenet_2_5_224_tf.h5): 54 of 55 nodes start with them",
        "  `logits`: new head, [1, 1, 256, 5] here and [1, 1, 256, 1000] there",
        "run: runs/mobilenet/TIME",
    ]
    record = json.loads((only_run("mobilenet") / "run.json").read_text())["init"]
    assert len(record.pop("digest")) == 64
    assert record == {
        "given": "imagenet",
        "source": "keras.applications:MobileNet(alpha=0.25)",
        "file": str(home / "models" / MOBILENET),
        "nodes": 55,
        "loaded": 54,
        "missing": [
            {
                "node": "logits",
                "reason": "shape",
                "head": True,
                "ours": [[1, 1, 256, 5], [5]],
                "theirs": [[1, 1, 256, 1000], [1000]],
                "other": None,
            }
        ],
        "mismatch": {
            "mode": "tf",
            "advice": "write as the first nodes, in place of what prepares them now:\n  - rescale: {scale: 2, offset: -1}",
        },
    }


# The spec and its variant, the node after its features, the model with its arguments, is the classifier in the file?
QUICK = [
    ("mobilenet", "0.25", "logits", "MobileNet", {"alpha": 0.25}, True),
    ("mobilenet_v2", "0.35", "predictions", "MobileNetV2", {"alpha": 0.35}, False),
    ("resnet", "50", "predictions", "ResNet50", {}, True),
    ("efficientnet", "b0", "predictions", "EfficientNetB0", {}, False),
]
SLOW = [
    ("mobilenet_v3", "small", "logits", "MobileNetV3Small", {}, True),
    ("resnet_v2", "50", "predictions", "ResNet50V2", {}, False),
    ("resnet", "50", "predictions", "ResNet50", {}, False),
    ("densenet", "121", "predictions", "DenseNet121", {}, False),
    ("densenet", "121", "predictions", "DenseNet121", {}, True),
    ("vgg", "16", "fc6", "VGG16", {}, False),
    ("vgg16", None, "fc6", "VGG16", {}, False),
    ("inception_v3", "keras", "predictions", "InceptionV3", {}, False),
    ("inception_resnet_v2", None, "predictions", "InceptionResNetV2", {}, False),
    ("xception", None, "predictions", "Xception", {}, False),
    ("efficientnet_v2", "b0", "predictions", "EfficientNetV2B0", {}, True),
    ("convnext", "tiny", "predictions", "ConvNeXtTiny", {}, False),
]
SIZES = {"inception_v3": 75, "inception_resnet_v2": 75, "xception": 71}


@pytest.mark.parametrize(
    ("spec", "variant", "head", "model", "arguments", "top"),
    [*QUICK, *(pytest.param(*row, marks=pytest.mark.slow) for row in SLOW)],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_the_features_before_the_head_are_those_of_keras(
    home: Path, spec: str, variant: str | None, head: str, model: str, arguments: dict[str, Any], top: bool
) -> None:
    size = SIZES.get(spec, 32)
    theirs = seeded(model, top=top, size=size, **arguments, **({} if top else {"pooling": "avg"}))
    name, digest = published_name(model, top=top, **arguments)
    normalised(theirs, np.sqrt)  # as published: the deviation stands where the variance should, and a layer mends it
    ours = write_legacy(theirs, home / "models" / name)
    normalised(theirs, np.asarray)
    assert digest != ours
    pictures(Path("p.npz"), size)
    init = {"from": "imagenet", "digest": ours}
    session = session_of(specs()[spec], init, variant=variant, size=size, classes=5)
    assert session.initial is not None
    missing = {missing.node: (missing.reason, missing.head) for missing in session.initial.missing}
    if spec in ("vgg", "vgg16"):
        assert missing == {"fc6": ("new", False), "fc7": ("behind", False), "predictions": ("behind", True)}
    else:
        assert missing == {head: ("shape" if top else "new", True)}
    owners = [layer for layer in session.learner.network.layers if layer.weights]
    assert session.initial.nodes == len(owners)
    assert session.initial.file == str(home / "models" / name)

    assert session.initial.mismatch is not None  # the archive's bytes come as numbers from 0 to 1
    if spec in ("efficientnet", "efficientnet_v2", "convnext", "mobilenet_v3"):
        assert session.initial.mismatch.advice == "its own nodes take bytes: write `rescale: 1` under `data`"

    images = np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype("float32")
    network = session.learner.network
    here = keras.Model(network.input, network.get_layer(head).input)(images, training=False)
    end = [layer for layer in theirs.layers if layer.weights][-1].input if top else theirs.output
    if spec in ("vgg", "vgg16"):
        end = keras.layers.Flatten()(theirs.get_layer("block5_pool").output)
    there = keras.Model(theirs.input, end)(images, training=False)
    a, b = (keras.ops.convert_to_numpy(features).reshape(2, -1) for features in (here, there))
    assert np.abs(b).max() > 0
    np.testing.assert_allclose(a, b, atol=1e-5 * np.abs(b).max(), rtol=0)


def normalised(model: Any, variance: Callable[[Any], Any]) -> None:
    """Give a model that normalises images itself the figures of ImageNet."""
    scales = any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    factor = 1 if scales else 255  # ConvNeXt's normalises bytes, by constants
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean = np.array([0.485, 0.456, 0.406]) * factor
            layer.set_weights([mean, variance(np.array([0.229, 0.224, 0.225]) ** 2), np.array(0)])
            layer.finalize_state()


# --- how images are prepared ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "variant", "model", "arguments", "nodes"),
    [
        (
            "vgg16",
            None,
            "VGG16",
            {},
            [
                "- slice: {start: 2, stop: 3, from: input, name: blue}",
                "- slice: {start: 1, stop: 2, from: input, name: green}",
                "- slice: {start: 0, stop: 1, from: input, name: red}",
                "- concat: {from: [blue, green, red]}",
                "- rescale: {scale: 255, offset: [-103.939, -116.779, -123.68]}",
            ],
        ),
        pytest.param(
            "densenet",
            "121",
            "DenseNet121",
            {},
            [
                "- rescale: {scale: [4.366812, 4.464286, 4.444445], offset: [-2.117904, -2.035714, -1.804444]}",
            ],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_is_advised_prepares_images_as_keras_does(
    home: Path, spec: str, variant: str | None, model: str, arguments: dict[str, Any], nodes: list[str]
) -> None:
    name, _ = published_name(model, top=False, **arguments)
    digest = write_legacy(seeded(model, top=False, size=32, **arguments), home / "models" / name)
    pictures(Path("p.npz"), 32)
    init = {"from": f"keras.applications:{model}", "digest": digest}
    session = session_of(specs()[spec], init, variant=variant, size=32, classes=5)
    assert session.initial is not None
    assert session.initial.mismatch is not None
    advice = session.initial.mismatch.advice
    assert advice.splitlines()[1:] == [f"  {node}" for node in nodes]
    text = specs()[spec].read_text(encoding="utf-8")
    Path("mended.yaml").write_text(text.replace("\nlayers:\n", "\nlayers:\n" + "".join(f"  {n}\n" for n in nodes)))
    session = session_of("mended.yaml", init, variant=variant, size=32, classes=5)
    assert session.initial is not None
    assert session.initial.mismatch is None
    assert {missing.head or missing.node in ("fc6", "fc7") for missing in session.initial.missing} == {True}


def test_bytes_for_a_network_that_takes_bytes(home: Path) -> None:
    name, _ = published_name("MobileNetV3Small", top=False, minimalistic=True)
    digest = write_legacy(seeded("MobileNetV3Small", top=False, size=32, minimalistic=True), home / "models" / name)
    pictures(Path("p.npz"), 32)
    path = specs()["mobilenet_v3"]
    init = {"from": "imagenet", "digest": digest}
    session = session_of(path, init, variant="small_minimalistic", size=32, classes=5)
    assert session.initial is not None
    assert session.initial.mismatch is not None
    assert session.initial.mismatch.message == (
        "the weights were learned from images as the model's own first layers do, and this network prepares them otherwise; "
        "its own nodes take bytes: write `rescale: 1` under `data`"
    )
    spec = check(path, params={"size": 32, "classes": 5}, variant="small_minimalistic")
    overrides = {"data": {"source": {"npz": "p.npz"}, "rescale": 1}, "init": init}
    plan = plan_run(spec, b"", params={"size": 32, "classes": 5}, variant="small_minimalistic", overrides=overrides)
    session = Session(plan, Silence())
    session.initialise()
    assert session.initial is not None
    assert session.initial.mismatch is None


# --- from a run -------------------------------------------------------------------------------------------------------------

BEFORE = """\
netspec: 1
name: before
params: {classes: 10, width: 4}
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, use_bias: false, name: stem}
  - batch_norm
  - conv: {filters: $width, kernel_size: 3, padding: same, name: middle}
  - flatten
  - dense: {units: 6, name: hidden}
  - dense: {units: $classes, name: head}
  - softmax
data: {source: digits}
train: {epochs: 1, batch_size: 256}
"""
AFTER = """\
netspec: 1
name: after
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, use_bias: false, name: stem}
  - batch_norm
  - conv: {filters: 5, kernel_size: 3, padding: same, name: middle}
  - flatten
  - dense: {units: 7, name: fresh}
  - dense: {units: 6, name: hidden, share: fresh}
  - dense: {units: 10, name: last}
  - softmax
data: {source: digits}
train: {epochs: 1, batch_size: 256, init: RUN}
"""


def test_from_a_run_and_from_its_model_by_paths(write: Write) -> None:
    assert netspec("train", write(BEFORE, "before.yaml")).status == 0
    run = only_run("before")
    after = AFTER.replace(
        "  - dense: {units: 6, name: hidden, share: fresh}\n",
        "  - relu\n  - 1x1: {filters: 3, activation: relu, name: hidden}\n",
    )
    after = (
        after.replace("  - flatten\n", "")
        .replace("  - dense: {units: 7, name: fresh}\n", "")
        .replace("  - dense: {units: 10, name: last}\n", "  - flatten\n  - dense: {units: 10, name: last}\n")
    )
    for place in (str(run), str(run / "model.keras")):
        shutil.rmtree("runs/after", ignore_errors=True)
        made = netspec("train", write(after.replace("RUN", place), "after.yaml"))
        assert (made.status, made.err) == (0, "")
        assert made.out.splitlines()[2:6] == [
            f"weights of {place}: 2 of 5 nodes start with them",
            "  `middle`: another shape, [3, 3, 4, 5] here and [3, 3, 4, 4] there",
            "  `hidden`: another kind, `dense` there",
            "  `last`: new head, there is none there",
        ]
        record = json.loads((only_run("after") / "run.json").read_text())["init"]
        assert (record["source"], record["nodes"], record["loaded"]) == (place, 5, 2)
        assert [missing["reason"] for missing in record["missing"]] == ["shape", "kind", "new"]


def test_programs_are_told(write: Write) -> None:
    assert netspec("train", write(BEFORE, "before.yaml")).status == 0
    run = only_run("before")
    made = netspec("train", "before.yaml", "--init", str(run), "--format", "jsonl", "--runs", "others")
    events = [json.loads(line) for line in made.out.splitlines()]
    (told,) = (event for event in events if event["event"] == "init")
    record = json.loads((only_run("before", "others") / "run.json").read_text())["init"]
    assert {key: told[key] for key in record} == record
    assert (record["given"], record["source"], record["nodes"], record["loaded"]) == (str(run), str(run), 5, 5)
    assert (record["missing"], record["file"], record["digest"], record["mismatch"]) == ([], None, None, None)


def test_a_run_s_weights_are_taken_to_the_bit(write: Write) -> None:
    assert netspec("train", write(BEFORE, "before.yaml")).status == 0
    run = only_run("before")
    checked = check("before.yaml")
    plan = plan_run(checked, b"", overrides={"init": str(run)})
    session = Session(plan, Silence())
    before = [variable.numpy() for variable in session.learner.network.variables]
    session.initialise()
    after = session.learner.network.get_weights()
    kept = keras.models.load_model(run / "model.keras").get_weights()
    assert session.initial is not None
    assert (session.initial.nodes, session.initial.missing) == (5, ())
    for random, ours, theirs in zip(before, after, kept, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert random.shape == ours.shape
    assert any(not np.array_equal(random, ours) for random, ours in zip(before, after, strict=True))


def test_a_resumed_run_does_not_need_the_weights_again(write: Write) -> None:
    first = write()
    assert netspec("train", first).status == 0
    source = only_run()
    shutil.move(source, "source")
    assert netspec("train", first, "--init", "source", "--runs", "whole").status == 0
    with broken_off(0):
        assert netspec("train", first, "--init", "source", "--runs", "broken").status == 130
    shutil.rmtree("source")
    run = only_run(runs="broken")
    record = json.loads((run / "run.json").read_text())
    resumed = netspec("train", "--resume", str(run))
    assert (resumed.status, resumed.err) == (0, "")
    assert same_bits(run, only_run(runs="whole"))
    assert json.loads((run / "run.json").read_text())["init"] == record["init"]
    assert (record["init"]["nodes"], record["init"]["loaded"]) == (1, 1)


def test_frozen_nodes_and_mixed_precision_get_weights_too(write: Write) -> None:
    assert netspec("train", write(BEFORE, "before.yaml")).status == 0
    run = only_run("before")
    text = BEFORE.replace("name: stem}", "name: stem, trainable: false}").replace(
        "256}", "256, precision: mixed_bfloat16}"
    )
    made = netspec("train", write(text, "again.yaml"), "--init", str(run), "--set", "classes=10")
    assert made.status == 0
    assert f"weights of {run}: 5 of 5 nodes start with them" in made.out
    again = sorted(Path("runs/before").iterdir())[-1]
    with np.load(run / "last.npz") as one, np.load(again / "last.npz") as two:
        stems = [key for key in one.files if key.startswith("network/00000/")]
        assert len(stems) == 1
        other = next(name for name in two.files if name.startswith("network/00000/"))
        np.testing.assert_array_equal(one[stems[0]], two[other])


# --- what is missing --------------------------------------------------------------------------------------------------------


def test_a_file_that_is_nowhere(home: Path, write: Write) -> None:
    pictures(Path("p.npz"), 32)
    wanted, md5 = published_name("MobileNetV3Small", top=False)
    other, _ = published_name("MobileNetV3Small", top=True)
    place = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v3/" + wanted
    options = ("--variant", "small", "--init", "imagenet", "--set", "classes=5", "--set", "size=32")
    made = netspec("train", str(specs()["mobilenet_v3"]), *options, "--data", "p.npz")
    assert (made.status, made.out) == (1, "")
    assert made.err.splitlines()[-1] == (
        "<options>: error NS713: the weights of `MobileNetV3Small` are not in Keras's cache, and the download failed ('no route "
        f"to host'); put `{wanted}` (MD5 {md5}) from {place} at '{home / 'models' / wanted}', or `{other}`, with the "
        "classifier, beside it"
    )
    assert not Path("runs").exists()


def test_a_file_that_is_another(home: Path) -> None:
    pictures(Path("p.npz"), 32)
    name, md5 = published_name("MobileNetV3Small", top=False)
    path = home / "models" / name
    actual = write_legacy(seeded("MobileNetV3Small", top=False, size=32), path)
    spec = specs()["mobilenet_v3"]
    assert message(lambda: session_of(spec, "imagenet", variant="small", size=32, classes=5)) == (
        f"NS713: '{path}' is not the file that is wanted: its MD5 is {actual}, and should be {md5}; remove it, and `{name}` "
        "is fetched anew"
    )


def test_a_file_that_is_named(home: Path) -> None:
    pictures(Path("p.npz"), 32)
    theirs = seeded("MobileNet", top=False, size=32, alpha=0.25)
    write_legacy(theirs, Path("own.h5"))
    init = {"from": "imagenet", "file": "own.h5"}  # Keras keeps no digest of MobileNet's files
    session = session_of(specs()["mobilenet"], init, variant="0.25", size=32, classes=5)
    assert session.initial is not None
    assert [missing.words for missing in session.initial.missing] == ["`logits`: new head, there is none there"]
    assert session.initial.file == str(Path("own.h5").absolute())
    assert not home.exists()

    def ask(**more: object) -> str:
        return message(lambda: session_of(specs()["mobilenet"], {**init, **more}, variant="0.5", size=32, classes=5))

    assert ask().startswith(f"NS713: '{Path('own.h5').absolute()}' does not hold the weights of `MobileNet` (")
    assert ask(digest="0a" * 16).startswith(
        f"NS713: '{Path('own.h5').absolute()}' is not the file that is wanted: its MD5 is "
    )
    assert ask(file="none.h5") == f"NS713: there is no file '{Path('none.h5').absolute()}'"
    with h5py.File("own.h5", "a") as file:
        file["elsewhere"] = h5py.ExternalLink("secret.h5", "/")
    assert ask() == f"NS713: '{Path('own.h5').absolute()}' cannot be read: `elsewhere` is a link to elsewhere"
    Path("own.h5").write_text("no file of weights")
    assert ask() == (f"NS713: '{Path('own.h5').absolute()}' cannot be read: it is damaged, or no file of weights")


@pytest.mark.parametrize(
    ("init", "words"),
    [
        ("imagnet", "`init` names 'imagnet', which is no run, .keras or .npz file; did you mean `imagenet`?"),
        ("elsewhere", "`init` names 'elsewhere', which is no run, .keras or .npz file; the spec declares `imagenet`"),
        ("keras.applications:MobileNte", "`keras.applications` has no model 'MobileNte'; did you mean `MobileNet`?"),
        (
            "keras.applications:MobileNet(alhpa=0.25)",
            "`MobileNet` has no argument 'alhpa'; it takes `alpha`, `depth_multiplier`, `dropout`",
        ),
        (
            "keras.applications:MobileNet(alpha=0.3)",
            "Keras has no weights for `MobileNet` as it is asked for (If imagenet weights are being loaded, alpha can be one "
            "of`0.25`, `0.50`, `0.75` or `1.0` only.  Received alpha=0.3)",
        ),
    ],
)
def test_what_is_not_there(init: str, words: str) -> None:
    pictures(Path("p.npz"), 32)
    spec = specs()["mobilenet"]
    assert message(lambda: session_of(spec, init, variant="0.25", size=32, classes=5)) == f"NS713: {words}"


def test_weights_that_the_spec_declares_for_another_variant() -> None:
    pictures(Path("p.npz"), 64)
    assert message(lambda: session_of(specs()["resnet"], "imagenet", variant="18", size=64, classes=5)) == (
        "NS713: the spec declares no `imagenet` for the variant `18`, only for `50`, `101` and `152`"
    )


def test_weights_that_fit_nothing(home: Path) -> None:
    pictures(Path("p.npz"), 32)
    name, _ = published_name("MobileNet", top=False, alpha=0.25)
    write_legacy(seeded("MobileNet", top=False, size=32, alpha=0.25), home / "models" / name)
    init = "keras.applications:MobileNet(alpha=0.25)"
    assert message(lambda: session_of(specs()["mobilenet"], init, variant="0.5", size=32, classes=5)) == (
        "NS713: the weights of keras.applications:MobileNet(alpha=0.25) fit no node of the network; `conv_1`: another shape, "
        "[3, 3, 3, 16] here and [3, 3, 3, 8] there"
    )


def test_a_spec_names_weights_in_its_own_folder_only(write: Write, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = inner / "small.yaml"
    path.write_text(SMALL.replace("epochs: 2", "init: ../run, epochs: 2"))
    made = netspec("train", str(path))
    assert made.status == 1
    assert (
        "error NS711: '../run' leads out of the spec's folder, and a spec names only what lies there; if you mean it, name it "
        "with `--init`"
    ) in made.err
    named = netspec("train", str(path), "--init", "run")
    assert "error NS713: `init` names 'run', which is no run, .keras or .npz file" in named.err


def test_the_variant_in_force_is_found_where_none_is_named(home: Path) -> None:
    pictures(Path("p.npz"), 32)
    name, _ = published_name("MobileNet", top=False, alpha=1.0)
    write_legacy(seeded("MobileNet", top=False, size=32), home / "models" / name)
    session = session_of(specs()["mobilenet"], "imagenet", size=32, classes=5)
    assert session.initial is not None
    assert session.initial.source == "keras.applications:MobileNet(alpha=1.0)"
    assert session.initial.nodes - len(session.initial.missing) == 54
