"""Pooling layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.kinds.combination import Combination
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.kind import GATHERED, REARRANGED, Kind, Positions, Reach, Repair, ShapeError, chain, kind
from netspec.kinds.window import PADDING_DOC, ROUNDING, ROUNDING_DOC, Padding, Pairs, Windowed, match_rank, padding_type
from netspec.options import Boolean, Choice, Nullable, Sizes, Whole, option
from netspec.shapes import AXIS_WORDS, Shape, per_dimension

TINY = 1e-12  # keeps the square root's slope finite where a whole window is zero


@kind("pool")
class Pool(Windowed):
    """Pooling: the maximum, the mean or the root mean square of each window, channel by channel.

    Input [..., channels]; the number of channels is unchanged. The stride is the window's size unless given. Padding never counts:
    it is minus infinity for `max` and left out of the mean for `avg` and `l2`. No weights.
    """

    family = "pooling"
    keras_layers = (
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
    )
    keras_parts = ("ops.pad", "ops.ones_like", "ops.get_item", "ops.divide", "ops.square", "ops.clip", "ops.sqrt")
    ranks = (1, 2, 3)
    offers_ceil = True
    may_cover_all = True
    type: str = option(
        Choice({"max": "Maximum.", "avg": "Mean.", "l2": "Root mean square."}),
        "Pooling function.",
        "max",
    )
    pool_size: Whole = option(Sizes(), "Size of the pooling window.", 2)
    strides: Whole | None = option(Nullable(Sizes()), "Stride of the pooling window; null: `pool_size`.", None)
    padding: Padding = option(padding_type, PADDING_DOC, "valid")
    rounding: str = option(ROUNDING, ROUNDING_DOC, "exact")

    def window_option(self) -> str:
        return "pool_size"

    def window_strides(self) -> Whole:
        return self.pool_size if self.strides is None else self.strides

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        out = (*self.slide(x, rank, x[-1]), x[-1])
        pairs = self.total_padding(x, rank)
        if pairs is not None:
            for window, (before, after) in zip(self.windows(x, rank), pairs, strict=True):
                if window is not None and max(before, after) >= window.size:
                    raise ShapeError(
                        "NS402",
                        f"the padding of {max(before, after)} is not smaller than the window of {window.size}: "
                        "a window would hold nothing but padding",
                        out,
                    )
        return out

    def combinations(self, x: Shape) -> tuple[Combination, ...]:
        return (Combination(self.channels_of(x), 1, 1, self.type),)

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        sizes = per_dimension(self.pool_size, rank)
        strides = per_dimension(self.window_strides(), rank)
        if sizes is None or strides is None:
            return None
        return tuple(Reach(k, s) for k, s in zip(sizes, strides, strict=True))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 1
        word, pairs = self.keras_padding(inputs[0], rank)
        base = "MaxPooling" if self.type == "max" else "AveragePooling"
        layer = getattr(keras.layers, f"{base}{rank}D")
        pool = layer(pool_size=self.pool_size, strides=self.window_strides(), padding=word, name=name)
        if self.type == "max":
            return pool if pairs is None else chain(_padding(keras, pairs, float("-inf")), pool)
        ops = keras.ops
        prepare = (ops.square,) if self.type == "l2" else ()
        mean = chain(*prepare, pool)
        if pairs is not None:
            mean = _mean_without_padding(keras, pairs, mean, layer, self, name)
        if self.type == "avg":
            return mean
        # Not `ops.maximum`, whose name Keras would count like that of a `maximum` node.
        return chain(mean, lambda x: ops.sqrt(ops.clip(x, TINY, float("inf"))))


def _padding(keras: Keras, pairs: Pairs, value: float = 0.0) -> Lowered:
    """Keras's padding layers know only zeros, `keras.ops.pad` any constant."""
    width = [[0, 0], *(list(pair) for pair in pairs), [0, 0]]
    return lambda x: keras.ops.pad(x, width, mode="constant", constant_values=value)


def _mean_without_padding(
    keras: Keras, pairs: Pairs, pool: Lowered, layer: Callable[..., Lowered], kind_: Pool, name: str
) -> Lowered:
    """The mean over zeros too, divided by the share of each window that is not padding.

    Padding comes before `pool` squares: what is made of the input alone stands once in a script.
    """
    pad = _padding(keras, pairs)
    share = layer(pool_size=kind_.pool_size, strides=kind_.window_strides(), padding="valid", name=f"{name}_share")

    def apply(x: Tensor) -> Tensor:
        inside = keras.ops.ones_like(x[..., :1])
        return pool(pad(x)) / share(pad(inside))

    return apply


@kind("global_pool", principal="type")
class GlobalPool(Kind):
    """Global pooling: one number for each channel (arXiv 1312.4400).

    Input [..., channels]; output [channels], or [1, …, 1, channels] with `keepdims`.
    """

    family = "pooling"
    keras_layers = (
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalMaxPooling3D",
    )
    ranks = (1, 2, 3)
    takes_integers = True
    type: str = option(Choice({"avg": "Mean.", "max": "Maximum."}), "Pooling function.", "avg")
    keepdims: bool = option(Boolean(), "Whether to keep the spatial dimensions, with size 1.", False)

    def positions(self) -> Positions:
        return GATHERED

    def dtype(self, *inputs: str) -> str:
        return inputs[0] if self.type == "max" and "float" not in inputs[0] else "float32"

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        return (1,) * rank + (x[-1],) if self.keepdims else (x[-1],)

    def skips_masked(self, inputs: Sequence[Shape]) -> bool:
        return self.type == "avg" and len(inputs[0]) == 2  # Keras's others know nothing of masks

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        base = "GlobalMaxPooling" if self.type == "max" else "GlobalAveragePooling"
        layer: Lowered = getattr(keras.layers, f"{base}{len(inputs[0]) - 1}D")(keepdims=self.keepdims, name=name)
        return layer


@kind("adaptive_pool", principal="output_size")
class AdaptivePool(Kind):
    """Pooling into a number of places, whatever the size of the input (arXiv 1406.4729 has several of them).

    Place i of n is the mean or the maximum of the positions from i * W / n, rounded down, to (i + 1) * W / n, rounded up. Where
    n divides W that is a `pool` with windows of W / n, and becomes one.
    """

    family = "pooling"
    keras_layers = (
        "AdaptiveAveragePooling1D",
        "AdaptiveAveragePooling2D",
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling1D",
        "AdaptiveMaxPooling2D",
        "AdaptiveMaxPooling3D",
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalMaxPooling3D",
    )
    keras_parts = ("UpSampling2D", "UpSampling3D")
    keras_note = "whichever computes it on all backends"
    ranks = (1, 2, 3)
    output_size: Whole = option(Sizes(), "Number of places, for all dimensions or for each.")
    type: str = option(Choice({"avg": "Mean.", "max": "Maximum."}), "Pooling function.", "avg")

    def _all_in_one(self) -> bool:
        sizes = (self.output_size,) if isinstance(self.output_size, int) else self.output_size
        return set(sizes) == {1}

    def positions(self) -> Positions:
        return GATHERED if self._all_in_one() else REARRANGED

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {}

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = self.spatial(x)
        sizes = match_rank("output_size", self.output_size, rank)
        out = (*sizes, x[-1])
        for i, (size, width) in enumerate(zip(sizes, x, strict=False)):
            if width is not None and size > width:
                fitting = [min(n, w) if w is not None else n for n, w in zip(sizes, x, strict=False)]
                repair = str(fitting[0] if len(set(fitting)) == 1 else fitting)
                message = f"`output_size` {size} is more than the {width} {AXIS_WORDS[rank][i]} of its input"
                raise ShapeError(
                    "NS402", f"{message}; `upsample` makes more of them", out, [Repair("output_size", repair)]
                )
        if None in x[:-1] and 1 in sizes and not self._all_in_one():
            message = (
                "needs to know the sizes of its input where `output_size` is 1 in some dimensions and not in others"
            )
            raise ShapeError("NS407", message, out)
        return out

    def skips_masked(self, inputs: Sequence[Shape]) -> bool:
        return self.type == "avg" and self._all_in_one() and len(inputs[0]) == 2 and inputs[0][0] is None

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        (x,) = inputs
        rank = len(x) - 1
        base = "Max" if self.type == "max" else "Average"
        sizes = match_rank("output_size", self.output_size, rank)
        known = [width for width in x[:-1] if width is not None]
        pool, layers = f"{base}Pooling{rank}D", keras.layers
        if len(known) < rank:
            if self._all_in_one():
                return getattr(layers, f"Global{pool}")(keepdims=True, name=name)  # type: ignore[no-any-return]
            return getattr(layers, f"Adaptive{pool}")(sizes, name=name)  # type: ignore[no-any-return]
        if not any(width % size for width, size in zip(known, sizes, strict=True)):
            windows = tuple(width // size for width, size in zip(known, sizes, strict=True))
            return getattr(layers, pool)(pool_size=windows, strides=windows, name=name)  # type: ignore[no-any-return]
        if 1 not in sizes:
            return getattr(layers, f"Adaptive{pool}")(sizes, name=name)  # type: ignore[no-any-return]
        # TensorFlow's kernels end the process where all positions of a dimension become one, or where it has only one:
        # that dimension is kept as it is, of two positions at least, and pooled afterwards.
        twice = tuple(2 if width == 1 else 1 for width in known)
        kept = tuple(max(width, 2) if size == 1 else size for width, size in zip(known, sizes, strict=True))
        windows = tuple(place // size for place, size in zip(kept, sizes, strict=True))
        steps = [
            getattr(layers, f"Adaptive{pool}")(kept, name=f"{name}_places"),
            getattr(layers, pool)(pool_size=windows, strides=windows, name=name),
        ]
        if 2 in twice:
            enlarge = getattr(layers, f"UpSampling{rank}D")
            steps.insert(0, enlarge(twice, name=f"{name}_twice"))
        return chain(*steps)
