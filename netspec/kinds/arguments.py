"""Values that several kinds take: activations, initializers, regularizers, constraints, spectral normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from netspec.kinds.keras_types import Keras, KerasObject, Lowered
from netspec.options import (
    EXPRESSION_PATTERN,
    Choice,
    Declared,
    Integer,
    IntegerList,
    Named,
    Nullable,
    Number,
    Schema,
    Type,
    Whole,
    declare,
    option,
)

# Every activation is a kind too; the words are its page.
ACTIVATIONS: dict[str, str] = {
    "celu": "max(0, x) + min(0, exp(x) - 1) (arXiv 1704.07483)",
    "elu": "x above 0, exp(x) - 1 below (arXiv 1511.07289)",
    "exponential": "exp(x)",
    "gelu": "x times the cumulative distribution function of the standard normal distribution (arXiv 1606.08415)",
    "hard_shrink": "0 between -0.5 and 0.5, x elsewhere",
    "hard_sigmoid": "relu6(x + 3) / 6",
    "hard_silu": "x * relu6(x + 3) / 6 (arXiv 1905.02244)",
    "hard_tanh": "x clipped to [-1, 1]",
    "leaky_relu": "x above 0, a small multiple of x below",
    "linear": "x",
    "log_sigmoid": "log(1 / (1 + exp(-x)))",
    "log_softmax": "the logarithm of softmax",
    "mish": "x * tanh(softplus(x)) (arXiv 1908.08681)",
    "relu": "max(0, x)",
    "relu6": "max(0, min(x, 6))",
    "selu": "a scaled elu that preserves mean and variance (arXiv 1706.02515)",
    "sigmoid": "1 / (1 + exp(-x))",
    "silu": "x * sigmoid(x), also called swish (arXiv 1710.05941)",
    "soft_shrink": "x shrunk towards 0 by 0.5",
    "softmax": "exp(x), divided by its sum over the last axis",
    "softplus": "log(1 + exp(x))",
    "softsign": "x / (1 + |x|)",
    "sparse_plus": "0 below -1, x above 1, quadratic between",
    "sparsemax": "a softmax that can give exact zeros (arXiv 1602.02068)",
    "squareplus": "(x + sqrt(x^2 + 4)) / 2 (arXiv 2112.11687)",
    "swish": "x * sigmoid(x), Keras's other name for silu",
    "tanh": "the hyperbolic tangent",
    "tanh_shrink": "x - tanh(x)",
}

activation_type = Nullable(Choice(ACTIVATIONS))


class Argument(Declared):
    """A Keras object that is an argument of a layer."""

    keras_module: ClassVar[str] = ""
    keras_name: ClassVar[str] = ""

    def lower(self, keras: Keras) -> KerasObject:
        """The Keras object; its bare name where nothing was set, which Keras resolves for each use anew."""
        return self.make(keras) if self.given() else self.spec_name

    def make(self, keras: Keras) -> KerasObject:
        """The Keras object."""
        return getattr(getattr(keras, self.keras_module), self.keras_name)(**self.values())


INITIALIZERS: dict[str, type[Initializer]] = {}
REGULARIZERS: dict[str, type[Regularizer]] = {}
CONSTRAINTS: dict[str, type[Constraint]] = {}


@declare("initializer")
class Initializer(Argument):
    """Base of the initializers."""

    keras_module = "initializers"

    def least(self) -> float:
        """The least number that it gives; where chance sets no bound, four standard deviations below the mean.

        Those that scale by the size of what they fill are centred at 0, and how far they reach is not known here.
        """
        return -math.inf


@declare("zeros", table=INITIALIZERS)
class Zeros(Initializer):
    """All zeros."""

    keras_name = "Zeros"

    def least(self) -> float:
        return 0.0


@declare("ones", table=INITIALIZERS)
class Ones(Initializer):
    """All ones."""

    keras_name = "Ones"

    def least(self) -> float:
        return 1.0


@declare("constant", principal="value", table=INITIALIZERS)
class Constant(Initializer):
    """A constant."""

    keras_name = "Constant"
    value: float = option(Number(), "Value.")

    def least(self) -> float:
        return self.value


@declare("glorot_uniform", table=INITIALIZERS)
class GlorotUniform(Initializer):
    """Uniform, scaled by fan-in and fan-out (Glorot and Bengio, 2010)."""

    keras_name = "GlorotUniform"


@declare("glorot_normal", table=INITIALIZERS)
class GlorotNormal(Initializer):
    """Truncated normal, scaled by fan-in and fan-out (Glorot and Bengio, 2010)."""

    keras_name = "GlorotNormal"


@declare("he_uniform", table=INITIALIZERS)
class HeUniform(Initializer):
    """Uniform, scaled by fan-in, for relu (arXiv 1502.01852)."""

    keras_name = "HeUniform"


@declare("he_normal", table=INITIALIZERS)
class HeNormal(Initializer):
    """Truncated normal, scaled by fan-in, for relu (arXiv 1502.01852)."""

    keras_name = "HeNormal"


@declare("lecun_uniform", table=INITIALIZERS)
class LecunUniform(Initializer):
    """Uniform, scaled by fan-in."""

    keras_name = "LecunUniform"


@declare("lecun_normal", table=INITIALIZERS)
class LecunNormal(Initializer):
    """Truncated normal, scaled by fan-in, for selu."""

    keras_name = "LecunNormal"


@declare("random_normal", table=INITIALIZERS)
class RandomNormal(Initializer):
    """Normal distribution."""

    keras_name = "RandomNormal"
    mean: float = option(Number(), "Mean.", 0.0)
    stddev: float = option(Number(ge=0), "Standard deviation.", 0.05)

    def least(self) -> float:
        return self.mean - 4 * self.stddev


@declare("truncated_normal", table=INITIALIZERS)
class TruncatedNormal(RandomNormal):
    """Truncated normal distribution: values beyond two standard deviations are redrawn."""

    keras_name = "TruncatedNormal"

    def least(self) -> float:
        return self.mean - 2 * self.stddev


@declare("random_uniform", table=INITIALIZERS)
class RandomUniform(Initializer):
    """Uniform distribution."""

    keras_name = "RandomUniform"
    minval: float = option(Number(), "Lower bound.", -0.05)
    maxval: float = option(Number(), "Upper bound.", 0.05)

    def least(self) -> float:
        return min(self.minval, self.maxval)


@declare("variance_scaling", table=INITIALIZERS)
class VarianceScaling(Initializer):
    """The general form of the Glorot, He and LeCun initializers."""

    keras_name = "VarianceScaling"
    scale: float = option(Number(gt=0), "Scale of the variance.", 1.0)
    mode: str = option(Choice(("fan_in", "fan_out", "fan_avg")), "Divisor of the variance.", "fan_in")
    distribution: str = option(
        Choice(("truncated_normal", "untruncated_normal", "uniform")), "Distribution.", "truncated_normal"
    )


@declare("orthogonal", table=INITIALIZERS)
class Orthogonal(Initializer):
    """A random orthogonal matrix."""

    keras_name = "Orthogonal"
    gain: float = option(Number(gt=0), "Multiplicative factor.", 1.0)


@declare("uniform", table=INITIALIZERS)
class Uniform(Initializer):
    """Uniform distribution between -0.05 and 0.05, by Keras's short name."""

    keras_name = "RandomUniform"

    def least(self) -> float:
        return -0.05


@declare("regularizer")
class Regularizer(Argument):
    """Base of the regularizers."""

    keras_module = "regularizers"

    def lower(self, keras: Keras) -> KerasObject:
        """The Keras object. It has no state that two uses would share, and Keras does not know all of our words."""
        return self.make(keras)


@declare("l1", principal="l1", table=REGULARIZERS)
class L1(Regularizer):
    """L1 regularization: a penalty on the sum of absolute weights."""

    keras_name = "L1"
    l1: float = option(Number(ge=0), "Regularization factor.", 0.01)


@declare("l2", principal="l2", table=REGULARIZERS)
class L2(Regularizer):
    """L2 regularization: a penalty on the sum of squared weights."""

    keras_name = "L2"
    l2: float = option(Number(ge=0), "Regularization factor.", 0.01)


@declare("l1_l2", table=REGULARIZERS)
class L1L2(Regularizer):
    """L1 and L2 regularization."""

    keras_name = "L1L2"
    l1: float = option(Number(ge=0), "L1 regularization factor.", 0.0)
    l2: float = option(Number(ge=0), "L2 regularization factor.", 0.0)


AXIS_DOC = (
    "Axis or axes of the weights that norms are taken over, from 0: 0 for a matrix, [0, 1, 2] for a kernel over images."
)


@declare("constraint")
class Constraint(Argument):
    """Base of the constraints: what weights are brought back to after each step of training."""

    keras_module = "constraints"

    def lower(self, keras: Keras) -> KerasObject:
        """The Keras object, which has no state that two uses would share."""
        return self.make(keras)

    def axes(self) -> tuple[int, ...]:
        """The axes of the weights that it names."""
        return ()


class _NormConstraint(Constraint):
    """Base of the constraints of norms."""

    axis: Whole

    def axes(self) -> tuple[int, ...]:
        return (self.axis,) if isinstance(self.axis, int) else self.axis


@declare("max_norm", principal="max_value", table=CONSTRAINTS)
class MaxNorm(_NormConstraint):
    """Norms of at most `max_value` (Srivastava et al., 2014)."""

    keras_name = "MaxNorm"
    max_value: float = option(Number(gt=0), "Largest norm.", 2.0)
    axis: Whole = option(IntegerList(single=True), AXIS_DOC, 0)


@declare("non_neg", table=CONSTRAINTS)
class NonNeg(Constraint):
    """Weights of at least 0."""

    keras_name = "NonNeg"


@declare("unit_norm", table=CONSTRAINTS)
class UnitNorm(_NormConstraint):
    """Norms of 1."""

    keras_name = "UnitNorm"
    axis: Whole = option(IntegerList(single=True), AXIS_DOC, 0)


@declare("min_max_norm", table=CONSTRAINTS)
class MinMaxNorm(_NormConstraint):
    """Norms between two bounds."""

    keras_name = "MinMaxNorm"
    min_value: float = option(Number(ge=0), "Smallest norm.", 0.0)
    max_value: float = option(Number(gt=0), "Largest norm.", 1.0)
    rate: float = option(Number(gt=0, le=1), "Share of the way back to the bounds that each step goes.", 1.0)
    axis: Whole = option(IntegerList(single=True), AXIS_DOC, 0)


initializer_type = Named("an initializer", INITIALIZERS)
# Keras cannot make an orthogonal vector; what is a vector for some shapes only is held to the same.
vector_type = Named("an initializer", {name: cls for name, cls in INITIALIZERS.items() if name != "orthogonal"})
regularizer_type = Nullable(Named("a regularizer", REGULARIZERS))
constraint_type = Nullable(Named("a constraint", CONSTRAINTS))


class Iterations(Type[int]):
    """A number of iterations, or `true` for one; `false` for none."""

    def check(self, value: object) -> int:
        return value if isinstance(value, bool) else Integer(ge=1).check(value)

    def describe(self) -> str:
        return "true, false, or a whole number of at least 1"

    def schema(self) -> Schema:
        types = ["string", "boolean", "integer"]
        return {"type": types, "pattern": EXPRESSION_PATTERN, "minimum": 1, **self.message()}


iterations_type = Iterations()


def activation(doc: str = "Activation function.", default: str | None = None) -> str | None:
    """A hyperparameter that names an activation."""
    return option(activation_type, doc, default)


def initializer(doc: str, default: Initializer | None = None) -> Initializer:
    """A hyperparameter that names an initializer."""
    return option(initializer_type, doc, default or GlorotUniform())


def vector_initializer(doc: str, default: Initializer) -> Initializer:
    """A hyperparameter that names an initializer of biases, shifts or scales."""
    return option(vector_type, doc, default)


def regularizer(doc: str) -> Regularizer | None:
    """A hyperparameter that names a regularizer."""
    return option(regularizer_type, doc, None)


def activity_regularizer() -> Regularizer | None:
    """The hyperparameter that names the regularizer of a layer's output."""
    return option(regularizer_type, "Activity regularizer: a penalty on the output.", None)


def constraint(doc: str) -> Constraint | None:
    """A hyperparameter that names a constraint."""
    return option(constraint_type, doc, None)


def spectral_norm() -> int:
    """The hyperparameter by which a kernel is divided by its largest singular value."""
    doc = (
        "Whether to divide the kernel by its spectral norm in each step of training (arXiv 1802.05957); a number: the "
        "power iterations that estimate it, one for `true`. It keeps a vector that is not trained, and takes neither "
        "integers nor a mask. On JAX Keras does not keep the divided kernel, and predicts with the undivided one."
    )
    return option(iterations_type, doc, False)


def normalised(keras: Keras, name: str, iterations: int, make: Callable[[str], Lowered]) -> Lowered:
    """`make(name)`, spectrally normalised where there are `iterations`."""
    if not iterations:
        return make(name)
    inner = make(f"{name}_layer")
    layer: Lowered = keras.layers.SpectralNormalization(inner, power_iterations=int(iterations), name=name)
    return layer


def width(doc: str) -> int:
    """A hyperparameter that counts channels or units."""
    return option(Integer(ge=1), doc)
