"""A node's wiring: the keys that every node takes beside its hyperparameters."""

from __future__ import annotations

from netspec.spec.decoding.values import ValueReader
from netspec.spec.document import Given, Step
from netspec.spec.keys import WIRING
from netspec.syntax.tree import Tree


def read_wiring(values: ValueReader, step: Step, name: str, tree: Tree) -> None:
    """Read one key of a node's wiring into its step."""
    given = values.checked(tree, WIRING[name].type, f"`{name}`")
    if name != "from":
        setattr(step, name, given or Given(None, tree, True))  # wrong, so what it says is not known
        return
    if given is None:
        step.cls = step.block = None  # what it reads is unknown, and so is what it yields
    elif not isinstance(given.value, (list, tuple)):
        given.value = [given.value]
    step.sources = given
