"""The learning-rate range test: which learning rate suits a network and its data (Smith, arXiv 1506.01186, section 3.3).

A throw-away network is trained for some hundred updates, at a learning rate that grows by the same factor each time, until the loss
diverges. It falls fastest at a rate that is large and still safe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.data import DataError
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.files import atomic_write
from netspec.outputs import is_ours
from netspec.spec.training_settings import Constant, Train
from netspec.training.dataset import refusal_of
from netspec.training.interruption import Interruption
from netspec.training.plan import Plan
from netspec.training.progress import Progress
from netspec.training.session import Session

LOWEST, HIGHEST = 1e-7, 10.0
UPDATES = 200
SMOOTHING = 0.85  # of the loss before an update, in the moving average after it
DIVERGED = 4.0  # times the lowest loss; as fastai has it
SETTLED = 10  # updates after which the average means something
CLEARLY = 1.5  # standard deviations by which batches differ: a fall by less is none
ABOUT = 6  # updates before and after one, between which a slope is taken: a quarter of a decade each
ROWS = 17  # of the table
PICTURES = (".png", ".svg")

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """The loss by learning rates, and what follows."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    lowest: float  # the rate at which the smoothed loss is lowest
    suggestion: float | None  # where it falls fastest before; None where it does not fall
    diverged: float | None  # the rate at which the test ended; None where it came to the highest

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return self._asdict()


def find_rate(plan: Plan, progress: Progress, *, updates: int = UPDATES) -> Curve:
    """Try the learning rates from 1e-7 to 10 on a network of a plan, which nobody sees afterwards.

    Raises SpecError for all that is wrong with the data or the machine, and KeyboardInterrupt.
    """
    given = plan.train.optimizer
    optimizer = type(given)(**{**given.given(), "use_ema": False})
    # Its length, schedule and stopping are those of another training.
    changed = {
        "optimizer": optimizer,
        "schedule": Constant(),
        "early_stopping": None,
        "epochs": updates * optimizer.batches_per_update,
    }
    session = Session(plan._replace(train=Train(**{**plan.train.given(), **changed})), progress)
    progress.say(
        f"{plan.graph.name}: {updates} learning rates from {LOWEST:g} to {HIGHEST:g}, on {session.machine.words}"
    )
    for note in session.dataset.notes:
        progress.note(note)
    session.initialise()
    rates = [float(rate) for rate in np.geomspace(LOWEST, HIGHEST, updates)]
    try:
        with session.spread, Interruption() as interruption:
            losses, diverged = _ramp(session, rates, interruption)
    except DataError as error:
        raise refusal_of(plan, error) from None
    finally:
        session.feed.close()
    return judged(rates[: len(losses)], losses, diverged)


def _ramp(session: Session, rates: Sequence[float], interruption: Interruption) -> tuple[list[float], float | None]:
    """The loss of the batches before each update, and the rate at which it diverged."""
    learner, feed = session.learner, session.feed
    per_update = session.plan.train.optimizer.batches_per_update
    losses: list[float] = []
    average, best, batches = 0.0, math.inf, 0
    for rate in rates:
        learner.set_rate(rate)
        learner.model.reset_metrics()
        for _ in range(per_update):
            epoch, step = divmod(batches, feed.steps)
            if not step:
                feed.begin(epoch)
            logs: Mapping[str, float] = learner.model.train_on_batch(
                *feed.structured(feed.batch(step)), return_dict=True
            )
            batches += 1
            interruption.check()
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            return losses, rate
        losses.append(loss)
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smoothed = average / (1 - SMOOTHING ** len(losses))
        best = min(best, smoothed)
        if len(losses) > SETTLED and smoothed > DIVERGED * best:
            return losses, rate
    return losses, None


def judged(rates: Sequence[float], losses: Sequence[float], diverged: float | None) -> Curve:
    """The curve of these losses. Raises SpecError where there are too few."""
    if len(losses) < SETTLED:
        message = f"the loss is no number after {len(losses)} updates at learning rates below {diverged or LOWEST:.2g}"
        raise SpecError("<options>", (Problem("NS705", message, FILE_START),))
    raw = np.asarray(losses, np.float64)
    # Forwards and backwards, so that the curve does not lag behind the rates.
    smoothed = (_averaged(raw) + _averaged(raw[::-1])[::-1]) / 2
    begin = min(SETTLED, len(raw) - 1)  # before it, an average is of too few to mean much
    lowest = begin + int(np.argmin(smoothed[begin:]))
    falls = raw[: begin + 1].mean() - smoothed[lowest] > CLEARLY * np.std(raw - smoothed)
    suggestion = None
    if falls and lowest > begin:
        suggestion = float(rates[begin + int(np.argmin(_slopes(smoothed)[begin : lowest + 1]))])
    return Curve(tuple(rates), tuple(losses), tuple(smoothed.tolist()), float(rates[lowest]), suggestion, diverged)


def _slopes(smoothed: Floats) -> Floats:
    """The rise of a curve about each of its points, whose rates differ by the same factor."""
    padded = np.pad(smoothed, ABOUT, mode="edge")
    rise: Floats = padded[2 * ABOUT :] - padded[: -2 * ABOUT]
    return rise


def _averaged(values: Floats) -> Floats:
    """The exponential moving average, without its bias at the beginning."""
    found = np.empty_like(values)
    average = 0.0
    for index, value in enumerate(values):
        average = SMOOTHING * average + (1 - SMOOTHING) * value
        found[index] = average / (1 - SMOOTHING ** (index + 1))
    return found


# --- for people -------------------------------------------------------------------------------------------------------


def table(curve: Curve) -> list[str]:
    """Some of the curve's points, and the suggestion with its reason."""
    count = len(curve.rates)
    shown = sorted({round(place) for place in np.linspace(0, count - 1, min(ROWS, count))})
    lines = ["learning rate   loss (smoothed)"]
    lines += [f"{curve.rates[index]:>13.1e}   {curve.smoothed[index]:.4f}" for index in shown]
    if curve.diverged is not None:
        lines.append(f"{curve.diverged:>13.1e}   diverged")
    return [*lines, "", *_suggestion(curve)]


def _suggestion(curve: Curve) -> list[str]:
    if curve.suggestion is None:
        return ["no suggestion: the loss does not fall by more than batches differ, at any learning rate"]
    return [
        f"suggestion: learning_rate: {curve.suggestion:.1e}, where the loss falls fastest; "
        f"it is lowest at {curve.lowest:.1e}",
        "(learning-rate range test: Smith, arXiv 1506.01186, section 3.3)",
    ]


def draw(curve: Curve, name: str, path: Path) -> None:
    """Write the curve as a picture. Raises SpecError where it cannot be written."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(curve.rates, curve.losses, color="0.75", linewidth=1, label="each update")
    axes.plot(curve.rates, curve.smoothed, color="C0", linewidth=2, label="smoothed")
    if curve.suggestion is not None:
        label = f"suggestion: {curve.suggestion:.1e}"
        axes.axvline(curve.suggestion, color="C3", linestyle="--", label=label)
    high = max(curve.smoothed[0], min(max(curve.smoothed), DIVERGED * min(curve.smoothed)))
    low = min(curve.smoothed)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title=f"{name}: learning-rate range test")
    axes.set_ylim(low - 0.1 * (high - low) - 1e-9, high + 0.2 * (high - low) + 1e-9)
    axes.grid(alpha=0.3)
    axes.legend()
    kind = path.suffix[1:]
    with atomic_write(path) as temporary:
        figure.savefig(
            temporary, format=kind, metadata={"Software": "netspec"} if kind == "png" else {"Creator": "netspec"}
        )


def check_picture(path: Path) -> None:
    """Raise SpecError where a picture cannot be drawn, or would take the place of another file."""
    import importlib.util

    why, code = "", "NS709"
    if importlib.util.find_spec("matplotlib") is None:
        why, code = "a picture needs matplotlib; `pip install matplotlib`, or leave the path out", "NS706"
    elif path.suffix not in PICTURES:
        why = f"a picture ends in {' or '.join(PICTURES)}"
    elif path.exists() and not is_ours(path):
        why = "the file exists and netspec did not write it; choose another name"
    if why:
        raise SpecError(str(path), (Problem(code, why, FILE_START),))
