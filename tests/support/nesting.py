"""Stages that hold others, in skips, branches, blocks and levels; and the drawing of any.

`KEEPING` leaves the sizes of the places as they are.
"""

from __future__ import annotations

from typing import Any

from tests.support.architectures import Draft, Flow, Nodes, Stage
from tests.support.operating import KEEPING as OPERATING
from tests.support.operating import patched
from tests.support.stages import (
    WIDTHS,
    act,
    convnext,
    dilated,
    gated,
    inverted,
    kept,
    map_attention,
    mixer,
    norm,
    pooled,
    pyramid,
    resampled,
    row,
    shuffled,
    simple,
    squeeze,
)


def again(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A block that is there already, over what it read before: with weights of its own."""
    fitting = [use for use in d.uses if (use[2].sizes, use[2].channels) == (x.sizes, x.channels)]
    if not fitting or d.inner:
        return kept(d, nodes, x)
    name, given, _, y = d.pick(*fitting)
    nodes.append(d.use(name, given, **({"trainable": False} if d.chance(0.2) else {})))
    return y


def noisy(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """What acts while training alone."""
    kind, word = d.pick(
        ("dropout", "rate"), ("spatial_dropout", "rate"), ("gaussian_noise", "stddev"), ("stochastic_depth", "rate")
    )
    value: Any = d.pick(0.1, 0.5, 0.25)
    seed = {"seed": 3} if d.chance(0.2) else {}
    nodes.append(d.node(kind, word, **{word: value}, **seed))
    if d.chance(0.3):
        nodes.append("softmax")
    return x


def optional(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Nodes that a param switches, and a variant turns over."""
    if d.inner:
        d.inner[-1].setdefault("normed", d.chance(0.5))
        nodes.append({"batch_norm": {"when": "$normed"}})
        nodes.append({"relu": {"when": "not $normed"}})
    else:
        name = d.fresh("use_bn")
        d.params[name] = d.chance(0.5)
        d.varied[name] = [not d.params[name]]
        nodes.append({"batch_norm": {"when": f"${name}"}})
        nodes.append({"dropout": {"rate": 0.2, "when": f"${name} and {x.channels} > 1"}})
    return kept(d, nodes, x)


def varied(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Widths and depths inside that variants change, where the ends do not."""
    width, times = d.pick(2, 4, 6), d.pick(1, 2)
    nodes.append(d.node("1x1", "filters", filters=d.param(width, (2 * width, width // 2)) if not d.inner else width))
    nodes.append(
        {
            "conv": {
                "filters": "$channels",
                "kernel_size": 3,
                "padding": "same",
                "repeat": d.param(times, (times + 1, 3)),
            }
        }
    )
    return kept(d, nodes, x)


def shared_head(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """RetinaNet's: one head over several scales."""
    first, kind = d.fresh("p"), d.pick("conv", "separable_conv")
    kind = "conv" if x.rank == 3 else kind
    width = d.pick(2, 4)
    start = d.label(nodes)
    nodes.append({kind: {"filters": width, "kernel_size": 3, "padding": "same", "name": first, "from": start}})
    scale, second = d.fresh("half"), d.fresh("q")
    small = {"pool": {"pool_size": 2, "padding": "same", "from": start, "name": scale}}
    nodes += [small, {kind: {"share": first, "name": second}}]
    if d.chance(0.5):
        nodes.append({"global_pool": {"name": f"{second}g", "keepdims": True}})
        nodes.append({"add": {"from": [first, f"{second}g"]}})
        return x._replace(channels=width)
    if x.rank == 3 or not x.known or any((s or 1) % 2 for s in x.sizes):
        head = d.fresh("head")
        nodes.append({"head": {"name": head, "body": [{"global_pool": d.pick("avg", "max")}, {"dense": 2}]}})
        nodes.append({"relu": {"from": first}})
        return x._replace(channels=width)
    nodes.append({"upsample": {"size": 2, "name": f"{second}u"}})
    nodes.append({d.pick("add", "average", "subtract", "minimum"): {"from": [first, f"{second}u"]}})
    return x._replace(channels=width)


def headed(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """An auxiliary classifier on the way."""
    name = d.fresh("aux")
    inside: Nodes = [d.node("global_pool", "type", type=d.pick("avg", "max"))]
    inside.append(d.node("dense", units=d.pick(2, 3), activation="softmax"))
    if d.depth == 0:
        nodes.append({"head": {"name": name, "body": inside}})
    return kept(d, nodes, x)


def frozen(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Pretrained, and not to be trained."""
    nodes.append(
        {
            "conv": {
                "filters": d.pick(*WIDTHS),
                "kernel_size": 3,
                "padding": "same",
                "trainable": False,
                "repeat": d.pick(1, 2),
            }
        }
    )
    ((_, given),) = nodes[-1].items()
    if d.chance(0.5):
        nodes.append({"batch_norm": {"trainable": False}})
    return x._replace(channels=given["filters"])


def residual(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A residual connection of any of its makes."""
    stride = d.pick(1, 1, 2) if x.known else 1
    width = x.channels if stride == 1 and d.chance(0.6) else d.pick(*WIDTHS)

    def inside(d: Draft, inner: Nodes, y: Flow) -> Flow:
        if d.chance(0.3):
            norm(d, inner, y)
            act(d, inner)
        if d.chance(0.4):
            y = keeping(d, inner, y)
        if stride > 1:
            inner.append(d.node("conv", filters=d.say(width, y), kernel_size=3, strides=stride, padding="same"))
            y = Flow(tuple(-(-(s or 0) // stride) for s in y.sizes), width)
        else:
            y = kept(d, inner, y, width)
        if d.chance(0.5):
            norm(d, inner, y)
        if d.chance(0.15):
            inner.append(d.node("stochastic_depth", "rate", rate=0.2))
        return y

    body, y = d.body(inside, x)
    if (y.sizes, y.channels) == (x.sizes, x.channels):
        merge = d.pick("add", "add", "average", "maximum", "multiply")
        given: dict[str, Any] = {} if merge == "add" and d.chance(0.8) else {"merge": merge}
        if not given and d.chance(0.5):
            nodes.append({"skip": body})
        else:
            again = {"repeat": d.say(2, None, (1, 3))} if d.chance(0.2) else {}
            nodes.append(d.node("skip", body=body, **given, **again))
    elif d.chance(0.6):
        nodes.append(d.node("skip", body=body, shortcut="project"))
    else:
        way: Nodes = []
        if stride > 1:
            way.append(
                d.node(
                    "pool", pool_size=stride, padding="same", **({"type": d.pick("avg", "l2")} if d.chance(0.5) else {})
                )
            )
        way.append(d.node("1x1", "filters", filters=y.channels))
        nodes.append(d.node("skip", body=body, shortcut=way))
    if d.chance(0.4):
        act(d, nodes)
    return y


def dense_connected(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """DenseNet's: each layer adds its channels to what came before."""
    growth, times = d.pick(1, 2, 4), d.rng.randint(1, 3)

    def inside(d: Draft, inner: Nodes, y: Flow) -> Flow:
        if d.chance(0.6):
            inner.append("batch_norm")
        act(d, inner)
        if d.chance(0.5):
            inner.append(d.node("1x1", "filters", filters=4 * growth))
        inner.append(d.node("conv", filters=growth, kernel_size=3, padding="same"))
        return y

    body, _ = d.body(inside, x)
    if d.chance(0.6):
        nodes.append(d.node("skip", body=body, merge="concat", repeat=d.say(times) if times > 1 else ...))
    else:
        start, kinds = d.label(nodes), d.fresh("grow")
        nodes.append({"skip": {"body": body, "merge": "concat", "repeat": times, "name": kinds, "from": start}})
        if d.chance(0.5):  # all that the repetitions made, not the last alone
            nodes.append({"concat": {"from": [start, f"{kinds}_*"]}})
            return x._replace(channels=x.channels + sum(x.channels + growth * i for i in range(1, times + 1)))
        if d.chance(0.3):
            nodes.append({"concat": {"from": [f"{kinds}_1", kinds]}})
            return x._replace(channels=2 * x.channels + growth + growth * times)
    return x._replace(channels=x.channels + growth * times)


def branches(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Branches, nested as deep as fuel allows."""
    merge = d.pick("concat", "concat", "add", "average", "maximum", "multiply")
    width = d.pick(2, 4, x.channels)
    made: dict[str, Any] = {}
    channels = 0
    for name in ("a", "left", "wide", "pooled")[: d.rng.randint(2, 4)]:

        def inside(d: Draft, inner: Nodes, y: Flow) -> Flow:
            if d.chance(0.4):
                y = keeping(d, inner, y)
            if d.chance(0.2):
                inner.append(d.node("pool", pool_size=3, strides=1, padding="same", type=d.pick("avg", "max")))
            return y if merge == "concat" and inner else kept(d, inner, y, width)

        body, y = d.body(inside, x)
        channels += y.channels
        made[name] = body
        if d.chance(0.08):
            made[name] = {"when": d.pick(True, "$channels > 0", f"$channels == {x.channels}"), "body": body}
    if width == x.channels and d.chance(0.2):
        made["same"] = []
        channels += x.channels
    nodes.append(d.node("inception", branches=made, merge=merge if merge != "concat" or d.chance(0.2) else ...))
    return x._replace(channels=channels if merge == "concat" else width)


def tied(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """The same weights several times over, one after the other (ALBERT's, recurrent residual networks')."""

    def core(d: Draft, inner: Nodes, y: Flow) -> Flow:
        y = keeping(d, inner, y)
        return kept(d, inner, y, x.channels)

    d.blocked(core, nodes, x, "Tied")
    first = d.label(nodes, "first")
    ((name, _),) = nodes[-1].items()
    if name in d.blocks:
        for _ in range(d.rng.randint(1, 2)):
            nodes.append(d.use(name, {}, share=first, **({"repeat": 2} if d.chance(0.2) else {})))
    return x


def ushaped(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """U-Net's: down, something, up again, and the level before beside it."""
    if not all(s is not None and s % 2 == 0 and s >= 4 for s in x.sizes):
        return kept(d, nodes, x)
    kept(d, nodes, x)
    width = d.pick(*WIDTHS)
    kept(d, nodes, x, width)
    level = d.label(nodes, "enc")
    nodes.append(d.node("pool") if d.chance(0.6) else d.node("conv", filters=width, kernel_size=2, strides=2))
    low = Flow(tuple((s or 0) // 2 for s in x.sizes), width)
    if d.chance(0.4):
        low = ushaped(d, nodes, low)
    low = keeping(d, nodes, low)
    if d.chance(0.5):
        nodes.append(d.node("upsample"))
    else:
        low = low._replace(channels=d.pick(*WIDTHS))
        nodes.append(d.node("conv_transpose", filters=low.channels, kernel_size=2, strides=2))
    up = d.label(nodes, "up")
    nodes.append(d.node("concat", from_=[level, up] if d.chance(0.7) else [up, level]))
    return kept(d, nodes, Flow(x.sizes, width + low.channels))


def blocked(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Another stage, as a block, perhaps repeated or with weights that stay."""
    if len(d.inner) > 2:
        return kept(d, nodes, x)
    y = d.blocked(lambda d, inner, y: keeping(d, inner, y), nodes, x, d.pick("Block", "Unit", "Cell_"))
    if (y.channels, y.sizes) == (x.channels, x.sizes) and nodes and d.chance(0.5):
        last = nodes[-1]
        if isinstance(last, dict):
            ((name, given),) = last.items()
            if isinstance(given, dict) and name in d.blocks:
                nodes[-1] = {name: {**given, "repeat": d.pick(2, 3), "name": d.fresh("stage")}}
    return y


KEEPING: tuple[tuple[int, Stage], ...] = (
    (3, kept), (3, residual), (2, dense_connected), (2, row), (3, branches), (2, squeeze), (2, inverted), (2, shuffled), (1, pyramid),
    (2, map_attention), (2, convnext), (2, tied), (2, again), (2, dilated), (2, gated), (1, mixer), (1, noisy), (3, optional), (4, varied),
    (3, ushaped), (2, shared_head), (2, headed), (1, frozen), (5, blocked), *OPERATING,
)  # fmt: skip
CHANGING: tuple[tuple[int, Stage], ...] = ((4, simple), (3, pooled), (2, resampled), (3, residual), (1, patched))


def keeping(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """A stage that leaves the sizes as they are, whatever else it does."""
    if d.fuel <= 0 or x.channels > 64:
        return kept(d, nodes, x)
    d.fuel -= 1
    mark, count = len(nodes), d.count
    (stage,) = d.rng.choices([stage for _, stage in KEEPING], [weight for weight, _ in KEEPING])
    y = stage(d, nodes, x)
    if y.sizes != x.sizes:  # a residual that halves them
        del nodes[mark:]
        d.count = max(d.count, count)
        return kept(d, nodes, x)
    return y


def stage(d: Draft, nodes: Nodes, x: Flow) -> Flow:
    """Any stage."""
    if d.chance(0.6):
        return keeping(d, nodes, x)
    d.fuel -= 1
    (chosen,) = d.rng.choices([each for _, each in CHANGING], [weight for weight, _ in CHANGING])
    return chosen(d, nodes, x)
