"""The keys of a spec's top and of a node's wiring, each declared once: decoding, the schema and the editor read them here."""

from __future__ import annotations

from typing import NamedTuple

from netspec.options import Boolean, Integer, Schema, Type
from netspec.options.reads import NodePaths
from netspec.spec.names import Identifier, NodePath

TOP_KEYS: dict[str, str] = {
    "netspec": "The version of the format.",
    "name": "Name of the network; by default the file's.",
    "description": "Free text.",
    "requires": "Packages of kinds that the spec needs: a list of names, or of `name>=version`. It loads nothing.",
    "params": "Params by name, with default values; `--set NAME=VALUE` overrides one.",
    "variants": "Variants by name, each with values of params; `--variant NAME` chooses one.",
    "input": "The shape of one example, without the batch: [height, width, channels].",
    "inputs": "Several inputs: shapes by name.",
    "defaults": "Default hyperparameters by kind, for every node of that kind.",
    "use": "Blocks of other files in the spec's folder: `blocks.yaml: [Bottleneck]`.",
    "blocks": "Blocks by name: bodies with params, used like kinds.",
    "layers": "The nodes, in order.",
    "outputs": "Node names, or node names by output name; by default the last node and every head.",
    "weights": "Where pretrained weights are, by name; by variant where they differ. `netspec train --init NAME` starts with them.",
    "limits": "Budgets that `netspec validate` enforces.",
    "data": "Training data.",
    "train": "Training settings.",
}


AUGMENTING = ("preprocessing", "regularisation")  # the families of kinds of which `augment` takes nodes

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
        "Name, unique in its body; by default its kind's, numbered: `conv_1`.",
    ),
    "from": WiringKey(NodePaths(), "Inputs: an earlier node, or a list of them; by default the node before it."),
    "repeat": WiringKey(REPEAT, "Number of repetitions; `$index` counts from 0."),
    "when": WiringKey(SWITCH, "Whether the node is part of the network; false leaves it out."),
    "share": WiringKey(NodePath(), "An earlier node of the same kind or block, whose weights this one shares."),
    "trainable": WiringKey(SWITCH, "Whether its weights are trained; false freezes them."),
}
