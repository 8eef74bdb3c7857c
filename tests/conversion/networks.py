"""Networks as Caffe and Ultralytics write them, put together from the papers' tables."""

from __future__ import annotations

YOLOV8 = """\
nc: 80
scales:
  n: [0.33, 0.25, 1024]
  s: [0.33, 0.50, 1024]
  m: [0.67, 0.75, 768]
  l: [1.00, 1.00, 512]
  x: [1.00, 1.25, 512]
backbone:
  - [-1, 1, Conv, [64, 3, 2]]
  - [-1, 1, Conv, [128, 3, 2]]
  - [-1, 3, C2f, [128, True]]
  - [-1, 1, Conv, [256, 3, 2]]
  - [-1, 6, C2f, [256, True]]
  - [-1, 1, Conv, [512, 3, 2]]
  - [-1, 6, C2f, [512, True]]
  - [-1, 1, Conv, [1024, 3, 2]]
  - [-1, 3, C2f, [1024, True]]
  - [-1, 1, SPPF, [1024, 5]]
head:
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[-1, 6], 1, Concat, [1]]
  - [-1, 3, C2f, [512]]
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[-1, 4], 1, Concat, [1]]
  - [-1, 3, C2f, [256]]
  - [-1, 1, Conv, [256, 3, 2]]
  - [[-1, 12], 1, Concat, [1]]
  - [-1, 3, C2f, [512]]
  - [-1, 1, Conv, [512, 3, 2]]
  - [[-1, 9], 1, Concat, [1]]
  - [-1, 3, C2f, [1024]]
  - [[15, 18, 21], 1, Detect, [nc]]
"""

CLASSIFIER = """\
nc: 10
depth_multiple: 0.33
width_multiple: 0.25
backbone:
  - [-1, 1, Conv, [64, 6, 2]]
  - [-1, 1, DWConv, [64, 3, 1]]
  - [-1, 3, C3, [128]]
  - [-1, 2, Bottleneck, [128]]
  - [-1, 1, SPP, [256, [5, 9, 13]]]
head:
  - [-1, 1, Classify, [nc]]
"""


def layer(name: str, type_: str, bottom: str | list[str], top: str = "", **params: str) -> str:
    """A layer of a prototxt."""
    bottoms = [bottom] if isinstance(bottom, str) else bottom
    lines = [f'name: "{name}"', f'type: "{type_}"', *(f'bottom: "{each}"' for each in bottoms), f'top: "{top or name}"']
    lines += [f"{key} {{ {value} }}" for key, value in params.items()]
    return "layer {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def convolution(name: str, bottom: str, filters: int, size: int, more: str = "") -> str:
    return layer(
        name, "Convolution", bottom, convolution_param=f"num_output: {filters} kernel_size: {size} {more}"
    ) + relu(name)


def relu(name: str) -> str:
    """In the place of what it reads."""
    return layer(f"relu_{name}", "ReLU", name, name)


def pool(name: str, bottom: str, size: int, stride: int, more: str = "pool: MAX") -> str:
    return layer(name, "Pooling", bottom, pooling_param=f"{more} kernel_size: {size} stride: {stride}")


def dense(name: str, bottom: str, units: int, *, ends: bool = False) -> str:
    made = layer(name, "InnerProduct", bottom, inner_product_param=f"num_output: {units}")
    return (
        made
        if ends
        else made + relu(name) + layer(f"drop_{name}", "Dropout", name, name, dropout_param="dropout_ratio: 0.5")
    )


def lenet() -> str:
    """Caffe's form of LeCun and others' network of 1998, with layers that only training uses."""
    return (
        '# digits\nname: "LeNet"\n'
        'layer { name: "mnist" type: "Data" top: "data" top: "label" include { phase: TRAIN } }\n'
        'layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: [64, 1, 28, 28] } } }\n'
        + layer(
            "conv1",
            "Convolution",
            "data",
            convolution_param="num_output: 20 kernel_size: 5 stride: 1 weight_filler { type: 'xavier' }",
        )
        + pool("pool1", "conv1", 2, 2)
        + layer("conv2", "Convolution", "pool1", convolution_param="num_output: 50, kernel_size: 5; stride: 1")
        + pool("pool2", "conv2", 2, 2)
        + layer("ip1", "InnerProduct", "pool2", inner_product_param="num_output: 500")
        + relu("ip1")
        + dense("ip2", "ip1", 10, ends=True)
        + layer("prob", "Softmax", "ip2")
    )


def caffenet() -> str:
    """Krizhevsky, Sutskever and Hinton, 2012, on one tower in groups, pooled before it is normalised."""
    norm = "local_size: 5 alpha: 0.0001 beta: 0.75"
    return (
        'name: "CaffeNet"\ninput: "data"\ninput_dim: 10\ninput_dim: 3\ninput_dim: 227\ninput_dim: 227\n'
        + convolution("conv1", "data", 96, 11, "stride: 4")
        + pool("pool1", "conv1", 3, 2)
        + layer("norm1", "LRN", "pool1", lrn_param=norm)
        + convolution("conv2", "norm1", 256, 5, "pad: 2 group: 2")
        + pool("pool2", "conv2", 3, 2)
        + layer("norm2", "LRN", "pool2", lrn_param=norm)
        + convolution("conv3", "norm2", 384, 3, "pad: 1")
        + convolution("conv4", "conv3", 384, 3, "pad: 1 group: 2")
        + convolution("conv5", "conv4", 256, 3, "pad: 1 group: 2")
        + pool("pool5", "conv5", 3, 2)
        + dense("fc6", "pool5", 4096)
        + dense("fc7", "fc6", 4096)
        + dense("fc8", "fc7", 1000, ends=True)
        + layer("prob", "Softmax", "fc8")
    )


# Szegedy and others, 2014, table 1: 1x1, 3x3 reduced, 3x3, 5x5 reduced, 5x5, behind the pool.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet() -> str:
    """Without the heads that serve in training."""
    norm = "local_size: 5 alpha: 0.0001 beta: 0.75"
    text = (
        'name: "GoogleNet"\ninput: "data"\ninput_shape { dim: 10 dim: 3 dim: 224 dim: 224 }\n'
        + convolution("conv1", "data", 64, 7, "pad: 3 stride: 2")
        + pool("pool1", "conv1", 3, 2)
        + layer("norm1", "LRN", "pool1", lrn_param=norm)
        + convolution("reduce2", "norm1", 64, 1)
        + convolution("conv2", "reduce2", 192, 3, "pad: 1")
        + layer("norm2", "LRN", "conv2", lrn_param=norm)
        + pool("pool2", "norm2", 3, 2)
    )
    below = "pool2"
    for name, (one, reduce3, three, reduce5, five, behind) in INCEPTIONS.items():
        text += convolution(f"{name}_1x1", below, one, 1)
        text += convolution(f"{name}_3r", below, reduce3, 1) + convolution(
            f"{name}_3x3", f"{name}_3r", three, 3, "pad: 1"
        )
        text += convolution(f"{name}_5r", below, reduce5, 1) + convolution(
            f"{name}_5x5", f"{name}_5r", five, 5, "pad: 2"
        )
        text += pool(f"{name}_pool", below, 3, 1, "pool: MAX pad: 1") + convolution(
            f"{name}_proj", f"{name}_pool", behind, 1
        )
        parts = [f"{name}_{way}" for way in ("1x1", "3x3", "5x5", "proj")]
        text += layer(f"inception_{name}", "Concat", parts)
        below = f"inception_{name}"
        if name in ("3b", "4e"):
            text += pool(f"pool_{name}", below, 3, 2)
            below = f"pool_{name}"
    text += pool("pool5", below, 7, 1, "pool: AVE")
    text += layer("drop", "Dropout", "pool5", "pool5", dropout_param="dropout_ratio: 0.4")
    return text + dense("classifier", "pool5", 1000, ends=True) + layer("prob", "Softmax", "classifier")
