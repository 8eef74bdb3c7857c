"""A window that does not tile its input, or that its input has no room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.fixes.candidates.axes import between
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import Search, as_params, largest_stride
from netspec.graph.model import Node
from netspec.graph.receptive_field import is_beyond
from netspec.kinds.pooling import Pool
from netspec.kinds.window import Windowed
from netspec.kinds.windows import WindowPartition, WindowReverse
from netspec.shapes import per_dimension
from netspec.syntax.tree import Mapping, span_of

USUAL_POOL = 2


@rule("NS401", "NS402", "NS403", confidence="likely")
def forgotten_padding(search: Search, index: int) -> Iterator[Candidate | None]:
    """The padding that the network's other convolutions have, at those on the way here that say nothing of it."""
    lacking: dict[Span, Node] = {}  # of the uses of a block the nearest
    for node in search.back(index):
        if node.span in search.unpadded:
            lacking.setdefault(node.span, node)
    yield search.change_all(reversed(lacking.values()), padding="same")


@rule("NS401")
def does_not_tile(search: Search, index: int) -> Iterator[Candidate | None]:
    """An input whose size the window does tile, fewer strides before."""
    yield from as_params(search, search.back(index))
    node = search.graph.nodes[index]
    for stride in dict.fromkeys((2, largest_stride(node) - 1)):
        if 0 < stride != largest_stride(node):
            yield search.change(node, strides=stride)
            yield search.change(node, strides=stride, rounding="floor")
    yield from _other_input(search, index, lambda width, size, stride: _tiled(width, size, stride))
    yield from _fewer_strides(search, index)


def _tiled(width: int, size: int, stride: int) -> tuple[int, ...]:
    rest = (width - size) % stride
    return (-rest, stride - rest) if rest else (0,)


@rule("NS402")
def too_large(search: Search, index: int) -> Iterator[Candidate | None]:
    """A larger input, or fewer strides before."""
    yield from as_params(search, search.back(index))
    yield from _other_input(search, index, lambda width, size, stride: (max(0, size - width),))
    yield from _fewer_strides(search, index)


def _fewer_strides(search: Search, index: int) -> Iterator[Candidate | None]:
    for node in search.back(index)[1:]:
        if isinstance(node.config, Windowed) and largest_stride(node) > 1:
            yield search.change(node, strides=1)


def _other_input(
    search: Search, index: int, more: Callable[[int, int, int], tuple[int, ...]]
) -> Iterator[Candidate | None]:
    """Inputs that are larger or smaller by what the window needs, times the strides before it."""
    node = search.graph.nodes[index]
    source = search.graph.nodes[node.inputs[0]]
    if not isinstance(node.config, Windowed) or source.shape is None or source.jump is None or is_beyond(source.jump):
        return
    windows = node.config.windows(source.shape, len(source.shape) - 1)
    reached = search.graph.before((index,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if handle not in reached or shape is None or len(shape) != len(source.shape):
            continue
        for pick in (-1, 0):
            sizes: list[int | None] = []
            for old, width, window, jump in zip(shape, source.shape, windows, source.jump, strict=False):
                if old is None or width is None or window is None:
                    sizes.append(old)
                    continue
                needed = more(width + window.before + window.after, window.size, window.stride)[pick]
                sizes.append(old + ceil(needed * jump))
            if all(size is None or size > 0 for size in sizes):
                yield search.resized(number, (*sizes, shape[-1]))


@rule("NS402", confidence="unlikely")
def usual_pool(search: Search, index: int) -> Iterator[Candidate | None]:
    """The pool that halves, where neither the whole image nor less of it will do."""
    node = search.graph.nodes[index]
    if isinstance(node.config, Pool):
        yield search.change(node, pool_size=USUAL_POOL)


@rule("NS402", confidence="likely")
def whole_image(search: Search, index: int) -> Iterator[Candidate | None]:
    """A pool that was to take in everything: a window of just that size, or the kind that needs none."""
    node = search.graph.nodes[index]
    pool, shape = node.config, search.graph.nodes[node.inputs[0]].shape
    if not isinstance(pool, Pool) or shape is None or pool.strides not in (None, 1, pool.pool_size):
        return
    sizes = {size for size in shape[:-1] if size is not None}
    if not sizes or not isinstance(pool.pool_size, int) or pool.pool_size <= max(sizes):
        return
    if len(sizes) == 1:
        yield search.change(
            node, pool_size=sizes.pop(), **({} if pool.padding in ("valid", "same", 0) else {"padding": "valid"})
        )
    step = search.own(node)
    if step is not None and isinstance(step.tree, Mapping) and pool.type in ("avg", "max"):
        written = {*step.tree.entries} - {"type", "pool_size", "strides", "padding", "rounding"}
        if not written:
            edits = (Edit(step.span, "global_pool"), Edit(span_of(step.tree), pool.type))
            yield Candidate(edits, f"global_pool: {pool.type}", nodes=(node.path,))


@rule("NS405")
def windows_filled(search: Search, index: int) -> Iterator[Candidate | None]:
    """Zeros after the last rows and columns, so that windows hold all of them; an input of as many."""
    node = search.graph.nodes[index]
    config = node.config
    source = search.graph.nodes[node.inputs[0]]
    if not isinstance(config, WindowPartition) or source.shape is None or None in source.shape:
        return
    sizes = [size or 1 for size in source.shape[:-1]]
    whole = [size + -size % by for size, by in zip(sizes, per_dimension(config.size, 2) or (1, 1), strict=False)]
    after = ", ".join(f"[0, {to - size}]" for size, to in zip(sizes, whole, strict=True))
    yield between(search, node, 0, "zero_pad", f"padding: [{after}]")
    if source.is_input:
        yield search.resized(search.graph.inputs.index(node.inputs[0]), (*whole, source.shape[-1]))


@rule("NS406")
def image_of_the_windows(search: Search, index: int) -> Iterator[Candidate | None]:
    """The rows and columns of the image that the windows were made of."""
    node = search.graph.nodes[index]
    if isinstance(node.config, WindowReverse):
        for each in search.back(index)[1:]:
            shape = search.graph.nodes[each.inputs[0]].shape if isinstance(each.config, WindowPartition) else None
            if shape is not None and len(shape) == 3:
                size = getattr(each.config, "size", None)
                if size == node.config.size:
                    yield search.change(node, height=shape[0], width=shape[1])
                elif shape[0] != shape[1]:
                    yield search.change(node, height=shape[0], width=shape[1], size=size)
