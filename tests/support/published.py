"""What papers and reference models say that the networks of the zoo cost, each figure with its source.

torchvision is 0.28, timm 1.0.31, Keras 3.15.1, pretrainedmodels 0.7.4, facenet-pytorch 2.5.3. The figures of those in
PyTorch are of models built without weights; torchvision's multiply-accumulates are the `_ops` that it publishes with its
weights, timm's and pretrainedmodels' were counted in a forward pass, as what convolutions and dense layers do.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple


class Published(NamedTuple):
    """A figure that a spec must match, to the digits with which it is published."""

    spec: str
    variant: str | None
    parameters: int | str | None  # 25028904, or 0.27M
    macs: str | None  # 4.23G
    source: str
    counts_all: bool = False  # what is not learned, moving averages, too?
    params: dict[str, Any] = {}  # noqa: RUF012 - never written to


def _torchvision() -> list[Published]:
    rows = [
        ("alexnet", "one_tower", "alexnet", 61_100_840, "0.714G"),
        ("squeezenet", "1.0", "squeezenet1_0", 1_248_424, "0.819G"),
        ("squeezenet", "1.1", "squeezenet1_1", 1_235_496, "0.349G"),
        ("vgg", "11", "vgg11", 132_863_336, "7.609G"),
        ("vgg", "13", "vgg13", 133_047_848, "11.308G"),
        ("vgg", "16", "vgg16", 138_357_544, "15.47G"),
        ("vgg", "19", "vgg19", 143_667_240, "19.632G"),
        ("vgg", "11_bn", "vgg11_bn", 132_868_840, "7.609G"),
        ("vgg", "13_bn", "vgg13_bn", 133_053_736, "11.308G"),
        ("vgg", "16_bn", "vgg16_bn", 138_365_992, "15.47G"),
        ("vgg", "19_bn", "vgg19_bn", 143_678_248, "19.632G"),
        ("vgg16", None, "vgg16", 138_357_544, "15.47G"),
        ("resnet", "18", "resnet18", 11_689_512, "1.814G"),
        ("resnet", "34", "resnet34", 21_797_672, "3.664G"),
        ("resnext", "50_32x4d", "resnext50_32x4d", 25_028_904, "4.23G"),
        ("resnext", "101_32x8d", "resnext101_32x8d", 88_791_336, "16.414G"),
        ("resnext", "101_64x4d", "resnext101_64x4d", 83_455_272, "15.46G"),
        ("resnext", "wide_50_2", "wide_resnet50_2", 68_883_240, "11.398G"),
        ("regnet", "x_400mf", "regnet_x_400mf", 5_495_976, "0.414G"),
        ("regnet", "x_800mf", "regnet_x_800mf", 7_259_656, "0.800G"),
        ("regnet", "x_1_6gf", "regnet_x_1_6gf", 9_190_136, "1.603G"),
        ("regnet", "x_3_2gf", "regnet_x_3_2gf", 15_296_552, "3.177G"),
        ("regnet", "x_8gf", "regnet_x_8gf", 39_572_648, "7.995G"),
        ("regnet", "x_16gf", "regnet_x_16gf", 54_278_536, "15.941G"),
        ("regnet", "x_32gf", "regnet_x_32gf", 107_811_560, "31.736G"),
        ("regnet", "y_400mf", "regnet_y_400mf", 4_344_144, "0.402G"),
        ("regnet", "y_800mf", "regnet_y_800mf", 6_432_512, "0.834G"),
        ("regnet", "y_1_6gf", "regnet_y_1_6gf", 11_202_430, "1.612G"),
        ("regnet", "y_3_2gf", "regnet_y_3_2gf", 19_436_338, "3.176G"),
        ("regnet", "y_8gf", "regnet_y_8gf", 39_381_472, "8.473G"),
        ("regnet", "y_16gf", "regnet_y_16gf", 83_590_140, "15.912G"),
        ("regnet", "y_32gf", "regnet_y_32gf", 145_046_770, "32.280G"),
        ("regnet", "y_128gf", "regnet_y_128gf", 644_812_894, "127.518G"),
        ("deformable_resnet", "plain", "resnet50", 25_557_032, "4.089G"),
        ("mobilenet_v3", "small", "mobilenet_v3_small", None, "0.057G"),
        ("mobilenet_v3", "large", "mobilenet_v3_large", 5_483_032, "0.217G"),
        ("shufflenet_v2", "x0.5", "shufflenet_v2_x0_5", 1_366_792, "0.04G"),
        ("shufflenet_v2", "x1.0", "shufflenet_v2_x1_0", 2_278_604, "0.145G"),
        ("shufflenet_v2", "x1.5", "shufflenet_v2_x1_5", 3_503_624, "0.296G"),
        ("shufflenet_v2", "x2.0", "shufflenet_v2_x2_0", 7_393_996, "0.583G"),
        ("efficientnet", "b0", "efficientnet_b0", 5_288_548, "0.386G"),
        ("efficientnet", "b1", "efficientnet_b1", 7_794_184, "0.687G"),
        ("efficientnet", "b3", "efficientnet_b3", 12_233_232, "1.827G"),
        ("efficientnet", "b4", "efficientnet_b4", 19_341_616, "4.394G"),
        ("efficientnet", "b5", "efficientnet_b5", 30_389_784, "10.266G"),
        ("efficientnet", "b6", "efficientnet_b6", 43_040_704, "19.068G"),
        ("efficientnet", "b7", "efficientnet_b7", 66_347_960, "37.746G"),
        ("efficientnet_v2", "s", "efficientnet_v2_s", 21_458_488, "8.366G"),
        ("efficientnet_v2", "m", "efficientnet_v2_m", 54_139_356, "24.582G"),
        ("efficientnet_v2", "l", "efficientnet_v2_l", 118_515_272, "56.08G"),
        ("convnext", "tiny", "convnext_tiny", 28_589_128, "4.456G"),
        ("convnext", "small", "convnext_small", 50_223_688, "8.684G"),
        ("convnext", "base", "convnext_base", 88_591_464, "15.355G"),
        ("convnext", "large", "convnext_large", 197_767_336, "34.361G"),
        ("mnasnet", "0.5", "mnasnet0_5", 2_218_512, "0.104G"),
        ("mnasnet", "0.75", "mnasnet0_75", 3_170_208, "0.215G"),
        ("mnasnet", "1.0", "mnasnet1_0", 4_383_312, "0.314G"),
        ("mnasnet", "1.3", "mnasnet1_3", 6_282_256, "0.526G"),
        ("r2plus1d", None, "r2plus1d_18", 31_505_325, "40.519G"),
        ("swin", "t", "swin_t", 28_288_354, "4.491G"),
        ("swin", "s", "swin_s", 49_606_258, "8.741G"),
        ("swin", "b", "swin_b", 87_768_224, "15.431G"),
        ("densenet", "121", "densenet121", 7_978_856, "2.834G"),
        ("densenet", "161", "densenet161", 28_681_000, "7.728G"),
    ]
    b2 = Published("efficientnet", "b2", 9_109_994, "1.088G", "torchvision efficientnet_b2", params={"size": 288})
    found = [
        Published(spec, variant, count, macs, f"torchvision {model}") for spec, variant, model, count, macs in rows
    ]
    return [*found, b2]


def _timm() -> list[Published]:
    rows = [
        ("vit", "tiny", "vit_tiny_patch16_224", 5_717_416),
        ("vit", "small", "vit_small_patch16_224", 22_050_664),
        ("vit", "base", "vit_base_patch16_224", 86_567_656),
        ("vit", "large", "vit_large_patch16_224", 304_326_632),
        ("senet", "resnet50", "legacy_seresnet50", 28_088_024),
        ("senet", "resnet101", "legacy_seresnet101", 49_326_872),
        ("senet", "resnet152", "legacy_seresnet152", 66_821_848),
        ("senet", "resnext50", "legacy_seresnext50_32x4d", 27_559_896),
        ("senet", "resnext101", "legacy_seresnext101_32x4d", 48_955_416),
        ("convnext", "xlarge", "convnext_xlarge", 350_196_968),
        ("regnet", "x_200mf", "regnetx_002", 2_684_792),
        ("regnet", "y_200mf", "regnety_002", 3_162_996),
        ("convnext_v2", "large", "convnextv2_large", 197_956_840),
        ("convnext_v2", "huge", "convnextv2_huge", 660_289_640),
        ("mobilevit", "xxs", "mobilevit_xxs", 1_272_024),
        ("mobilevit", "xs", "mobilevit_xs", 2_317_848),
        ("mobilevit", "s", "mobilevit_s", 5_578_632),
        ("hrnet", "w18", "hrnet_w18", 21_299_004),
        ("hrnet", "w32", "hrnet_w32", 41_232_680),
        ("hrnet", "w48", "hrnet_w48", 77_469_864),
        ("mobilenet_v3", "small", "tf_mobilenetv3_small_100", 2_542_856),
        ("mobilenet_v3", "small_0.75", "tf_mobilenetv3_small_075", 2_041_872),
        ("mobilenet_v3", "large_0.75", "tf_mobilenetv3_large_075", 3_993_528),
        ("mobilenet_v3", "small_minimalistic", "tf_mobilenetv3_small_minimal_100", 2_044_736),
        ("mobilenet_v3", "large_minimalistic", "tf_mobilenetv3_large_minimal_100", 3_924_288),
    ]
    counted = [
        ("convnext_v2", "atto", "convnextv2_atto", 3_708_400, "0.5473G"),
        ("convnext_v2", "femto", "convnextv2_femto", 5_233_240, "0.7796G"),
        ("convnext_v2", "pico", "convnextv2_pico", 9_066_280, "1.3671G"),
        ("convnext_v2", "nano", "convnextv2_nano", 15_623_800, "2.4455G"),
        ("convnext_v2", "tiny", "convnextv2_tiny", 28_635_496, "4.4555G"),
        ("convnext_v2", "base", "convnextv2_base", 88_717_800, "15.3547G"),
        ("mlp_mixer", "s16", "mixer_s16_224", 18_528_264, "3.777G"),
        ("mlp_mixer", "b16", "mixer_b16_224", 59_880_472, "12.602G"),
        ("mlp_mixer", "l16", "mixer_l16_224", 208_196_168, "44.548G"),
        ("convmixer", "1536_20", "convmixer_1536_20", 51_625_960, "51.099G"),
        ("convmixer", "1024_20_ks9", "convmixer_1024_20_ks9_p14", 24_383_464, "5.949G"),
        ("convmixer", "768_32", "convmixer_768_32", 21_110_248, "20.677G"),
        ("poolformer", "s12", "poolformer_s12", 11_915_176, "1.812G"),
        ("poolformer", "s24", "poolformer_s24", 21_388_968, "3.392G"),
        ("poolformer", "s36", "poolformer_s36", 30_862_760, "4.972G"),
        ("poolformer", "m36", "poolformer_m36", 56_172_520, "8.759G"),
        ("poolformer", "m48", "poolformer_m48", 73_473_448, "11.533G"),
        ("repvgg", "a0", "repvgg_a0", 9_108_968, "1.513G"),
        ("repvgg", "a1", "repvgg_a1", 14_092_264, "2.626G"),
        ("repvgg", "a2", "repvgg_a2", 28_210_600, "5.685G"),
        ("repvgg", "b0", "repvgg_b0", 15_817_960, "3.397G"),
        ("repvgg", "b1", "repvgg_b1", 57_415_016, "13.128G"),
        ("repvgg", "b2", "repvgg_b2", 89_022_376, "20.418G"),
        ("repvgg", "b3", "repvgg_b3", 123_085_288, "29.121G"),
        ("ghostnet", "x0.5", "ghostnet_050", 2_587_292, "42.3M"),
        ("ghostnet", "x1.0", "ghostnet_100", 5_182_508, "141.2M"),
        ("ghostnet", "x1.3", "ghostnet_130", 7_358_820, "227.0M"),
        ("res2net", "50_26w_4s", "res2net50_26w_4s", 25_699_120, "4.255G"),
        ("res2net", "101_26w_4s", "res2net101_26w_4s", 45_206_688, "8.067G"),
        ("cspdarknet53", None, "cspdarknet53", 27_642_184, "6.534G"),
    ]
    return [
        *(Published(spec, variant, count, None, f"timm {model}") for spec, variant, model, count in rows),
        *(Published(spec, variant, count, macs, f"timm {model}") for spec, variant, model, count, macs in counted),
    ]


def _ultralytics() -> list[Published]:
    """Their last layer holds 16 numbers that are not learned: the distances that a distribution is over."""
    rows = [("n", 3_157_200), ("s", 11_166_560), ("m", 25_902_640), ("l", 43_691_520), ("x", 68_229_648)]
    return [
        Published("yolov8", v, count - 16, None, f"Ultralytics yolov8{v} up to its raw outputs") for v, count in rows
    ]


def _keras() -> list[Published]:
    """Those of the inception family whose weights, too, are compared elsewhere; here with what is not learned."""
    rows = [("inception_v3", "keras", "InceptionV3", 23_851_784), ("xception", None, "Xception", 22_910_480)]
    rows.append(("inception_resnet_v2", None, "InceptionResNetV2", 55_873_736))
    return [Published(spec, v, count, None, f"keras.applications {model}", True) for spec, v, model, count in rows]


def _inceptions() -> list[Published]:
    scaled = {"scale": True}
    facenet = "facenet-pytorch InceptionResnetV1 up to its last layers, and a dense layer of 1,793,000"
    return [
        Published("googlenet", None, 6_998_552 + 2 * 3_189_864, None, "Caffe bvlc_googlenet, layer by layer"),
        Published("inception_v2", "caffe", 11_295_240, "2.033G", "pretrainedmodels bninception"),
        Published("inception_v3", "torchvision", 27_161_264, None, "torchvision inception_v3 with its head"),
        Published(
            "inception_v3",
            "torchvision",
            23_834_568,
            "5.713G",
            "timm and torchvision inception_v3",
            params={"aux": False},
        ),
        Published("inception_v4", None, 42_679_816, "12.254G", "timm inception_v4"),
        Published("inception_resnet_v1", None, 22_564_096 + 1_793_000, None, facenet, params=scaled),
        Published("inception_resnet_v2", None, 55_843_464, "13.156G", "timm inception_resnet_v2", params=scaled),
        Published("xception", None, 22_855_952, "8.357G", "timm legacy_xception"),
    ]


def _papers() -> list[Published]:
    cifar = [("20", "0.27M"), ("32", "0.46M"), ("44", "0.66M"), ("56", "0.85M"), ("110", "1.7M")]
    wide = [("28_10", "36.5M"), ("16_8", "11.0M"), ("40_4", "8.9M")]
    dense = [("100_12", "0.8M"), ("250_24", "15.3M"), ("190_40", "25.6M")]
    return [
        *(Published("resnet_cifar", v, count, None, "arXiv 1512.03385, table 6") for v, count in cifar),
        *(Published("wide_resnet", v, count, None, "arXiv 1605.07146, table 4") for v, count in wide),
        *(Published("densenet_cifar", v, count, None, "arXiv 1608.06993, table 2") for v, count in dense),
    ]


def _mobiles() -> list[Published]:
    v1 = [("0.25", "0.5M", "41M"), ("0.5", "1.3M", "149M"), ("0.75", "2.6M", "325M"), ("1.0", "4.2M", "569M")]
    sizes = [(192, "418M"), (160, "291M"), (128, "186M")]
    v2 = [("0.35", 1_691_208, "59M"), ("0.5", 1_987_224, "97M"), ("0.75", 2_663_064, "209M"), ("1.0", 3_538_984, None)]
    v2 += [("1.3", 5_431_048, "509M"), ("1.4", 6_156_712, "582M")]
    v2_sizes = [(192, "221M"), (160, "154M"), (128, "99M"), (96, "56M")]
    checkpoints = "the authors' list of checkpoints"
    shuffled = [("g1", None, "143M"), ("g3", None, "137M"), ("x0.25", None, "13M")]
    code = [("x0.5", "0.7M", "38M", {}), ("x1.5", "3.4M", "292M", {}), ("x2.0", "5.4M", "524M", {})]
    code += [("g8", "1.0M", "40M", {"scale": 0.5, "stem": 16}), ("g8", "4.3M", "290M", {"scale": 1.5})]
    code += [("g8", "6.5M", "522M", {"scale": 2, "stem": 48})]
    return [
        *(Published("mobilenet", v, count, macs, "arXiv 1704.04861, table 6") for v, count, macs in v1),
        *(Published("mobilenet", "1.0", "4.2M", macs, checkpoints, params={"size": size}) for size, macs in sizes),
        *(Published("mobilenet_v2", v, n, macs, "keras.applications; " + checkpoints, True) for v, n, macs in v2),
        *(Published("mobilenet_v2", "1.0", None, macs, checkpoints, params={"size": size}) for size, macs in v2_sizes),
        *(Published("shufflenet", v, count, macs, "arXiv 1707.01083, tables 1 and 2") for v, count, macs in shuffled),
        *(
            Published("shufflenet", v, count, macs, "the authors' code", params=params)
            for v, count, macs, params in code
        ),
    ]


def _by_hand() -> list[Published]:
    """Layer by layer from the paper's figure or table, where nothing counts for us."""
    offsets_v1 = 3 * (9 * 512 * 18 + 18)
    offsets_v2 = 4 * (9 * 128 * 27 + 27) + 6 * (9 * 256 * 27 + 27) + 3 * (9 * 512 * 27 + 27)
    offset_source = "torchvision resnet50 and the convolutions of the offsets"
    fcn = 8 * 128 + 128 + 256 + 5 * 128 * 256 + 256 + 512 + 3 * 256 * 128 + 128 + 256 + 128 * 2 + 2
    koch = 64 * 101 + 128 * (64 * 49 + 1) + 128 * (128 * 16 + 1) + 256 * (128 * 16 + 1) + 4096 * (256 * 36 + 1) + 4097
    dlrm = 14 * 512 + 513 * 256 + 257 * 64 + 65 * 16 + 26 * 16_000 + (16 + 27 * 26 // 2 + 1) * 512 + 513 * 256 + 257
    turns = [[(64, 128), (128, 1024), (1024, 512), (512, 256), (k, 64), (256, k * k)] for k in (3, 64)]
    points = [(3, 64), (64, 64), (64, 64), (64, 128), (128, 1024), (1024, 512), (512, 256), (256, 40)]
    pointnet = sum((a + 1) * b for a, b in [*turns[0], *turns[1], *points])
    pointnet += 2 * (2 * (64 + 128 + 1024 + 512 + 256) + 64 + 64 + 64 + 128 + 1024 + 512 + 256)  # batch norms
    towers = 150_000 * 64 + 2 * (65 * 128 + 129 * 64)
    lstm = 20_000 * 128 + (5 * 128 + 1) * 64 + 2 * 4 * 70 * (64 + 70 + 1) + 70 * 2 + 2
    widths = [1, 64, 128, 256, 512, 1024]
    down = sum((9 * a + 1) * b + (9 * b + 1) * b for a, b in pairwise(widths))
    up = sum((4 * 2 * b + 1) * b + (9 * 2 * b + 1) * b + (9 * b + 1) * b for b in widths[1:5])
    alex = (11 * 11 * 3 + 1) * 96 + (25 * 48 + 1) * 256 + (9 * 256 + 1) * 384 + (9 * 192 + 1) * (384 + 256)
    dense = (6 * 6 * 256 + 1) * 4096 + 4097 * 4096 + 4097 * 1000
    zeiler = (49 * 3 + 1) * 96 + (25 * 96 + 1) * 256 + (9 * 256 + 1) * 384 + (9 * 384 + 1) * (384 + 256)
    cifar = [(5, 3, 192, 160, 96), (5, 96, 192, 192, 192), (3, 192, 192, 192, 10)]
    videos = [(3, 64), (64, 128), (128, 256), (256, 256), (256, 512), *[(512, 512)] * 3]
    c3d = sum((27 * a + 1) * b for a, b in videos) + (512 * 4 * 4 + 1) * 4096 + 4097 * 4096 + 4097 * 487
    sentences = 20_000 * 300 + sum((window * 300 + 1) * 100 for window in (3, 4, 5)) + 300 * 2 + 2
    tutorial = "PyTorch's DCGAN tutorial, layer by layer"
    untied = "and a last layer of its own"
    imagenet = [(11, 3, 96, 96, 96), (5, 96, 256, 256, 256), (3, 256, 384, 384, 384), (3, 384, 1024, 1024, 1000)]

    def mlpconvs(rows: list[tuple[int, int, int, int, int]]) -> list[int]:
        return [(k * k * x + 1) * a + (a + 1) * b + (b + 1) * c for k, x, a, b, c in rows]

    return [
        Published("alexnet", "two_towers", alex + dense, "0.724G", "Caffe bvlc_alexnet, layer by layer"),
        Published("zfnet", None, zeiler + dense, None, "arXiv 1311.2901, figure 3, layer by layer"),
        Published("deeplab_v3plus", None, 26_682_725, "36.645G", "segmentation_models_pytorch DeepLabV3Plus"),
        Published("fpn", None, 26_852_416, "6.929G", "torchvision resnet_fpn_backbone with BatchNorm2d"),
        Published("efficientdet", None, 3_880_067, None, "effdet tf_efficientdet_d0"),
        Published("pointnet", None, pointnet, None, "the authors' pointnet_cls.py, layer by layer"),
        Published("bifpn", None, 196_281, None, "the fpn of effdet's tf_efficientdet_d0"),
        Published("dlrm", None, dlrm, None, "layer by layer"),
        Published("vae", None, 69_076 + 65_089, None, "Keras's example of MNIST, layer by layer"),
        Published("two_towers", None, towers, None, "layer by layer"),
        Published("attention_unet", None, 34_878_573, None, "LeeJunHyun's AttU_Net, layer by layer"),
        Published("lenet5", None, 61_706, None, "LeCun et al., 1998, figure 2, layer by layer"),
        Published("c3d", None, c3d, None, "arXiv 1412.0767, figure 3, layer by layer"),
        Published("textcnn", None, sentences, None, "arXiv 1408.5882, section 2, layer by layer"),
        Published("dcgan_generator", None, 3_576_704, None, tutorial),
        Published("dcgan_discriminator", None, 2_765_568, None, tutorial),
        Published("transformer_decoder", "small", 124_439_808 + 50_257 * 768, None, f"GPT-2 {untied}"),
        Published("transformer_decoder", "medium", 354_823_168 + 50_257 * 1024, None, f"GPT-2 medium {untied}"),
        Published("nin", "cifar10", sum(mlpconvs(cifar)), None, "the authors' Caffe model, layer by layer"),
        Published("nin", "imagenet", sum(mlpconvs(imagenet)), None, "the authors' Caffe model, layer by layer"),
        Published("deformable_resnet", "v1", 25_557_032 + offsets_v1, None, offset_source),
        Published("deformable_resnet", "v2", 25_557_032 + offsets_v2, None, offset_source),
        Published("signal_cnn", None, fcn, None, "arXiv 1611.06455, figure 1, layer by layer"),
        Published("siamese", None, koch, None, "Koch et al., 2015, figure 4, layer by layer"),
        Published("text_bilstm", None, lstm, None, "layer by layer"),
        Published("unet", "paper", down + up + 64 * 2 + 2, None, "arXiv 1505.04597, figure 1, layer by layer"),
        Published("unet", "padded", down + up + 64 * 2 + 2, None, "arXiv 1505.04597, figure 1, layer by layer"),
    ]


PUBLISHED = (
    *_torchvision(),
    *_timm(),
    *_ultralytics(),
    *_keras(),
    *_inceptions(),
    *_mobiles(),
    *_papers(),
    *_by_hand(),
)


def source(spec: str, variant: str | None) -> str:
    """Where the figures of a spec as it stands come from; '' where they are its own."""
    return "; ".join(row.source for row in PUBLISHED if (row.spec, row.variant, row.params) == (spec, variant, {}))
