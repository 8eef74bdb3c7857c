"""Which nodes can have one layer between them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics.words import listing
from netspec.kinds import Kind
from netspec.shapes import Shape, show_shape


def parted(config: Kind, first: str, theirs: Sequence[Shape], mine: Sequence[Shape]) -> str | None:
    """In words, why a node cannot use the weights of another; None where it can.

    Args:
        config: The kind and hyperparameters of both.
        first: The path of the node that the layer was made for.
        theirs: The shapes that it reads.
        mine: Those that the node with `share` reads.
    """
    if len(theirs) != len(mine):
        apart = ["the number of inputs"]
    else:
        there, here = config.tied_to(*theirs), config.tied_to(*mine)
        apart = [words for words, value in there.items() if value != here[words]]
    if not apart:
        return None
    shown, other = (" and ".join(map(show_shape, shapes)) for shapes in (theirs, mine))
    return f"the weights of `{first}` are for an input of {shown}, not {other}; they differ in {listing(apart, quote=False)}"
