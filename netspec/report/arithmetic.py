"""A node's figures with its own numbers: `(28 - 3 + 2*1) / 1 + 1 = 28`, `3*3*192*96 + 96 = 165,984`.

The kinds state the sums; this module writes them down. A test evaluates every line.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.graph.model import Graph, Node
from netspec.graph.receptive_field import BEYOND_WORDS, is_beyond
from netspec.kinds import Kind
from netspec.kinds.kind import ShapeError
from netspec.kinds.terms import evaluate, write
from netspec.kinds.window import Windowed, match_rank
from netspec.shapes import AXIS_WORDS, Shape, formula, show_shape


def windows(config: Kind, x: Shape, y: Shape | None) -> list[str]:
    """The shape formula along each spatial dimension."""
    rank = len(x) - 1
    if not isinstance(config, Windowed) or rank not in (config.ranks or AXIS_WORDS):
        return []
    try:
        placed = config.windows(x, rank)
        sizes = match_rank("", getattr(config, config.window_option()), rank)
        dilations = match_rank("", config.dilation_rate, rank)
    except ShapeError:  # a list of the wrong length, of which a problem tells
        return []
    lines: dict[str, list[str]] = {}  # what is the same along several dimensions is said once
    for i, (window, width) in enumerate(zip(placed, x, strict=False)):
        axis = AXIS_WORDS[rank][i]
        if width is None or window is None:
            lines.setdefault("not known until run time", []).append(axis)
            continue
        line = formula(width, window)
        rest = (width + window.before + window.after - window.size) % window.stride
        size = None if y is None else y[i]
        is_rounded = config.leaves_no_rest or config.rounding != "exact"
        if rest and size is not None and is_rounded:
            line += f", which `{_rounding(config)}` rounds to {size}"
        elif rest:
            line += ", which is not whole"
        if dilations[i] > 1:
            line += f", where {window.size} is {dilations[i]}*({sizes[i]} - 1) + 1"
        lines.setdefault(line, []).append(axis)
    return [f"{' and '.join(axes)}: {line}" for line, axes in lines.items()]


def _rounding(config: Windowed) -> str:
    return f"padding: {config.padding}" if config.leaves_no_rest else f"rounding: {config.rounding}"


# --- a node -----------------------------------------------------------------------------------------------------------


def figures(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """What there is to say of a node, each figure with its name."""
    sources = [graph.nodes[i] for i in node.inputs]
    known = [source.shape for source in sources if source.shape is not None]
    found = [("input", f"{show_shape(source.shape)} from `{source.path or source.kind_name}`") for source in sources]
    found.append(("output", show_shape(node.shape)))
    if node.config is None or len(known) < len(sources) or not known:
        return found
    found += [
        ("window" if number == 0 else "", line)
        for number, line in enumerate(windows(node.config, known[0], node.shape))
    ]
    found.append(("weights", _weights_line(graph, node, known)))
    if node.shape is not None and node.macs:
        found.append(("MACs", _equation(write(node.config.mac_terms(known, node.shape) or ()), node.macs)))
    seen = _field(node, sources[0])
    return found + ([("receptive field", seen)] if seen else [])


def _weights_line(graph: Graph, node: Node, shapes: Sequence[Shape]) -> str:
    if node.share is not None:
        return f"those of `{graph.nodes[node.share].path}`"
    assert node.config is not None
    try:
        terms = node.config.weight_terms(*shapes)  # a node that is wrong has no weights in the graph
    except ShapeError:
        return "not known"
    learned, kept = map(evaluate, terms)
    if not learned + kept:
        return "none"
    fixed = kept if node.trainable else learned + kept
    rest = f" ({fixed:,} non-trainable)" if fixed else ""
    return _equation(write((*terms.trainable, *terms.non_trainable)), learned + kept) + rest


def _equation(sum_: str, value: int) -> str:
    shown = f"{value:,}"
    return shown if sum_ in (shown, str(value)) else f"{sum_} = {shown}"


def _field(node: Node, source: Node) -> str:
    """The receptive field: what was seen before, and what the window adds."""
    if not node.field or not isinstance(node.config, Windowed):
        return ""
    reach = node.config.reach(len(node.field))
    if reach is None or not source.field or not source.jump or not node.jump:
        return ""
    if is_beyond((*node.field, *node.jump)):
        return BEYOND_WORDS
    sums = {
        f"{before} + ({window.size} - 1)*{jump} = {after}"
        for before, window, jump, after in zip(source.field, reach, source.jump, node.field, strict=True)
    }
    jumps = {str(jump) for jump in node.jump}
    if len(sums) > 1 or len(jumps) > 1:
        return " x ".join(map(str, node.field)) + " of the input"
    return f"{sums.pop()} of the input along each dimension, in steps of {jumps.pop()}"
