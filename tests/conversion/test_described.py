"""Formats that hold no weights: YAMLs of Ultralytics, prototxts of Caffe."""

from __future__ import annotations

import io
import re
from pathlib import Path
from random import Random

import pytest

from netspec.cli import main
from netspec.conversion import caffe, ultralytics
from netspec.conversion.converting import Inconvertible
from netspec.conversion.model import ConversionError
from netspec.conversion.prototxt import parse
from netspec.conversion.writing import text_of
from netspec.pipeline import check_text

from . import networks
from .networks import layer


def imported(path: Path, *words: str) -> tuple[int, str]:
    """What the command prints on both streams."""
    out = io.StringIO()
    return main(["import", str(path), *words], out, out), out.getvalue()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# What Ultralytics publishes, less 16: those that decode boxes, of which raw outputs know nothing. specs/yolov8.yaml has the same.
YOLO = {"n": 3_157_184, "s": 11_166_544, "m": 25_902_624, "l": 43_691_504, "x": 68_229_632}


@pytest.mark.parametrize("scale", YOLO)
def test_yolov8_has_its_published_parameters(scale: str, tmp_path: Path) -> None:
    path, target = write(tmp_path, "yolov8.yaml", networks.YOLOV8), tmp_path / "made.yaml"
    status, text = imported(path, "--scale", scale, "--flat", "-o", str(target))
    assert status == 0
    assert re.sub(r"\d+ lines", "N lines", text) == (
        f"wrote {target}: N lines, {YOLO[scale]:,} parameters; a YAML of Ultralytics holds no weights, so no outputs were compared\n"
    )
    graph = check_text(target.read_text(encoding="utf-8"), repairs=False).graph
    assert graph is not None
    assert [graph.nodes[index].shape for index in graph.outputs.values()] == [
        (80, 80, 144),
        (40, 40, 144),
        (20, 20, 144),
    ]


def test_older_keys_and_other_modules(tmp_path: Path) -> None:
    path = write(tmp_path, "m.yaml", networks.CLASSIFIER)
    status, text = imported(path, "--input", "64,64,3", "--flat")
    assert (status, text.splitlines()[:8]) == (
        0,
        [
            "netspec: 1",
            "name: m",
            "input: [64, 64, 3]",
            "layers:",
            "  - conv: {filters: 16, use_bias: false, kernel_size: 6, padding: 3, strides: 2}",
            "  - batch_norm: {momentum: 0.97}",
            "  - silu",
            "  - conv: {filters: 16, use_bias: false, kernel_size: 3, padding: 1, groups: 16}",
        ],
    )
    assert text.splitlines()[-2:] == ["  - global_pool", "  - dense: 10"]


MISTAKES = {
    "a spec": ("netspec: 1\ninput: [4]\nlayers: [relu]\n", "it is a spec already"),
    "other YAML": (
        "a: 1\n",
        "it is YAML, but neither a spec nor a model of Ultralytics, which has `backbone` and `head`",
    ),
    "no YAML": ("backbone: [\n", None),
    "a row": (
        "backbone: [[-1, 1, Conv]]\nhead: []\n",
        "row 0 must be [from, number, module, arguments], not [-1, 1, 'Conv']",
    ),
    "a source": ("backbone: [[-2, 1, Conv, [8]]]\nhead: []\n", "row 0 reads -2, and there are 0 rows before it"),
    "no rows": ("backbone: []\nhead: []\n", "it has no rows"),
    "a scale": (
        "scales: {n: [1, 1]}\nbackbone: []\nhead: []\n",
        "the scale 'n' must be [depth, width, most channels], not [1, 1]",
    ),
    "code": (
        "backbone: [[-1, 1, os.system, [8]], [-1, 1, Conv, [x]]]\nhead: []\n",
        "the layer `model.0` is a 'os.system', which is none of `Conv`, `DWConv`, `C2f`, `C3`, `Bottleneck`, `SPPF`, `SPP`, "
        "`Upsample`, `Concat`, `Detect` and `Classify`",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_what_is_no_model_of_ultralytics_is_told(what: str, tmp_path: Path) -> None:
    text, message = MISTAKES[what]
    path = write(tmp_path, "m.yaml", text)
    status, printed = imported(path)
    assert status == 1
    if message is not None:
        assert printed.splitlines()[0] == f"{path}: error NS719: {message}"
    else:
        assert printed.startswith(f"{path}: error NS719: it cannot be read as YAML: ")


def test_a_scale_that_there_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, "m.yaml", networks.YOLOV8)
    assert imported(path, "--scale", "q") == (
        1,
        f"{path}: error NS719: it has no scale 'q', only `n`, `s`, `m`, `l` and `x`\n",
    )
    path = write(tmp_path, "c.yaml", networks.CLASSIFIER)
    assert imported(path, "--scale", "n") == (
        1,
        f"{path}: error NS719: it has no `scales`, so `--scale` chooses nothing\n",
    )


# LeNet as Caffe trains it, bvlc_reference_caffenet, bvlc_googlenet.
CAFFE = {"lenet": 431_080, "caffenet": 60_965_224, "googlenet": 6_998_552}


@pytest.mark.parametrize("name", CAFFE)
def test_networks_of_caffe_have_their_published_parameters(name: str, tmp_path: Path) -> None:
    path, target = write(tmp_path, f"{name}.prototxt", getattr(networks, name)()), tmp_path / "made.yaml"
    status, text = imported(path, "--flat", "-o", str(target))
    assert (status, re.sub(r"\d+ lines", "N lines", text)) == (
        0,
        f"wrote {target}: N lines, {CAFFE[name]:,} parameters; a prototxt holds no weights, so no outputs were compared\n",
    )


LENET = """\
netspec: 1
name: LeNet
input: [28, 28, 1]
layers:
  - conv: {filters: 20, kernel_size: 5, kernel_initializer: lecun_uniform, name: conv1}
  - pool: {name: pool1}
  - conv: {filters: 50, kernel_size: 5, name: conv2}
  - pool: {name: pool2}
  - flatten
  - dense: {units: 500, name: ip1}
  - relu: {name: relu_ip1}
  - dense: {units: 10, name: ip2}
  - softmax: {name: prob}
"""


def test_the_text_of_lenet(tmp_path: Path) -> None:
    path = write(tmp_path, "lenet.prototxt", networks.lenet())
    assert imported(path, "--flat") == (0, LENET)
    status, text = imported(path, "--weights", str(tmp_path / "w.npz"))
    assert (status, text) == (1, f"{path}: error NS719: a prototxt holds no weights; leave --weights out\n")


def flat(*layers: str, shape: str = "dim: 1 dim: 3 dim: 9 dim: 8") -> list[tuple[str, object]]:
    """Kind and hyperparameters of what layers on an image become."""
    head = 'input: "data" input_shape { ' + shape + " }\n"
    net = caffe._Net(parse(head + "".join(layers)), None).flat("m")
    assert not [problem for problem in check_text(text_of(net), repairs=False).problems if problem.is_error]
    return [(node.kind_name, node.values) for node in net.nodes]


def test_windows_of_caffe() -> None:
    assert flat(networks.pool("p", "data", 2, 2)) == [("pool", {"rounding": "ceil"})]
    assert flat(networks.pool("p", "data", 2, 2, "pool: MAX round_mode: FLOOR")) == [("pool", {"rounding": "floor"})]
    assert flat(networks.pool("p", "data", 3, 3, "pool: AVE pad: 1")) == [
        ("zero_pad", {}),
        ("pool", {"type": "avg", "pool_size": 3, "rounding": "ceil"}),
    ]
    assert flat(layer("p", "Pooling", "data", pooling_param="pool: AVE global_pooling: true")) == [
        ("global_pool", {"keepdims": True})
    ]
    param = "num_output: 4 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 0 stride: 2 dilation: 1 bias_term: false"
    assert flat(layer("c", "Convolution", "data", convolution_param=param)) == [
        (
            "conv",
            {
                "filters": 4,
                "kernel_size": [3, 1],
                "strides": 2,
                "padding": [1, 0],
                "use_bias": False,
                "rounding": "floor",
            },
        )
    ]


def test_normalisation_and_its_scale_are_one_node() -> None:
    scale = layer("s", "Scale", "n", "n", scale_param="bias_term: true")
    norm = layer("n", "BatchNorm", "data", batch_norm_param="eps: 0.001", param="lr_mult: 0")
    assert flat(norm, scale) == [("batch_norm", {"momentum": 0.999})]
    assert flat(norm)[0][1] == {"momentum": 0.999, "center": False, "scale": False}
    with pytest.raises(Inconvertible) as caught:
        flat(layer("s", "Scale", "data"), layer("m", "MVN", "s"))
    assert caught.value.failures == (
        ("s", "scales what is no `BatchNorm` before it, for which there is no kind"),
        ("m", "is a 'MVN', a layer for which there is no kind"),
    )


def test_sums_and_products() -> None:
    def of(param: str) -> str:
        return flat(layer("e", "Eltwise", ["data", "data"], eltwise_param=param))[-1][0]

    assert [of(""), of("operation: PROD"), of("operation: MAX"), of("operation: SUM coeff: 1 coeff: -1")] == [
        *("add", "multiply", "maximum", "subtract")
    ]
    with pytest.raises(Inconvertible):
        of("operation: SUM coeff: 0.5")


def test_what_training_freezes_is_frozen() -> None:
    text = "input: 'data' input_shape { dim: 1 dim: 4 }" + layer(
        "d", "InnerProduct", "data", inner_product_param="num_output: 2", param="lr_mult: 0"
    )
    (node,) = caffe._Net(parse(text), None).flat("m").nodes
    assert node.trainable is False


BROKEN = {
    "layer {": "it ends inside a message",
    'layer { name "a" }': "line 1 has '\"a\"' where a value is expected",
    "\n\n?": "line 3 is no prototxt: '?'",
    "3: 4": "line 1 must begin with the name of a field, not '3'",
    "a {" * 31: "messages lie more than 30 deep in messages",
    "name: 'x'": "it has no layers, so it is no network of Caffe",
    "layer { name: 'x' type: 'ReLU' }": "it does not say the shape of its input; give it with `--input`",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_prototxt_is_told(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, "m.prototxt", text)
    assert imported(path) == (1, f"{path}: error NS719: {BROKEN[text]}\n")


def test_values_of_the_text_format() -> None:
    found = parse("a: 0x1F b: -1.5e2f c: 'x' \"y\" d: [1, 2] e < f: true; > # end\n g: NAME")
    assert found == {"a": [31], "b": [-150.0], "c": ["xy"], "d": [1, 2], "e": [{"f": [True]}], "g": ["NAME"]}


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_happens_to_a_file_is_a_crash(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    path = tmp_path / "m"
    texts = (networks.lenet(), networks.CLASSIFIER)
    outcomes = set()
    for _ in range(60):
        source = random.choice(texts)
        words = re.split(r"(\W+)", source)
        for _ in range(random.choice((1, 2, 5))):
            words[random.randrange(len(words))] = random.choice(
                ("", "-1", "{", "nc", "1e9", "x", "[1, 2]", "999999999", words[3])
            )
        path = path.with_suffix(".prototxt" if source is texts[0] else ".yaml")
        path.write_text("".join(words), encoding="utf-8")
        try:
            if source is texts[0]:
                check_text(text_of(caffe.flat_of(path)), repairs=False)
            else:
                ultralytics.flat_of(ultralytics.document_of(path), "m", None, (32, 32, 3))
        except (ConversionError, Inconvertible) as error:
            outcomes.add(type(error).__name__)
    assert "ConversionError" in outcomes
