"""A flat spec that grows node by node, for formats that say networks in a few words of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.conversion.converting import configured
from netspec.conversion.naming import free_name, identifier
from netspec.conversion.nodes import ENTERING, Flat, FlatInput, FlatNode
from netspec.options import Values
from netspec.shapes import Shape


class Growing:
    """The nodes so far.

    Args:
        inputs: Name and shape of each input.
    """

    def __init__(self, inputs: Mapping[str, Shape]) -> None:
        alone = len(inputs) == 1
        self.inputs = {
            name: FlatInput(ENTERING if alone else name, shape, "float32", name) for name, shape in inputs.items()
        }
        self.nodes: list[FlatNode] = []
        self._shape: dict[str, Shape] = {each.name: each.shape for each in self.inputs.values()}
        self._names = {ENTERING, *self._shape}

    def shape(self, name: str) -> Shape:
        """Of a node or an input."""
        return self._shape[name]

    def node(self, name: str) -> FlatNode | None:
        """The node of that name; None for an input."""
        return next((node for node in reversed(self.nodes) if node.name == name), None)

    def add(
        self,
        kind_name: str,
        values: Values,
        reads: Sequence[str],
        origin: str,
        *,
        named: str = "",
        trainable: bool = True,
    ) -> str:
        """Add a node; its name.

        Args:
            kind_name: What it is.
            values: Its hyperparameters.
            reads: The nodes that it reads.
            origin: What it is called where it comes from.
            named: The name that somebody gave it.
            trainable: Are its weights to be trained?

        Raises:
            ConversionError: The kind does not take these.
        """
        shapes = [self._shape[name] for name in reads]
        config, values = configured(kind_name, values, shapes, origin)
        name = self._name(named or kind_name)
        self._shape[name] = config.infer(*shapes)
        self.nodes.append(FlatNode(name, kind_name, values, tuple(reads), origin, None, trainable, bool(named)))
        return name

    def hole(self, read: str, hole: str, origin: str, name: str) -> str:
        """Add a node in the place of what cannot be said, which hands on what it reads; its name.

        Args:
            read: The node that it reads.
            hole: What it stands for.
            origin: What that is called where it comes from.
            name: Of the node, by which its place in the text is found.
        """
        name = self.add("linear", {}, [read], origin, named=name)
        self.nodes[-1] = self.nodes[-1]._replace(hole=hole)
        return name

    def replace(self, node: FlatNode) -> None:
        """Put a node in the place of that of the same name."""
        self.nodes = [node if each.name == node.name else each for each in self.nodes]

    def flat(self, name: str, outputs: Mapping[str, str]) -> Flat:
        """What has grown."""
        return Flat(identifier(name), tuple(self.inputs.values()), tuple(self.nodes), dict(outputs))

    def _name(self, wanted: str) -> str:
        name = free_name(identifier(wanted), self._names)
        self._names.add(name)
        return name
