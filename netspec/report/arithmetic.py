"""A node's figures with its own numbers: `(28 - 3 + 2*1) / 1 + 1 = 28`, `3*3*192*96 + 96 = 165,984`.

The kinds compute; this module writes down what they computed with. A test evaluates every line.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netspec.graph.model import Graph, Node
from netspec.kinds import Kind
from netspec.kinds.convolution import Conv, ConvTranspose, DeformConv, DepthwiseConv, SeparableConv
from netspec.kinds.dense import Dense, Embedding
from netspec.kinds.kind import ShapeError
from netspec.kinds.normalisation import BatchNorm, GroupNorm, LayerNorm
from netspec.kinds.sequence import MultiHeadAttention, SimpleRnn
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
        if rest and size is not None:
            line += f", which `{_rounding(config)}` rounds to {size}"
        elif rest:
            line += ", which is not whole"
        if dilations[i] > 1:
            line += f", where {window.size} is {dilations[i]}*({sizes[i]} - 1) + 1"
        lines.setdefault(line, []).append(axis)
    return [f"{' and '.join(axes)}: {line}" for line, axes in lines.items()]


def _rounding(config: Windowed) -> str:
    return "padding: same" if config.padding == "same" else f"rounding: {config.rounding}"


def weights(config: Kind, inputs: Sequence[Shape]) -> str | None:
    """The sum that gives the node's weights, trainable and not; None where there is nothing to show."""
    x = inputs[0]
    n = x[-1] if x else None
    match config:
        case DeformConv():
            window, offsets = f"{_taps(config, x)}*{n}", _offsets(config)
            return f"{window}*{config.filters}{_bias(config, config.filters)} + {window}*{offsets} + {offsets}"
        case Conv():
            return f"{_taps(config, x)}*{_share(config, n)}*{config.filters}{_bias(config, config.filters)}"
        case ConvTranspose():
            return f"{_taps(config, x)}*{n}*{config.filters}{_bias(config, config.filters)}"
        case DepthwiseConv():
            depth = f"{n}*{config.depth_multiplier}" if config.depth_multiplier > 1 else str(n)
            return f"{_taps(config, x)}*{depth}" + (f" + {depth}" if config.use_bias else "")
        case SeparableConv():
            depth = f"{n}*{config.depth_multiplier}" if config.depth_multiplier > 1 else str(n)
            return f"{_taps(config, x)}*{depth} + {depth}*{config.filters}{_bias(config, config.filters)}"
        case Dense():
            return f"{n}*{config.units}{_bias(config, config.units)}"
        case Embedding():
            return f"{config.input_dim}*{config.output_dim}"
        case SimpleRnn():
            bias = f" + {config.units}" * (sum(config.weights(x)) > sum(_biasless(config).weights(x)))
            if bias and getattr(config, "reset_after", False):
                bias = f" + 2*{config.units}"
            one = f"{config.gates}*({n}*{config.units} + {config.units}*{config.units}{bias})"
            return one if config.bidirectional is None else f"2*{one}"
        case MultiHeadAttention():
            return _attention_weights(config, inputs)
        case BatchNorm() | GroupNorm() | LayerNorm():
            each = int(config.center) + int(config.scale)
            size = sum(config.weights(x)) // (each + 2 * isinstance(config, BatchNorm) or 1)
            kept = f" + 2*{size}" if isinstance(config, BatchNorm) else ""
            return f"{each}*{size}{kept}" if each or kept else None
        case _:
            return None


def macs(config: Kind, inputs: Sequence[Shape], y: Shape) -> str | None:
    """The product that gives the node's multiply-accumulates."""
    x = inputs[0]
    n = x[-1] if x else None
    places = "*".join(str(size) for size in y[:-1]) or "1"
    match config:
        case DeformConv():
            return f"{places} * {_taps(config, x)}*{n}*({config.filters} + {_offsets(config)})"
        case Conv():
            return f"{places} * {_taps(config, x)}*{_share(config, n)}*{config.filters}"
        case ConvTranspose():
            return f"{'*'.join(str(size) for size in x[:-1])} * {_taps(config, x)}*{n}*{config.filters}"
        case DepthwiseConv():
            return f"{places} * {_taps(config, x)}*{y[-1]}"
        case SeparableConv():
            depth = f"{n}*{config.depth_multiplier}" if config.depth_multiplier > 1 else str(n)
            return f"{places} * {depth}*({_taps(config, x)} + {config.filters})"
        case Dense():
            return f"{n}*{config.units}" if places == "1" else f"{places} * {n}*{config.units}"
        case SimpleRnn():
            both = "2*" if config.bidirectional is not None else ""
            return f"{both}{x[0]} * {config.gates}*({n} + {config.units})*{config.units}"
        case _:
            return None


def _taps(config: Kind, x: Shape) -> str:
    return "*".join(str(k) for k in match_rank("", getattr(config, "kernel_size", 1), len(x) - 1))


def _share(config: Conv, channels: int | None) -> str:
    return f"{channels}/{config.groups}" if config.groups > 1 else str(channels)


def _bias(config: Kind, width: int) -> str:
    return f" + {width}" if getattr(config, "use_bias", False) else ""


def _offsets(config: DeformConv) -> int:
    each = 3 if config.modulated else 2
    return prod(match_rank("", config.kernel_size, 2)) * config.deformable_groups * each


def _biasless(config: SimpleRnn) -> SimpleRnn:
    return type(config)(**{**config.given(), "use_bias": False})


def _attention_weights(config: MultiHeadAttention, inputs: Sequence[Shape]) -> str:
    query = inputs[0][-1]
    value = inputs[1][-1] if len(inputs) > 1 else query
    key = inputs[2][-1] if len(inputs) > 2 else value
    value_dim = config.key_dim if config.value_dim is None else config.value_dim
    k, v = f"{config.num_heads}*{config.key_dim}", f"{config.num_heads}*{value_dim}"
    bias = f" + {k} + {k} + {v} + {query}" if config.use_bias else ""
    return f"{query}*{k} + {key}*{k} + {value}*{v} + {v}*{query}{bias}"


# --- a node -----------------------------------------------------------------------------------------------------------


def figures(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """What there is to say of a node, each figure with its name."""
    sources = [graph.nodes[i] for i in node.inputs]
    known = [source.shape for source in sources if source.shape is not None]
    found = [("input", f"{show_shape(source.shape)} from `{source.path or source.word}`") for source in sources]
    found.append(("output", show_shape(node.shape)))
    if node.config is None or len(known) < len(sources) or not known:
        return found
    found += [
        ("window" if number == 0 else "", line)
        for number, line in enumerate(windows(node.config, known[0], node.shape))
    ]
    found.append(("weights", _weights_line(graph, node, known)))
    if node.shape is not None and node.macs:
        written = macs(node.config, known, node.shape)
        found.append(("MACs", f"{written} = {node.macs:,}" if written else f"{node.macs:,}"))
    seen = _field(node, sources[0])
    return found + ([("sees", seen)] if seen else [])


def _weights_line(graph: Graph, node: Node, shapes: Sequence[Shape]) -> str:
    if node.share is not None:
        return f"those of `{graph.nodes[node.share].path}`"
    assert node.config is not None
    try:
        learned, kept = node.config.weights(*shapes)  # a node that is wrong has none in the graph
    except ShapeError:
        return "not known"
    if not learned + kept:
        return "none"
    written = weights(node.config, shapes)
    fixed = kept if node.trainable else learned + kept
    trained = f", of which {fixed:,} are not trained" if fixed else ""
    return (f"{written} = " if written else "") + f"{learned + kept:,}{trained}"


def _field(node: Node, source: Node) -> str:
    """The receptive field: what was seen before, and what the window adds."""
    if not node.field or not isinstance(node.config, Windowed):
        return ""
    reach = node.config.reach(len(node.field))
    if reach is None or not source.field or not source.jump or not node.jump:
        return ""
    sums = {
        f"{before} + ({window.size} - 1)*{jump} = {after}"
        for before, window, jump, after in zip(source.field, reach, source.jump, node.field, strict=True)
    }
    jumps = {str(jump) for jump in node.jump}
    if len(sums) > 1 or len(jumps) > 1:
        return " x ".join(map(str, node.field)) + " of the input"
    return f"{sums.pop()} of the input along each dimension, in steps of {jumps.pop()}"
