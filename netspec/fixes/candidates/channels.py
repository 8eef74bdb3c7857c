"""Numbers of channels, and of all numbers, that do not go with a node."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netspec.diagnostics.problems import Candidate
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import MAX_NODES, Search, same_width


@rule("NS405")
def groups_divide(search: Search, index: int) -> Iterator[Candidate | None]:
    """As many channels before as the groups divide."""
    node = search.graph.nodes[index]
    groups = next((getattr(node.config, n) for n in ("groups", "deformable_groups") if hasattr(node.config, n)), 0)
    source = search.graph.nodes[node.inputs[0]]
    channels = source.shape[-1] if source.shape else None
    if not groups or groups < 1 or channels is None:
        return
    way = search.back(index)[1 : MAX_NODES + 1]
    for wanted in sorted({-(-channels // groups) * groups, channels // groups * groups} - {0}):
        yield from same_width(search, way, channels, wanted)


@rule("NS406")
def as_many_numbers(search: Search, index: int) -> Iterator[Candidate | None]:
    """As many numbers before a reshape as its shape holds, where a dense layer or the input makes them."""
    node = search.graph.nodes[index]
    source = search.graph.nodes[node.inputs[0]]
    target = getattr(node.config, "target_shape", ())
    if source.shape is None or len(source.shape) != 1 or not target or min(target) < 1:
        return
    yield from same_width(search, search.back(index)[1 : MAX_NODES + 1], source.shape[0], prod(target))
    if source.is_input:
        yield search.resized(search.graph.inputs.index(node.inputs[0]), (prod(target),))


@rule("NS406")
def leave_out(search: Search, index: int) -> Iterator[Candidate | None]:
    """No reshape."""
    node = search.graph.nodes[index]
    step = search.own(node) if node.kind_name == "reshape" else None
    edit = search.places.without(step) if step is not None else None
    yield None if edit is None else Candidate((edit,), f"leave out `{search.graph.nodes[index].path}`")
