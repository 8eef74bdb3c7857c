"""The `train` section of a spec, with its optimizers and schedules. Words and defaults are Keras's own where Keras has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.options import (
    IS_EXPRESSION,
    Boolean,
    Choice,
    Declared,
    Integer,
    Invalid,
    ListOf,
    Named,
    Nested,
    Nullable,
    Number,
    Numbers,
    PerName,
    Schema,
    Text,
    Type,
    declare,
    offers,
    option,
)
from netspec.spec.losses import LOSSES, METRICS
from netspec.spec.node_patterns import Multipliers, Patterns
from netspec.spec.pretrained import Init, InitOption

if TYPE_CHECKING:
    from netspec.spec.document import Step

# --- types of options -------------------------------------------------------------------------------------------------

T_co = TypeVar("T_co", covariant=True)


class Monitored(Text):
    """The name of a metric as a history gives it: `val_loss`."""


class Every(NamedTuple):
    """So much time, or so many steps."""

    seconds: float | None = None
    steps: int | None = None


_SECONDS = {"s": 1, "min": 60, "h": 3600}
_EVERY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(steps?|s|min|h)")
# The same without what `check` says more of: zero, and parts of a step.
_EVERY_SCHEMA = r"^(?!0+(\.0+)? ?[a-z])([0-9]+ ?steps?|[0-9]+(\.[0-9]+)? ?(s|min|h))$"


class Interval(Type[Every]):
    """An amount of time or a number of steps: `10min`, `90s`, `2h`, `500 steps`."""

    @property
    def free_text(self) -> bool:
        return True

    def check(self, value: object) -> Every:
        found = _EVERY.fullmatch(value) if isinstance(value, str) else None
        if found is None or not float(found[1]):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        if found[2] in _SECONDS:
            return Every(seconds=float(found[1]) * _SECONDS[found[2]])
        if not found[1].isdecimal():
            raise Invalid(f"must be a whole number of steps, not {show(value)}")
        return Every(steps=int(found[1]))

    def describe(self) -> str:
        return "an amount of time or a number of steps, such as `10min` or `500 steps`"

    def schema(self) -> Schema:
        return {
            "type": "string",
            "examples": ["10min", "500 steps"],
            "if": IS_EXPRESSION,
            "else": {"pattern": _EVERY_SCHEMA},
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


class ClassWeights(Type[str | dict[str, float]]):
    """`balanced`, or a weight for each of some classes."""

    inner = Number(ge=0)

    def check(self, value: object) -> str | dict[str, float]:
        if value == "balanced":
            return "balanced"
        if not isinstance(value, dict):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        weights = PerName(self.inner, "class").check(value)
        assert isinstance(weights, dict)
        return weights

    def describe(self) -> str:
        return "`balanced`, or a map of class names to weights"

    def schema(self) -> Schema:
        return {
            "type": ["string", "object"],
            "if": {"type": "object"},
            "then": {"additionalProperties": self.inner.schema()},
            **offers(("balanced",)),
            "else": {"if": IS_EXPRESSION, "else": {"enum": ["balanced"]}},
        }


# --- optimizers and schedules -----------------------------------------------------------------------------------------

OPTIMIZERS: dict[str, type[Optimizer]] = {}
SCHEDULES: dict[str, type[Schedule]] = {}


@declare("optimizer")
class Optimizer(Declared):
    """Base of the optimizers; `keras_name` is the class in `keras.optimizers`."""

    keras_name: ClassVar[str] = ""

    learning_rate: float = option(Number(gt=0), "Learning rate, or the peak of the schedule.", 0.001)
    weight_decay: float | None = option(Nullable(Number(ge=0)), "Decoupled weight decay.", None)
    clipnorm: float | None = option(Nullable(Number(gt=0)), "Maximum norm of each weight's gradient.", None)
    clipvalue: float | None = option(Nullable(Number(gt=0)), "Maximum absolute value of a gradient's elements.", None)
    global_clipnorm: float | None = option(Nullable(Number(gt=0)), "Maximum norm of all gradients together.", None)
    use_ema: bool = option(Boolean(), "Whether to keep an exponential moving average of the weights.", False)
    ema_momentum: float = option(Number(ge=0, le=1), "Momentum of the moving average.", 0.99)
    gradient_accumulation_steps: int | None = option(
        Nullable(Integer(ge=1)),
        "Number of batches whose gradients are averaged for one update of the weights.",
        None,
    )
    exclude_from_weight_decay: tuple[str, ...] = option(
        Patterns(),
        "Weights that do not decay: `bias` stands for all biases, `norm` for all weights of normalisations, anything else "
        "for the nodes whose paths it matches.",
        (),
    )

    @property
    def batches_per_update(self) -> int:
        """Over how many batches gradients are accumulated."""
        return self.gradient_accumulation_steps or 1


@declare("sgd", table=OPTIMIZERS, principal="learning_rate")
class Sgd(Optimizer):
    """Stochastic gradient descent with momentum."""

    keras_name = "SGD"
    learning_rate: float = option(Number(gt=0), "Learning rate, or the peak of the schedule.", 0.01)
    momentum: float = option(Number(ge=0, le=1), "Momentum.", 0.0)
    nesterov: bool = option(Boolean(), "Whether to use Nesterov momentum.", False)


@declare("adam", table=OPTIMIZERS, principal="learning_rate")
class Adam(Optimizer):
    """Adam (arXiv 1412.6980)."""

    keras_name = "Adam"
    beta_1: float = option(Number(ge=0, lt=1), "Decay rate of the first moment.", 0.9)
    beta_2: float = option(Number(ge=0, lt=1), "Decay rate of the second moment.", 0.999)
    epsilon: float = option(Number(gt=0), "Small constant for numerical stability.", 1e-7)
    amsgrad: bool = option(Boolean(), "Whether to use the AMSGrad variant.", False)


@declare("adamw", table=OPTIMIZERS, principal="learning_rate")
class AdamW(Adam):
    """Adam with decoupled weight decay (arXiv 1711.05101)."""

    keras_name = "AdamW"
    weight_decay: float = option(Number(ge=0), "Decoupled weight decay.", 0.004)


@declare("nadam", table=OPTIMIZERS, principal="learning_rate")
class Nadam(Optimizer):
    """Adam with Nesterov momentum."""

    keras_name = "Nadam"
    beta_1: float = option(Number(ge=0, lt=1), "Decay rate of the first moment.", 0.9)
    beta_2: float = option(Number(ge=0, lt=1), "Decay rate of the second moment.", 0.999)
    epsilon: float = option(Number(gt=0), "Small constant for numerical stability.", 1e-7)


@declare("adamax", table=OPTIMIZERS, principal="learning_rate")
class Adamax(Nadam):
    """Adam over the infinity norm (arXiv 1412.6980, section 7)."""

    keras_name = "Adamax"


@declare("rmsprop", table=OPTIMIZERS, principal="learning_rate")
class RMSprop(Optimizer):
    """Gradients divided by a moving average of their magnitude."""

    keras_name = "RMSprop"
    rho: float = option(Number(ge=0, lt=1), "Decay rate of the moving average.", 0.9)
    momentum: float = option(Number(ge=0, le=1), "Momentum.", 0.0)
    epsilon: float = option(Number(gt=0), "Small constant for numerical stability.", 1e-7)
    centered: bool = option(Boolean(), "Whether to normalise by the variance, not the second moment.", False)


@declare("adagrad", table=OPTIMIZERS, principal="learning_rate")
class Adagrad(Optimizer):
    """Learning rates for each weight that shrink with the accumulated gradients."""

    keras_name = "Adagrad"
    epsilon: float = option(Number(gt=0), "Small constant for numerical stability.", 1e-7)


@declare("lion", table=OPTIMIZERS, principal="learning_rate")
class Lion(Optimizer):
    """Updates by the sign of the momentum (arXiv 2302.06675)."""

    keras_name = "Lion"
    beta_1: float = option(Number(gt=0, lt=1), "Interpolation between gradient and momentum.", 0.9)
    beta_2: float = option(Number(ge=0, lt=1), "Decay rate of the momentum.", 0.99)


@declare("schedule")
class Schedule(Declared):
    """Base of the learning-rate schedules."""


@declare("constant", table=SCHEDULES)
class Constant(Schedule):
    """Constant learning rate."""


@declare("cosine", table=SCHEDULES)
class Cosine(Schedule):
    """Cosine decay of the learning rate to `alpha` times its value (arXiv 1608.03983), after a linear warm-up."""

    warmup_epochs: float = option(Number(ge=0), "Number of epochs of linear warm-up from zero.", 0)
    alpha: float = option(Number(ge=0, le=1), "Final learning rate, as a fraction of the initial one.", 0.0)


@declare("exponential", table=SCHEDULES)
class Exponential(Schedule):
    """Exponential decay: multiplied by `decay_rate` every `decay_epochs`."""

    decay_rate: float = option(Number(gt=0, le=1), "Decay factor.")
    decay_epochs: float = option(Number(gt=0), "Number of epochs for one decay factor.", 1)
    staircase: bool = option(Boolean(), "Whether to decay in steps, not smoothly.", False)


@declare("steps", table=SCHEDULES)
class Steps(Schedule):
    """Step decay: multiplied by `factor` at each of the given epochs."""

    epochs: float | tuple[float, ...] = option(Numbers(gt=0), "Epochs at which the learning rate drops.")
    factor: float = option(Number(gt=0, lt=1), "Decay factor.", 0.1)


@declare("plateau", table=SCHEDULES)
class Plateau(Schedule):
    """Multiplied by `factor` whenever the monitored metric has not improved for `patience` epochs."""

    monitor: str = option(Monitored(), "Metric to monitor, as the history names it.", "val_loss")
    factor: float = option(Number(gt=0, lt=1), "Decay factor.", 0.1)
    patience: int = option(
        Integer(ge=0), "Number of epochs without improvement before the learning rate is reduced.", 10
    )
    min_delta: float = option(Number(ge=0), "Minimum change that counts as an improvement.", 1e-4)
    cooldown: int = option(Integer(ge=0), "Number of epochs to wait after a reduction before counting again.", 0)
    min_lr: float = option(Number(ge=0), "Lower bound of the learning rate.", 0.0)
    mode: str = option(Choice(("auto", "min", "max")), "Whether to minimise or maximise the metric.", "auto")


# --- devices ----------------------------------------------------------------------------------------------------------

DISTRIBUTIONS: dict[str, type[Distribute]] = {}


class Layout(Type[dict[str, tuple[str | None, ...]]]):
    """Patterns of the names of weights, and for each dimension of such a weight the axis along which it is shared, or null."""

    def check(self, value: object) -> dict[str, tuple[str | None, ...]]:
        if not isinstance(value, dict) or not value:
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        for pattern, axes in value.items():
            if not isinstance(axes, list) or not all(axis is None or isinstance(axis, str) for axis in axes):
                fact = f"must be a list of axes of the mesh, or null, one a dimension of the weight, not {show(axes)}"
                raise Invalid(fact, path=(pattern,), subject=show(pattern))
        return {str(pattern): tuple(axes) for pattern, axes in value.items()}

    def describe(self) -> str:
        return "a map of patterns of weights (`dense_1/kernel`, `encoder*/kernel`) to an axis of `mesh` or null for each dimension"

    def schema(self) -> Schema:
        return {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "array", "items": {"type": ["string", "null"]}},
        }


class Mesh(Type[dict[str, int]]):
    """The axes along which the devices lie, and how many lie along each."""

    inner = Integer(ge=1)

    def check(self, value: object) -> dict[str, int]:
        if not isinstance(value, dict) or not value:
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        sizes = PerName(self.inner, "axis").check(value)
        assert isinstance(sizes, dict)
        return sizes

    def describe(self) -> str:
        return "a map of axes to numbers of devices, such as `{batch: 2, model: 4}`"

    def schema(self) -> Schema:
        return {"type": "object", "minProperties": 1, "additionalProperties": self.inner.schema()}


@declare("distribute")
class Distribute(Declared):
    """Base of the ways to share the work among devices."""


@declare("auto", table=DISTRIBUTIONS)
class AllDevices(Distribute):
    """All devices that this process sees share each batch; of several processes, those of all."""


@declare("none", table=DISTRIBUTIONS)
class OneDevice(Distribute):
    """One device."""


@declare("model_parallel", table=DISTRIBUTIONS)
class ModelParallel(Distribute):
    """Weights lie in parts on several devices, by `keras.distribution.ModelParallel` on JAX; for networks that one cannot hold."""

    layout: dict[str, tuple[str | None, ...]] = option(
        Layout(),
        "Weights that are shared, and along which axis of `mesh` each of their dimensions; the others lie on each device.",
    )
    mesh: dict[str, int] = option(
        Mesh(), "The devices as a grid. Batches are shared along the axis `batch`, or the first."
    )


# --- training ---------------------------------------------------------------------------------------------------------

_LOSS = Choice({name: loss.doc for name, loss in LOSSES.items()})
_METRIC = Choice({name: metric.doc for name, metric in METRICS.items()})


@declare("early_stopping")
class EarlyStopping(Declared):
    """Stop when the monitored metric no longer improves, and keep the best weights."""

    monitor: str = option(Monitored(), "Metric to monitor, as the history names it.", "val_loss")
    patience: int = option(Integer(ge=0), "Number of epochs without improvement before training stops.", 0)
    min_delta: float = option(Number(ge=0), "Minimum change that counts as an improvement.", 0.0)
    mode: str = option(Choice(("auto", "min", "max")), "Whether to minimise or maximise the metric.", "auto")


@declare("checkpoint")
class Checkpoint(Declared):
    """Save the state of a run within an epoch too, so that it can be resumed there."""

    every: Every = option(Interval(), "How often; at the end of each epoch in any case.", Every(seconds=600))
    keep: int = option(Integer(ge=1), "Number of checkpoints to keep beside the last epoch's state.", 2)


@declare("train")
class Train(Declared):
    """Training settings."""

    epochs: int = option(Integer(ge=1), "Number of epochs.", 10)
    batch_size: int = option(Integer(ge=1), "Batch size.", 32)
    optimizer: Optimizer = option(Named("an optimizer", OPTIMIZERS), "Optimizer.", Adam())
    schedule: Schedule = option(Named("a schedule", SCHEDULES), "Learning-rate schedule.", Constant())
    loss: str | dict[str, str | None] | None = option(
        PerName(Nullable(_LOSS)),
        "Loss function; null for an output leaves it out. Left out: chosen by the output.",
        None,
    )
    loss_weights: float | dict[str, float] = option(PerName(Number(ge=0)), "Weight of each output's loss.", 1.0)
    class_weights: str | dict[str, float] | None = option(
        Nullable(ClassWeights()),
        "How much the examples of a class count; `balanced`: as if all were equally many.",
        None,
    )
    metrics: tuple[str, ...] = option(
        ListOf(_METRIC, "metrics"),
        "Metrics reported beside the loss.",
        ("accuracy",),
    )
    from_logits: bool = option(
        Boolean(), "The network ends in logits, without its softmax or sigmoid; the loss applies it.", False
    )
    label_smoothing: float = option(
        Number(ge=0, lt=1), "Fraction of the label that is spread evenly over all classes.", 0.0
    )
    init: Init | None = option(
        Nullable(InitOption()), "Weights to start with: pretrained ones, or those of another run.", None
    )
    freeze: tuple[str, ...] = option(
        Patterns(),
        "Nodes that are not trained, by their paths: `backbone`, `stage1.*`. Their batch normalisations use the moving "
        "averages that they have.",
        (),
    )
    learning_rate_multipliers: dict[str, float] = option(
        Multipliers(),
        "Factors of the learning rate, by nodes' paths: `{backbone: 0.1}`. Of several that match, the last counts.",
        {},
    )
    augment: Sequence[Step] = option(
        Raw(list, "array", "a list of preprocessing nodes"), "Random augmentation of the training images.", ()
    )
    precision: str = option(
        Choice(
            {
                "float32": "Single precision.",
                "mixed_bfloat16": "bfloat16 arithmetic, float32 weights: GPUs since Ampere, TPUs.",
                "mixed_float16": "float16 arithmetic with loss scaling, float32 weights: GPUs since Volta.",
            }
        ),
        "Floating-point precision.",
        "float32",
    )
    early_stopping: EarlyStopping | None = option(Nullable(Nested(EarlyStopping)), "Early stopping.", None)
    checkpoint: Checkpoint = option(Nested(Checkpoint), "Checkpoints within an epoch.", Checkpoint())
    distribute: Distribute = option(
        Named("a way to share the work", DISTRIBUTIONS), "Devices that share each batch, or the weights.", AllDevices()
    )
    jit_compile: str = option(Choice(("auto", "always", "never")), "Compile the training step with XLA.", "auto")
    trackers: tuple[str, ...] = option(
        ListOf(
            Choice(
                {
                    "mlflow": "MLflow; the server is MLFLOW_TRACKING_URI's.",
                    "wandb": "Weights & Biases; WANDB_MODE=offline keeps all in the run's folder.",
                }
            ),
            "trackers",
        ),
        "Trackers that are told of the run, beside its folder.",
        (),
    )
    seed: int = option(Integer(ge=0, le=2**32 - 1), "Random seed of weights, shuffling, dropout and augmentation.", 42)

    def loss_of(self, output: str) -> str | None:
        """The loss that is named for an output; None where none is, or the output is left out."""
        return self.loss.get(output) if isinstance(self.loss, dict) else self.loss

    def learns(self, output: str) -> bool:
        """Whether an output has a loss, named or chosen: null leaves it out."""
        return not isinstance(self.loss, dict) or self.loss.get(output, "") is not None

    def unknown_outputs(self, outputs: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        """Outputs that options name and the network lacks: option, output and message of each."""
        known_names = frozenset(outputs)
        for option_, value in (("loss", self.loss), ("loss_weights", self.loss_weights)):
            for name in value if isinstance(value, dict) else ():
                if name not in known_names:
                    known = f"{listing(outputs)}{did_you_mean(name, outputs)}"
                    yield option_, name, f"`{option_}` names {show(name)}, and the network's outputs are {known}"
