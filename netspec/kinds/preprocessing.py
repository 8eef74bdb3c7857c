"""Preprocessing of inputs, and random augmentation during training."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, OptionConflict, ShapeError, chain, kind
from netspec.kinds.merge import resolve_axis
from netspec.kinds.regularisation import SEED_DOC
from netspec.options import Choice, Integer, Nullable, Number, Numbers, Reals, option
from netspec.shapes import Shape

FILL_MODES = ("reflect", "wrap", "constant", "nearest")


class _Preprocessing(Kind):
    family = "preprocessing"
    takes_integers = True


@kind("rescale", principal="scale")
class Rescale(_Preprocessing):
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
class Normalize(_Preprocessing):
    """(x - mean) / sqrt(variance), with statistics that are known beforehand."""

    keras_layers = ("Normalization",)
    keeps_mask = True
    mean: Reals = option(Numbers(), "Mean, or one for each channel.")
    variance: Reals = option(Numbers(ge=0), "Variance, or one for each channel.")
    axis: int = option(Integer(), "Axis of the values in a list, counted as in Keras.", -1)

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


class _Random(_Preprocessing):
    ranks = (2,)
    keeps_mask = True  # while not training, images pass as they came
    moves_images = True

    def infer(self, *inputs: Shape) -> Shape:
        self.spatial(inputs[0])
        return inputs[0]


@kind("random_flip", principal="mode")
class RandomFlip(_Random):
    """Flips images at random."""

    keras_layers = ("RandomFlip",)
    mode: str = option(
        Choice(("horizontal", "vertical", "horizontal_and_vertical")),
        "Direction of the flips.",
        "horizontal_and_vertical",
    )
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)


def _filled(doc_mode: str = "How to fill points outside the input.") -> tuple[str, str, float, int | None]:
    return (
        option(Choice(FILL_MODES), doc_mode, "reflect"),
        option(Choice(("bilinear", "nearest")), "Interpolation method.", "bilinear"),
        option(Number(), "Fill value for `fill_mode: constant`.", 0.0),
        option(Nullable(Integer(ge=0)), SEED_DOC, None),
    )


@kind("random_rotation", principal="factor")
class RandomRotation(_Random):
    """Rotates images at random, by up to `factor` of a full turn either way."""

    keras_layers = ("RandomRotation",)
    factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of a full turn, or [lower, upper].")
    fill_mode, interpolation, fill_value, seed = _filled()


@kind("random_translation")
class RandomTranslation(_Random):
    """Translates images at random, by up to a fraction of their size."""

    keras_layers = ("RandomTranslation",)
    height_factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of the height, or [lower, upper].")
    width_factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of the width, or [lower, upper].")
    fill_mode, interpolation, fill_value, seed = _filled()


@kind("random_zoom", principal="height_factor")
class RandomZoom(_Random):
    """Zooms images at random; a positive factor zooms out."""

    keras_layers = ("RandomZoom",)
    height_factor: Reals = option(Numbers(length=2, ge=-1, le=1), "Fraction of the height, or [lower, upper].")
    width_factor: Reals | None = option(
        Nullable(Numbers(length=2, ge=-1, le=1)), "Fraction of the width; null preserves the aspect ratio.", None
    )
    fill_mode, interpolation, fill_value, seed = _filled()


@kind("random_crop")
class RandomCrop(_Random):
    """Crops a random part of each image; its centre when not training."""

    keras_layers = ("RandomCrop",)
    keeps_mask = False
    keras_parts = ("CenterCrop",)
    height: int = option(Integer(ge=1), "Height of the output.")
    width: int = option(Integer(ge=1), "Width of the output.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

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

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        # Keras's layer promises the part's shape, but lets images through whole when not training.
        middle = keras.layers.CenterCrop(self.height, self.width, name=f"{name}_middle")
        return chain(super().lower(keras, name, inputs), middle)


@kind("random_contrast", principal="factor")
class RandomContrast(_Random):
    """Adjusts the contrast of images at random."""

    keras_layers = ("RandomContrast",)
    takes_integers = False
    moves_images = False
    factor: Reals = option(Numbers(length=2, ge=0, le=1), "Largest relative change of the contrast, or [lower, upper].")
    value_range: Reals = option(Numbers(length=2), "Lowest and highest value of the inputs.", (0, 255))
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)
