"""The keys of a spec's top and of a node's wiring, each declared once: decoding, the schema and the editor read them here."""

from __future__ import annotations

from typing import NamedTuple

from netspec.options import Boolean, Integer, Schema, Type
from netspec.spec.names import Identifier, NodePath, NodePaths

TOP_KEYS: dict[str, str] = {
    "netspec": "The version of the format.",
    "name": "The network's name; left out: the file's.",
    "description": "Free text.",
    "params": "Names to default values; `--set NAME=VALUE` overrides one.",
    "variants": "Names to values of params; `--variant NAME` chooses one.",
    "input": "The shape of one example, without the batch: [height, width, channels].",
    "inputs": "Several inputs: names to shapes.",
    "defaults": "Kinds to hyperparameters that every node of that kind starts from.",
    "blocks": "Named bodies with params, used like kinds.",
    "layers": "The nodes, in order.",
    "outputs": "Node names, or output names to node names; left out: the last node and every head.",
    "limits": "Budgets that `netspec validate` enforces.",
    "data": "What to train on.",
    "train": "How to train.",
}


REPEAT = Integer(ge=0)
SWITCH = Boolean()


class WiringKey(NamedTuple):
    """A key that every node takes beside its hyperparameters: what it holds, and what for."""

    type: Type[object]
    words: str

    def schema(self) -> Schema:
        """Its JSON Schema, with the words that an editor shows."""
        return {**self.type.schema(), "markdownDescription": self.words}


WIRING: dict[str, WiringKey] = {
    "name": WiringKey(
        Identifier(reserved={"input": "what enters a body"}),
        "Its name, unique in its body. Without one it gets its kind's, counted: `conv_1`.",
    ),
    "from": WiringKey(
        NodePaths(), "What it reads: a node above it, or a list of them. Without it, the node before it."
    ),
    "repeat": WiringKey(REPEAT, "How many times; `$index` counts from 0."),
    "when": WiringKey(SWITCH, "Left out where false."),
    "share": WiringKey(NodePath(), "An earlier node of the same kind or block, whose weights this one uses."),
    "trainable": WiringKey(SWITCH, "false: training leaves its weights as they are."),
}
