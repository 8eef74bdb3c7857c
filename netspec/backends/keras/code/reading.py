"""Which nodes are read by others than the one after them, so that variables of their own hold them."""

from __future__ import annotations

from typing import NamedTuple

from netspec.graph.elaboration.tracing import Body, Handles, Made
from netspec.graph.model import Graph


class Reads(NamedTuple):
    """Steps, by their identity.

    Attributes:
        own: What they make is read by its name.
        listed: Of what they make again and again, others than the last are read.
        unrolled: What is read stands inside of one of their repetitions, or one of them can be written only by itself.
        inlined: Blocks of which something inside is read from outside, or that cannot be written as functions.
        entering: The bodies, by their steps, that read what enters them by name.
    """

    own: set[int]
    listed: set[int]
    unrolled: set[int]
    inlined: set[str]
    entering: set[int]


def reads_of(graph: Graph, top: Body, reads: Reads) -> None:
    """Add what is read in a network."""
    for made, around in top.each():
        step = made.step
        if made.explicit or (step.cls is not None and step.cls.reads):
            for handle in made.inputs:
                _read(handle, around, reads)
        for body in made.bodies:
            for handles in body.nodes.values() if step.block is not None else ():
                for handle in handles:
                    _read(handle, around, reads)
        shared = [graph.nodes[index].share for index in range(made.start, made.stop)]
        owners = [owner for owner in shared if owner is not None]
        for owner in owners:
            opened(owner, top, reads)
        if owners and step.block is not None:
            reads.inlined.add(step.block)
        if owners and step.repeat is not None:
            reads.unrolled.add(id(step))
    last = top.made[-1] if top.made else None
    for handle in graph.outputs.values():
        if last is None or handle not in last.ends or last.step.name is not None:
            _read(handle, (top,), reads)


def _read(handle: int, around: tuple[Body, ...], reads: Reads) -> None:
    for body in reversed(around):
        for made in body.made:
            if handle in made.ends and (made.start <= handle < made.stop):
                reads.own.add(id(made.step))
                last = [each for each in body.made if each.step is made.step][-1]
                if last is not made:
                    reads.listed.add(id(made.step))
                return
            if made.start <= handle < made.stop:
                opened(handle, body, reads)
                return
        if handle in body.entering and _is_function(body, around):
            reads.entering.add(id(body.steps))
            return


def _is_function(body: Body, around: tuple[Body, ...]) -> bool:
    """Is it a block's own body? Else the body around it knows what enters."""
    for each in around:
        for made in each.made:
            if body in made.bodies:
                return made.step.block is not None
    return True


def opened(handle: int, body: Body, reads: Reads) -> None:
    """Have what stands around a node written where it stands, and not as a function or a loop."""
    for made in body.made:
        if not made.start <= handle < made.stop:
            continue
        reads.own.add(id(made.step))
        if made.step.repeat is not None:
            reads.unrolled.add(id(made.step))
        if made.step.block is not None:
            reads.inlined.add(made.step.block)
        for inner in made.bodies:
            opened(handle, inner, reads)


def ends_of(rows: list[list[Made]], cur: list[Handles]) -> list[Handles]:
    """What the node after some reads, in each instance."""
    return [row[-1].ends if row else before for row, before in zip(rows, cur, strict=True)]
