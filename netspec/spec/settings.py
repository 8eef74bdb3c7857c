"""What the sections beside the layers may hold: `data`, `train`, `limits`, declared with the same options as the kinds.

Words and defaults are Keras's own where Keras has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from netspec.diagnostics.words import show, suggest
from netspec.options import (
    EXPRESSION_PATTERN,
    Boolean,
    Choice,
    Declared,
    Integer,
    Invalid,
    Named,
    Nullable,
    Number,
    Numbers,
    Schema,
    Text,
    Type,
    declare,
    in_brackets,
    option,
    together,
)

# --- data -----------------------------------------------------------------------------------------------------------

SOURCES: dict[str, type[Source]] = {}


@declare("source")
class Source(Declared):
    """Base of the data sources. `shape` and `classes` are what a source is known to give before it is read."""

    shape: ClassVar[tuple[int, ...] | None] = None
    classes: ClassVar[int | None] = None


@declare("digits", table=SOURCES)
class Digits(Source):
    """The handwritten digits that scikit-learn carries: 1,797 pictures of 8x8 grey pixels, ten classes; nothing to download.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
    """

    shape = (8, 8, 1)
    classes = 10


@declare("corners", table=SOURCES)
class Corners(Source):
    """Generated pictures of 16x16 pixels: is there a right-angled corner somewhere? Two classes.

    Training pictures hold their corners in some positions only; the test tells seen and unseen positions apart.
    """

    samples: int = option(Integer(ge=100), "Pictures to train on.", 4000)
    noise: float = option(Number(ge=0, le=1), "Standard deviation of the grey noise over a picture.", 0.05)

    shape = (16, 16, 1)
    classes = 2


@declare("mnist", table=SOURCES)
class Mnist(Source):
    """60,000 + 10,000 handwritten digits of 28x28; Keras downloads them."""

    shape = (28, 28, 1)
    classes = 10


@declare("fashion_mnist", table=SOURCES)
class FashionMnist(Source):
    """60,000 + 10,000 pictures of clothes of 28x28; Keras downloads them."""

    shape = (28, 28, 1)
    classes = 10


@declare("cifar10", table=SOURCES)
class Cifar10(Source):
    """50,000 + 10,000 colour pictures of 32x32 in ten classes; Keras downloads them."""

    shape = (32, 32, 3)
    classes = 10


@declare("cifar100", table=SOURCES)
class Cifar100(Source):
    """50,000 + 10,000 colour pictures of 32x32 in a hundred classes; Keras downloads them."""

    shape = (32, 32, 3)
    classes = 100


@declare("folder", principal="path", table=SOURCES)
class Folder(Source):
    """Pictures in one sub-folder a class, brought to the size and channels of the network's input.

    Where the folder holds `train` beside `test`, `validation` or both, with the classes in each, those are the splits.
    """

    path: str = option(Text(), "The folder, relative to the spec.")
    interpolation: str = option(
        Choice(("nearest", "bilinear", "bicubic", "lanczos")), "How pictures are resized.", "bilinear"
    )


@declare("npz", principal="path", table=SOURCES)
class Npz(Source):
    """Arrays in a NumPy archive: `x_train`, `y_train` and perhaps `x_test`, `y_test`; or `x` and `y`.

    Labels that are whole numbers, one-hot rows or texts are classes; other floating-point numbers are to be predicted.
    """

    path: str = option(Text(), "The file, relative to the spec.")


@declare("csv", principal="path", table=SOURCES)
class Csv(Source):
    """A table with a header line: one column is the label, the others are the features.

    Labels that are texts or whole numbers are classes; numbers that are not all whole are to be predicted.
    """

    path: str = option(Text(), "The file, relative to the spec.")
    label: str | None = option(Nullable(Text()), "The label's column; the last one where it is left out.", None)


@declare("data")
class Data(Declared):
    """What to train on."""

    source: Source = option(Named("a data source", SOURCES), "Where the examples come from.")
    validation_split: float = option(
        Number(ge=0, lt=1), "The share of the training examples that is held out to watch the training.", 0.1
    )
    test_split: float = option(
        Number(gt=0, lt=1),
        "The share of all examples kept for the final test, where the source has no test set of its own.",
        0.2,
    )
    rescale: float | None = option(
        Nullable(Number(gt=0)),
        "Divide the inputs by this; null divides bytes by 255 and `digits` by 16.",
        None,
    )


# --- optimisers and schedules -----------------------------------------------------------------------------------------

OPTIMIZERS: dict[str, type[Optimizer]] = {}
SCHEDULES: dict[str, type[Schedule]] = {}


@declare("optimizer")
class Optimizer(Declared):
    """Base of the optimisers; `keras_name` is the class in `keras.optimizers`."""

    keras_name: ClassVar[str] = ""

    learning_rate: float = option(Number(gt=0), "Step size, or the peak of the schedule.", 0.001)
    weight_decay: float | None = option(Nullable(Number(ge=0)), "Decoupled weight decay.", None)
    clipnorm: float | None = option(Nullable(Number(gt=0)), "Clip each gradient to this norm.", None)
    clipvalue: float | None = option(Nullable(Number(gt=0)), "Clip each gradient's values to this.", None)
    global_clipnorm: float | None = option(Nullable(Number(gt=0)), "Clip all gradients together to this norm.", None)
    use_ema: bool = option(Boolean(), "Keep an exponential moving average of the weights.", False)
    ema_momentum: float = option(Number(ge=0, le=1), "Momentum of that average.", 0.99)


@declare("sgd", table=OPTIMIZERS, principal="learning_rate")
class Sgd(Optimizer):
    """Gradient descent with momentum."""

    keras_name = "SGD"
    learning_rate: float = option(Number(gt=0), "Step size, or the peak of the schedule.", 0.01)
    momentum: float = option(Number(ge=0, le=1), "Momentum.", 0.0)
    nesterov: bool = option(Boolean(), "Nesterov's momentum.", False)


@declare("adam", table=OPTIMIZERS, principal="learning_rate")
class Adam(Optimizer):
    """Adam (arXiv 1412.6980)."""

    keras_name = "Adam"
    beta_1: float = option(Number(ge=0, lt=1), "Decay of the first moment.", 0.9)
    beta_2: float = option(Number(ge=0, lt=1), "Decay of the second moment.", 0.999)
    epsilon: float = option(Number(gt=0), "Keeps the division finite.", 1e-7)
    amsgrad: bool = option(Boolean(), "AMSGrad's maximum of second moments.", False)


@declare("adamw", table=OPTIMIZERS, principal="learning_rate")
class AdamW(Adam):
    """Adam with decoupled weight decay (arXiv 1711.05101)."""

    keras_name = "AdamW"
    weight_decay: float = option(Number(ge=0), "Decoupled weight decay.", 0.004)


@declare("nadam", table=OPTIMIZERS, principal="learning_rate")
class Nadam(Optimizer):
    """Adam with Nesterov's momentum."""

    keras_name = "Nadam"
    beta_1: float = option(Number(ge=0, lt=1), "Decay of the first moment.", 0.9)
    beta_2: float = option(Number(ge=0, lt=1), "Decay of the second moment.", 0.999)
    epsilon: float = option(Number(gt=0), "Keeps the division finite.", 1e-7)


@declare("adamax", table=OPTIMIZERS, principal="learning_rate")
class Adamax(Nadam):
    """Adam over the infinity norm (arXiv 1412.6980, section 7)."""

    keras_name = "Adamax"


@declare("rmsprop", table=OPTIMIZERS, principal="learning_rate")
class RMSprop(Optimizer):
    """Gradients divided by a running average of their size."""

    keras_name = "RMSprop"
    rho: float = option(Number(ge=0, lt=1), "Decay of the average.", 0.9)
    momentum: float = option(Number(ge=0, le=1), "Momentum.", 0.0)
    epsilon: float = option(Number(gt=0), "Keeps the division finite.", 1e-7)
    centered: bool = option(Boolean(), "Normalise by the variance, not the second moment.", False)


@declare("adagrad", table=OPTIMIZERS, principal="learning_rate")
class Adagrad(Optimizer):
    """Step sizes that shrink with the gradients seen."""

    keras_name = "Adagrad"
    epsilon: float = option(Number(gt=0), "Keeps the division finite.", 1e-7)


@declare("lion", table=OPTIMIZERS, principal="learning_rate")
class Lion(Optimizer):
    """Sign of the momentum (arXiv 2302.06675)."""

    keras_name = "Lion"
    beta_1: float = option(Number(gt=0, lt=1), "Blend of gradient and momentum.", 0.9)
    beta_2: float = option(Number(ge=0, lt=1), "Decay of the momentum.", 0.99)


@declare("schedule")
class Schedule(Declared):
    """Base of the learning-rate schedules."""


@declare("constant", table=SCHEDULES)
class Constant(Schedule):
    """The optimiser's learning rate throughout."""


@declare("cosine", table=SCHEDULES)
class Cosine(Schedule):
    """Half a cosine from the learning rate down to `alpha` of it (arXiv 1608.03983), after a linear warm-up."""

    warmup_epochs: float = option(Number(ge=0), "Epochs of linear warm-up from zero.", 0)
    alpha: float = option(Number(ge=0, le=1), "Where it ends, as a share of the learning rate.", 0.0)


@declare("exponential", table=SCHEDULES)
class Exponential(Schedule):
    """Multiplied by `decay_rate` every `decay_epochs`."""

    decay_rate: float = option(Number(gt=0, le=1), "The factor.")
    decay_epochs: float = option(Number(gt=0), "Epochs for one factor.", 1)
    staircase: bool = option(Boolean(), "In steps, not smoothly.", False)


@declare("steps", table=SCHEDULES)
class Steps(Schedule):
    """Multiplied by `factor` at each of the given epochs."""

    epochs: float | tuple[float, ...] = option(Numbers(gt=0), "The epochs at which it drops.")
    factor: float = option(Number(gt=0, lt=1), "The factor.", 0.1)


# --- training ---------------------------------------------------------------------------------------------------------

LOSSES: Mapping[str, str] = {
    "sparse_categorical_crossentropy": "Whole-number labels, softmax probabilities.",
    "categorical_crossentropy": "One-hot labels, softmax probabilities.",
    "binary_crossentropy": "Labels 0 or 1, one sigmoid probability.",
    "binary_focal_crossentropy": "Binary cross-entropy that leans on hard examples (arXiv 1708.02002).",
    "categorical_focal_crossentropy": "Cross-entropy that leans on hard examples (arXiv 1708.02002).",
    "kl_divergence": "Distance of distributions.",
    "mean_squared_error": "Mean of squared differences.",
    "mean_absolute_error": "Mean of absolute differences.",
    "mean_absolute_percentage_error": "Mean of relative differences.",
    "mean_squared_logarithmic_error": "Mean of squared differences of logarithms.",
    "huber": "Squared near zero, absolute far from it.",
    "log_cosh": "A smooth absolute difference.",
    "hinge": "Labels -1 or 1.",
    "squared_hinge": "Labels -1 or 1, squared.",
    "categorical_hinge": "One-hot labels.",
    "poisson": "Counts.",
    "cosine_similarity": "Angle between vectors.",
}
METRICS = (
    "accuracy",
    "top_5_accuracy",
    "mean_squared_error",
    "mean_absolute_error",
    "root_mean_squared_error",
    "auc",
    "precision",
    "recall",
)


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
D_co = TypeVar("D_co", covariant=True, bound=Declared)


class PerOutput(Type[T | dict[str, T]]):
    """One value for every output, or a map with one for each output's name."""

    def __init__(self, inner: Type[T]) -> None:
        self.inner = inner

    def check(self, value: object) -> T | dict[str, T]:
        if not isinstance(value, dict):
            return self.inner.check(value)
        checked = {}
        errors = []
        for name, item in value.items():
            try:
                checked[name] = self.inner.check(item)
            except Invalid as error:
                errors.append(error.inside(name))
        if errors:
            raise together(errors)
        return checked

    def describe(self) -> str:
        return f"{self.inner.describe()}, or a map of output names to that"

    def schema(self) -> Schema:
        inner = self.inner.schema()
        types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
        return {
            "type": [*types, "object"],
            "if": {"type": "object"},
            "then": {"additionalProperties": inner},
            "else": {k: v for k, v in inner.items() if k != "type"},
        }


class ListOf(Type[tuple[T, ...]]):
    """A list of one type."""

    def __init__(self, inner: Type[T], noun: str) -> None:
        self.inner = inner
        self.noun = noun

    def check(self, value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", suggestion=in_brackets(self.inner, value))
        checked = []
        errors = []
        for index, item in enumerate(value):
            try:
                checked.append(self.inner.check(item))
            except Invalid as error:
                errors.append(error.inside(index))
        if errors:
            raise together(errors)
        return tuple(checked)

    def describe(self) -> str:
        return f"a list of {self.noun}"

    def schema(self) -> Schema:
        return {
            "type": ["array", "string"],
            "pattern": EXPRESSION_PATTERN,
            "allOf": [{"items": self.inner.schema()}],
        }


class Raw(Type[T_co]):
    """Anything of one JSON type; somebody else checks what is in it."""

    def __init__(self, python: type[T_co], json_type: str, noun: str) -> None:
        self.python = python
        self.json_type = json_type
        self.noun = noun

    def check(self, value: object) -> T_co:
        if not isinstance(value, self.python):
            raise Invalid(f"must be {self.noun}, not {show(value)}")
        return value

    def describe(self) -> str:
        return self.noun

    def schema(self) -> Schema:
        return {"type": self.json_type}


@declare("early_stopping")
class EarlyStopping(Declared):
    """Stop when the watched figure no longer gets better, and keep the best weights."""

    monitor: str = option(Text(), "The figure, as the history names it.", "val_loss")
    patience: int = option(Integer(ge=0), "Epochs without improvement before it stops.", 0)
    min_delta: float = option(Number(ge=0), "What counts as an improvement.", 0.0)
    mode: str = option(Choice(("auto", "min", "max")), "Which way is better.", "auto")


class Section(Type[D_co]):
    """A map that is itself a declared class."""

    expressions = False

    def __init__(self, declared: type[D_co]) -> None:
        self.declared = declared

    def check(self, value: object) -> D_co:
        if not isinstance(value, dict):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        table = Named(self.describe(), {self.declared.word: self.declared})
        try:
            return table.check({self.declared.word: value})
        except Invalid as error:
            raise error.without(1) from None

    def describe(self) -> str:
        return f"a map with {', '.join(f'`{name}`' for name in self.declared.options)}"

    def schema(self) -> Schema:
        return self.declared.map_schema()


@declare("train")
class Train(Declared):
    """How to train."""

    epochs: int = option(Integer(ge=1), "Passes over the training examples.", 10)
    batch_size: int = option(Integer(ge=1), "Examples a step.", 32)
    optimizer: Optimizer = option(Named("an optimizer", OPTIMIZERS), "How weights move.", Adam())
    schedule: Schedule = option(Named("a schedule", SCHEDULES), "How the learning rate moves.", Constant())
    loss: str | dict[str, str | None] | None = option(
        PerOutput(Nullable(Choice(LOSSES))),
        "What is made small; null of an output leaves it out. Left out: chosen by the output.",
        None,
    )
    loss_weights: float | dict[str, float] = option(PerOutput(Number(ge=0)), "What each output's loss counts.", 1.0)
    metrics: tuple[str, ...] = option(
        ListOf(Choice(METRICS), "metrics"), "What is shown beside the loss.", ("accuracy",)
    )
    from_logits: bool = option(
        Boolean(), "The network ends without its softmax or sigmoid; the loss applies it.", False
    )
    label_smoothing: float = option(Number(ge=0, lt=1), "Share of the label that is spread over all classes.", 0.0)
    augment: Sequence[Any] = option(
        Raw(list, "array", "a list of preprocessing nodes"), "Random changes of the training pictures.", ()
    )
    precision: str = option(
        Choice(
            {
                "float32": "Single precision.",
                "mixed_bfloat16": "bfloat16 arithmetic, float32 weights: GPUs since Ampere, TPUs.",
                "mixed_float16": "float16 arithmetic with loss scaling, float32 weights: GPUs since Volta.",
            }
        ),
        "Arithmetic.",
        "float32",
    )
    early_stopping: EarlyStopping | None = option(Nullable(Section(EarlyStopping)), "When to stop early.", None)
    distribute: str = option(
        Choice({"auto": "All devices that this process sees.", "none": "One device."}),
        "Over which devices.",
        "auto",
    )
    jit_compile: str = option(Choice(("auto", "always", "never")), "Compile the step with XLA.", "auto")
    seed: int = option(Integer(ge=0, le=2**32 - 1), "Seed of weights, shuffles, dropout and augmentation.", 42)


# --- limits -----------------------------------------------------------------------------------------------------------

_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\Z")


class Quantity(Type[int]):
    """A whole number, or a number with a unit: `5M`, `1.2G`; `2GiB` where it counts bytes."""

    def __init__(self, is_bytes: bool = False) -> None:
        self.is_bytes = is_bytes

    def check(self, value: object) -> int:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value <= 0 or value != int(value):
                raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
            return int(value)
        match = _QUANTITY.match(value) if isinstance(value, str) else None
        if match is None:
            raise Invalid(
                f"must be {self.describe()}, not {show(value)}", "NS205" if isinstance(value, str) else "NS204"
            )
        unit = match[2].lower()
        allowed = [u for u in _UNITS if self.is_bytes or not u.endswith("b")]
        if unit not in allowed:
            meant = suggest(unit, allowed)
            raise Invalid(
                f"has the unit {show(match[2])}, which is none of {', '.join(filter(None, allowed))}"
                f"{meant.question() if meant else ''}",
                "NS205",
                suggestion=meant and meant._replace(meant=match[1] + meant.meant),
            )
        number = int(float(match[1]) * _UNITS[unit])
        if number <= 0:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return number

    def describe(self) -> str:
        return "a size in bytes such as 500MB or 2GiB" if self.is_bytes else "a count such as 5000, 5M or 1.2G"

    def schema(self) -> Schema:
        units = "[kKmMgGtT]?([iI]?[bB])?" if self.is_bytes else "[kKmMgGtT]?"
        return {
            "type": ["integer", "string"],
            "exclusiveMinimum": 0,
            "pattern": rf"\$[A-Za-z_]|^[0-9]+(\.[0-9]+)?\s*{units}$",
        }


@declare("limits")
class Limits(Declared):
    """Budgets that `netspec validate` enforces."""

    parameters: int | None = option(Nullable(Quantity()), "The most parameters.", None)
    macs: int | None = option(Nullable(Quantity()), "The most multiply-accumulates for one example.", None)
    activation_memory: int | None = option(
        Nullable(Quantity(is_bytes=True)), "The most bytes of all nodes' outputs, one example.", None
    )
    receptive_field: int | None = option(
        Nullable(Integer(ge=1)), "The least receptive field that the outputs must have.", None
    )
