"""Stages over maps of one, two or three dimensions: what networks for pictures, signals and volumes are made of.

A stage writes nodes and says what flows after them. Those that hold other stages are in `tests.support.nesting`.
"""

from __future__ import annotations

from typing import Any

from tests.support.architectures import ACTIVATIONS, RARE_ACTIVATIONS, Draft, Flow, Nodes

WIDTHS = (2, 4, 4, 6, 8, 8)


def act(d: Draft, nodes: Nodes) -> None:
    """An activation, as a kind or by name."""
    word = d.pick(*ACTIVATIONS) if d.chance(0.6) else d.pick(*RARE_ACTIVATIONS)
    dice = d.rng.random()
    if dice < 0.75:
        nodes.append(d.node(word))
    elif dice < 0.9:
        nodes.append(d.node("activation", "activation", activation=word))
    elif dice < 0.95:
        nodes.append({"relu": {"max_value": 6.0, "negative_slope": 0.1}})
    else:
        nodes.append(d.node("leaky_relu", "negative_slope", negative_slope=0.2))


def norm(d: Draft, nodes: Nodes, x: Flow) -> None:
    """A normalisation over the channels; sometimes over others."""
    dice = d.rng.random()
    if dice < 0.45:
        given: dict[str, Any] = {"momentum": 0.9} if d.chance(0.2) else {}
        if d.chance(0.1):
            given |= {"center": d.chance(0.5), "scale": d.chance(0.5)}
        nodes.append(d.node("batch_norm", **given))
    elif dice < 0.65:
        given = {"epsilon": 1e-6} if d.chance(0.4) else {}
        if x.rank > 1 and x.known and d.chance(0.2):
            given["axis"] = d.pick(-1, [-2, -1], 1, list(range(1, x.rank + 2)), [1, -1])
        nodes.append(d.node("layer_norm", **given))
    elif dice < 0.7:
        given = {"axis": d.pick(-1, x.rank + 1)} if d.chance(0.2) else {"epsilon": 1e-5} if d.chance(0.2) else {}
        nodes.append(d.node("rms_norm", **given))
    elif dice < 0.73:
        nodes.append(d.node("unit_norm", "axis", axis=d.pick(-1, x.rank + 1)))
    elif dice < 0.8:
        groups = d.pick(*[g for g in (1, 2, 3, 4, x.channels, -1) if g == -1 or x.channels % g == 0])
        nodes.append(d.node("group_norm", "groups", groups=groups))
    elif dice < 0.86:
        nodes.append(d.node("lrn", **({"depth_radius": 2, "alpha": 1e-4} if d.chance(0.5) else {})))
    elif dice < 0.94:
        axes = [] if not x.known else [list(range(1, x.rank + 1)), [1]]
        nodes.append(d.node("prelu", shared_axes=d.pick(*axes) if axes else list(range(1, x.rank + 1))))
    else:
        nodes.append(d.node("layer_scale", "value", value=0.1))


def settings(d: Draft, kernel: str = "kernel", *, single: bool = True) -> dict[str, Any]:
    """Hyperparameters that say nothing of shapes; `single` where there is one kernel, which may be spectrally normalised."""
    given: dict[str, Any] = {}
    if d.chance(0.25):
        given["activation"] = d.pick(*ACTIVATIONS)
    if d.chance(0.2):
        given["use_bias"] = d.chance(0.3)
    if d.chance(0.12):
        given[f"{kernel}_initializer"] = d.pick(
            "he_normal",
            "lecun_uniform",
            {"truncated_normal": {"stddev": 0.02}},
            {"random_uniform": {"minval": -0.1, "maxval": 0.1}},
        )
    if d.chance(0.1):
        given[f"{kernel}_regularizer"] = d.pick("l2", {"l2": 1e-4}, {"l1_l2": {"l1": 1e-5, "l2": 1e-4}})
    if d.chance(0.08):
        given[f"{kernel}_constraint"] = d.pick(
            "max_norm",
            "non_neg",
            {"max_norm": 3},
            {"unit_norm": {"axis": [0, 1]}},
            {"min_max_norm": {"rate": 0.9, "axis": -1}},
        )
    if d.chance(0.05):
        given["bias_constraint"] = d.pick("non_neg", {"max_norm": {"max_value": 2}})
    if d.chance(0.05):
        given["activity_regularizer"] = d.pick("l2", {"l1": 1e-5})
    if single and d.chance(0.07):
        given["spectral_norm"] = d.pick(True, True, 2)
    if d.chance(0.05):
        given["bias_initializer"] = d.pick("ones", {"constant": {"value": 0.1}})
    return given


def windowed(
    d: Draft, x: Flow, window: int, stride: int, dilation: int = 1
) -> tuple[dict[str, Any], tuple[int | None, ...]]:
    """Padding and rounding under which a window tiles its input, and what comes out."""
    reach = dilation * (window - 1) + 1
    dice = d.rng.random()
    if dice < 0.55 or any(size is not None and size < reach for size in x.sizes):
        return {"padding": "same"}, tuple(None if size is None else -(-size // stride) for size in x.sizes)
    margin = d.pick(0, 0, (reach - 1) // 2)
    asymmetric = margin > 0 and d.chance(0.2)
    total = 2 * margin + (1 if asymmetric else 0)
    exact = all(size is not None and (size + total - reach) % stride == 0 for size in x.sizes)
    given: dict[str, Any] = {} if margin == 0 else {"padding": margin}
    if asymmetric:
        given["padding"] = [[margin, margin + 1]] * x.rank
    if not exact:
        given["rounding"] = "ceil" if x.known and dice > 0.9 else "floor"
    up = given.get("rounding") == "ceil"
    sizes = []
    for size in x.sizes:
        if size is None:
            sizes.append(None)
            continue
        places = (size + total - reach + (stride - 1 if up else 0)) // stride + 1
        if up and (places - 1) * stride >= size + margin:
            places -= 1
        sizes.append(places)
    return given, tuple(sizes)


def convolution(d: Draft, nodes: Nodes, x: Flow, filters: int | None = None, stride: int | None = None) -> Flow:
    """A convolution of some kind, its window tiling its input."""
    width = filters or d.pick(*WIDTHS)
    stride = stride or d.pick(1, 1, 1, 2)
    said = d.say(width, x)
    dice = d.rng.random()
    if dice < 0.15:
        given: dict[str, Any] = {"filters": said}
        if stride > 1:
            given |= {"strides": stride, "padding": "same"}
        nodes.append(d.node("1x1", "filters", **given, **settings(d)))
        return Flow(tuple(None if s is None else -(-s // stride) for s in x.sizes), width)
    window, dilation = d.pick(1, 2, 3, 3, 3, 5), 1
    if stride == 1 and window > 1 and d.chance(0.15):
        dilation = 2
    where, sizes = windowed(d, x, window, stride, dilation)
    if x.rank == 1 and dice < 0.65 and d.chance(0.2):
        where, sizes = {"padding": "causal"}, tuple(None if s is None else -(-s // stride) for s in x.sizes)
    size: Any = d.say(window) if d.chance(0.8) else [window] * x.rank
    given = {"kernel_size": size, **({"strides": stride} if stride > 1 else {}), **where}
    if dilation > 1:
        given["dilation_rate"] = dilation
    if dice < 0.65 or x.rank == 3:
        if x.channels % 2 == 0 and width % 2 == 0 and x.rank < 3 and d.chance(0.12):
            given["groups"] = 2
        nodes.append(d.node("conv", filters=said, **given, **settings(d)))
    elif dice < 0.8:
        nodes.append(
            d.node(
                "separable_conv", filters=said, **given, **settings(d, d.pick("depthwise", "pointwise"), single=False)
            )
        )
    elif dice < 0.9 or x.rank != 2:
        width = 2 * x.channels if d.chance(0.2) else x.channels
        multiplier = {"depth_multiplier": 2} if width != x.channels else {}
        nodes.append(d.node("depthwise_conv", **given, **multiplier, **settings(d, "depthwise")))
        if filters is not None and width != filters:
            nodes.append(d.node("1x1", "filters", filters=filters))
            width = filters
    else:
        nodes.append(
            d.node(
                "deform_conv", filters=said, **given, **({"modulated": True} if d.chance(0.5) else {}), **settings(d)
            )
        )
    return Flow(sizes, width)


def simple(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Convolution, normalisation, activation, in some order."""
    y = convolution(d, nodes, x)
    if d.chance(0.6):
        norm(d, nodes, y)
    if d.chance(0.6):
        act(d, nodes)
    return y


def kept(d: Draft, nodes: Nodes, x: Flow, width: int | None = None) -> Flow:
    """A convolution after which the sizes are what they were."""
    width = width or d.pick(*WIDTHS)
    kind = d.pick("conv", "conv", "conv", "1x1", "separable_conv")
    if kind == "1x1":
        nodes.append(d.node("1x1", "filters", filters=d.say(width, x), **settings(d)))
    else:
        kind = "conv" if x.rank == 3 else kind
        kernel = "kernel" if kind == "conv" else "depthwise"
        size = d.pick(1, 3, 3, 5)
        nodes.append(
            d.node(kind, filters=d.say(width, x), kernel_size=d.say(size), padding="same", **settings(d, kernel))
        )
    return x._replace(channels=width)


def row(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A row of GoogLeNet's table."""
    given: dict[str, Any] = {}
    channels = 0
    for window in ("1x1", "3x3", "5x5", "7x7"):
        if d.chance(0.55):
            filters = d.pick(2, 3, 4)
            given[window] = filters if window == "1x1" or d.chance(0.3) else [d.pick(1, 2), filters]
            channels += filters
    if d.chance(0.5) or not given:
        given["pool"] = d.pick(2, "max", "avg")
        channels += 2 if given["pool"] == 2 else x.channels
    if d.chance(0.4):
        given["activation"] = d.pick(*ACTIVATIONS)
    nodes.append({"inception": given})
    return x._replace(channels=channels)


def squeeze(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Squeeze-and-excitation."""
    inside: Nodes = [d.node("global_pool", keepdims=True, type=d.pick("avg", "avg", "max"))]
    hidden = max(1, x.channels // 2)
    if d.chance(0.5):
        inside += [
            d.node("1x1", "filters", filters=d.say(hidden, x)),
            "relu",
            d.node("1x1", "filters", filters=d.say(x.channels)),
            "sigmoid",
        ]
    else:
        inside += [
            {"dense": {"units": hidden, "activation": "relu"}},
            {"dense": {"units": x.channels, "activation": "hard_sigmoid"}},
        ]
    nodes.append({"skip": {"body": inside, "merge": "multiply"}})
    return x


def inverted(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """MobileNet's: wide inside, narrow at the ends."""
    wide = d.pick(2, 4) * x.channels
    inside: Nodes = [d.node("1x1", "filters", filters=d.say(wide, x)), d.node("batch_norm"), "relu6"]
    if x.rank < 3:
        inside.append(d.node("depthwise_conv", kernel_size=d.pick(3, 5), padding="same", use_bias=False))
    else:
        inside.append(d.node("conv", filters=wide, kernel_size=3, padding="same"))
    if d.chance(0.5):
        squeeze(d, inside, x._replace(channels=wide))
    inside += [d.node("1x1", "filters", filters=d.say(x.channels)), "batch_norm"]
    nodes.append({"skip": inside})
    return x


def shuffled(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """ShuffleNet's: half of the channels pass by."""
    if x.channels % 2:
        return kept(d, nodes, x)
    half = x.channels // 2
    start = d.label(nodes)
    left, right = d.fresh("left"), d.fresh("right")
    said = d.pick(half, "$channels // 2")
    nodes.append({"slice": {"stop": said, "name": left, **({"from": start} if nodes else {})}})
    nodes.append({"slice": {"start": said, "from": start, **({"axis": -1} if d.chance(0.5) else {})}})
    kept(d, nodes, x._replace(channels=half), half)
    act(d, nodes)
    nodes[-1] = nodes[-1] if isinstance(nodes[-1], dict) else {nodes[-1]: {}}
    ((kind, given),) = nodes[-1].items()
    nodes[-1] = {
        kind: {
            **(
                given
                if isinstance(given, dict)
                else {"activation" if kind == "activation" else "negative_slope": given}
            ),
            "name": right,
        }
    }
    nodes.append(d.node("concat", from_=[left, right]))
    if d.chance(0.7):
        nodes.append(d.node("channel_shuffle", "groups", groups=2))
    return x


def pooled(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A pool that tiles what it reads."""
    size = d.pick(2, 2, 3)
    stride = d.pick(size, 2)
    where, sizes = windowed(d, x, size, stride)
    if isinstance(where.get("padding"), list):
        where["padding"] = 0
        return kept(d, nodes, x)
    given: dict[str, Any] = {"pool_size": size, **where, "type": d.pick("max", "max", "avg", "l2")}
    if stride != size:
        given["strides"] = stride
    if size == 2 and given["type"] == "max":
        del given["pool_size"], given["type"]
    nodes.append(d.node("pool", **given))
    return Flow(sizes, x.channels)


def pyramid(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Pools of several sizes side by side (SPP, PSPNet's without sizes)."""
    start = d.label(nodes)
    names = []
    for size in (2, 3, 5)[: d.rng.randint(2, 3)]:
        names.append(d.fresh("scale"))
        where = {"from": start} if nodes or start != "input" or len(names) > 1 else {}
        nodes.append({"pool": {"pool_size": size, "strides": 1, "padding": "same", "name": names[-1], **where}})
    nodes.append(d.node("concat", from_=[start, *names]))
    return x._replace(channels=x.channels * (1 + len(names)))


def map_attention(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Attention between all places of a map, or of its flattened places."""
    heads, width = d.pick(1, 2), d.pick(2, 4)
    inside: Nodes = [d.node("layer_norm")] if d.chance(0.7) else []
    inside.append(
        d.node(
            "multi_head_attention",
            num_heads=heads,
            key_dim=d.say(width),
            **({"value_dim": 3} if d.chance(0.15) else {}),
        )
    )
    if x.rank > 1 and x.known and d.chance(0.5):
        total = 1
        for size in x.sizes:
            total *= size or 1
        nodes.append(d.node("reshape", "target_shape", target_shape=[d.pick(total, -1), x.channels]))
        nodes.append({"skip": inside})
        nodes.append(d.node("reshape", "target_shape", target_shape=[*x.sizes, x.channels]))
    else:
        nodes.append({"skip": inside})
    return x


def convnext(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """ConvNeXt's."""
    if x.rank == 3:
        return kept(d, nodes, x)
    inside: Nodes = [
        d.node("depthwise_conv", kernel_size=d.pick(3, 5, 7), padding="same"),
        d.node("layer_norm", epsilon=1e-6),
    ]
    kind = d.pick("dense", "1x1")
    word = "units" if kind == "dense" else "filters"
    inside.append({kind: {word: d.say(2 * x.channels, x), "activation": "gelu"}})
    inside.append({kind: {word: d.say(x.channels)}})
    inside += [d.node("layer_scale", "value", value=1e-6), d.node("stochastic_depth", "rate", rate=0.1)]
    nodes.append({"skip": inside})
    return x


def resampled(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Made larger, or cut and padded."""
    dice = d.rng.random()
    if dice < 0.3:
        size = d.pick(2, 2, 3)
        interpolation = (
            {"interpolation": d.pick("bilinear", "bicubic", "nearest", "lanczos3")}
            if x.rank == 2 and d.chance(0.4)
            else {}
        )
        nodes.append(d.node("upsample", "size", size=size, **interpolation))
        return Flow(tuple(None if s is None else s * size for s in x.sizes), x.channels)
    if dice < 0.6:
        width, window = d.pick(*WIDTHS), d.pick(2, 3, 4)
        stride = d.pick(2, 2, 1)
        padding = d.pick("same", "same", "valid")
        nodes.append(
            d.node(
                "conv_transpose",
                filters=d.say(width, x),
                kernel_size=window,
                strides=stride,
                padding=padding,
                **settings(d),
            )
        )
        grown = tuple(
            None if s is None else s * stride + (max(window - stride, 0) if padding == "valid" else 0) for s in x.sizes
        )
        return Flow(grown, width)
    if dice < 0.7 and x.rank == 2:
        h, w = d.pick(4, 6, 8), d.pick(4, 6, 8)
        more = d.pick(
            {},
            {},
            {"interpolation": "nearest"},
            {"antialias": True},
            {"crop_to_aspect_ratio": True},
            {"pad_to_aspect_ratio": True},
        )
        nodes.append(d.node("resize", height=h, width=w, **more))
        return Flow((h, w), x.channels)
    if dice < 0.85:
        nodes.append(
            d.node("zero_pad", "padding", padding=1)
            if d.chance(0.7)
            else d.node("zero_pad", padding=1, channels=[0, 2])
        )
        extra = (
            2
            if isinstance(nodes[-1], dict)
            and isinstance(nodes[-1]["zero_pad"], dict)
            and "channels" in nodes[-1]["zero_pad"]
            else 0
        )
        return Flow(tuple(None if s is None else s + 2 for s in x.sizes), x.channels + extra)
    if all(s is None or s > 3 for s in x.sizes):
        nodes.append(d.node("crop", "cropping", cropping=d.pick(1, [[1, 0]] * x.rank)))
        less = 2 if nodes[-1] in ({"crop": 1}, {"crop": {"cropping": 1}}) else 1
        return Flow(tuple(None if s is None else s - less for s in x.sizes), x.channels)
    return kept(d, nodes, x)


def dilated(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """WaveNet's: a window whose steps grow with each repetition."""
    if x.rank == 3:
        return kept(d, nodes, x)
    times = d.rng.randint(2, 3)
    conv = {
        "filters": d.pick(x.channels, "$channels"),
        "kernel_size": 3,
        "padding": "same",
        "dilation_rate": "2 ** $index",
    }
    dice = d.rng.random()
    if dice < 0.4:
        nodes.append({"conv": {**conv, "repeat": times}})
    elif dice < 0.7:
        nodes.append({"skip": {"body": [{"conv": conv}, "tanh"], "repeat": times}})
    else:
        name = d.fresh("dilated")
        nodes.append(
            {
                "conv": {
                    **conv,
                    "when": f"$index != {d.pick(0, 1)}" if times == 3 else True,
                    "repeat": times,
                    "name": name,
                }
            }
        )
        if times == 2:
            nodes.append({"add": {"from": [f"{name}_1", f"{name}_2"]}})
    return x


def gated(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """One half of the channels is a gate for the other."""
    width = d.pick(2, 4)
    if d.chance(0.5):
        parts = {"signal": [{"1x1": d.say(width, x)}, "tanh"], "gate": [{"1x1": width}, "sigmoid"]}
        nodes.append({"inception": {"branches": parts, "merge": "multiply"}})
        return x._replace(channels=width)
    nodes.append(d.node("1x1", "filters", filters=2 * width))
    both = d.label(nodes, "both")
    a, b = d.fresh("a"), d.fresh("b")
    nodes.append({"slice": {"stop": width, "from": both, "name": a}})
    nodes.append({"slice": {"start": width, "from": both}})
    nodes.append({"sigmoid": {"name": b}})
    nodes.append({"multiply": {"from": [a, b]}})
    return x._replace(channels=width)


def mixer(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """MLP-Mixer's: dense layers over places and over channels in turn."""
    if x.rank != 1 or not x.known:
        return kept(d, nodes, x)
    (length,) = x.sizes
    nodes.append(
        {
            "skip": [
                "layer_norm",
                {"permute": [2, 1]},
                {"dense": {"units": d.pick(4, 8), "activation": "gelu"}},
                {"dense": length},
                {"permute": [2, 1]},
            ]
        }
    )
    nodes.append(
        {
            "skip": [
                "layer_norm",
                {"dense": {"units": d.say(2 * x.channels, x), "activation": "gelu"}},
                {"dense": x.channels},
            ]
        }
    )
    return x
