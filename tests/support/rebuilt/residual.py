"""Networks of residual blocks, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence

from keras import Input, Model, layers, ops

from tests.support.rebuilt.parts import Tensor, classified, conv, gated, norm, pooled


def stem(inputs: Tensor) -> Tensor:
    """The first layers of a ResNet."""
    x = layers.ZeroPadding2D(1)(norm(conv(inputs, 64, 7, 2)))  # what a relu yields is not below zero
    return layers.MaxPooling2D(3, strides=2)(x)


def bottlenecks(
    x: Tensor,
    width: int,
    blocks: int,
    strides: int = 2,
    *,
    rate: int = 1,
    groups: int = 1,
    filters: int | None = None,
    reduction: int | None = None,
    early: bool = False,
) -> Tensor:
    """A stage of torchvision's ResNet-50, whose windows may be of `groups` and whose ends gated.

    `early` has the stride in the first 1x1 of a block, not in its 3x3.
    """
    filters = filters or 4 * width
    for index in range(blocks):
        first = 1 if index else strides
        y = norm(conv(x, width, 1, first if early else 1))
        y = norm(conv(y, width, 3, 1 if early else first, rate=rate, groups=groups))
        y = norm(conv(y, filters), None)
        if reduction:
            y = gated(y, filters // reduction)
        x = x if index else norm(conv(x, filters, 1, first), None)
        x = layers.Activation("relu")(layers.Add()([x, y]))
    return x


def res2net(size: int, blocks: Sequence[int], base: int) -> Model:
    """arXiv 1904.01169, figure 2b, with the authors' first blocks."""
    inputs = Input((size, size, 3))
    x = stem(inputs)
    for stage, number in enumerate(blocks):
        width = base * 2**stage
        for index in range(number):
            strides = 2 if stage and not index else 1
            y = norm(conv(x, 4 * width))
            groups = [y[..., i * width : (i + 1) * width] for i in range(4)]
            seen: list[Tensor] = []
            for group in groups[:3]:
                given = group if not index or not seen else layers.Add()([group, seen[-1]])
                seen.append(norm(conv(given, width, 3, strides)))
            last = groups[3] if index else layers.AveragePooling2D(3, strides)(layers.ZeroPadding2D(1)(groups[3]))
            y = norm(conv(layers.Concatenate()([*seen, last]), 256 * 2**stage), None)
            x = x if index else norm(conv(x, 256 * 2**stage, 1, strides), None)
            x = layers.Activation("relu")(layers.Add()([x, y]))
    return classified(inputs, x)


def repvgg(size: int, blocks: Sequence[int], widths: Sequence[int]) -> Model:
    """arXiv 2101.03697, figure 4."""
    x = inputs = Input((size, size, 3))
    for number, width in zip((1, *blocks), (min(64, widths[0]), *widths), strict=True):
        for index in range(number):
            strides = 1 if index else 2
            parts = [norm(conv(x, width, 3, strides), None), norm(conv(x, width, 1, strides), None)]
            if strides == 1:
                parts.append(norm(x, None))
            x = layers.Activation("relu")(layers.Add()(parts))
    return classified(inputs, x)


def repvgg_fused(size: int, blocks: Sequence[int], widths: Sequence[int]) -> Model:
    """arXiv 2101.03697 after learning: 3x3 windows and nothing else."""
    x = inputs = Input((size, size, 3))
    for number, width in zip((1, *blocks), (min(64, widths[0]), *widths), strict=True):
        for index in range(number):
            x = layers.Activation("relu")(conv(x, width, 3, 1 if index else 2, bias=True))
    return classified(inputs, x)


def cspdarknet53(size: int) -> Model:
    """arXiv 2004.10934, as timm has it."""
    inputs = Input((size, size, 3))

    def leaky(x: Tensor, filters: int, window: int = 1, strides: int = 1) -> Tensor:
        return layers.LeakyReLU(0.01)(norm(conv(x, filters, window, strides), None))

    x = leaky(inputs, 32, 3)
    for filters, blocks in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        half = 64 if filters == 64 else filters // 2
        x = leaky(leaky(x, filters, 3, 2), 2 * half)
        y = x[..., half:]
        for _ in range(blocks):
            y = layers.Add()([y, leaky(leaky(y, 32 if filters == 64 else half), half, 3)])
        x = leaky(layers.Concatenate()([x[..., :half], leaky(y, half)]), filters)
    return classified(inputs, x)


def resnext(size: int, blocks: Sequence[int], groups: int, width: int) -> Model:
    """arXiv 1611.05431, as torchvision has it; of one group of 64 it is its ResNet-50."""
    inputs = Input((size, size, 3))
    x = stem(inputs)
    for stage, number in enumerate(blocks):
        paths = groups * width * 2**stage
        x = bottlenecks(x, paths, number, 2 if stage else 1, groups=groups, filters=256 * 2**stage)
    return classified(inputs, x)


def senet(size: int, blocks: Sequence[int], groups: int, width: int) -> Model:
    """arXiv 1709.01507, as timm has the authors' own."""
    inputs = Input((size, size, 3))
    x = pooled(norm(conv(inputs, 64, 7, 2)))
    for stage, number in enumerate(blocks):
        x = bottlenecks(
            x,
            groups * width * 2**stage,
            number,
            2 if stage else 1,
            groups=groups,
            filters=256 * 2**stage,
            reduction=16,
            early=groups == 1,
        )
    return classified(inputs, x)


def regnet(size: int, depths: Sequence[int], widths: Sequence[int], groups: int, gate: float = 0) -> Model:
    """arXiv 2003.13678, figure 4, with stages as the authors' list of models has them; `groups` is the width of one."""
    inputs = Input((size, size, 3))
    x = norm(conv(inputs, 32, 3, 2))
    for depth, width in zip(depths, widths, strict=True):
        for index in range(depth):
            strides = 1 if index else 2
            y = norm(conv(norm(conv(x, width)), width, 3, strides, groups=width // groups))
            if gate:
                y = gated(y, round(gate * x.shape[-1]))
            y = norm(conv(y, width), None)
            x = x if index else norm(conv(x, width, 1, strides), None)
            x = layers.Activation("relu")(layers.Add()([x, y]))
    return classified(inputs, x)


def basics(x: Tensor, width: int, blocks: int, strides: int = 1, *, zeros: bool = False) -> Tensor:
    """A stage of basic blocks; with `zeros` a shortcut widens by them, arXiv 1512.03385's option A."""
    for index in range(blocks):
        first = 1 if index else strides
        y = norm(conv(norm(conv(x, width, 3, first)), width, 3), None)
        if zeros and not index and width > x.shape[-1]:
            more = (width - x.shape[-1]) // 2
            x = ops.pad(x[:, ::first, ::first], [(0, 0), (0, 0), (0, 0), (more, more)])
        x = layers.Activation("relu")(layers.Add()([x, y]))
    return x


def resnet_cifar(size: int, depth: int) -> Model:
    """arXiv 1512.03385, section 4.2."""
    inputs = Input((size, size, 3))
    x = norm(conv(inputs, 16, 3))
    for stage in range(3):
        x = basics(x, 16 * 2**stage, (depth - 2) // 6, 2 if stage else 1, zeros=True)
    return classified(inputs, x)


def wide_resnet(size: int, depth: int, wider: int) -> Model:
    """arXiv 1605.07146, as the authors' code has it: what widens reads what the block's first relu has made."""
    inputs = Input((size, size, 3))
    x = conv(inputs, 16, 3)
    for stage in range(3):
        width = 16 * wider * 2**stage
        for index in range((depth - 4) // 6):
            strides = 2 if stage and not index else 1
            y = norm(x)
            x = x if index else conv(y, width, 1, strides)
            x = layers.Add()([x, conv(norm(conv(y, width, 3, strides)), width, 3)])
    return classified(inputs, norm(x))


def densenet_cifar(size: int, depth: int, growth: int) -> Model:
    """arXiv 1608.06993, sections 3 and 4: bottlenecks, and half of the channels after each stage."""
    inputs = Input((size, size, 3))
    x = conv(inputs, 2 * growth, 3)
    for stage in range(3):
        if stage:
            x = layers.AveragePooling2D(2)(conv(norm(x), x.shape[-1] // 2))
        for _ in range((depth - 4) // 6):
            x = layers.Concatenate()([x, conv(norm(conv(norm(x), 4 * growth)), growth, 3)])
    return classified(inputs, norm(x))


def hrnet(size: int, width: int) -> Model:
    """arXiv 1908.07919, section 3, as timm has it."""
    inputs = Input((size, size, 3))

    def exchanged(branches: Sequence[Tensor]) -> list[Tensor]:
        ends = []
        for i in range(len(branches)):
            parts = []
            for j, x in enumerate(branches):
                if j > i:
                    x = layers.UpSampling2D(2 ** (j - i))(norm(conv(x, width * 2**i), None))
                elif j < i:
                    for _ in range(i - j - 1):
                        x = norm(conv(x, width * 2**j, 3, 2))
                    x = norm(conv(x, width * 2**i, 3, 2), None)
                parts.append(x)
            ends.append(layers.Activation("relu")(layers.Add()(parts)))
        return ends

    x = norm(conv(norm(conv(inputs, 64, 3, 2)), 64, 3, 2))
    x = bottlenecks(x, 64, 4, 1)
    branches = [norm(conv(x, width, 3)), norm(conv(x, 2 * width, 3, 2))]
    for number, modules in ((2, 1), (3, 4), (4, 3)):
        if len(branches) < number:
            branches.append(norm(conv(branches[-1], width * 2 ** (number - 1), 3, 2)))
        for _ in range(modules):
            branches = exchanged([basics(x, x.shape[-1], 4) for x in branches])
    x = bottlenecks(branches[0], 32, 1, 1)
    for index, branch in enumerate(branches[1:], 1):
        down = norm(conv(x, 128 * 2**index, 3, 2, bias=True))
        x = layers.Add()([bottlenecks(branch, 32 * 2**index, 1, 1), down])
    return classified(inputs, norm(conv(x, 2048, bias=True)))
