"""The spec's optimiser and schedule as Keras's own. Schedules count steps, which the optimiser's state remembers."""

from __future__ import annotations

from collections.abc import Callable

from netspec.backends.keras.types import Keras, KerasObject
from netspec.diagnostics.problems import SpecError
from netspec.diagnostics.words import listing
from netspec.spec.training_settings import Cosine, Exponential, Steps, Train

Refusal = Callable[[str, str, str], SpecError]  # code, message, option -> the error to raise
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


def make_optimizer(keras: Keras, train: Train, rate: KerasObject, refusal: Refusal) -> KerasObject:
    """The Keras optimiser, at a learning rate or a schedule of them. Raises SpecError for options that do not fit."""
    options = {**train.optimizer.values(), "learning_rate": rate}
    clips = [name for name in _CLIPS if options[name] is not None]
    if len(clips) > 1:
        raise refusal("NS209", f"{listing(clips)} exclude each other; keep one", "optimizer")
    return getattr(keras.optimizers, train.optimizer.keras_name)(**options)


def make_rate(keras: Keras, train: Train, steps: int, refusal: Refusal) -> KerasObject:
    """The learning rate: a number, or a Keras schedule for epochs of `steps` steps. Raises SpecError."""
    peak = train.optimizer.learning_rate
    schedules = keras.optimizers.schedules
    schedule = train.schedule
    if isinstance(schedule, Cosine):
        warmup = round(schedule.warmup_epochs * steps)
        decay = train.epochs * steps - warmup
        if decay <= 0:
            message = f"a warm-up of {schedule.warmup_epochs:g} epochs leaves nothing of {train.epochs} to come down in"
            raise refusal("NS209", message, "schedule")
        if not warmup:
            return schedules.CosineDecay(peak, decay, alpha=schedule.alpha)
        return schedules.CosineDecay(0.0, decay, alpha=schedule.alpha, warmup_target=peak, warmup_steps=warmup)
    if isinstance(schedule, Exponential):
        every = schedule.decay_epochs * steps
        return schedules.ExponentialDecay(peak, every, schedule.decay_rate, staircase=schedule.staircase)
    if isinstance(schedule, Steps):
        given = schedule.epochs  # a number, or several
        epochs = list(given) if isinstance(given, tuple) else [given]
        if epochs != sorted(set(epochs)):
            message = f"the epochs of `steps` must rise, and are {', '.join(f'{e:g}' for e in epochs)}"
            raise refusal("NS209", message, "schedule")
        # Keras keeps a value up to and including its boundary; the first step of an epoch is to have the new one.
        boundaries = [round(epoch * steps) - 1 for epoch in epochs]
        return schedules.PiecewiseConstantDecay(boundaries, [peak * schedule.factor**n for n in range(len(epochs) + 1)])
    return peak
