"""Preprocessing of inputs, and random changes of where things are in an image, during training."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, OptionConflict, ShapeError, chain, kind
from netspec.kinds.merge import resolve_axis
from netspec.kinds.regularisation import SEED_DOC
from netspec.options import Boolean, Choice, Integer, Nullable, Number, Numbers, Reals, Span, option
from netspec.shapes import Shape, show_shape

FILL_MODES = ("reflect", "wrap", "constant", "nearest")


class Preprocessing(Kind):
    """Base of all that prepares or changes inputs."""

    family = "preprocessing"
    takes_integers = True


@kind("rescale", principal="scale")
class Rescale(Preprocessing):
    """x * scale + offset: `rescale: 0.00392156862745098` scales bytes to [0, 1]."""

    keras_layers = ("Rescaling",)
    keeps_mask = True
    scale: Reals = option(Numbers(), "Scale, or one for each channel.")
    offset: Reals = option(Numbers(), "Offset, or one for each channel.", 0.0)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        for name in ("scale", "offset"):
            _one_each(name, getattr(self, name), x, -1)
        return x


def _one_each(name: str, value: Reals, x: Shape, axis: int) -> None:
    if isinstance(value, tuple) and x and len(value) not in (1, x[axis]) and x[axis] is not None:
        raise ShapeError("NS403", f"`{name}` has {len(value)} values, but its input has {x[axis]} channels", x)


@kind("normalize")
class Normalize(Preprocessing):
    """(x - mean) / sqrt(variance), with statistics that are known beforehand."""

    keras_layers = ("Normalization",)
    keeps_mask = True
    mean: Reals = option(Numbers(), "Mean, or one for each channel.")
    variance: Reals = option(Numbers(ge=0), "Variance, or one for each channel.")
    axis: int = option(Integer(), "Axis of the values in a list, counted as in Keras.", -1)
    invert: bool = option(Boolean(), "Whether to turn normalised values back: x * sqrt(variance) + mean.", False)

    def check(self) -> None:
        mean, variance = (len(v) if isinstance(v, tuple) else None for v in (self.mean, self.variance))
        if mean != variance:
            raise OptionConflict("`mean` and `variance` must hold as many numbers as each other", "variance")

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis = resolve_axis(self.axis, x)
        if x[axis] is None:
            raise ShapeError("NS407", "needs to know the size of the axis that it normalises", x)
        for name in ("mean", "variance"):
            _one_each(name, getattr(self, name), x, axis)
        return x


class RandomImages(Preprocessing):
    """Base of random changes of images, which happen during training only."""

    ranks = (2,)
    keeps_mask = True  # while not training, images pass as they came
    moves_images = True

    def infer(self, *inputs: Shape) -> Shape:
        self.spatial(inputs[0])
        return inputs[0]


@kind("random_flip", principal="mode")
class RandomFlip(RandomImages):
    """Flips images at random."""

    keras_layers = ("RandomFlip",)
    mode: str = option(
        Choice(("horizontal", "vertical", "horizontal_and_vertical")),
        "Direction of the flips.",
        "horizontal_and_vertical",
    )
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)


def interpolation_option() -> str:
    """Declare between which values of an image others are found."""
    return option(Choice(("bilinear", "nearest")), "Interpolation method.", "bilinear")


def seed_option() -> int | None:
    """Declare the seed of a random layer."""
    return option(Nullable(Integer(ge=0)), SEED_DOC, None)


def value_range_option() -> tuple[float, float]:
    """Declare which values images may have."""
    return option(Span(), "Lowest and highest value of the inputs.", (0.0, 255.0))


def _filled() -> tuple[str, str, float, int | None]:
    return (
        option(Choice(FILL_MODES), "How to fill points outside the input.", "reflect"),
        interpolation_option(),
        option(Number(), "Fill value for `fill_mode: constant`.", 0.0),
        seed_option(),
    )


@kind("random_rotation", principal="factor")
class RandomRotation(RandomImages):
    """Rotates images at random, by up to `factor` of a full turn either way."""

    keras_layers = ("RandomRotation",)
    factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of a full turn, or [lower, upper].")
    fill_mode, interpolation, fill_value, seed = _filled()


@kind("random_translation")
class RandomTranslation(RandomImages):
    """Translates images at random, by up to a fraction of their size."""

    keras_layers = ("RandomTranslation",)
    height_factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of the height, or [lower, upper].")
    width_factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of the width, or [lower, upper].")
    fill_mode, interpolation, fill_value, seed = _filled()


@kind("random_zoom", principal="height_factor")
class RandomZoom(RandomImages):
    """Zooms images at random; a positive factor zooms out."""

    keras_layers = ("RandomZoom",)
    height_factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of the height, or [lower, upper].")
    width_factor: Reals | None = option(
        Nullable(Numbers(length=2, ge=-1, le=1)), "Fraction of the width; null preserves the aspect ratio.", None
    )
    fill_mode, interpolation, fill_value, seed = _filled()


@kind("random_shear")
class RandomShear(RandomImages):
    """Shears images at random, either way: rows by `x_factor` of their distance from the first, columns likewise."""

    keras_layers = ("netspec.layers.RandomShear",)
    keras_note = "Keras's own, of which a saved model cannot always be opened"
    x_factor: Reals = option(Numbers(length=2, ge=0, le=1), "Shear along the rows, or [lower, upper].", 0.0)
    y_factor: Reals = option(Numbers(length=2, ge=0, le=1), "Shear along the columns, or [lower, upper].", 0.0)
    fill_mode, interpolation, fill_value, seed = _filled()


class _Sized(RandomImages):
    """Base of those that Keras makes for one size of images."""

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        if None in x[:2]:
            raise ShapeError("NS407", f"needs to know the rows and columns of its input, which is {show_shape(x)}", x)
        return x


@kind("random_perspective", principal="factor")
class RandomPerspective(_Sized):
    """Moves the corners of images at random, as if they were seen from the side."""

    keras_layers = ("RandomPerspective",)
    factor: Reals = option(
        Numbers(length=2, ge=0, le=1), "Share of the images that are changed, or [lower, upper].", 1.0
    )
    scale: float = option(Number(ge=0, le=1), "How far corners move: up to half of this share of the size.", 1.0)
    interpolation: str = interpolation_option()
    fill_value: float = option(Number(), "Value of what comes from outside.", 0.0)
    seed: int | None = seed_option()


@kind("random_elastic_transform", principal="factor")
class RandomElasticTransform(_Sized):
    """Bends images at random by a smooth field of displacements (Simard et al., 2003)."""

    keras_layers = ("RandomElasticTransform",)
    factor: Reals = option(
        Numbers(length=2, ge=0, le=1), "Share of the images that are changed, or [lower, upper].", 1.0
    )
    scale: Reals = option(Numbers(length=2, ge=0, le=1), "Strength of the distortion, or [lower, upper].", 1.0)
    interpolation: str = interpolation_option()
    fill_mode: str = option(Choice(FILL_MODES), "How to fill points outside the input.", "reflect")
    fill_value: float = option(Number(), "Fill value for `fill_mode: constant`.", 0.0)
    value_range: tuple[float, float] = value_range_option()
    seed: int | None = seed_option()


class _Cropped(Preprocessing):
    """Base of those that take a part of an image."""

    ranks = (2,)
    height: int
    width: int

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        for name, size in (("height", x[0]), ("width", x[1])):
            wanted = getattr(self, name)
            if size is not None and wanted > size:
                raise ShapeError(
                    "NS409",
                    f"`{name}` (={wanted}) is more than the {size} of its input",
                    (self.height, self.width, x[-1]),
                )
        return (self.height, self.width, x[-1])


@kind("random_crop")
class RandomCrop(_Cropped):
    """Crops a random part of each image; its centre when not training."""

    keras_layers = ("RandomCrop",)
    keras_parts = ("CenterCrop",)
    moves_images = True
    height: int = option(Integer(ge=1), "Height of the output.")
    width: int = option(Integer(ge=1), "Width of the output.")
    seed: int | None = seed_option()

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        # Keras's layer promises the part's shape, but lets images through whole when not training.
        middle = keras.layers.CenterCrop(self.height, self.width, name=f"{name}_middle")
        return chain(super().lower(keras, name, inputs), middle)


@kind("center_crop")
class CenterCrop(_Cropped):
    """Crops the centre of each image."""

    keras_layers = ("CenterCrop",)
    height: int = option(Integer(ge=1), "Height of the output.")
    width: int = option(Integer(ge=1), "Width of the output.")
