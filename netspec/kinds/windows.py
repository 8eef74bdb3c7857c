"""Images in pieces: windows, patches, blocks of pixels; and noise between a mean and a variance."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import TYPE_CHECKING

from netspec.kinds.functions import Operation
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import (
    REARRANGED,
    Kind,
    OptionConflict,
    Positions,
    Reach,
    Repair,
    ShapeError,
    chain,
    divisors,
    floats_only,
    kind,
)
from netspec.kinds.merge import broadcast_all
from netspec.kinds.regularisation import SEED_DOC
from netspec.kinds.window import match_rank
from netspec.options import Choice, Integer, Nullable, Sizes, Whole, option
from netspec.shapes import Shape, per_dimension, show_shape

if TYPE_CHECKING:
    pass


class _Images(Operation):
    """Base of those that take images only."""

    ranks = (2,)


def _indivisible(word: str, size: int, by: int, option: str, x: Shape, value: Whole) -> ShapeError:
    known = [n for n in x[:2] if n is not None]
    fitting = [n for n in divisors(known[0]) if all(m % n == 0 for m in known) and 1 < n < max(known)]
    nearest = sorted(fitting, key=lambda n: (abs(n - by), n))[:2]
    repairs = [Repair(option, str(n)) for n in nearest] if isinstance(value, int) else ()
    return ShapeError(
        "NS405", f"the {size} {word} of {show_shape(x)} must be divisible by `{option}` (={by})", None, repairs
    )


def _counts(option: str, value: Whole, x: Shape) -> tuple[int | None, int | None]:
    """How many pieces of that size stand along rows and columns; raises ShapeError."""
    found: list[int | None] = []
    for word, size, by in zip(("rows", "columns"), x, match_rank(option, value, 2), strict=False):
        if size is not None and size % by:
            raise _indivisible(word, size, by, option, x, value)
        found.append(None if size is None else size // by)
    return found[0], found[1]


@kind("space_to_depth", principal="block_size")
class SpaceToDepth(_Images):
    """Blocks of pixels become channels: [rows, columns, c] to [rows / b, columns / b, b * b * c] (the Focus of YOLOv5)."""

    keras_layers = ("ops.space_to_depth",)
    block_size: int = option(Integer(ge=2), "Rows and columns of a block.", 2)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        channels = x[-1]
        return (*_counts("block_size", self.block_size, x), None if channels is None else channels * self.block_size**2)

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        return (Reach(self.block_size, self.block_size),) * rank

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        return lambda x: keras.ops.space_to_depth(x, self.block_size, data_format="channels_last")


@kind("depth_to_space", principal="block_size")
class DepthToSpace(_Images):
    """Channels become blocks of pixels: [rows, columns, b * b * c] to [rows * b, columns * b, c].

    Also called pixel shuffle (arXiv 1609.05158).
    """

    keras_layers = ("ops.depth_to_space",)
    block_size: int = option(Integer(ge=2), "Rows and columns of a block.", 2)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        channels, area = x[-1], self.block_size**2
        if channels is not None and channels % area:
            raise ShapeError(
                "NS405",
                f"the {channels} channels of {show_shape(x)} must be divisible by the {area} pixels of a block",
                None,
                [Repair("block_size", str(n)) for n in range(2, isqrt(channels) + 1) if channels % (n * n) == 0][:2],
            )
        return (
            *(None if size is None else size * self.block_size for size in x[:2]),
            None if channels is None else channels // area,
        )

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        from fractions import Fraction  # few networks stand closer than their input

        return (Reach(1, Fraction(1, self.block_size)),) * rank

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        return lambda x: keras.ops.depth_to_space(x, self.block_size, data_format="channels_last")


@kind("patches", principal="size")
class Patches(_Images):
    """Each window of pixels as one vector: [rows, columns, channels] to [rows', columns', size * size * channels]."""

    keras_layers = ("ops.image.extract_patches",)
    size: Whole = option(Sizes(), "Rows and columns of a patch.")
    strides: Whole | None = option(Nullable(Sizes()), "Stride; null: the patch's size.", None)
    padding: str = option(
        Choice(
            {
                "valid": "Patches lie inside the image; a rest is left out.",
                "same": "As many as the strides have room for.",
            }
        ),
        "Padding.",
        "valid",
    )

    def _steps(self) -> Whole:
        return self.size if self.strides is None else self.strides

    def dtype(self, *inputs: str) -> str:
        if "float" not in inputs[0] and inputs[0] != "int32":
            raise floats_only(inputs[0])
        return inputs[0]

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        size = match_rank("size", self.size, 2)
        steps = match_rank("strides", self._steps(), 2)
        channels = self.channels_of(x) * size[0] * size[1]
        out: list[int | None] = []
        for word, width, window, step in zip(("rows", "columns"), x, size, steps, strict=False):
            if width is not None and self.padding == "valid" and window > width:
                repairs = [Repair("size", str(min(n for n in x[:2] if n is not None)))]
                raise ShapeError(
                    "NS402", f"a patch of {window} {word} is larger than the {width} of {show_shape(x)}", None, repairs
                )
            places = None if width is None else width if self.padding == "same" else width - window + 1
            out.append(None if places is None else -(-places // step))
        return (*out, channels)

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        sizes, steps = per_dimension(self.size, rank), per_dimension(self._steps(), rank)
        return None if sizes is None or steps is None else tuple(map(Reach, sizes, steps))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        size, steps = match_rank("size", self.size, 2), match_rank("strides", self._steps(), 2)
        return lambda x: keras.ops.image.extract_patches(
            x, size, strides=steps, padding=self.padding, data_format="channels_last"
        )


class _Windows(Kind):
    """Base of windows in and out, which are layers that reshape."""

    family = "operations"
    keeps_integers = True
    keras_layers = ("Reshape",)
    keras_parts = ("Permute",)

    def positions(self) -> Positions:
        return REARRANGED


@kind("window_partition", principal="size")
class WindowPartition(_Windows):
    """Windows of an image, side by side: [rows, columns, channels] to [windows, size * size, channels] (Swin, arXiv 2103.14030).

    Attention over axis 2 then stays inside a window. `window_reverse` puts them together again.
    """

    ranks = (2,)
    size: Whole = option(Sizes(), "Rows and columns of a window.")

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        if None in x:
            raise ShapeError("NS407", f"needs to know all sizes of its input, which is {show_shape(x)}")
        rows, columns = _counts("size", self.size, x)
        height, width = match_rank("size", self.size, 2)
        assert rows is not None
        assert columns is not None
        return (rows * columns, height * width, x[-1])

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        (x,) = inputs
        rows, columns = _counts("size", self.size, x)
        height, width = match_rank("size", self.size, 2)
        layers = keras.layers
        return chain(
            layers.Reshape((rows, height, columns, width, x[-1]), name=f"{name}_split"),
            layers.Permute((1, 3, 2, 4, 5), name=f"{name}_swap"),
            layers.Reshape(self.infer(x), name=name),
        )


@kind("window_reverse", principal="size")
class WindowReverse(_Windows):
    """The image that windows were made of: [windows, size * size, channels] to [rows, columns, channels]."""

    size: Whole = option(Sizes(), "Rows and columns of a window.")
    height: int | None = option(Nullable(Integer(ge=1)), "Rows of the image; null: it is square.", None)
    width: int | None = option(Nullable(Integer(ge=1)), "Columns of the image; null: it is square.", None)

    def check(self) -> None:
        if (self.height is None) != (self.width is None):
            missing = "height" if self.height is None else "width"
            raise OptionConflict(f"`{missing}` is required beside the other side", missing)

    def _image(self, x: Shape) -> tuple[int, int]:
        """Rows and columns of the image; raises ShapeError."""
        if len(x) != 3:
            raise ShapeError("NS404", f"takes [windows, places, channels], not the shape {show_shape(x)}")
        if None in x:
            raise ShapeError("NS407", f"needs to know all sizes of its input, which is {show_shape(x)}")
        windows, places, channels = x
        assert windows is not None
        assert places is not None
        h, w = match_rank("size", self.size, 2)
        if h * w != places:
            side = isqrt(places)
            repairs = [Repair("size", str(side))] if side * side == places else []
            message = f"a window of `size` {h} x {w} has {h * w} places, and those of {show_shape(x)} have {places}"
            raise ShapeError("NS406", message, (None, None, channels), repairs)
        height, width = self.height, self.width
        said = f"{windows} windows of {h} x {w} of {show_shape(x)} make no"
        if height is None or width is None:
            height = width = isqrt(windows * places)
            said += " square image; give its `height` and `width`"
        else:
            said += f" image of {height} x {width}"
        if height * width != windows * places or height % h or width % w:
            raise ShapeError("NS406", said, (None, None, channels))
        return height, width

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (*self._image(x), x[-1])

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        (x,) = inputs
        height, width = self._image(x)
        h, w = match_rank("size", self.size, 2)
        layers = keras.layers
        return chain(
            layers.Reshape((height // h, width // w, h, w, x[-1]), name=f"{name}_split"),
            layers.Permute((1, 3, 2, 4, 5), name=f"{name}_swap"),
            layers.Reshape((height, width, x[-1]), name=name),
        )


@kind("sampling")
class Sampling(Kind):
    """Of a mean and the logarithm of a variance, a draw while training and the mean otherwise (arXiv 1312.6114).

    mean + exp(log_variance / 2) * noise, so that gradients reach both: `sampling: {from: [mean, log_variance]}`.
    """

    family = "operations"
    keras_layers = ("GaussianNoise",)
    keras_parts = ("ops.zeros_like", "ops.multiply", "ops.exp", "ops.add")
    arity = (2, 2)
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def dtype(self, *inputs: str) -> str:
        found = super().dtype(*inputs)
        return "float64" if "float64" in inputs else found

    def infer(self, *inputs: Shape) -> Shape:
        mean, variance = inputs
        if len(mean) != len(variance) or any(
            None not in pair and len({*pair}) > 1 for pair in zip(mean, variance, strict=True)
        ):
            raise ShapeError(
                "NS403",
                f"takes a mean and a logarithm of a variance of one shape, not {show_shape(mean)} and {show_shape(variance)}",
                mean,
            )
        return broadcast_all("draw of", inputs)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        ops = keras.ops
        noise = keras.layers.GaussianNoise(1.0, seed=self.seed, name=name)

        def draw(tensors: Sequence[Tensor]) -> Tensor:
            mean, variance = tensors
            deviation = ops.exp(ops.multiply(variance, 0.5))
            return ops.add(mean, ops.multiply(deviation, noise(ops.zeros_like(mean))))

        return draw
