"""Which spec is which of the rebuilt networks, in a small form and whole, and which specs nothing is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.rebuilt import early, inception, mobile, patches, pixels, residual, sequences, videos


class Twin(NamedTuple):
    """A spec, and the function that rebuilds it with other figures where those make it smaller."""

    spec: str
    rebuild: Callable[..., Any]
    arguments: dict[str, Any]
    variant: str | None = None
    params: dict[str, Any] = {}  # noqa: RUF012 - never written to
    main: str | None = None

    @property
    def label(self) -> str:
        """A test's id."""
        return "-".join(filter(None, (self.spec, self.variant, self.main)))


def alike(spec: str, rebuild: Callable[..., Any], arguments: dict[str, Any]) -> Twin:
    """A spec whose params are those of the function."""
    return Twin(spec, rebuild, arguments, None, arguments)


SHALLOW = {"blocks": [2, 1, 1, 1]}
TEN = {"classes": 10}
# Of the authors' list of models, pycls's: blocks and channels of each stage, the width of a group, and what gates are squeezed to.
REGNETS = (
    ("x_800mf", [1, 3, 7, 5], [64, 128, 288, 672], 16, 0),
    ("x_3_2gf", [2, 6, 15, 2], [96, 192, 432, 1008], 48, 0),
    ("y_800mf", [1, 3, 8, 2], [64, 144, 320, 784], 16, 0.25),  # torchvision's; the authors round 8.5 and 48.5 down
    ("y_1_6gf", [2, 6, 17, 2], [48, 120, 336, 888], 24, 0.25),
)
# Small ones; the whole networks are below.
QUICK = (
    Twin(
        "mlp_mixer",
        patches.mlp_mixer,
        {"size": 64, "depth": 2, "width": 48},
        "b16",
        {**TEN, "size": 64, "depth": 2, "width": 48},
    ),
    Twin(
        "convmixer",
        patches.convmixer,
        {"size": 35, "width": 32, "depth": 2, "kernel": 9, "patch": 7, "activation": "gelu"},
        "1536_20",
        {**TEN, "size": 35, "width": 32, "depth": 2},
    ),
    Twin(
        "poolformer",
        patches.poolformer,
        {"size": 64, "blocks": [1, 1, 1, 1], "widths": [16, 24, 32, 48]},
        "s12",
        {**TEN, "size": 64, "blocks": [1, 1, 1, 1], "widths": [16, 24, 32, 48]},
    ),
    Twin(
        "repvgg",
        residual.repvgg,
        {"size": 64, "blocks": [1, 2, 2, 1], "widths": [48, 96, 192, 1280]},
        "a0",
        {**TEN, "size": 64, "blocks": [1, 2, 2, 1]},
    ),
    Twin("res2net", residual.res2net, {"size": 64, **SHALLOW, "base": 26}, "50_26w_4s", {**TEN, **SHALLOW, "size": 64}),
    Twin("attention_unet", pixels.attention_unet, {"size": 32}, None, {"size": 32}),
    Twin("fpn", pixels.fpn, {"size": 64, **SHALLOW, "level": 2}, None, {**SHALLOW, "size": 64}, "p2"),
    Twin("deeplab_v3plus", pixels.deeplab_v3plus, {"size": 64, **SHALLOW}, None, {**SHALLOW, "size": 64}),
    Twin(
        "vit",
        patches.vit,
        {"size": 32, "patch": 8, "width": 48, "depth": 2, "heads": 3, "token": True},
        "tiny",
        {**TEN, "size": 32, "patch": 8, "depth": 2, "width": 48},
    ),
    Twin(
        "vit",
        patches.vit,
        {"size": 32, "patch": 8, "width": 48, "depth": 2, "heads": 3, "token": False},
        "tiny",
        {**TEN, "size": 32, "patch": 8, "depth": 2, "width": 48, "class_token": False},
    ),
    alike(
        "transformer_encoder",
        sequences.transformer_encoder,
        {"vocabulary": 50, "length": 12, "width": 16, "depth": 2, "heads": 2, "hidden": 24},
    ),
    alike(
        "transformer_decoder",
        sequences.transformer_decoder,
        {"vocabulary": 50, "context": 12, "width": 16, "depth": 2, "heads": 2},
    ),
    alike(
        "seq2seq_attention",
        sequences.seq2seq_attention,
        {"source_words": 30, "target_words": 20, "width": 6, "units": 8},
    ),
    alike("textcnn", sequences.textcnn, {"vocabulary": 50, "length": 12, "width": 8, "filters": 4}),
    alike("text_bilstm", sequences.text_bilstm, {"words": 50, "length": 24}),
    Twin("signal_cnn", sequences.signal_cnn, {}),
    alike(
        "wavenet",
        sequences.wavenet,
        {"length": 40, "width": 4, "skip_width": 8, "dilations": 3, "cycles": 2, "levels": 8},
    ),
    Twin("crnn", sequences.crnn, {"width": 36}, None, {**TEN, "width": 36}),
    alike("wide_and_deep", sequences.wide_and_deep, {"crosses": 10, "categories": 20, "numbers": 8, "width": 4}),
    Twin(
        "r2plus1d",
        videos.r2plus1d,
        {"frames": 8, "size": 32, "blocks": [2, 1, 1, 1]},
        None,
        {**TEN, "frames": 8, "size": 32, "depths": [2, 1, 1, 1]},
    ),
    alike("cnn_lstm", videos.cnn_lstm, {"frames": 3, "size": 16}),
    alike("dcgan_generator", videos.dcgan_generator, {"filters": 4}),
    alike("dcgan_discriminator", videos.dcgan_discriminator, {"filters": 4}),
    alike("autoencoder", videos.autoencoder, {"code": 32}),
    Twin("lenet5", early.lenet5, {}),
    Twin("nin", early.nin_cifar10, {"size": 32}, "cifar10"),
    alike("siamese", early.siamese, {"size": 79, "features": 32}),
    Twin("squeezenet", mobile.squeezenet, {"size": 64, "version": 1.0}, "1.0", {**TEN, "size": 64}),
    Twin("squeezenet", mobile.squeezenet, {"size": 64, "version": 1.1}, "1.1", {**TEN, "size": 64}),
    *(
        Twin(
            "mobilevit",
            mobile.mobilevit,
            {"size": 128, "widths": widths, "inner": [16, 24, 32], "expansion": 2, "last": 32},
            variant,
            {**TEN, "size": 128, "widths": widths, "inner": [16, 24, 32], "expansion": 2, "last": 32},
        )
        for variant, widths in (
            ("xxs", [16, 24, 32, 40, 48]),
            ("s", [24, 32, 40, 48, 56]),
        )  # with a first shortcut, and without
    ),
    Twin(
        "shufflenet", mobile.shufflenet, {"size": 64, "groups": 3, "width": 240, "first": 24}, "g3", {**TEN, "size": 64}
    ),
    Twin(
        "shufflenet_v2",
        mobile.shufflenet_v2,
        {"size": 64, "widths": [48, 96, 192], "last": 1024},
        "x0.5",
        {**TEN, "size": 64},
    ),
    Twin(
        "resnext",
        residual.resnext,
        {"size": 64, **SHALLOW, "groups": 32, "width": 4},
        "50_32x4d",
        {**TEN, **SHALLOW, "size": 64},
    ),
    Twin(
        "deformable_resnet",
        residual.resnext,
        {"size": 64, **SHALLOW, "groups": 1, "width": 64},
        "plain",
        {**TEN, **SHALLOW, "size": 64},
    ),
    Twin(
        "senet",
        residual.senet,
        {"size": 64, **SHALLOW, "groups": 1, "width": 64},
        "resnet50",
        {**TEN, **SHALLOW, "size": 64},
    ),
    Twin(
        "senet",
        residual.senet,
        {"size": 64, **SHALLOW, "groups": 32, "width": 4},
        "resnext50",
        {**TEN, **SHALLOW, "size": 64},
    ),
    Twin(
        "regnet",
        residual.regnet,
        {"size": 64, "depths": [1, 1, 4, 7], "widths": [24, 56, 152, 368], "groups": 8},
        "x_200mf",
        {**TEN, "size": 64},
    ),
    Twin(
        "regnet",
        residual.regnet,
        {"size": 64, "depths": [1, 3, 6, 6], "widths": [48, 104, 208, 440], "groups": 8, "gate": 0.25},
        "y_400mf",
        {**TEN, "size": 64},
    ),
    Twin("resnet_cifar", residual.resnet_cifar, {"size": 32, "depth": 20}, "20"),
    Twin(
        "wide_resnet",
        residual.wide_resnet,
        {"size": 16, "depth": 16, "wider": 2},
        None,
        {"size": 16, "depth": 16, "width": 2},
    ),
    Twin(
        "densenet_cifar",
        residual.densenet_cifar,
        {"size": 16, "depth": 22, "growth": 12},
        None,
        {"size": 16, "depth": 22},
    ),
    Twin(
        "yolov8",
        pixels.yolov8,
        {"size": 64, "width": 0.25, "depth": 0.33, "most": 1024, "classes": 3},
        "n",
        {"size": 64, "classes": 3},
    ),
    Twin("unet", pixels.unet, {"size": 32, "padding": "same"}, "padded", {"size": 32}),
    Twin("inception_v2", inception.inception_v2, {"size": 64}, "caffe", {**TEN, "size": 64}),
    Twin("googlenet", inception.googlenet, {"size": 224}, None, {**TEN, "size": 224}),
    Twin("alexnet", early.alexnet, {"size": 63}, "one_tower", {**TEN, "size": 63}),
    Twin("alexnet", early.alexnet_of_two, {"size": 67}, "two_towers", {**TEN, "size": 67}),
    Twin("zfnet", early.zfnet, {"size": 63}, None, {**TEN, "size": 63}),
    Twin("vgg16", early.vgg16, {"size": 32}, None, {**TEN, "size": 32}),
)
WHOLE = (
    Twin("mlp_mixer", patches.mlp_mixer, {"size": 64, "depth": 8, "width": 512}, "s16", {**TEN, "size": 64}),
    Twin(
        "convmixer",
        patches.convmixer,
        {"size": 35, "width": 768, "depth": 32, "kernel": 7, "patch": 7, "activation": "relu"},
        "768_32",
        {**TEN, "size": 35},
    ),
    Twin(
        "poolformer",
        patches.poolformer,
        {"size": 64, "blocks": [2, 2, 6, 2], "widths": [64, 128, 320, 512]},
        "s12",
        {**TEN, "size": 64},
    ),
    Twin(
        "repvgg",
        residual.repvgg,
        {"size": 32, "blocks": [4, 6, 16, 1], "widths": [64, 128, 256, 1280]},
        "b0",
        {**TEN, "size": 32},
    ),
    Twin(
        "mobilevit",
        mobile.mobilevit,
        {"size": 256, "widths": [16, 24, 48, 64, 80], "inner": [64, 80, 96], "expansion": 2, "last": 320},
        "xxs",
        TEN,
    ),
    Twin("ghostnet", mobile.ghostnet, {"size": 64, "wider": 1.0}, "x1.0", {**TEN, "size": 64}),
    Twin("ghostnet", mobile.ghostnet, {"size": 64, "wider": 1.3}, "x1.3", {**TEN, "size": 64}),
    Twin("mnasnet", mobile.mnasnet, {"size": 64, "alpha": 0.5}, "0.5", {**TEN, "size": 64}),
    Twin("mnasnet", mobile.mnasnet, {"size": 64, "alpha": 1.3}, "1.3", {**TEN, "size": 64}),
    Twin(
        "res2net", residual.res2net, {"size": 64, "blocks": [3, 4, 6, 3], "base": 26}, "50_26w_4s", {**TEN, "size": 64}
    ),
    Twin("cspdarknet53", residual.cspdarknet53, {"size": 64}, None, {**TEN, "size": 64}),
    *(
        Twin("fpn", pixels.fpn, {"size": 64, "blocks": [3, 4, 6, 3], "level": level}, None, {"size": 64}, f"p{level}")
        for level in (2, 3, 4, 5)
    ),
    Twin("deeplab_v3plus", pixels.deeplab_v3plus, {"size": 128, "blocks": [3, 4, 6, 3]}, None, {"size": 128}),
    Twin(
        "vit",
        patches.vit,
        {"size": 224, "patch": 16, "width": 192, "depth": 12, "heads": 3, "token": True},
        "tiny",
        TEN,
    ),
    Twin("c3d", videos.c3d, {}, None, TEN),
    Twin("nin", early.nin_imagenet, {"size": 227}, "imagenet", {**TEN, "size": 227}),
    Twin("unet", pixels.unet, {"size": 188, "padding": "valid"}, "paper", {"size": 188}),
    Twin("hrnet", residual.hrnet, {"size": 64, "width": 18}, "w18", {**TEN, "size": 64}),
    Twin("inception_v4", inception.inception_v4, {"size": 75}, None, {**TEN, "size": 75}),
    Twin("inception_resnet_v1", inception.inception_resnet_v1, {"size": 79}, None, {**TEN, "size": 79, "scale": True}),
    Twin(
        "yolov8",
        pixels.yolov8,
        {"size": 64, "width": 0.75, "depth": 0.67, "most": 768, "classes": 80},
        "m",
        {"size": 64},
    ),
    Twin(
        "r2plus1d",
        videos.r2plus1d,
        {"frames": 8, "size": 32, "blocks": [2, 2, 2, 2]},
        None,
        {**TEN, "frames": 8, "size": 32},
    ),
    Twin(
        "resnext",
        residual.resnext,
        {"size": 64, "blocks": [3, 4, 6, 3], "groups": 1, "width": 128},
        "wide_50_2",
        {**TEN, "size": 64},
    ),
    Twin("wide_resnet", residual.wide_resnet, {"size": 32, "depth": 40, "wider": 4}, "40_4"),
    Twin("densenet_cifar", residual.densenet_cifar, {"size": 32, "depth": 100, "growth": 12}, "100_12"),
    *(
        Twin(
            "regnet",
            residual.regnet,
            {"size": 64, "depths": depths, "widths": widths, "groups": groups, "gate": gate},
            variant,
            {**TEN, "size": 64},
        )
        for variant, depths, widths, groups, gate in REGNETS
    ),
)

# Specs that neither `keras.applications` nor these tables have, and why not. What is here is compared with nothing but its
# own description; a new spec goes into one of the three.
SMALL_FORM = (
    "made for digits of 8x8 after the paper's networks, in sizes that are nobody's but this zoo's; {} is compared"
)
# Of several inputs or outputs, or of operations that are layers in none of the two: tests/zoo/test_rebuilt_outputs.py
SEVERAL = ("bifpn", "convnext_v2", "dlrm", "efficientdet", "pointnet", "two_towers", "vae")
ALONE = ("swin",)  # its mask is merged of constants, which no reference has as layers: tests/zoo/test_rebuilt_swin.py
WITHOUT = {
    "corners_cnn": "made for this zoo, to show what windows are for: no paper or code has it",
    "corners_mlp": "made for this zoo, to show what windows are for: no paper or code has it",
    "densenet_digits": SMALL_FORM.format("densenet_cifar"),
    "inception_digits": SMALL_FORM.format("googlenet"),
    "resnet_digits": SMALL_FORM.format("resnet_cifar"),
}
