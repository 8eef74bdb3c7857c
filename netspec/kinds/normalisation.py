"""Normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.arguments import (
    Argument,
    Constraint,
    Initializer,
    Ones,
    Regularizer,
    Zeros,
    constraint,
    regularizer,
    vector_initializer,
)
from netspec.kinds.keras_types import Keras, KerasObject, Lowered
from netspec.kinds.kind import NO_TERMS, Kind, OptionConflict, Repair, ShapeError, indivisible, kind
from netspec.kinds.merge import resolve_axes, resolve_axis
from netspec.kinds.terms import Sum, WeightTensor, WeightTerms, product
from netspec.options import Boolean, Integer, IntegerList, Nested, Nullable, Number, Whole, declare, option
from netspec.shapes import Shape, show_shape

# What batch normalisation keeps of the batches, and what its `renorm` keeps besides.
_STATISTICS = ("moving_mean", "moving_variance")
_RENORM = ("moving_stddev", "renorm_mean", "renorm_stddev")


class _Normalisation(Kind):
    family = "normalisation"
    keeps_mask = True
    takes_integers = True


class _Affine(_Normalisation):
    """Base of those that end in a learned scale and shift."""

    axis: Whole
    center: bool
    scale: bool

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {"the sizes along `axis`": self.sizes(*inputs)}

    def sizes(self, x: Shape) -> list[int]:
        """The sizes of the axes that have weights; raises ShapeError where one is unknown."""
        found = [x[axis] for axis in resolve_axes(self.axis, x)]
        if None in found:
            raise ShapeError(
                "NS407", f"needs to know the size that it has weights for, and its input is {show_shape(x)}", x
            )
        return [size for size in found if size is not None]

    def learned(self, sizes: Sequence[int]) -> Sum:
        """A shift, a scale, both or neither for each position of axes of these sizes."""
        each = self.center + self.scale
        return (product(*((each,) if each > 1 else ()), *sizes),) if each else ()

    def tensors(self, *inputs: Shape) -> tuple[WeightTensor, ...]:
        there = {"gamma": self.scale, "beta": self.center}
        if not any(there.values()):
            return ()
        (x,) = inputs
        self.sizes(x)  # which are known
        axes = (self.axis,) if isinstance(self.axis, int) else sorted(self.axis)  # as Keras does, before it counts -1
        sizes = tuple(x[resolve_axis(axis, x)] or 0 for axis in axes)
        return tuple(WeightTensor(name, sizes) for name, is_there in there.items() if is_there)


class _ByChannel(_Affine):
    """Base of those that normalise by channels; Keras builds them for one number of axes."""

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {**super().tied_to(*inputs), "the number of axes": len(inputs[0])}


@declare("renorm_clipping")
class Clipping(Argument):
    """Bounds of what batch renormalisation corrects by: a factor r and a shift d."""

    rmin: float | None = option(Nullable(Number(ge=0)), "Least factor; null: none.", None)
    rmax: float | None = option(Nullable(Number(gt=0)), "Largest factor; null: none.", None)
    dmax: float | None = option(Nullable(Number(ge=0)), "Largest shift, to either side; null: none.", None)

    def lower(self, keras: Keras) -> KerasObject:
        """A map of those that are there."""
        return {name: value for name, value in self.values().items() if value is not None}


@kind("batch_norm")
class BatchNorm(_ByChannel):
    """Batch normalisation (arXiv 1502.03167): mean 0 and variance 1 for each channel, then a learned scale and shift.

    Each channel has two trainable weights (`scale`, `center`) and two that are not, the moving mean and variance; with `renorm`
    three more.
    """

    keras_layers = ("BatchNormalization",)
    axis: int = option(Integer(), "Axis of the channels, counted as in Keras.", -1)
    momentum: float = option(Number(ge=0, le=1), "Momentum of the moving averages.", 0.99)
    epsilon: float = option(Number(gt=0), "Small constant added to the variance.", 1e-3)
    center: bool = option(Boolean(), "Whether to learn a shift (beta).", True)
    scale: bool = option(Boolean(), "Whether to learn a scale (gamma).", True)
    beta_initializer: Initializer = vector_initializer("Beta initializer.", Zeros())
    gamma_initializer: Initializer = vector_initializer("Gamma initializer.", Ones())
    beta_regularizer: Regularizer | None = regularizer("Beta regularizer.")
    gamma_regularizer: Regularizer | None = regularizer("Gamma regularizer.")
    beta_constraint: Constraint | None = constraint("Beta constraint.")
    gamma_constraint: Constraint | None = constraint("Gamma constraint.")
    moving_mean_initializer: Initializer = vector_initializer("Moving mean initializer.", Zeros())
    moving_variance_initializer: Initializer = vector_initializer("Moving variance initializer.", Ones())
    renorm: bool = option(
        Boolean(), "Whether to normalise as in use while training too: batch renormalisation (arXiv 1702.03275).", False
    )
    renorm_clipping: Clipping | None = option(
        Nullable(Nested(Clipping)), "Bounds of the correction of `renorm`; null: none.", None
    )
    renorm_momentum: float = option(Number(ge=0, le=1), "Momentum of the statistics of `renorm`.", 0.99)
    synchronized: bool = option(Boolean(), "Whether to synchronise the statistics across devices.", False)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.sizes(x)
        return x

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        sizes = self.sizes(*inputs)
        return WeightTerms(self.learned(sizes), (product(len(self._statistics()), *sizes),))

    def has_roots(self) -> bool:
        """Has what it starts from, with `epsilon` added, a square root other than 0? What `renorm` keeps is the root itself."""
        least = self.moving_variance_initializer.least()
        return least >= 0 if self.renorm else least + self.epsilon > 0

    def _statistics(self) -> tuple[str, ...]:
        """What it keeps of the batches."""
        return (*_STATISTICS, *_RENORM) if self.renorm else _STATISTICS

    def tensors(self, *inputs: Shape) -> tuple[WeightTensor, ...]:
        sizes = tuple(self.sizes(*inputs))
        kept = (WeightTensor(name, sizes, trainable=False) for name in self._statistics())
        return (*super().tensors(*inputs), *kept)

    def check(self) -> None:
        if not self.renorm:
            for name in ("renorm_clipping", "renorm_momentum"):
                if name in self.__dict__ and getattr(self, name) is not None:
                    raise OptionConflict(f"`{name}` needs `renorm: true`", name, [Repair("renorm", "true")])
        low, high = (getattr(self.renorm_clipping, name, None) for name in ("rmin", "rmax"))
        if low is not None and high is not None and high < low:
            raise OptionConflict(f"`rmax` (={high:g}) must not be less than `rmin` (={low:g})", "renorm_clipping")


@kind("layer_norm")
class LayerNorm(_Affine):
    """Layer normalisation (arXiv 1607.06450): mean 0 and variance 1 over the given axes of each example."""

    keras_layers = ("LayerNormalization",)
    axis: Whole = option(IntegerList(single=True), "Axis or axes, counted as in Keras.", -1)
    epsilon: float = option(Number(gt=0), "Small constant added to the variance.", 1e-3)
    center: bool = option(Boolean(), "Whether to learn a shift (beta).", True)
    scale: bool = option(Boolean(), "Whether to learn a scale (gamma).", True)
    beta_initializer: Initializer = vector_initializer("Beta initializer.", Zeros())
    gamma_initializer: Initializer = vector_initializer("Gamma initializer.", Ones())
    beta_regularizer: Regularizer | None = regularizer("Beta regularizer.")
    gamma_regularizer: Regularizer | None = regularizer("Gamma regularizer.")
    beta_constraint: Constraint | None = constraint("Beta constraint.")
    gamma_constraint: Constraint | None = constraint("Gamma constraint.")

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        resolve_axes(self.axis, x)
        if self.center or self.scale:
            self.sizes(x)
        return x

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return 1 if isinstance(self.axis, int) else len(self.axis)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        if not (self.center or self.scale):
            return NO_TERMS
        return WeightTerms(self.learned(self.sizes(*inputs)))


@kind("group_norm", principal="groups")
class GroupNorm(_ByChannel):
    """Group normalisation (arXiv 1803.08494): over the positions and the channels of each group."""

    keras_layers = ("GroupNormalization",)
    groups: int = option(Integer(ge=-1), "Number of groups; -1: one for each channel (instance normalisation).", 32)
    axis: int = option(Integer(), "Axis of the channels, counted as in Keras.", -1)
    epsilon: float = option(Number(gt=0), "Small constant added to the variance.", 1e-3)
    center: bool = option(Boolean(), "Whether to learn a shift (beta).", True)
    scale: bool = option(Boolean(), "Whether to learn a scale (gamma).", True)
    beta_initializer: Initializer = vector_initializer("Beta initializer.", Zeros())
    gamma_initializer: Initializer = vector_initializer("Gamma initializer.", Ones())
    beta_regularizer: Regularizer | None = regularizer("Beta regularizer.")
    gamma_regularizer: Regularizer | None = regularizer("Gamma regularizer.")
    beta_constraint: Constraint | None = constraint("Beta constraint.")
    gamma_constraint: Constraint | None = constraint("Gamma constraint.")

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        (size,) = self.sizes(x)
        groups = size if self.groups == -1 else self.groups
        if groups == 0 or size % groups:
            raise indivisible(size, self.groups, x)
        return x

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms(self.learned(self.sizes(*inputs)))


@kind("rms_norm")
class RmsNorm(_Normalisation):
    """Root mean square normalisation (arXiv 1910.07467): x by the root of its mean square, times a learned scale."""

    keras_layers = ("RMSNormalization",)
    keeps_mask = False
    takes_integers = False
    axis: Whole = option(
        IntegerList(single=True), "Axis or axes, counted as in Keras: the last one, or the last ones.", -1
    )
    epsilon: float = option(Number(gt=0), "Small constant added to the mean square.", 1e-6)

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {"the sizes along `axis`": self._sizes(inputs[0])}

    def _sizes(self, x: Shape) -> list[int]:
        """The sizes that have a scale; raises ShapeError where they are not the last ones, which Keras multiplies by it."""
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        found = [resolve_axis(axis, x) for axis in sorted(axes)]
        if found != list(range(len(x) - len(found), len(x))):
            written = self.axis if isinstance(self.axis, int) else list(self.axis)
            every = list(range(min(found) + 1, len(x) + 1))
            raise ShapeError(
                "NS408",
                f"`axis` {written} must be the last axis of {show_shape(x)}, or its last ones, each once: "
                "Keras multiplies by the scale along those",
                x,
                [Repair("axis", "-1"), Repair("axis", str(every))],
            )
        sizes = x[len(x) - len(found) :]
        if None in sizes:
            message = f"needs to know the size that it has weights for, and its input is {show_shape(x)}"
            raise ShapeError("NS407", message, x)
        return [size for size in sizes if size is not None]

    def infer(self, *inputs: Shape) -> Shape:
        self._sizes(inputs[0])
        return inputs[0]

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(*self._sizes(inputs[0]), name="scale"),))


@kind("unit_norm", principal="axis")
class UnitNorm(_Normalisation):
    """Divides by the Euclidean norm over the given axes, so that it is 1: unit vectors, whose products are cosines."""

    keras_layers = ("UnitNormalization",)
    takes_integers = False
    axis: Whole = option(IntegerList(single=True), "Axis or axes, counted as in Keras.", -1)

    def infer(self, *inputs: Shape) -> Shape:
        resolve_axes(self.axis, inputs[0])
        return inputs[0]


@kind("lrn")
class Lrn(_Normalisation):
    """Local response normalisation (Krizhevsky et al., 2012): each channel is divided by the energy of its neighbours.

    x / (bias + alpha * sum of squares over `depth_radius` channels on either side) ** beta. The names and defaults are
    TensorFlow's; a paper's `n` is 2 * depth_radius + 1, and Caffe's alpha is n times this one. A layer of netspec's own.
    """

    keras_layers = ("netspec.layers.LocalResponseNormalization",)
    depth_radius: int = option(Integer(ge=0), "Number of neighbouring channels on either side.", 5)
    bias: float = option(Number(gt=0), "Constant that avoids division by zero.", 1.0)
    alpha: float = option(Number(), "Scale of the sum of squares.", 1.0)
    beta: float = option(Number(), "Exponent.", 0.5)

    def infer(self, *inputs: Shape) -> Shape:
        self.channels_of(inputs[0])
        return inputs[0]


@kind("layer_scale", principal="value")
class LayerScale(_Normalisation):
    """Multiplies each channel by a learned scale that starts small (arXiv 2103.17239): a deep skip begins as the identity."""

    keras_layers = ("EinsumDense",)
    keeps_mask = False
    keras_note = 'with the equation "...c,c->...c"'
    value: float = option(Number(), "Initial value of the scales.", 1e-6)

    def infer(self, *inputs: Shape) -> Shape:
        self.channels_of(inputs[0])
        return inputs[0]

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {"the shape": inputs}

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        return WeightTerms((product(self.channels_of(inputs[0]), name="kernel"),))

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        axes = "abdefghijklmnopqrstuvwxyz"[: len(inputs[0])]  # the batch and the positions
        positions, channels = inputs[0][:-1], self.channels_of(inputs[0])
        first = keras.initializers.Constant(self.value)
        layer: Lowered = keras.layers.EinsumDense(
            f"{axes}c,c->{axes}c", (*positions, channels), kernel_initializer=first, name=name
        )
        return layer
