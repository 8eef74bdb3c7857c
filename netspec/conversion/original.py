"""What every format of models offers: nodes of a spec, and a comparison with what that spec builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from netspec.conversion.nodes import Flat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netspec.graph.model import Graph


class Difference(NamedTuple):
    """Where a spec is not the model that it was made from."""

    message: str  # of a node what it has, else a whole sentence
    node: str = ""

    @property
    def text(self) -> str:
        """For messages."""
        return f"`{self.node}` {self.message}" if self.node else self.message


class Comparison(Protocol):
    """A model beside the network that a spec makes, with the model's weights."""

    def difference(self) -> Difference | None:
        """The first one found; None where both are equal."""

    def weights(self) -> Mapping[str, object]:
        """The model's weights, by the paths of the spec's nodes."""


class Original(Protocol):
    """A model of one format, to be imported."""

    def flat(self) -> Flat:
        """Its nodes. Raises ConversionError, Inconvertible."""

    def comparison(self, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> Comparison | None:
        """Of the model with the network of the spec that was made of its nodes; None where the format holds no weights.

        Args:
            flat: The nodes.
            graph: The network.
            paths: Where each node is in it.
        """

    @property
    def form(self) -> str:
        """What the file is, for people."""

    @property
    def precision(self) -> str:
        """In which it computes, once its nodes are known. What it is compared as computes in float32."""

    @property
    def holds_weights(self) -> bool:
        """Are its weights the model's, and not random ones? Raises ConversionError where there is no file."""
