"""What `train` says of the loop: options that contradict each other, and patterns that match no node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.graph.model import Graph
from netspec.graph.patterns import Paths, weighted
from netspec.spec.training_settings import Cosine, Plateau, Steps, Train

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
UNDECAYED = ("bias", "norm")  # words that stand for weights of many nodes, and for no node


class Misfit(NamedTuple):
    """What is wrong with an option of `train`."""

    code: str
    message: str
    option: str
    path: tuple[str | int, ...] = ()  # keys and indices that lead from the option's value to what is wrong
    at_key: bool = False  # is it the last key of the path, and not its value?


def misfits(graph: Graph, train: Train) -> Iterator[Misfit]:
    """All that is wrong with the options of the loop, for this network."""
    yield from contradictions(train)
    if train.freeze or train.learning_rate_multipliers or train.optimizer.exclude_from_weight_decay:
        yield from _patterns(graph, train)


def contradictions(train: Train) -> Iterator[Misfit]:
    """Options that exclude each other, whatever the network."""
    optimizer, schedule = train.optimizer, train.schedule
    name = optimizer.spec_name
    clips = [clip for clip in CLIPS if getattr(optimizer, clip) is not None]
    if len(clips) > 1:
        yield Misfit("NS209", f"{listing(clips)} exclude each other; keep one", "optimizer", (name, clips[1]), True)
    if optimizer.exclude_from_weight_decay and not optimizer.weight_decay:
        message = "`exclude_from_weight_decay` has nothing to leave out: there is no `weight_decay`"
        yield Misfit("NS209", message, "optimizer", (name, "exclude_from_weight_decay"), True)
    if isinstance(schedule, Cosine) and schedule.warmup_epochs >= train.epochs:
        yield Misfit("NS209", too_warm(schedule, train.epochs), "schedule", ("cosine", "warmup_epochs"))
    if isinstance(schedule, Steps):
        epochs = list(schedule.epochs) if isinstance(schedule.epochs, tuple) else [schedule.epochs]
        if epochs != sorted(set(epochs)):
            message = f"the epochs of `steps` must rise, and are {', '.join(f'{e:g}' for e in epochs)}"
            yield Misfit("NS209", message, "schedule", ("steps", "epochs"))
    if isinstance(schedule, Plateau):
        yield from _plateau(train, schedule)


def too_warm(schedule: Cosine, epochs: int) -> str:
    """What is wrong with a warm-up that takes all epochs."""
    return f"a warm-up of {schedule.warmup_epochs:g} epochs leaves nothing of {epochs} to come down in"


def _plateau(train: Train, schedule: Plateau) -> Iterator[Misfit]:
    rate, stopping = train.optimizer.learning_rate, train.early_stopping
    if schedule.min_lr >= rate:
        message = (
            f"`min_lr` is {schedule.min_lr:g}, and the learning rate starts at {rate:g}: it would never be reduced"
        )
        yield Misfit("NS209", message, "schedule", ("plateau", "min_lr"))
    if (
        stopping is not None
        and (stopping.monitor, stopping.mode) == (schedule.monitor, schedule.mode)
        and stopping.min_delta >= schedule.min_delta
        and max(1, stopping.patience) <= max(1, schedule.patience)
    ):
        message = (
            f"`early_stopping` ends training after {max(1, stopping.patience)} epochs without improvement, before `plateau`, "
            f"whose `patience` is {schedule.patience}, would have reduced the learning rate"
        )
        yield Misfit("NS209", message, "schedule")


# --- patterns ---------------------------------------------------------------------------------------------------------


def _patterns(graph: Graph, train: Train) -> Iterator[Misfit]:
    nodes = weighted(graph)
    paths = Paths(graph, nodes)
    yield from _unmatched(paths, train)
    frozen = layers_of(graph, paths.matching_any(train.freeze))
    trained = {index for index in nodes if graph.nodes[graph.owner(index)].trainable}
    if train.freeze and trained and not any(graph.owner(index) not in frozen for index in trained):
        yield Misfit("NS707", "there is nothing to train: `freeze` matches every node with weights", "freeze")
        return
    for pattern in train.learning_rate_multipliers:
        found = paths.matching(pattern)
        if found and not any(index in trained and graph.owner(index) not in frozen for index in found):
            message = f"{show(pattern)} in `learning_rate_multipliers` matches only nodes that are not trained"
            yield Misfit("NS714", message, "learning_rate_multipliers", (pattern,), True)


def layers_of(graph: Graph, indices: frozenset[int]) -> frozenset[int]:
    """The nodes whose layers some nodes use."""
    return frozenset(map(graph.owner, indices))


def _unmatched(paths: Paths, train: Train) -> Iterator[Misfit]:
    optimizer = train.optimizer
    for index, pattern in enumerate(train.freeze):
        if not paths.matching(pattern):
            yield Misfit("NS714", _nothing(paths, "freeze", pattern), "freeze", (index,))
    for pattern in train.learning_rate_multipliers:
        if not paths.matching(pattern):
            option = "learning_rate_multipliers"
            yield Misfit("NS714", _nothing(paths, option, pattern), option, (pattern,), True)
    for index, pattern in enumerate(optimizer.exclude_from_weight_decay):
        if pattern not in UNDECAYED and not paths.matching(pattern):
            option = "exclude_from_weight_decay"
            place = (optimizer.spec_name, option, index)
            yield Misfit("NS714", _nothing(paths, option, pattern), "optimizer", place)


def _nothing(paths: Paths, option: str, pattern: str) -> str:
    names = paths.names
    stem = pattern.partition("*")[0].rstrip(".") or pattern
    known = (*UNDECAYED, *names) if option == "exclude_from_weight_decay" else names
    hint = did_you_mean(stem, known)
    if not hint:
        hint = f"; they are {listing(names)}" if names else "; there are none"
    return f"{show(pattern)} in `{option}` matches no node with weights{hint}"
