"""Is a network with its text changed still the same?"""

from __future__ import annotations

from netspec.diagnostics.problems import Edit
from netspec.graph.model import Graph, Node
from netspec.pipeline import Spec, check_again
from netspec.refactoring.networks import Networks
from netspec.spec.document import holds_steps
from netspec.syntax.comments import comments_in
from netspec.syntax.edits import apply
from netspec.syntax.tree import lines_of


class Proof:
    """Checks a spec's text with edits, and compares.

    Args:
        networks: Those of the spec as it is.
        others: Look at all of them, and not only at the one at hand.
    """

    def __init__(self, networks: Networks, *, others: bool = True) -> None:
        self.networks = networks
        self.others = networks.others if others else ()

    def objection(self, edits: tuple[Edit, ...], *, same: bool = True) -> str:
        """What is wrong afterwards that was not before, or whether it is not the `same` network, in all variants too.

        Returns:
            The reason in words; none where it holds.
        """
        spec = self.networks.spec
        request = spec.request
        text = apply(spec.text, edits)
        if not self.networks.are_few(1 + 2 * len(self.others)):
            return "the network is too large to prove that it stays the same"
        after = check_again(spec, text, params=request.params, variant=request.variant)
        objection = _objection(spec, after, same)
        if objection or not _comments(spec) <= _comments(after):
            return objection or "a comment would be lost"
        for variant in self.others:
            objection = _objection(self.networks.of(variant), check_again(spec, text, variant=variant), same)
            if objection:
                return f"{'without a variant' if variant is None else f'in the variant `{variant}`'} {objection}"
        return ""


def _objection(before: Spec, after: Spec, same: bool) -> str:
    """Has something come up? Of a network that is meant to change, only errors count.

    By their codes: what is written in one place may be wrong in two, once it stands in two.
    """
    known = {problem.code for problem in before.problems}
    for problem in after.problems:
        if problem.code not in known and (same or problem.is_error):
            return f"there would be a problem at line {problem.span.line}: {problem.message}"
    return "the network would be another one" if same and not same_network(before, after) else ""


def _comments(spec: Spec) -> set[str]:
    tree = None if spec.document is None else spec.document.source.tree
    return {each.text for each in comments_in(tree, lines_of(spec.text))}


def same_network(before: Spec, after: Spec) -> bool:
    """Have two specs the same nodes, connected in the same way? What they are called may differ.

    Outputs that a spec names must have the same names; those that are called after their nodes may be called otherwise.
    """
    first, second = before.graph, after.graph
    if first is None or second is None:
        return first is second
    named = before.document is not None and before.document.outputs is not None
    return (
        same_nodes(first, second)
        and first.inputs == second.inputs
        and _outputs(first, named) == _outputs(second, named)
    )


def same_nodes(first: Graph, second: Graph) -> bool:
    """Have two graphs the same nodes, connected in the same way? What they are called may differ."""
    return len(first.nodes) == len(second.nodes) and all(map(_same, first.nodes, second.nodes))


def _outputs(graph: Graph, named: bool) -> object:
    return graph.outputs if named else [*graph.outputs.values()]


def _same(first: Node, second: Node) -> bool:
    return (
        first.kind_name == second.kind_name
        and first.inputs == second.inputs
        and first.shape == second.shape
        and first.dtype == second.dtype
        and first.weights == second.weights
        and first.macs == second.macs
        and first.share == second.share
        and first.trainable == second.trainable
        and first.masked == second.masked
        and type(first.config) is type(second.config)
        and _settings(first) == _settings(second)
    )


def _settings(node: Node) -> dict[str, object]:
    """A node's hyperparameters, but for bodies, whose nodes are compared themselves."""
    if node.config is None:
        return {}
    return {name: value for name, value in vars(node.config).items() if not holds_steps(value)}
