"""Layers that change the shape of their input."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import (
    REARRANGED,
    Kind,
    OptionConflict,
    Positions,
    Reach,
    Repair,
    ShapeError,
    chain,
    floats_only,
    indivisible,
    kind,
)
from netspec.kinds.merge import resolve_axis
from netspec.kinds.window import match_rank, match_sides
from netspec.options import (
    Amounts,
    Boolean,
    Choice,
    Integer,
    IntegerList,
    Nullable,
    Number,
    Sides,
    Sizes,
    Whole,
    option,
)
from netspec.shapes import AXIS_WORDS, Shape, Size, per_dimension, show_shape, size_of

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


class _Reshaping(Kind):
    family = "shape"
    keeps_integers = True


def _interpolated(dtype: str) -> str:
    """The type of values between pixels: integers are rounded, those that TensorFlow can interpolate."""
    if dtype in ("bool", "uint32"):
        raise floats_only(dtype)
    return "float32" if "float" in dtype else dtype


@kind("zero_pad", principal="padding")
class ZeroPad(_Reshaping):
    """Zeros around the input, or beside its channels: a shortcut that widens without weights (arXiv 1512.03385)."""

    keras_layers = ("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
    ranks = (1, 2, 3)
    padding: Sides = option(
        Amounts(), "Amount of padding: for all sides, for each dimension, or [before, after] for each dimension.", 1
    )
    channels: Whole = option(
        IntegerList(ge=0, single=True), "Number of zero channels to add on either side, or [before, after].", 0
    )

    def check(self) -> None:
        if not isinstance(self.channels, int) and len(self.channels) != 2:
            raise OptionConflict(f"`channels` {list(self.channels)} must be a number or [before, after]", "channels")

    def _channels(self) -> tuple[int, int]:
        if isinstance(self.channels, int):
            return self.channels, self.channels
        before, after = self.channels
        return before, after

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        pairs = (*match_sides("padding", self.padding, self.spatial(x)), self._channels())
        return tuple(None if size is None else size + a + b for size, (a, b) in zip(x, pairs, strict=True))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        pairs = match_sides("padding", self.padding, rank)
        pad = getattr(keras.layers, f"ZeroPadding{rank}D")
        steps: list[Lowered] = []
        if any(self._channels()):
            # Told that channels come first, Keras pads the last axes instead, of which the channels are one.
            last = (*((0, 0),) * (rank - 1), self._channels())
            steps.append(pad(last[0] if rank == 1 else last, data_format="channels_first", name=name))
        if not steps or any(map(any, pairs)):
            steps.insert(0, pad(pairs[0] if rank == 1 else pairs, name=f"{name}_places" if steps else name))
        return chain(*steps)


@kind("crop", principal="cropping")
class Crop(_Reshaping):
    """Crops the margins of the input."""

    keras_layers = ("Cropping1D", "Cropping2D", "Cropping3D")
    ranks = (1, 2, 3)
    cropping: Sides = option(
        Amounts(), "Amount to crop: from all sides, for each dimension, or [before, after] for each dimension."
    )

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        sizes: list[Size] = []
        for i, (before, after) in enumerate(match_sides("cropping", self.cropping, rank)):
            width = x[i]
            if width is not None and before + after >= width:
                raise ShapeError(
                    "NS409",
                    f"cropping {before} and {after} leaves nothing of {width} {AXIS_WORDS[rank][i]}",
                    (None,) * rank + (x[-1],),
                    [Repair("cropping", str((min(size for size in x[:-1] if size is not None) - 1) // 2))],
                )
            sizes.append(None if width is None else width - before - after)
        return (*sizes, x[-1])

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        pairs = match_sides("cropping", self.cropping, rank)
        layer: Lowered = getattr(keras.layers, f"Cropping{rank}D")(pairs[0] if rank == 1 else pairs, name=name)
        return layer


@kind("upsample", principal="size")
class Upsample(_Reshaping):
    """Upsampling: each position is repeated, or interpolated, `size` times."""

    keras_layers = ("UpSampling1D", "UpSampling2D", "UpSampling3D")
    ranks = (1, 2, 3)
    size: Whole = option(Sizes(), "Upsampling factor.", 2)
    interpolation: str = option(
        Choice(INTERPOLATIONS), "Interpolation method; any but `nearest` is for images only.", "nearest"
    )

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        factors = match_rank("size", self.size, rank)
        if rank != 2 and self.interpolation != "nearest":
            raise ShapeError(
                "NS404", f"`interpolation: {self.interpolation}` needs 2 spatial dimensions, and its input has {rank}"
            )
        return (*(None if w is None else w * f for w, f in zip(x[:-1], factors, strict=True)), x[-1])

    def dtype(self, *inputs: str) -> str:
        return inputs[0] if self.interpolation == "nearest" and "float" not in inputs[0] else _interpolated(inputs[0])

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        factors = per_dimension(self.size, rank)
        if factors is None:
            return None
        size = 1 if self.interpolation == "nearest" else 2
        from fractions import Fraction  # few networks stand closer than their input

        return tuple(Reach(size, Fraction(1, f)) for f in factors)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        arguments = {"interpolation": self.interpolation} if rank == 2 else {}
        size = self.size if rank > 1 else match_rank("size", self.size, 1)[0]
        layer: Lowered = getattr(keras.layers, f"UpSampling{rank}D")(size=size, name=name, **arguments)
        return layer


@kind("resize")
class Resize(_Reshaping):
    """Resizes images, whatever their size."""

    keras_layers = ("Resizing",)
    ranks = (2,)
    height: int = option(Integer(ge=1), "Height of the output.")
    width: int = option(Integer(ge=1), "Width of the output.")
    interpolation: str = option(Choice(INTERPOLATIONS), "Interpolation method.", "bilinear")
    antialias: bool = option(Boolean(), "Whether to use an antialiasing filter when shrinking.", False)
    crop_to_aspect_ratio: bool = option(Boolean(), "Whether to preserve the aspect ratio by cropping.", False)
    pad_to_aspect_ratio: bool = option(Boolean(), "Whether to preserve the aspect ratio by padding.", False)
    fill_value: float = option(Number(), "Value of the padding.", 0.0)

    def check(self) -> None:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise OptionConflict(
                "`crop_to_aspect_ratio` and `pad_to_aspect_ratio` cannot both be true", "pad_to_aspect_ratio"
            )

    def dtype(self, *inputs: str) -> str:
        # In a traced function of TensorFlow (`fit`, `predict`) the layer casts what comes to float32; called eagerly, and on
        # the other backends, it keeps integers. All that takes integers after it takes floats too.
        if self.pad_to_aspect_ratio and "float" not in inputs[0]:
            raise floats_only(inputs[0])
        return _interpolated(inputs[0])

    def infer(self, *inputs: Shape) -> Shape:
        self.spatial(inputs[0])
        return (self.height, self.width, inputs[0][-1])

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        return None


@kind("reshape", principal="target_shape")
class Reshape(_Reshaping):
    """Reshapes each example; one size may be -1, which is inferred."""

    keras_layers = ("Reshape",)
    target_shape: tuple[int, ...] = option(IntegerList(ge=-1), "Target shape, without the batch.")

    def positions(self) -> Positions:
        return REARRANGED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        target = self.target_shape
        unknown: Shape = tuple(None if t == -1 else t for t in target)
        if target.count(-1) > 1 or 0 in target:
            raise ShapeError(
                "NS406", f"`target_shape` {list(target)} must have sizes of at least 1 and at most one -1", unknown
            )
        total = size_of(x)
        if total is None:
            return unknown
        fixed = size_of(tuple(t for t in target if t != -1))
        assert fixed is not None
        if -1 in target:
            if total % fixed:
                message = f"{show_shape(x)} holds {total} numbers, which is not divisible by {fixed}"
                raise ShapeError("NS406", message, unknown, self._fitting(total))
            return tuple(total // fixed if t == -1 else t for t in target)
        if total != fixed:
            message = f"{show_shape(x)} holds {total} numbers, {show_shape(target)} would hold {fixed}"
            raise ShapeError("NS406", message, unknown, self._fitting(total))
        return tuple(target)

    def _fitting(self, total: int) -> list[Repair]:
        """Shapes that hold so many numbers: an image as square as this one, one size changed, the last one first; a row."""
        sizes = [size for size in self.target_shape if size != -1]
        found = []
        positions = sizes[:-1]
        if len(positions) > 1 and len({*positions}) == 1 and total % sizes[-1] == 0:
            side = round((total // sizes[-1]) ** (1 / len(positions)))
            if side ** len(positions) * sizes[-1] == total:
                found.append([side] * len(positions) + sizes[-1:])
        for i in reversed(range(len(sizes))):
            others = prod(sizes[:i] + sizes[i + 1 :])
            if total % others == 0:
                found.append([*sizes[:i], total // others, *sizes[i + 1 :]])
        if len(self.target_shape) == 1:
            found.append([-1])
        return [Repair("target_shape", str(shape)) for shape in found]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = keras.layers.Reshape(self.target_shape, name=name)
        return layer


@kind("permute", principal="dims")
class Permute(_Reshaping):
    """Permutes the axes: `permute: [2, 1]` turns [steps, channels] into [channels, steps]."""

    keras_layers = ("Permute",)
    dims: tuple[int, ...] = option(
        IntegerList(ge=1), "For each axis of the output, the axis of the input that it is, counted from 1."
    )

    def positions(self) -> Positions:
        return REARRANGED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if sorted(self.dims) != list(range(1, len(x) + 1)):
            wanted = list(range(1, len(x) + 1))
            raise ShapeError(
                "NS408", f"`dims` {list(self.dims)} must be a permutation of {wanted}, the axes of {show_shape(x)}"
            )
        return tuple(x[d - 1] for d in self.dims)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        layer: Lowered = keras.layers.Permute(self.dims, name=name)
        return layer


@kind("slice")
class Slice(_Reshaping):
    """A slice along one axis: half of the channels, the last step.

    `start` and `stop` count from 0, from the end where negative; `stop` is excluded.
    """

    keras_layers = ("ops.get_item",)
    start: int = option(Integer(), "First index.", 0)
    stop: int | None = option(Nullable(Integer()), "End index, excluded; null: the end of the axis.", None)
    step: int = option(Integer(ge=1), "Step between indices.", 1)
    axis: int = option(Integer(), "Axis, counted as in Keras.", -1)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis = resolve_axis(self.axis, x)
        size = x[axis]
        taken: Size = None
        if size is not None:
            for name, end in (("start", self.start), ("stop", self.stop)):
                if end is not None and not -size <= end <= size:
                    raise ShapeError("NS408", f"`{name}` (={end}) is outside an axis of {size}", _with(x, axis, None))
            taken = len(range(*slice(self.start, self.stop, self.step).indices(size)))
            if taken == 0:
                raise ShapeError(
                    "NS408",
                    f"nothing is left of {size} between `start` (={self.start}) and `stop` (={self.stop})",
                    _with(x, axis, None),
                )
        return _with(x, axis, taken)

    def dtype(self, *inputs: str) -> str:
        return inputs[0]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        axis = resolve_axis(self.axis, inputs[0])
        index = (slice(None),) * (axis + 1) + (slice(self.start, self.stop, self.step),)
        return lambda x: x[index]


def _with(shape: Shape, axis: int, size: Size) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


@kind("channel_shuffle", principal="groups")
class ChannelShuffle(_Reshaping):
    """Shuffles the channels across groups, so that the next grouped convolution sees all (arXiv 1707.01083)."""

    keras_layers = ("netspec.layers.ChannelShuffle",)
    keras_parts = ("Reshape", "Permute")
    keras_note = "or a Reshape, a Permute and a Reshape where at most one size of the input is unknown"
    groups: int = option(Integer(ge=1), "Number of groups.")

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        channels = self.channels_of(x)
        if channels % self.groups:
            raise indivisible(channels, self.groups, x)
        return x

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        return masked[0] and self._alone(inputs[0])

    @staticmethod
    def _alone(x: Shape) -> bool:
        """Is it a layer of netspec's own, and not a chain of Keras's?"""
        return x[:-1].count(None) > 1

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        (x,) = inputs
        if self._alone(x):  # a reshape can leave one size open, not two
            own: Lowered = keras.netspec_layers.ChannelShuffle(self.groups, name=name)
            return own
        channels = self.channels_of(x)
        positions = tuple(-1 if size is None else size for size in x[:-1])
        rank = len(positions)
        layers = keras.layers
        return chain(
            layers.Reshape((*positions, self.groups, channels // self.groups), name=f"{name}_split"),
            layers.Permute((*range(1, rank + 1), rank + 2, rank + 1), name=f"{name}_swap"),
            layers.Reshape((*positions, channels), name=name),
        )
