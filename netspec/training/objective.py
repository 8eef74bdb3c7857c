"""What is made small and what is measured: losses and metrics for each output, chosen and lowered to Keras.

The labels that are fed are those that the data came to: numbers of classes, yes or no, signs, or numbers to predict. What a loss
wants made of them (one number a class, or the output's shape) and what a metric wants made of an output that ends without its
softmax is done here, inside the loss and the metric.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from netspec.backends.keras.types import Keras, KerasLayer, KerasModel, KerasObject, KerasTensor
from netspec.data.schema import Target
from netspec.diagnostics.problems import SpecError
from netspec.shapes import Shape
from netspec.spec.losses import LOSSES, METRICS, history_names, misfit
from netspec.spec.training_settings import Train
from netspec.training.plan import Plan

T = TypeVar("T")
Refusal = Callable[[str, str, str], SpecError]  # code, message, option -> the error to raise
Convert = Callable[
    [KerasTensor, KerasTensor], KerasTensor
]  # labels, outputs -> what a loss or a metric is to see instead


class Output(NamedTuple):
    """An output of a network, as far as training is concerned."""

    name: str
    shape: Shape
    ending: str  # softmax or sigmoid where it ends in one, else ""


class Objective(NamedTuple):
    """What `compile` takes. Each is one value for a network of one output, else a map by the outputs' names."""

    loss: KerasObject
    loss_weights: float | dict[str, float] | None
    metrics: KerasObject
    own_losses: KerasObject  # metrics that weigh the loss of each of several outputs by examples; see `figures_of`
    metric_names: tuple[str, ...]  # the names under which Keras will report them
    notes: tuple[str, ...]  # what was decided that the spec does not say


# --- what a network ends in -------------------------------------------------------------------------------------------


def outputs_of(keras: Keras, model: KerasModel, names: Sequence[str]) -> tuple[Output, ...]:
    """The outputs of a functional or sequential model; `names` are theirs where the model does not name them."""
    layers = _last_layers(model)
    tensors = model.output if isinstance(model.output, dict) else dict(zip(names, _flat(model.output), strict=True))
    if not isinstance(layers, dict):
        layers = dict(zip(tensors, layers, strict=True))
    return tuple(Output(name, tuple(t.shape[1:]), _ending(keras, layers[name])) for name, t in tensors.items())


def _flat(output: KerasTensor) -> list[KerasTensor]:
    return list(output) if isinstance(output, (list, tuple)) else [output]


def _last_layers(model: KerasModel) -> list[KerasLayer] | dict[str, KerasLayer]:
    """The layers that make the outputs: by name where the outputs have names, else a list."""
    last = model.get_config().get("output_layers")
    if last is None:  # a Sequential
        return [model.layers[-1]]
    if isinstance(last, dict):
        return {name: model.get_layer(entry[0]) for name, entry in last.items()}
    entries = [last] if isinstance(last[0], str) else last
    return [model.get_layer(entry[0]) for entry in entries]


def _ending(keras: Keras, layer: KerasLayer) -> str:
    if isinstance(layer, keras.Model):
        inner = _last_layers(layer)
        return _ending(keras, inner[0]) if isinstance(inner, list) and len(inner) == 1 else ""
    activation = getattr(layer, "activation", None)
    if isinstance(layer, keras.layers.Softmax) or activation is keras.activations.softmax:
        return "softmax"
    return "sigmoid" if activation is keras.activations.sigmoid else ""


# --- the choice -------------------------------------------------------------------------------------------------------


BY_EXAMPLES = "loss_by_examples"


def choose(
    keras: Keras, outputs: Sequence[Output], train: Train, targets: Mapping[str, Target], refusal: Refusal
) -> Objective:
    """The objective that `train` names, completed by what the outputs and their labels are. Raises SpecError."""
    for option, _, message in train.unknown_outputs(tuple(output.name for output in outputs)):
        raise refusal("NS705", message, option)
    choices = [
        _Choice(keras, output, train, targets[output.name], refusal) for output in outputs if train.learns(output.name)
    ]
    if not choices:
        raise refusal("NS705", "no output has a loss, so there is nothing to train", "loss")
    losses = {choice.output.name: choice.loss() for choice in choices}
    metrics = {choice.output.name: choice.metrics() for choice in choices}
    weights = {name: _value_of(train.loss_weights, name, 1.0) for name in losses}
    notes = tuple(note for choice in choices for note in choice.notes)
    weighted = any(weight != 1 for weight in weights.values())
    names = {name: [metric.name for metric in each] for name, each in metrics.items()}
    metric_names = history_names(names, is_alone=len(outputs) == 1)
    if len(outputs) == 1:
        (name,) = losses
        return Objective(losses[name], weights[name] if weighted else None, metrics[name], None, metric_names, notes)
    several = len(losses) > 1
    own_losses = {name: [_by_examples(keras, loss)] for name, loss in losses.items()} if several else None
    return Objective(losses, weights if weighted else None, metrics, own_losses, metric_names, notes)


def _by_examples(keras: Keras, loss: KerasObject) -> KerasObject:
    """The mean of an output's loss over all examples, by which the outputs' losses add up to the whole.

    Keras's own figure is the mean over the batches, in which an example of a smaller last batch counts for more.
    """
    base = keras.metrics.Mean

    def update_state(
        metric: KerasObject, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor = None
    ) -> KerasTensor:
        value = keras.ops.cast(loss(y_true, y_pred, sample_weight), "float32")
        return base.update_state(metric, value, sample_weight=keras.ops.cast(keras.ops.shape(y_pred)[0], "float32"))

    return type("LossByExamples", (base,), {"update_state": update_state})(name=BY_EXAMPLES)


def figures_of(logs: Mapping[str, float]) -> dict[str, float]:
    """What Keras reports under the names of a history: the outputs' losses are those weighed by examples."""
    figures = {name: float(value) for name, value in logs.items() if not name.endswith(BY_EXAMPLES)}
    for name, value in logs.items():
        if name.endswith(BY_EXAMPLES):
            figures[f"{name.removesuffix(BY_EXAMPLES)}loss"] = float(value)
    return figures


def _of_classes(keras: Keras, output: Output) -> KerasObject:
    """Keras's loss for numbers of classes, such that each backend can go back through it.

    PyTorch cannot where each place of two dimensions has a class ("grad_input must be contiguous", pytorch/pytorch#175084):
    Keras hands it the places' classes as a view that is not contiguous. So they are laid out here as PyTorch wants them.
    """
    base = keras.losses.SparseCategoricalCrossentropy
    if keras.backend.backend() != "torch" or len(output.shape) != 3:
        return base

    def call(loss: KerasObject, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        return base.call(loss, y_true, y_pred.movedim(-1, 1).contiguous().movedim(1, -1))

    return type(base.__name__, (base,), {"call": call})


def _counting(keras: Keras, base: KerasObject) -> KerasObject:
    """A metric of Keras that counts which class was taken for which, such that it counts quickly on each backend.

    On PyTorch Keras counts in a loop over the places (`scatter`), some ten thousand a second; here all at once.
    """
    if keras.backend.backend() != "torch":
        return base
    ops = keras.ops

    def update_state(
        metric: KerasObject, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor = None
    ) -> KerasTensor:
        count = metric.num_classes
        taken = y_pred >= metric.threshold if hasattr(metric, "threshold") else ops.argmax(y_pred, axis=-1)
        right, taken = (ops.reshape(ops.cast(each, "int64"), -1) for each in (y_true, taken))
        weights = None if sample_weight is None else ops.reshape(sample_weight, -1)
        counts = ops.bincount(right * count + taken, weights, minlength=count * count)
        return metric.total_cm.assign_add(ops.cast(ops.reshape(counts, (count, count)), metric.dtype))

    return type(base.__name__, (base,), {"update_state": update_state})


def _value_of(value: T | dict[str, T], output: str, default: T) -> T:
    """An option's value for an output: options are one value for all, or a map."""
    return value.get(output, default) if isinstance(value, dict) else value


def loss_name(train: Train, output: Output, target: Target) -> str:
    """The loss that is named for an output, or else chosen."""
    named = train.loss_of(output.name)
    if named is not None:
        return named
    if target.is_of_classes:
        return "binary_crossentropy" if output.shape == (*target.shape, 1) else "sparse_categorical_crossentropy"
    return {"binary": "binary_crossentropy", "signs": "hinge"}.get(target.reading, "mean_squared_error")


def loss_of_output(plan: Plan, output: str, target: Target) -> str:
    """The loss that an output of a plan's network is going to have."""
    shape = plan.graph.nodes[plan.graph.outputs[output]].shape or ()
    return loss_name(plan.train, Output(output, shape, ""), target)


def mixes(train: Train) -> bool:
    """Whether labels may be shares of several classes."""
    return any(step.cls is not None and step.cls.mixes_labels for step in train.augment)


class _Choice:
    """The loss and the metrics of one output."""

    def __init__(self, keras: Keras, output: Output, train: Train, target: Target, refusal: Refusal) -> None:
        self.keras = keras
        self.output = output
        self.name = loss_name(train, output, target)
        self.train = train
        self.target = target
        self.refusal = refusal
        self.loss_function = LOSSES[self.name]
        self.mixes = mixes(train)
        self.notes: list[str] = []
        self.single = output.shape == (*target.shape, 1) and target.is_of_classes  # one number tells two classes apart
        self._check_labels()
        self.from_logits = self._from_logits()

    def _check_labels(self) -> None:
        target, output = self.target, self.output
        if not target.is_of_classes and self.loss_function.is_of_classes:
            message = f"`{self.name}` is for classes, and {self._labels}"
            raise self.refusal("NS704", message, "loss")
        wrong = misfit(output.name, output.shape, self.name, target)
        if wrong is not None:
            raise self.refusal(wrong.code, wrong.message, "loss")

    @property
    def _labels(self) -> str:
        """What the labels are, that are no classes."""
        given = {"binary": "a yes or no for each number", "signs": "signs"}.get(
            self.target.reading, "numbers to predict"
        )
        return f"`{self.target.source}` gives {given}"

    def _from_logits(self) -> bool:
        given = "from_logits" in self.train.given()
        if not self.loss_function.takes_logits:
            if self.train.from_logits:
                raise self.refusal("NS209", f"`{self.name}` has no use for `from_logits`", "from_logits")
            return False
        if given:
            return self.train.from_logits
        ending, wanted = self.output.ending, self._activation
        if ending == "sigmoid" and wanted == "softmax":
            self.notes.append(
                f"`{self.output.name}` ends in a sigmoid, whose {self.output.shape[-1]} numbers do not sum to 1; "
                f"end in a softmax"
            )
        if ending:
            return False
        self.notes.append(f"`{self.output.name}` ends without a {wanted}; the loss applies it (from_logits: true)")
        return True

    @property
    def _activation(self) -> str:
        return "sigmoid" if self.single or self.loss_function.is_binary else "softmax"

    # --- lowering ---

    def loss(self) -> KerasObject:
        """The Keras loss."""
        name = self.loss_function.keras_name
        arguments: dict[str, bool | float] = {}
        if self.loss_function.takes_logits:
            arguments["from_logits"] = self.from_logits
        if self.train.label_smoothing:
            if not self.loss_function.takes_smoothing:
                message = f"`{self.name}` does not smooth labels; take `label_smoothing` away"
                raise self.refusal("NS209", message, "label_smoothing")
            arguments["label_smoothing"] = self.train.label_smoothing
        if self.name == "sparse_categorical_crossentropy":
            if not self.train.label_smoothing and not self.mixes:
                return _of_classes(self.keras, self.output)(ignore_class=self.target.ignored, **arguments)
            name = "CategoricalCrossentropy"  # the same thing, which can smooth, and takes shares
        base = getattr(self.keras.losses, name)
        dense = self._dense

        def call(loss: KerasObject, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
            return base.call(loss, dense(y_true, y_pred), y_pred)

        return type(name, (base,), {"call": call})(**arguments)

    def metrics(self) -> list[KerasObject]:
        """The Keras metrics, under the spec's names."""
        return [self._metric(name) for name in self.train.metrics if self._applies(name)]

    def _applies(self, name: str) -> bool:
        needs_classes = name in ("top_5_accuracy", "mean_iou") and not self.target.is_of_classes
        if needs_classes or (self.target.reading == "numbers" and METRICS[name].is_of_classes):
            problem = f"`{name}` is for classes, and {self._labels}"
        elif self.single and name == "top_5_accuracy":
            problem = f"`top_5_accuracy` is for five numbers or more, and the output `{self.output.name}` has one"
        else:
            return True
        if "metrics" in self.train.given():
            raise self.refusal("NS704", problem, "metrics")
        return False  # the default, where it has no meaning

    def _metric(self, name: str) -> KerasObject:
        metrics, target = self.keras.metrics, self.target
        per_class = target.is_of_classes and not self.single
        if name == "accuracy":
            if per_class:
                return self._adapted(metrics.SparseCategoricalAccuracy, None, name=name)
            if target.reading == "signs":
                return self._adapted(metrics.BinaryAccuracy, self._yes_or_no, name=name, threshold=0.0)
            return self._adapted(metrics.BinaryAccuracy, self._dense, name=name)
        if name == "top_5_accuracy":
            return self._adapted(metrics.SparseTopKCategoricalAccuracy, None, k=5, name=name)
        if name == "mean_iou":
            if self.single:
                return self._adapted(_counting(self.keras, metrics.BinaryIoU), self._dense, name=name)
            count = target.class_count
            mean_iou = _counting(self.keras, metrics.MeanIoU)
            return self._adapted(mean_iou, None, name=name, num_classes=count, sparse_y_pred=False)
        convert = self._yes_or_no if target.reading == "signs" else self._dense
        several = self.output.shape[-1] != 1
        arguments = {"multi_label": True, "num_labels": self.output.shape[-1]} if name == "auc" and several else {}
        return self._adapted(getattr(metrics, METRICS[name].keras_name), convert, name=name, **arguments)

    def _adapted(self, base: KerasObject, convert: Convert | None, **arguments: object) -> KerasObject:
        """A metric that sees converted labels, and probabilities even where the network ends in logits."""
        keras, ignored = self.keras, self.target.ignored
        activation = getattr(keras.ops, self._activation) if self.from_logits else None
        counting = issubclass(base, keras.metrics.IoU)
        if convert is None and activation is None and ignored is None and not counting and not self.mixes:
            return base(**arguments)

        def update_state(
            metric: KerasObject, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor = None
        ) -> KerasTensor:
            if self.mixes:
                y_true = self._decided(y_true, y_pred)
            if ignored is not None:
                # Keras counts in whole numbers where it counts pixels.
                counts = keras.ops.cast(keras.ops.not_equal(y_true, ignored), "int32" if counting else "float32")
                sample_weight = counts if sample_weight is None else counts * sample_weight
                if convert is None:
                    y_true = keras.ops.where(keras.ops.equal(y_true, ignored), keras.ops.zeros_like(y_true), y_true)
            if convert is not None:
                y_true = convert(y_true, y_pred)
            if activation is not None:
                y_pred = activation(keras.ops.cast(y_pred, "float32"))
            with warnings.catch_warnings():
                if counting:  # in 64 bits, which JAX has not, and warns of
                    warnings.filterwarnings("ignore", "Explicitly requested dtype int64", UserWarning)
                return base.update_state(metric, y_true, y_pred, sample_weight)

        return type(base.__name__, (base,), {"update_state": update_state})(**arguments)

    def _shares(self, y_true: KerasTensor, y_pred: KerasTensor) -> bool:
        """Are the labels shares of several classes?"""
        several = self.mixes and self.target.is_of_classes and not self.single
        return several and len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == y_pred.shape[-1]

    def _decided(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Labels that were mixed as those that have the largest share, which metrics ask for."""
        ops = self.keras.ops
        if self._shares(y_true, y_pred):
            return ops.argmax(y_true, axis=-1)
        if self.single or self.target.reading == "binary":
            return ops.cast(y_true >= 0.5, y_true.dtype)
        return y_true

    def _dense(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Labels in the output's shape: one number a class, or the number itself."""
        ops, target = self.keras.ops, self.target
        if self._shares(y_true, y_pred):
            return y_true
        if target.ignored is not None:  # its weight is 0, and PyTorch takes no label beyond the classes even so
            y_true = ops.where(ops.equal(y_true, target.ignored), ops.zeros_like(y_true), y_true)
        if not target.is_of_classes or self.single:
            return ops.reshape(y_true, (-1, *(ops.shape(y_pred)[1:])))
        y_true = ops.reshape(y_true, (-1, *(ops.shape(y_pred)[1:-1])))
        return ops.one_hot(ops.cast(y_true, "int32"), target.class_count)

    def _yes_or_no(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Signs as 0 and 1."""
        return self.keras.ops.cast(self._dense(y_true, y_pred) > 0, "float32")
