"""Losses and metrics, each declared once: what it is for, what it takes, and Keras's class for it.

And whether an output can learn its labels: for validation, which knows some sources, and for training, which has read all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from netspec.data.schema import Target
from netspec.shapes import Shape, show_shape

Labels = Literal["classes", "one-hot", "binary", "signs", "counts", "numbers"]


class Loss:
    """A loss function.

    Attributes:
        doc: a sentence for pages and editors.
        keras_name: the class in `keras.losses`.
        labels: what it compares an output with. Labels that are classes come as integers from every source, and training
            makes one-hot rows of them for a loss that takes those.
        takes_logits: whether it can apply the softmax or sigmoid itself.
        takes_smoothing: whether it can smooth labels.
    """

    __slots__ = ("doc", "keras_name", "labels", "takes_logits", "takes_smoothing")

    def __init__(
        self, doc: str, keras_name: str, labels: Labels, *, takes_logits: bool = False, takes_smoothing: bool = False
    ) -> None:
        self.doc = doc
        self.keras_name = keras_name
        self.labels = labels
        self.takes_logits = takes_logits
        self.takes_smoothing = takes_smoothing

    @property
    def is_of_classes(self) -> bool:
        """Whether it tells classes apart and means nothing for numbers to predict."""
        return self.labels in ("classes", "one-hot")

    @property
    def is_binary(self) -> bool:
        """Whether each number of an output is a yes or a no of its own, which a sigmoid makes."""
        return self.labels == "binary"


LOSSES = {
    "sparse_categorical_crossentropy": Loss(
        "Integer labels, softmax probabilities.",
        "SparseCategoricalCrossentropy",
        "classes",
        takes_logits=True,
        takes_smoothing=True,
    ),
    "categorical_crossentropy": Loss(
        "One-hot labels, softmax probabilities.",
        "CategoricalCrossentropy",
        "one-hot",
        takes_logits=True,
        takes_smoothing=True,
    ),
    "binary_crossentropy": Loss(
        "Labels 0 or 1, one sigmoid probability.",
        "BinaryCrossentropy",
        "binary",
        takes_logits=True,
        takes_smoothing=True,
    ),
    "binary_focal_crossentropy": Loss(
        "Binary cross-entropy that emphasises hard examples (arXiv 1708.02002).",
        "BinaryFocalCrossentropy",
        "binary",
        takes_logits=True,
        takes_smoothing=True,
    ),
    "categorical_focal_crossentropy": Loss(
        "Cross-entropy that emphasises hard examples (arXiv 1708.02002).",
        "CategoricalFocalCrossentropy",
        "one-hot",
        takes_logits=True,
        takes_smoothing=True,
    ),
    "kl_divergence": Loss("Kullback-Leibler divergence of two distributions.", "KLDivergence", "numbers"),
    "mean_squared_error": Loss("Mean of squared differences.", "MeanSquaredError", "numbers"),
    "mean_absolute_error": Loss("Mean of absolute differences.", "MeanAbsoluteError", "numbers"),
    "mean_absolute_percentage_error": Loss("Mean of relative differences.", "MeanAbsolutePercentageError", "numbers"),
    "mean_squared_logarithmic_error": Loss(
        "Mean of squared differences of logarithms.", "MeanSquaredLogarithmicError", "numbers"
    ),
    "huber": Loss("Squared error near zero, absolute error far from it.", "Huber", "numbers"),
    "log_cosh": Loss("Smooth absolute error.", "LogCosh", "numbers"),
    "hinge": Loss("Labels -1 or 1.", "Hinge", "signs"),
    "squared_hinge": Loss("Labels -1 or 1, squared.", "SquaredHinge", "signs"),
    "categorical_hinge": Loss("One-hot labels.", "CategoricalHinge", "one-hot"),
    "poisson": Loss("Counts.", "Poisson", "counts"),
    "cosine_similarity": Loss("Angle between vectors.", "CosineSimilarity", "numbers"),
}


class Metric:
    """A metric.

    Attributes:
        doc: a sentence for pages and editors.
        keras_name: the class in `keras.metrics`, for labels in the shape of the output.
        is_of_classes: whether it means nothing for numbers to predict.
        higher_is_better: which way it improves.
    """

    __slots__ = ("doc", "higher_is_better", "is_of_classes", "keras_name")

    def __init__(self, doc: str, keras_name: str, *, is_of_classes: bool = False, higher_is_better: bool) -> None:
        self.doc = doc
        self.keras_name = keras_name
        self.is_of_classes = is_of_classes
        self.higher_is_better = higher_is_better


METRICS = {
    "accuracy": Metric(
        "Fraction of examples whose most likely class is correct.",
        "SparseCategoricalAccuracy",
        is_of_classes=True,
        higher_is_better=True,
    ),
    "top_5_accuracy": Metric(
        "Fraction of examples whose class is among the five most likely.",
        "SparseTopKCategoricalAccuracy",
        is_of_classes=True,
        higher_is_better=True,
    ),
    "mean_squared_error": Metric("Mean of squared differences.", "MeanSquaredError", higher_is_better=False),
    "mean_absolute_error": Metric("Mean of absolute differences.", "MeanAbsoluteError", higher_is_better=False),
    "root_mean_squared_error": Metric(
        "Square root of the mean of squared differences.", "RootMeanSquaredError", higher_is_better=False
    ),
    "auc": Metric("Area under the ROC curve.", "AUC", is_of_classes=True, higher_is_better=True),
    "precision": Metric(
        "Fraction of the examples assigned to a class that belong to it.",
        "Precision",
        is_of_classes=True,
        higher_is_better=True,
    ),
    "recall": Metric(
        "Fraction of a class's examples that are found.", "Recall", is_of_classes=True, higher_is_better=True
    ),
    "mean_iou": Metric(
        "Mean over the classes of intersection over union, as masks are judged by.",
        "MeanIoU",
        is_of_classes=True,
        higher_is_better=True,
    ),
}


def history_names(metrics: Mapping[str, Sequence[str]], *, is_alone: bool) -> tuple[str, ...]:
    """What a history calls losses and metrics, those of the validation without their `val_`.

    Args:
        metrics: The names of the metrics of each output that has a loss.
        is_alone: Is it the network's only output?
    """
    if is_alone:
        (names,) = metrics.values()
        return ("loss", *names)
    own = tuple(f"{output}_loss" for output in metrics) if len(metrics) > 1 else ()
    return ("loss", *own, *(f"{output}_{name}" for output, names in metrics.items() for name in names))


def higher_is_better(name: str) -> bool:
    """Which way a metric improves, under the name that a history gives it: `val_main_accuracy`, or a loss."""
    return any(
        metric.higher_is_better and (name == word or name.endswith(f"_{word}")) for word, metric in METRICS.items()
    )


# --- labels -----------------------------------------------------------------------------------------------------------


class Misfit:
    """Why an output cannot learn its labels."""

    __slots__ = ("code", "is_width", "message")

    def __init__(self, code: str, message: str, *, is_width: bool = False) -> None:
        self.code = code
        self.message = message
        self.is_width = is_width  # whether it is the number of units that is wrong


def misfit(output: str, shape: Shape, loss: str | None, target: Target) -> Misfit | None:
    """Why an output cannot learn its labels; None where it can, or where a size is unknown.

    Args:
        output: its name.
        shape: its shape, without the batch dimension.
        loss: its loss; None where it is chosen by the output.
        target: the labels.
    """
    if not target.is_of_classes or target.class_count is None:
        return _misfit_of_numbers(output, shape, target)
    has_classes = f"`{target.source}` has {target.class_count} classes"
    if target.shape:
        return _misfit_of_positions(output, shape, target, has_classes)
    if len(shape) != 1:
        mend = f"end with `flatten` or `global_pool`, and `dense: {target.class_count}`"
        return Misfit("NS702", f"the output `{output}` is {show_shape(shape)}, and {has_classes}; {mend}")
    (width,) = shape
    yes_or_no = width == 1 and target.class_count == 2
    if loss == "binary_crossentropy":
        if yes_or_no:
            return None
        message = f"`{loss}` takes one number and two classes: the output `{output}` has {width}, {has_classes}"
        return Misfit("NS702", message)
    if width in (None, target.class_count) or (yes_or_no and (loss is None or not LOSSES[loss].is_of_classes)):
        return None
    message = f"the output `{output}` has {width} number{'s' * (width != 1)}, and {has_classes}"
    return Misfit("NS702", message, is_width=True)


def _misfit_of_positions(output: str, shape: Shape, target: Target, has_classes: str) -> Misfit | None:
    """A class for each pixel or step: the output has as many positions, and a number for each class."""
    wanted = (*target.shape, target.class_count)
    fits = len(shape) == len(wanted) and all(
        w in (s, None) or s is None for s, w in zip(shape[:-1], target.shape, strict=True)
    )
    if fits and (shape[-1] in (None, target.class_count) or (shape[-1] == 1 and target.class_count == 2)):
        return None
    message = f"the output `{output}` is {show_shape(shape)}, and {has_classes} at {show_shape(target.shape)} positions"
    return Misfit("NS702", f"{message}; it is to be {show_shape(wanted)}", is_width=fits)


def _misfit_of_numbers(output: str, shape: Shape, target: Target) -> Misfit | None:
    wanted = target.shape or (1,)
    if len(shape) == len(wanted) and all(s in (w, None) for s, w in zip(shape, wanted, strict=True)):
        return None
    message = f"the output `{output}` is {show_shape(shape)}, and what `{target.source}` gives to predict is "
    return Misfit("NS701", message + show_shape(wanted))
