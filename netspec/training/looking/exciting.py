"""Which pictures excite a channel most, and which part of them it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Floats, Integers, Split
from netspec.training.reopen import Opened
from netspec.training.watching import Watched, with_outputs

AT_ONCE = 64


class Excited(NamedTuple):
    """A picture that excites a channel.

    Attributes:
        example: its number in the test.
        value: what the channel makes of it at most.
        box: top, left, bottom and right of the part that the strongest place depends on; None where it depends on none.
    """

    example: int
    value: float
    box: tuple[int, int, int, int] | None


class Channel(NamedTuple):
    """A channel of a node, and the pictures that excite it most, the most exciting first."""

    number: int
    pictures: tuple[Excited, ...]


def exciting(
    opened: Opened, indices: Sequence[int], split: Split, chosen: Integers, picture: str, channels: int, most: int
) -> dict[str, tuple[Channel, ...]]:
    """Of some nodes, by path, the channels that are excited most and by what.

    Args:
        opened: the network.
        indices: the nodes.
        split: the examples.
        chosen: which of them are looked at.
        picture: the input that sees the pictures.
        channels: how many channels of each node are told.
        most: how many pictures of each channel.
    """
    watched = Watched(opened, with_outputs(opened.graph, indices))
    peaks: dict[str, list[Floats]] = {name: [] for name in watched.names}
    places: dict[str, list[Integers]] = {name: [] for name in watched.names}
    for first in range(0, len(chosen), AT_ONCE):
        made = watched(_batch(split, chosen[first : first + AT_ONCE]))
        for name, values in made.items():
            flat = values.reshape(len(values), -1, values.shape[-1])
            peaks[name].append(flat.max(axis=1))
            places[name].append(flat.argmax(axis=1))
    found = {}
    for name, index in zip(watched.names, indices, strict=True):
        values, where = np.concatenate(peaks[name]), np.concatenate(places[name])
        shape = opened.graph.nodes[index].shape or ()
        single = Watched(opened, with_outputs(opened.graph, [index]))
        told = []
        for number in np.argsort(-values.max(axis=0), kind="stable")[:channels]:
            order = np.argsort(-values[:, number], kind="stable")[:most]
            boxes = _boxes(
                single, name, shape, _batch(split, chosen[order]), picture, where[order, number], int(number)
            )
            told.append(
                Channel(
                    int(number),
                    tuple(
                        Excited(int(chosen[each]), float(values[each, number]), box)
                        for each, box in zip(order, boxes, strict=True)
                    ),
                )
            )
        found[name] = tuple(told)
    return found


def _batch(split: Split, indices: Integers) -> dict[str, Array]:
    return {name: np.asarray(values[indices], np.float32) for name, values in split.x.items()}


def _boxes(
    watched: Watched,
    name: str,
    shape: Sequence[int | None],
    x: Mapping[str, Array],
    picture: str,
    places: Integers,
    channel: int,
) -> list[tuple[int, int, int, int] | None]:
    """Of each example the smallest rectangle outside of which the channel's strongest place depends on nothing."""
    made = watched(x)[name]
    weights = np.zeros((len(made), int(np.prod(made.shape[1:-1])), made.shape[-1]), np.float32)
    weights[np.arange(len(made)), places, channel] = 1
    found = watched.gradients(x, {name: weights.reshape(made.shape)}, [picture])[picture]
    boxes: list[tuple[int, int, int, int] | None] = []
    for each in np.abs(found).sum(axis=-1):
        rows, columns = np.flatnonzero(each.any(axis=1)), np.flatnonzero(each.any(axis=0))
        boxes.append((int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else None)
    return boxes
