"""How much of what a node can see it really uses (Luo, Li, Urtasun and Zemel, arXiv 1701.04128)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from netspec.data.dataset import Array, Floats
from netspec.graph.receptive_field import Figure, receptive_field
from netspec.training.reopen import Opened
from netspec.training.watching import Watched, with_outputs

COUNTED = 1 - 0.9545  # of the largest contribution, as in the paper: two standard deviations of a normal distribution
AT_ONCE = 8  # examples


class Field(NamedTuple):
    """What the middle position of a node sees of its input.

    Attributes:
        theoretical: the side of its receptive field; None where that is not known.
        effective: the root of the number of pixels that count.
        contributions: of each pixel, from 0 to 1: the root mean square of the gradients by it.
    """

    theoretical: Figure
    effective: float
    contributions: Floats


def effective_field(opened: Opened, index: int, x: Mapping[str, Array], picture: str) -> Field:
    """Measured over some examples: the gradient of the node's middle position, all its channels together, by each pixel.

    Args:
        opened: the network.
        index: the node, which has positions.
        x: examples by input.
        picture: the input that sees the pictures.
    """
    node = opened.graph.nodes[index]
    watched = Watched(opened, with_outputs(opened.graph, [index]))
    count = len(next(iter(x.values())))
    total = np.zeros(x[picture].shape[1:3])
    for first in range(0, count, AT_ONCE):
        batch = {name: np.asarray(values[first : first + AT_ONCE], np.float32) for name, values in x.items()}
        shape = watched(batch)[node.path].shape
        weights = np.zeros(shape, np.float32)
        weights[:, shape[1] // 2, shape[2] // 2] = 1
        found = watched.gradients(batch, {node.path: weights}, [picture])[picture]
        total += np.square(found, dtype=np.float64).sum(axis=(0, 3))
    rms = np.sqrt(total)
    most = float(rms.max())
    contributions = np.asarray(rms / most if most else rms, np.float32)
    return Field(
        receptive_field(node), math.sqrt(int((contributions >= COUNTED).sum())) if most else 0.0, contributions
    )
