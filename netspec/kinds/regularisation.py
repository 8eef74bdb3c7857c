"""Regularisation: noise that is added during training only, and penalties on what layers give."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import Kind, kind
from netspec.options import Integer, Nullable, Number, option
from netspec.shapes import Shape

SEED_DOC = "Random seed; null: the seed of the training."


class _Noise(Kind):
    family = "regularisation"
    keeps_mask = True


@kind("dropout", principal="rate")
class Dropout(_Noise):
    """Sets a fraction of the units to 0 during training (Srivastava et al., 2014)."""

    keras_layers = ("Dropout",)
    rate: float = option(Number(ge=0, le=1), "Fraction of the units to drop.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)


@kind("alpha_dropout", principal="rate")
class AlphaDropout(_Noise):
    """Dropout to the negative limit of `selu`, mean and variance preserved, during training (arXiv 1706.02515)."""

    keras_layers = ("AlphaDropout",)
    rate: float = option(Number(ge=0, lt=1), "Fraction of the units to drop.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)


@kind("gaussian_dropout", principal="rate")
class GaussianDropout(_Noise):
    """Multiplies by Gaussian noise of mean 1 during training (Srivastava et al., 2014, section 10)."""

    keras_layers = ("GaussianDropout",)
    rate: float = option(Number(ge=0, lt=1), "Drop probability of the dropout with the same variance.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)


@kind("spatial_dropout", principal="rate")
class SpatialDropout(_Noise):
    """Sets a fraction of the channels to 0 during training (arXiv 1411.4280)."""

    keras_layers = ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
    ranks = (1, 2, 3)
    rate: float = option(Number(ge=0, le=1), "Fraction of the channels to drop.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def infer(self, *inputs: Shape) -> Shape:
        self.spatial(inputs[0])
        return inputs[0]

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        make = getattr(keras.layers, f"SpatialDropout{len(inputs[0]) - 1}D")
        layer: Lowered = make(name=name, **self.keras_arguments(keras))
        return layer


@kind("stochastic_depth", principal="rate")
class StochasticDepth(_Noise):
    """Sets whole examples to 0 during training, before a skip adds its shortcut (arXiv 1603.09382).

    At the end of a skip's body it drops the body, so that the network is shallower for some examples. What is left is
    scaled by 1 / (1 - rate), so that the mean is preserved.
    """

    keras_layers = ("Dropout",)
    keras_note = "with one draw for each example"
    rate: float = option(Number(ge=0, le=1), "Fraction of the examples to drop.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        one_an_example = (None, *(1,) * len(inputs[0]))
        layer: Lowered = keras.layers.Dropout(noise_shape=one_an_example, name=name, **self.keras_arguments(keras))
        return layer


@kind("gaussian_noise", principal="stddev")
class GaussianNoise(_Noise):
    """Adds Gaussian noise during training."""

    keras_layers = ("GaussianNoise",)
    stddev: float = option(Number(ge=0, le=1), "Standard deviation of the noise.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)


@kind("activity_regularization")
class ActivityRegularization(_Noise):
    """Returns its input unchanged, and adds a penalty on it to the loss: a sparse code, small activations."""

    keras_layers = ("ActivityRegularization",)
    l1: float = option(Number(ge=0), "Factor of the sum of absolute values.", 0.0)
    l2: float = option(Number(ge=0), "Factor of the sum of squares.", 0.0)
