"""Is a network with its text changed still the same?"""

from __future__ import annotations

from netspec.diagnostics.problems import Edit, Problem
from netspec.graph.model import Graph, Node
from netspec.pipeline import Spec, check_again
from netspec.spec.document import Step
from netspec.syntax.edits import apply

MOST_NODES = 60_000  # that are made to prove an offer, all variants included


class Proof:
    """Checks a spec's text with edits, and compares.

    Args:
        spec: The spec as it is.
        variants: Look at all variants too.
    """

    def __init__(self, spec: Spec, *, variants: bool = True) -> None:
        self.spec = spec
        request = spec.request
        of_one = spec.document is None or bool(request.params) or request.variant is not None or not variants
        self.variants = () if of_one or spec.document is None else tuple(spec.document.variants)
        self._variants: dict[str, Spec] = {}

    def holds(self, edits: tuple[Edit, ...], *, same: bool = True) -> bool:
        """Is nothing wrong afterwards that was not before, and is it the `same` network, in all variants too?"""
        spec = self.spec
        text = apply(spec.text, edits)
        request = spec.request
        if (spec.effort + 1) * (1 + 2 * len(self.variants)) > MOST_NODES:
            return False
        after = check_again(spec, text, params=request.params, variant=request.variant)
        if not _as_good(spec, after, same) or (same and not same_network(spec, after)):
            return False
        for variant in self.variants:
            if variant not in self._variants:
                self._variants[variant] = check_again(spec, spec.text, variant=variant)
            before, then = self._variants[variant], check_again(spec, text, variant=variant)
            if not _as_good(before, then, same) or (same and not same_network(before, then)):
                return False
        return True


def _as_good(before: Spec, after: Spec, same: bool) -> bool:
    """Has nothing come up? Of a network that is meant to change, only errors count.

    By their codes: what is written in one place may be wrong in two, once it stands in two.
    """
    return _codes(after.problems, same) <= _codes(before.problems, same)


def _codes(problems: tuple[Problem, ...], warnings: bool) -> set[str]:
    return {problem.code for problem in problems if warnings or problem.is_error}


def same_network(before: Spec, after: Spec) -> bool:
    """Have two specs the same nodes, connected in the same way? What they are called may differ.

    Outputs that a spec names must have the same names; those that are called after their nodes may be called otherwise.
    """
    first, second = before.graph, after.graph
    if first is None or second is None or len(first.nodes) != len(second.nodes):
        return first is second
    named = before.document is not None and before.document.outputs is not None
    return (
        first.inputs == second.inputs
        and _outputs(first, named) == _outputs(second, named)
        and all(map(_same, first.nodes, second.nodes))
    )


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
    return {name: value for name, value in vars(node.config).items() if not _holds_steps(value)}


def _holds_steps(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_steps, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_holds_steps, value))
    return isinstance(value, Step)
