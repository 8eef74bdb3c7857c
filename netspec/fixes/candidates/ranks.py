"""Inputs with more or fewer axes than a node takes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netspec.diagnostics.problems import Candidate
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import MAX_NODES, Search
from netspec.kinds.merge import Merge
from netspec.kinds.sequence import SimpleRnn

USUAL_CHANNELS = (1, 3, 4)  # of images; what ends in another size has its channels left out


@rule("NS404")
def one_channel(search: Search, index: int) -> Iterator[Candidate | None]:
    """An input of one channel, whose axis was left out: `[30]` for 30 steps, `[28, 28]` for a grey image."""
    if isinstance(search.graph.nodes[index].config, Merge):
        return  # no image or sequence is wanted there
    reached = search.graph.before((index,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if handle in reached and shape and (len(shape) == 1 or shape[-1] not in USUAL_CHANNELS):
            yield search.extended(number)


@rule("NS404")
def as_many_values(search: Search, index: int) -> Iterator[Candidate | None]:
    """Hyperparameters with a value for each dimension, of which there are others."""
    node = search.graph.nodes[index]
    shape = search.graph.nodes[node.inputs[0]].shape
    rank = len(shape) - 1 if shape is not None else 0
    if node.config is None or rank < 1:
        return
    for name in node.config.options:
        value = getattr(node.config, name)
        if isinstance(value, (list, tuple)) and len(value) != rank and all(isinstance(each, int) for each in value):
            if len({*value}) == 1:
                yield search.change(node, **{name: value[0]})
            elif len(value) > rank:
                first, last = list(value[:rank]), list(value[-rank:])
                for fewer in (first, last) if value[-1] == 1 else (last,):  # `[3, 3, 1]` names the channels too
                    yield search.change(node, **{name: fewer})


@rule("NS404")
def places_kept(search: Search, index: int) -> Iterator[Candidate | None]:
    """The nodes before that gave the places up do not; of recurrent layers that are stacked all that another one reads."""
    yield search.change_all(search.stacked, 2, return_sequences="true")
    for node in search.back(index)[1 : MAX_NODES + 1]:
        if isinstance(node.config, SimpleRnn) and not node.config.return_sequences:
            yield search.change(node, return_sequences="true")
        step = search.own(node)
        if step is not None and node.kind_name in ("flatten", "global_pool"):
            edit = search.places.without(step)
            yield None if edit is None else Candidate((edit,), f"leave out `{node.path}`")


@rule("NS404")
def reshaped(search: Search, index: int) -> Iterator[Candidate | None]:
    """The same numbers as steps: one channel for each number, the rows of an image, or all its places."""
    node = search.graph.nodes[index]
    step, shape = search.own(node), search.graph.nodes[node.inputs[0]].shape
    if step is None or shape is None or None in shape:
        return
    sizes = [size or 1 for size in shape]
    targets = [[*sizes, 1]] if len(sizes) == 1 else []
    if len(sizes) > 2:
        rows, places = [sizes[0], prod(sizes[1:])], [prod(sizes[:-1]), sizes[-1]]
        targets = [rows, places] if isinstance(node.config, SimpleRnn) else [places]
    for target in targets:
        edit = search.places.before(step, f"reshape: {target}")
        yield None if edit is None else Candidate((edit,), f"reshape: {target} before `{node.path}`")
