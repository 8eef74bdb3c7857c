"""Params that hide what a node receives."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Note, Problems, Span
from netspec.graph.model import Graph
from netspec.spec.document import Document, Step, names_in, steps_of
from netspec.spec.names import RECEIVED
from netspec.syntax.tree import span_of

_CONTENT = {
    "channels": "the channels of a node's input",
    "height": "the rows of a node's input",
    "width": "the columns of a node's input",
    "depth": "the planes of a node's input",
    "length": "the steps of a node's input",
    "index": "the number of the repetition",
}


def shadowing(document: Document, graph: Graph, problems: Problems) -> None:
    """A param that gives the network's input its size, or `index`, and that nodes read under a name of what they receive.

    A param of another meaning, such as a width that multiplies filters, hides the name too, but nobody is misled by it.
    """
    hidden = [name for name in RECEIVED if name in document.param_keys]
    blocks = [(block, name) for block in document.blocks.values() for name in block.param_keys if name == "index"]
    if not hidden and not blocks:
        return
    of_input = {name for given in document.inputs for name in names_in(given.shape.value)}
    for name in hidden:
        reads = _reads(document, name) if name in of_input or name == "index" else None
        if reads is not None:
            problems.add("NS812", _message(name), span_of(document.param_keys[name]), (Note("read here", reads),))
    for block, name in blocks:
        reads = next((step.span for step in steps_of(block.body) if name in _names(step)), None)
        if reads is not None:
            problems.add("NS812", _message(name), span_of(block.param_keys[name]), (Note("read here", reads),))


def _message(name: str) -> str:
    return f"the param `{name}` hides {_CONTENT[name]}: `${name}` is the param at every node; rename it"


def _reads(document: Document, name: str) -> Span | None:
    """The first node that reads a param of the spec."""
    bodies = [document.body, *(block.body for block in document.blocks.values() if name not in block.param_keys)]
    reads = [step.span for body in bodies for step in steps_of(body) if name in _names(step)]
    return min(reads, default=None)


def _names(step: Step) -> Iterator[str]:
    """The names that a node's hyperparameters and wiring read; not those of nodes in it."""
    for given in step.givens():
        if given.dynamic:
            yield from names_in(given.value)
