"""Changes of the values in images: colours, contrast, sharpness, what is covered; most of them at random, during training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from netspec.kinds.kind import ATTENDED, OptionConflict, Positions, Repair, ShapeError, kind
from netspec.kinds.preprocessing import (
    Preprocessing,
    RandomImages,
    interpolation_option,
    seed_option,
    value_range_option,
)
from netspec.options import Boolean, Integer, IntegerList, Nullable, Number, Numbers, Reals, Whole, option
from netspec.shapes import Shape, show_shape

RED_GREEN_BLUE = 3
GREY = 1


def _share(doc: str = "Share of the images that are changed, or [lower, upper].", default: float = 1.0) -> Reals:
    return option(Numbers(length=2, ge=0, le=1), doc, default)


def _check_channels(x: Shape, *channels: int) -> None:
    """Raise ShapeError where an image has not so many channels; three are red, green and blue."""
    if channels and x[-1] not in (None, *channels):
        wanted = "3 channels, red, green and blue" if GREY not in channels else "1 channel or 3, red, green and blue"
        raise ShapeError("NS403", f"takes images of {wanted}, not {show_shape(x)}", x)


class _Values(RandomImages):
    """Base of random changes of values."""

    # Keras computes with bytes as bytes, which wrap around, or makes floats of them while training only.
    takes_integers = False
    moves_images = False
    channels: ClassVar[tuple[int, ...]] = ()  # how many it takes; empty: any number
    counts_channels: ClassVar[bool] = False  # must their number be known beforehand?

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        _check_channels(x, *self.wanted())
        if self.counts_channels:
            self.channels_of(x)
        return x

    def wanted(self) -> tuple[int, ...]:
        """How many channels it takes with these hyperparameters."""
        return self.channels


@kind("random_contrast", principal="factor")
class RandomContrast(_Values):
    """Adjusts the contrast of images at random."""

    keras_layers = ("RandomContrast",)
    factor: Reals = option(Numbers(length=2, ge=0, le=1), "Largest relative change of the contrast, or [lower, upper].")
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_brightness", principal="factor")
class RandomBrightness(_Values):
    """Brightens or darkens images at random, each as a whole."""

    keras_layers = ("RandomBrightness",)
    factor: Reals = option(
        Numbers(length=2, ge=-1, le=1),
        "What is added, as a share of the value range: up to this much either way, or [lower, upper].",
    )
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_saturation", principal="factor")
class RandomSaturation(_Values):
    """Changes how colourful images are, at random: of a drawn f, the saturation is multiplied by f / (1 - f).

    0.5 leaves it as it is, 0 makes greys, 1 the purest colours: `[0.3, 0.7]` changes it a little either way.
    """

    keras_layers = ("RandomSaturation",)
    channels = (RED_GREEN_BLUE,)
    factor: Reals = option(
        Numbers(length=2, ge=-1, le=1), "Largest f, from its negative on, or [lower, upper]; below 0 greys come out."
    )
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_hue", principal="factor")
class RandomHue(_Values):
    """Turns the hues of images at random, either way."""

    keras_layers = ("RandomHue",)
    channels = (RED_GREEN_BLUE,)
    factor: Reals = option(
        Numbers(length=2, ge=0, le=1), "Largest turn, as a share of half a circle, or [lower, upper]."
    )
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_color_jitter")
class RandomColorJitter(_Values):
    """Changes brightness, contrast, saturation and hue at random, one after the other; null leaves one out."""

    keras_layers = ("RandomColorJitter",)
    value_range: tuple[float, float] = value_range_option()
    brightness_factor: Reals | None = option(
        Nullable(Numbers(length=2, ge=-1, le=1)), "As `factor` of `random_brightness`.", None
    )
    contrast_factor: Reals | None = option(
        Nullable(Numbers(length=2, ge=0, le=1)), "As `factor` of `random_contrast`.", None
    )
    saturation_factor: Reals | None = option(
        Nullable(Numbers(length=2, ge=-1, le=1)), "As `factor` of `random_saturation`.", None
    )
    hue_factor: Reals | None = option(Nullable(Numbers(length=2, ge=0, le=1)), "As `factor` of `random_hue`.", None)
    seed: int | None = seed_option()

    def wanted(self) -> tuple[int, ...]:
        turns_colours = self.saturation_factor is not None or self.hue_factor is not None
        return (RED_GREEN_BLUE,) if turns_colours else ()


@kind("random_color_degeneration", principal="factor")
class RandomColorDegeneration(_Values):
    """Mixes images with their greys at random: 0 leaves them as they are, 1 makes greys."""

    keras_layers = ("RandomColorDegeneration",)
    channels = (RED_GREEN_BLUE,)
    factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Largest share of the greys, or [lower, upper].")
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_grayscale", principal="factor")
class RandomGrayscale(_Values):
    """Makes greys of some images, which keep their three channels."""

    keras_layers = ("RandomGrayscale",)
    channels = (GREY, RED_GREEN_BLUE)
    factor: float = option(Number(ge=0, le=1), "Share of the images that are changed.", 0.5)
    seed: int | None = seed_option()


@kind("random_invert", principal="factor")
class RandomInvert(_Values):
    """Inverts the values of some images: the highest of the range minus each."""

    keras_layers = ("RandomInvert",)
    factor: Reals = _share()
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_posterization", principal="factor")
class RandomPosterization(_Values):
    """Leaves fewer bits of each value, at random."""

    keras_layers = ("RandomPosterization",)
    factor: Whole = option(
        IntegerList(ge=1, single=True),
        "Bits that are left: from 1 on and fewer than this, or [lower, upper], upper excluded.",
    )
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()

    def check(self) -> None:
        bits = self.factor if isinstance(self.factor, tuple) else (self.factor,)
        if len(bits) > 2 or max(bits) > 8 or (len(bits) == 1 and isinstance(self.factor, tuple)):
            raise OptionConflict("`factor` must be a number of bits from 1 to 8, or a list of two of them", "factor")


@kind("solarization")
class Solarization(_Values):
    """Adds to values and inverts those above a threshold, both drawn at random for each image."""

    keras_layers = ("Solarization",)
    takes_integers = True
    addition_factor: Reals = _share("Largest addition, as a share of 255, or [lower, upper].", 0.0)
    threshold_factor: Reals = _share("Largest threshold, as a share of 255, or [lower, upper].", 0.0)
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_sharpness", principal="factor")
class RandomSharpness(_Values):
    """Blurs or sharpens images at random: 0 blurs, 0.5 leaves them as they are, 1 sharpens."""

    keras_layers = ("RandomSharpness",)
    counts_channels = True
    takes_integers = True
    factor: Reals = option(Numbers(length=2, ge=0, le=1), "Highest sharpness, from 0 on, or [lower, upper].")
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


@kind("random_gaussian_blur", principal="factor")
class RandomGaussianBlur(_Values):
    """Blurs some images by a Gaussian, of a width that is drawn once for a batch."""

    keras_layers = ("RandomGaussianBlur",)
    counts_channels = True
    takes_integers = True
    factor: Reals = _share()
    kernel_size: Whole = option(IntegerList(ge=1, single=True), "Size of the window, odd.", 3)
    sigma: Reals = option(Numbers(length=2, ge=0, le=1), "Largest standard deviation, or [lower, upper].", 1.0)
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()

    def check(self) -> None:
        sizes = self.kernel_size if isinstance(self.kernel_size, tuple) else (self.kernel_size,) * 2
        if len(sizes) != 2 or sizes[0] % 2 == 0 or sizes[0] != sizes[1]:  # Keras blurs by squares only
            raise OptionConflict("`kernel_size` must be an odd number, or a list of twice the same", "kernel_size")


@kind("random_erasing", principal="factor")
class RandomErasing(_Values):
    """Covers a random rectangle of some images (arXiv 1708.04896)."""

    keras_layers = ("RandomErasing",)
    takes_integers = True
    factor: Reals = _share()
    scale: Reals = option(
        Numbers(length=2, ge=0, le=1),
        "Share of either side's square that the rectangle takes: [lower, upper].",
        (0.02, 0.33),
    )
    fill_value: Reals | None = option(
        Nullable(Numbers()), "What covers it: a number, one for each of three channels; null: noise.", None
    )
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()

    def check(self) -> None:
        if isinstance(self.fill_value, tuple) and len(self.fill_value) != RED_GREEN_BLUE:
            raise OptionConflict("`fill_value` must be a number or a list of three", "fill_value")

    def wanted(self) -> tuple[int, ...]:
        return (RED_GREEN_BLUE,) if isinstance(self.fill_value, tuple) else ()


@kind("equalization")
class Equalization(_Values):
    """Spreads the values over the range, so that each is as frequent as the others, during training.

    Keras counts the values of a whole batch together.
    """

    keras_layers = ("netspec.layers.Equalization",)
    counts_channels = True
    keras_note = "Keras's own, which a model goes without"
    value_range: tuple[float, float] = value_range_option()
    bins: int = option(Integer(ge=2), "How many values are told apart.", 256)


@kind("rand_augment")
class RandAugment(_Values):
    """Changes each batch by some of eleven operations, drawn at random (arXiv 1909.13719).

    They shear, translate, rotate, brighten, mix with greys, change contrast and sharpness, solarise, posterise, stretch the
    contrast and equalise.
    """

    keras_layers = ("RandAugment",)
    counts_channels = True
    takes_integers = True
    moves_images = True
    channels = (GREY, RED_GREEN_BLUE)
    value_range: tuple[float, float] = value_range_option()
    num_ops: int = option(Integer(ge=1), "How many operations, one after the other.", 2)
    factor: Reals = _share("Strength of the operations, or [lower, upper].", 0.5)
    interpolation: str = interpolation_option()
    seed: int | None = seed_option()


@kind("aug_mix")
class AugMix(_Values):
    """Mixes images with versions of themselves that went through random chains of operations (arXiv 1912.02781).

    The operations are those of `rand_augment`. A layer of netspec's own draws them, by the laws of Keras's, which draws them
    once for a whole training where it is compiled, and by no seed.
    """

    keras_layers = ("netspec.layers.AugMix",)
    counts_channels = True
    takes_integers = True
    moves_images = True
    channels = (GREY, RED_GREEN_BLUE)
    value_range: tuple[float, float] = value_range_option()
    num_chains: int = option(Integer(ge=1), "How many chains.", 3)
    chain_depth: int = option(Integer(ge=1), "How many operations a chain has; each may be none.", 3)
    factor: Reals = _share("Strength of the operations, or [lower, upper].", 0.3)
    alpha: float = option(
        Number(gt=0), "Parameter of the distributions that the weights of the mixture are drawn from.", 1.0
    )
    all_ops: bool = option(
        Boolean(), "Whether brightness, greys, contrast and sharpness are among the operations.", True
    )
    interpolation: str = interpolation_option()
    seed: int | None = seed_option()

    def wanted(self) -> tuple[int, ...]:
        return self.channels if self.all_ops else ()


class _Always(Preprocessing):
    """Base of those that act at all times, and see a whole image at each place."""

    ranks = (2,)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        return x

    def positions(self) -> Positions:
        return ATTENDED


@kind("auto_contrast")
class AutoContrast(_Always):
    """Stretches the values of each channel of an image to the whole range, at all times."""

    keras_layers = ("AutoContrast",)
    value_range: tuple[float, float] = value_range_option()


@kind("clahe")
class Clahe(_Always):
    """Equalises the values tile by tile, with limited contrast (CLAHE; Zuiderveld, 1994), at all times."""

    keras_layers = ("ContrastLimitedAdaptiveHistogramEqualization",)
    takes_integers = False
    value_range: tuple[float, float] = value_range_option()
    clip_limit: float = option(Number(ge=0), "Limit of the contrast; 0: none.", 4.0)
    tile_grid_size: Sequence[int] = option(IntegerList(ge=1), "How many tiles: [rows, columns].", (8, 8))

    def infer(self, *inputs: Shape) -> Shape:
        x = super().infer(*inputs)
        self.channels_of(x)
        for word, size, tiles in zip(("rows", "columns"), x, self.tile_grid_size, strict=False):
            least = -(-tiles // 2)  # Keras fills the tiles by what mirrors the image, once
            if size is not None and size < least:
                message = f"{tiles} tiles need {least} {word} at least, and its input {show_shape(x)} has {size}"
                fewer = [min(n, 2 * (m or n)) for n, m in zip(self.tile_grid_size, x, strict=False)]
                raise ShapeError("NS402", message, x, [Repair("tile_grid_size", str(fewer))])
        return x

    def check(self) -> None:
        if len(self.tile_grid_size) != 2:
            raise OptionConflict("`tile_grid_size` must be a list of two numbers", "tile_grid_size")
