"""Stages and networks of operations: windows and their reversal, scores by matrix products, parts, statistics by hand, states.

What papers write in code between their layers, in specs a node each.
"""

from __future__ import annotations

import os
from typing import Any

from tests.support.architectures import Draft, Flow, Nodes
from tests.support.stages import kept

TENSORFLOW = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"


def standardised(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A normalisation written out: the mean, the difference, the root of the variance, the quotient."""
    start = d.label(nodes, "raw")
    mean, centred, spread = d.fresh("mean"), d.fresh("centred"), d.fresh("spread")
    axis = {} if d.chance(0.2) else {"axis": -1}
    nodes += [
        {"reduce": {"type": "mean", **axis, "keepdims": True, "from": start, "name": mean}},
        {"subtract": {"from": [start, mean], "name": centred}},
    ]
    if d.chance(0.5):
        nodes.append({"reduce": {"type": "variance", **axis, "keepdims": True, "from": start}})
    else:
        nodes += [d.node("square"), {"reduce": {"type": d.pick("mean", "max", "sum"), **axis, "keepdims": True}}]
    nodes += [d.node("add", "value", value=d.pick(1e-5, 1)), {"sqrt": {"name": spread}}]
    nodes.append({"divide": {"from": [centred, spread]}})
    return x


def curved(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Functions of each number, one after the other."""
    for _ in range(d.rng.randint(1, 3)):
        nodes.append(
            d.pick(
                d.node(d.pick("absolute", "negative", "sin", "cos", "square", "sign", "round", "floor")),
                d.node("clip", min=-1, max=d.pick(1, 2.5)),
                d.node("power", "value", value=d.pick(2, 3)),
                d.node(d.pick("multiply", "maximum", "minimum"), "value", value=d.pick(0.5, 2)),
                d.node(d.pick("subtract", "divide"), "value", value=d.pick(0.5, 3)),
                d.node("cumsum", "axis", axis=d.pick(-1, 1)),
            )
        )
    if d.chance(0.3):
        nodes += ["absolute", {"add": {"value": 1}}, "log"]
    return x


def chosen(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """One of two values, by a comparison."""
    start = d.label(nodes, "seen")
    mask, other = d.fresh("mask"), d.fresh("other")
    word = d.pick("greater", "less", "greater_equal", "less_equal", "equal", "not_equal")
    if d.chance(0.5):
        nodes.append({word: {"value": 0, "from": start, "name": mask}})
    else:
        mean = d.fresh("mean")
        nodes.append({"reduce": {"type": "max", "axis": -1, "keepdims": True, "from": start, "name": mean}})
        nodes.append({word: {"from": [start, mean], "name": mask}})
    if d.chance(0.5):
        nodes.append({"multiply": {"value": 0.1, "from": start, "name": other}})
        nodes.append({"where": {"from": [mask, start, other]}})
    else:
        nodes.append({"cast": {"to": "float32", "from": mask, "name": other}})
        nodes.append({"multiply": {"from": [start, other]}})
    return x


def parted(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Parts of the channels, of which one gates another, or that come together in another order."""
    if x.channels % 2:
        return kept(d, nodes, x)
    half, name = x.channels // 2, d.fresh("halves")
    parts: Any = ["a", "b"] if d.chance(0.6) else {"a": half, "b": d.say(half)}
    nodes.append(d.node("split", parts=parts, name=name, **({"axis": x.rank + 1} if d.chance(0.2) else {})))
    if d.chance(0.4):
        nodes.append({"concat": {"from": [f"{name}.b", f"{name}.a"]}})
        return x
    gate = d.fresh("gate")
    nodes.append({d.pick("sigmoid", "gelu", "tanh"): {"from": f"{name}.b", "name": gate}})
    nodes.append({"multiply": {"from": [f"{name}.a", gate]}})
    return x._replace(channels=half)


def weighed(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Scores by a matrix product, a softmax, and the sum that they weigh (non-local networks, attention written out)."""
    if not x.known:
        return kept(d, nodes, x)
    start = d.label(nodes, "places")
    total = 1
    for size in x.sizes:
        total *= size or 1
    names = []
    width = d.pick(2, 4)
    for role, units in (("query", width), ("key", width), ("value", x.channels)):
        name = d.fresh(role)
        nodes.append({"dense": {"units": units, "from": start, "name": name}})
        if x.rank > 1:
            nodes.append({"reshape": {"target_shape": [d.pick(total, -1), units]}})
            name = d.label(nodes, role)
        names.append(name)
    scores = d.fresh("scores")
    nodes.append({"matmul": {"from": names[:2], "transpose_b": True, "name": scores}})
    nodes.append(d.node("multiply", "value", value=0.5))
    nodes.append("softmax" if d.chance(0.7) else {"activation": "softmax"})
    weights = d.label(nodes, "weights")
    nodes.append({"matmul": {"from": [weights, names[2]]}})
    if x.rank > 1:
        nodes.append({"reshape": {"target_shape": [*x.sizes, x.channels]}})
    last = d.label(nodes, "mixed")
    nodes.append({"add": {"from": [start, last]}})
    return x


def windows(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Swin's: attention inside windows, with a learned bias, moved by half a window."""
    if x.rank != 2 or not x.known or any((size or 1) % 4 for size in x.sizes):
        return kept(d, nodes, x)
    size, heads = d.pick(2, 4), d.pick(1, 2)
    shifted, biased, square = d.chance(0.5), d.chance(0.6), x.sizes[0] == x.sizes[1]
    inside: Nodes = []
    attention: dict[str, Any] = {"num_heads": heads, "key_dim": d.say(2), "attention_axes": d.pick(2, [2], -2)}
    if shifted:
        inside.append({"roll": {"shift": [-size // 2, -size // 2], "axis": [1, 2]}})
    else:
        inside.append(d.node("layer_norm"))
    start = d.label(inside, "shifted")
    if biased:
        bias = d.fresh("bias")
        shape = [heads if d.chance(0.8) else 1, size * size, size * size]
        inside.append({"learned": {"shape": shape, "name": bias}})
        attention["bias"] = bias
    inside.append({"window_partition": {"size": size, "from": start}})
    if d.chance(0.4):
        mask = d.fresh("mask")
        partition = d.label(inside, "windows")
        inside.append({"matmul": {"from": [partition, partition], "transpose_b": True}})
        inside.append({"greater": {"value": -1, "name": mask}})
        attention |= {"attention_mask": mask, "from": partition}
    inside.append({"multi_head_attention": attention})
    whole = {} if square and d.chance(0.5) else {"height": x.sizes[0], "width": x.sizes[1]}
    inside.append(d.node("window_reverse", "size", size=size, **whole))
    if shifted:
        inside.append({"roll": {"shift": [size // 2, size // 2], "axis": [1, 2]}})
    nodes.append({"skip": inside})
    return x


def shuffled_depth(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Pixels to channels, something, and back."""
    if x.rank != 2 or any(size is not None and size % 2 for size in x.sizes) or x.channels > 16:
        return kept(d, nodes, x)
    nodes.append(d.node("space_to_depth", "block_size", block_size=2))
    nodes.append(d.node("1x1", "filters", filters=4 * d.pick(1, x.channels)))
    ((_, given),) = nodes[-1].items()
    filters = given if isinstance(given, int) else given["filters"]
    nodes.append(d.node("depth_to_space", "block_size", block_size=2))
    return x._replace(channels=filters // 4)


def stacked(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Several versions along an axis of their own, of which the mean, the largest or one is taken."""
    start = d.label(nodes, "one")
    names = []
    for _ in range(d.rng.randint(1, 2)):
        name = d.fresh("version")
        nodes.append({"dense": {"units": x.channels, "from": start, "name": name}})
        names.append(name)
    axis = d.pick(1, -1, x.rank + 1)
    nodes.append({"stack": {"from": [start, *names], "axis": axis}})
    if d.chance(0.6):
        nodes.append({"reduce": {"type": d.pick("mean", "max", "min", "sum", "l2", "prod"), "axis": axis}})
    else:
        nodes.append({"gather": {"indices": [d.pick(0, -1)], "axis": axis}})
        nodes.append({"reduce": {"type": "sum", "axis": axis}})
    return x


def picked(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Some channels, in another order."""
    order = [d.rng.randrange(-x.channels, x.channels) for _ in range(d.pick(1, 2, x.channels))]
    nodes.append({"gather": {"indices": order, "axis": d.pick(-1, x.rank + 1)}})
    return x._replace(channels=len(order))


def mirrored(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A convolution after padding that mirrors, as in style transfer."""
    if not x.known:
        return kept(d, nodes, x)
    mode = d.pick("reflect", "symmetric", "constant")
    more = {"value": 0.5} if mode == "constant" and d.chance(0.5) else {}
    nodes.append(d.node("pad", padding=1, mode=mode, **more))
    width = d.pick(2, 4)
    nodes.append(d.node("conv", filters=d.say(width, x), kernel_size=3))
    return x._replace(channels=width)


def stepwise(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """The same layers over each row, frame or step."""
    inside: Nodes = [d.node("dense", units=d.say(x.channels))]
    if x.rank > 1 and d.chance(0.6):
        inside = [d.node("conv", filters=x.channels, kernel_size=3, padding="same"), "relu"]
    if d.chance(0.3):
        inside.append({"skip": [d.node("dense", "units", units=x.channels), "tanh"]})
    nodes.append({"time_distributed": inside} if d.chance(0.5) else {"time_distributed": {"body": inside}})
    return x


def placed(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Learned vectors for places, added or attended to."""
    if not x.known:
        return kept(d, nodes, x)
    dice = d.rng.random()
    if dice < 0.3:
        nodes.append(d.node("position_embedding"))
        return x
    if dice < 0.6 and x.rank == 1 and x.channels % 2 == 0:
        nodes.append(d.node(d.pick("rotary_embedding", "sinusoidal_embedding")))
        return x
    start = d.label(nodes, "seen")
    name = d.fresh("places")
    sizes = [*x.sizes, x.channels] if d.chance(0.6) else [x.channels]
    nodes.append({"learned": {"shape": sizes, "name": name}})
    nodes.append({"add": {"from": [start, name]}})
    return x


def patched(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """ViT's patches."""
    if x.rank != 2 or not all(size is None or size >= 4 for size in x.sizes):
        return kept(d, nodes, x)
    nodes.append(d.node("patches", "size", size=2))
    width = d.pick(4, 6)
    nodes.append(d.node("dense", units=d.say(width)))
    return Flow(tuple(None if size is None else size // 2 for size in x.sizes), width)


def filmed(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A recurrent convolution over rows, or frames; another begins with its states."""
    if x.rank < 2 or not x.known:
        return kept(d, nodes, x)
    width, name = d.pick(2, 3), d.fresh("memory")
    given = {"filters": width, "kernel_size": d.pick(1, 3), "padding": "same", "return_sequences": True}
    nodes.append({"conv_lstm": {**given, "name": name, "return_state": True}})
    if d.chance(0.5):
        nodes.append({"conv_lstm": {**given, "initial_state": [f"{name}.state_h", f"{name}.state_c"]}})
    return x._replace(channels=width)


def largest(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """The largest channels of each place."""
    count = d.pick(1, x.channels)
    nodes.append(d.node("top_k", "k", k=count))
    return x._replace(channels=count)


KEEPING = (
    (1, standardised), (4, curved), (2, chosen), (2, parted), (2, weighed), (3, windows), (1, shuffled_depth), (1, stacked),
    (1, picked), (1, mirrored), (1, stepwise), (1, placed), (1, filmed), (1, largest),
)  # fmt: skip


# --- networks ---------------------------------------------------------------------------------------------------------------


def coloured(d: Draft) -> Nodes:
    """What changes the colours of images while training, of some range."""
    top = {"value_range": d.pick([0, 1], [0, 255])}
    every: tuple[Any, ...] = (
        {"random_brightness": {"factor": 0.2, **top}},
        {"random_saturation": {"factor": 0.3, **top}},
        {"random_hue": {"factor": 0.2, **top}},
        {"random_color_jitter": {"brightness_factor": 0.2, **top}},
        {"random_color_degeneration": {"factor": 0.3, **top}},
        {"random_grayscale": 0.5},
        {"random_invert": {"factor": 0.5, **top}},
        {"random_posterization": {"factor": 4, **top}},
        {"solarization": {"threshold_factor": 0.5, **top}},
        {"random_sharpness": {"factor": 0.4, **top}},
        {"random_gaussian_blur": {"factor": 0.5, **top}},
        {"random_erasing": {"factor": 0.5, "fill_value": 0.5, **top}},
        {"random_shear": {"x_factor": 0.1}},
        {"random_perspective": {"factor": 0.5}},
        {"random_elastic_transform": {"factor": 0.5, **top}},
        {"equalization": top},
        {"auto_contrast": top},
        {"clahe": {"tile_grid_size": [2, 2], **top}},
        {"rand_augment": {"num_ops": 1, **top}},
        {"aug_mix": {"num_chains": 1, "chain_depth": 1, **top}},
        {"center_crop": {"height": 8, "width": 8}},
        {"random_flip": "vertical"},
        {"random_rotation": {"factor": 0.1}},
        {"random_zoom": {"height_factor": 0.1}},
        {"random_translation": {"height_factor": 0.1, "width_factor": 0.1}},
        {"random_contrast": {"factor": 0.2}},
    )
    return [d.pick(*every)]


def features(d: Draft) -> tuple[dict[str, Any], Nodes, int]:
    """Columns of a table, each made numbers: the inputs, the nodes, and the width of what they end in."""
    inputs: dict[str, Any] = {"age": [1], "rank": {"shape": [1], "dtype": "int32"}}
    mode = d.pick("one_hot", "multi_hot")
    encoded: Nodes = [
        {"discretization": {"bin_boundaries": [-0.5, 0.5], "output_mode": mode, "from": "age", "name": "aged"}},
    ]
    ranked = d.pick(
        [{"category_encoding": {"num_tokens": 4, "output_mode": mode, "from": "rank", "name": "ranked"}}],
        [{"one_hot": {"classes": 4, "from": "rank"}}, {"reshape": {"target_shape": [4], "name": "ranked"}}],
        [{"embedding": {"input_dim": 12, "output_dim": 4, "from": "rank"}}, {"flatten": {"name": "ranked"}}],
    )
    width, ends = 3 + 4, ["aged", "ranked"]
    nodes = [*encoded, *ranked]
    if TENSORFLOW:
        hashed = d.pick(
            {"hashing": {"num_bins": 5, "output_mode": mode, "from": "rank", "name": "other"}},
            {"integer_lookup": {"vocabulary": [0, 1, 2, 3], "output_mode": mode, "from": "rank", "name": "other"}},
            {"hashed_crossing": {"num_bins": 5, "output_mode": "one_hot", "from": ["rank", "rank"], "name": "other"}},
        )
        nodes.append(hashed)
        ends.append("other")
        width += 5
    nodes.append({"concat": {"from": ends}})
    return inputs, nodes, width
