"""Parts of networks: towers over maps, layers over vectors, layers over sequences, and their ends."""

from __future__ import annotations

from typing import Any

from tests.support.architectures import Draft, Flow, Nodes
from tests.support.nesting import stage
from tests.support.stages import kept, norm


def tower(d: Draft, nodes: Nodes, x: Flow, stages: int) -> Flow:
    """Stages one after the other."""
    for _ in range(stages):
        x = stage(d, nodes, x)
    return x


def gathered(d: Draft, nodes: Nodes, x: Flow) -> int:
    """The end of a map: a vector, whose width is returned."""
    total = x.channels
    for size in x.sizes:
        total *= size or 1
    if not x.known or total > 2000 or d.chance(0.6):
        nodes.append(d.node("global_pool", "type", type=d.pick("avg", "max")))
        return x.channels
    if d.chance(0.3):
        size = d.pick(1, 2, 3, [d.pick(1, 2) for _ in x.sizes])
        most = [size] * x.rank if isinstance(size, int) else size
        if all(width is not None and n <= width for n, width in zip(most, x.sizes, strict=True)):
            given = {"type": "max"} if d.chance(0.5) else {}
            nodes.append(d.node("adaptive_pool", "output_size", output_size=size, **given))
            total = x.channels
            for n in most:
                total *= n
    nodes.append(d.node("flatten"))
    return total


def classified(d: Draft, nodes: Nodes, width: int) -> None:
    """The last layers of a classifier."""
    width = perceptron(d, nodes, width, d.rng.randint(0, 2))
    nodes.append(
        d.node(
            "dense",
            units=d.say(d.pick(2, 3, 10)),
            **({"activation": d.pick("softmax", "sigmoid")} if d.chance(0.5) else {}),
        )
    )
    if d.chance(0.1):
        nodes.append(d.node("softmax") if d.chance(0.5) else {"activation": "softmax"})


def perceptron(d: Draft, nodes: Nodes, width: int, layers: int) -> int:
    """Layers over a vector: plain, residual, highway, maxout, experts."""
    for _ in range(layers):
        dice = d.rng.random()
        new = d.pick(4, 6, 8)
        if dice < 0.4:
            nodes.append(
                d.node(
                    "dense", units=d.say(new, None, (2 * new, 3)), **({"activation": "relu"} if d.chance(0.6) else {})
                )
            )
            if d.chance(0.3):
                nodes.append(d.node(d.pick("batch_norm", "layer_norm", "lrn")))
            if d.chance(0.3):
                nodes.append(d.node(d.pick("dropout", "alpha_dropout", "gaussian_dropout"), "rate", rate=0.5))
            if d.chance(0.1):
                nodes.append(d.node("activity_regularization", l2=1e-4))
            width = new
            nodes.append(d.node("dense", units=width))  # whatever a variant made of the width before
        elif dice < 0.55:
            inside: Nodes = [
                d.node("layer_norm"),
                {"dense": {"units": d.say(4 * width) if width < 20 else 8, "activation": "gelu"}},
                {"dense": width},
            ]
            again = d.rng.randint(1, 3)
            nodes.append({"skip": inside} if again == 1 else {"skip": {"body": inside, "repeat": again}})
        elif dice < 0.7:
            x = d.label(nodes)
            t, h, one = d.fresh("t"), d.fresh("h"), d.fresh("carry")
            nodes.append(
                {
                    "dense": {
                        "units": width,
                        "activation": "sigmoid",
                        "from": x,
                        "name": t,
                        "bias_initializer": {"constant": {"value": -1}},
                    }
                }
            )
            nodes.append({"dense": {"units": width, "activation": "tanh", "from": x, "name": h}})
            nodes.append({"rescale": {"scale": -1, "offset": 1, "from": t, "name": one}})
            a, b = d.fresh("a"), d.fresh("b")
            nodes += [
                {"multiply": {"from": [t, h], "name": a}},
                {"multiply": {"from": [one, x], "name": b}},
                {"add": {"from": [a, b]}},
            ]
        elif dice < 0.78:
            nodes.append(
                d.node("einsum_dense", equation=d.pick("ab,bc->ac", "...b,bc->...c"), output_shape=new, bias_axes="c")
            )
            width = new
        elif dice < 0.85:
            branches = {f"piece{i}": [{"dense": new}] for i in range(d.rng.randint(2, 3))}
            nodes.append({"inception": {"branches": branches, "merge": "maximum"}})
            width = new
        else:
            x = d.label(nodes)
            gate = d.fresh("gate")
            nodes.append({"dense": {"units": 2, "activation": "softmax", "from": x, "name": gate}})
            parts = []
            for i in range(2):
                share, expert = d.fresh("part"), d.fresh("expert")
                nodes.append({"slice": {"start": i, "stop": i + 1, "from": gate, "name": share}})
                nodes.append({"dense": {"units": new, "from": x, "name": expert}})
                parts.append(d.fresh("weighed"))
                nodes.append({"multiply": {"from": [share, expert], "name": parts[-1]}})
            nodes.append({"add": {"from": parts}})
            width = new
    return width


def recurrent(d: Draft, nodes: Nodes, x: Flow, sequences: bool, **wiring: Any) -> Flow:
    """A recurrent layer, in one direction or both."""
    units = d.pick(2, 3, 4)
    given: dict[str, Any] = {"units": d.say(units)}
    if sequences:
        given["return_sequences"] = True
    mode = d.pick(None, None, "concat", "sum", "multiply", "average")
    if mode is not None:
        given["bidirectional"] = mode
    elif d.chance(0.1):
        given["go_backwards"] = True
    if d.chance(0.15):
        given["dropout"] = 0.2
    if d.chance(0.1):
        given["recurrent_dropout"] = 0.2
    kind = d.pick("lstm", "gru", "simple_rnn")
    if kind == "gru" and d.chance(0.2):
        given["reset_after"] = False
    if d.chance(0.1):
        given["activation"] = d.pick("relu", "sigmoid")
    if d.chance(0.1):
        given["zero_output_for_mask"] = True
    if d.chance(0.1):
        given[d.pick("kernel_constraint", "recurrent_constraint")] = d.pick("max_norm", {"unit_norm": {"axis": 1}})
    nodes.append(
        {kind: {**given, **wiring}} if len(given) + len(wiring) > 1 or d.chance(0.5) else {kind: given["units"]}
    )
    width = 2 * units if mode == "concat" else units
    return Flow(x.sizes if sequences else (), width)


def encoded(d: Draft, nodes: Nodes, x: Flow, memory: str | None = None) -> Flow:
    """A transformer's block over a sequence, that may look at another too."""
    kind = d.pick(
        "multi_head_attention", "multi_head_attention", "grouped_query_attention", "attention", "additive_attention"
    )
    attention: dict[str, Any] = {"use_causal_mask": True} if d.chance(0.3) else {}
    if d.chance(0.2):
        attention["dropout"] = 0.1
    if kind == "multi_head_attention":
        attention |= {"num_heads": d.pick(1, 2), "key_dim": d.say(d.pick(2, 4))}
    elif kind == "grouped_query_attention":
        shared = d.pick(1, 2)
        heads = shared * d.pick(1, 2)
        attention |= {"head_dim": d.pick(2, 4), "num_query_heads": heads, "num_key_value_heads": shared}
    if kind.startswith(("multi", "grouped")):
        for name, value in (("sliding_window", 2), ("use_gate", True), ("bias_constraint", "non_neg")):
            if d.chance(0.1):
                attention[name] = value
    feed: Nodes = [
        {"dense": {"units": d.say(2 * x.channels, x), "activation": "gelu"}},
        d.node("dropout", "rate", rate=0.1),
        {"dense": x.channels},
    ]
    after = d.chance(0.4)
    head: Nodes = [] if after else [d.node("layer_norm")]
    nodes.append({"skip": [*head, {kind: attention}]})
    if after:
        nodes.append(d.node("layer_norm"))
    if memory is not None:
        query = d.label(nodes, "query")
        names = [query, memory] if d.chance(0.7) else [query, memory, memory]
        crossed = d.fresh("cross")
        nodes.append({"multi_head_attention": {"num_heads": 2, "key_dim": 2, "from": names, "name": crossed}})
        nodes.append({d.pick("add", "average", "maximum"): {"from": [query, crossed]}})
    nodes.append({"skip": [*head, *feed]})
    return x


def sequential(d: Draft, nodes: Nodes, x: Flow, stages: int, memory: str | None = None) -> Flow:
    """Stages over a sequence, through which a mask may pass."""
    for _ in range(stages):
        dice = d.rng.random()
        if dice < 0.25:
            x = recurrent(d, nodes, x, True)
        elif dice < 0.45:
            x = encoded(d, nodes, x, memory if d.chance(0.6) else None)
        elif dice < 0.55 and len(d.inner) < 2:
            inner_memory = None if d.chance(0.5) else memory
            y = d.blocked(lambda d, inner, y, m=inner_memory: encoded(d, inner, y, m), nodes, x, "Encoder")
            if d.chance(0.4):
                first = d.label(nodes, "layer")
                ((name, _),) = nodes[-1].items()
                if name in d.blocks:
                    nodes.append(d.use(name, {}, share=first))
            x = y
        elif dice < 0.65:
            width = d.pick(2, 4)
            branches: dict[str, Nodes] = {"one": [], "two": []}
            recurrent_in(d, branches["one"], width)
            if d.chance(0.6):
                recurrent_in(d, branches["two"], width)
            else:
                branches["two"].append({"dense": width})
            merge = d.pick("concat", "add", "average", "multiply", "maximum")
            nodes.append({"inception": {"branches": branches, "merge": merge}})
            x = x._replace(channels=2 * width if merge == "concat" else width)
        elif dice < 0.75:
            nodes.append(d.node("dense", units=d.pick(3, 4, 6), **({"activation": "tanh"} if d.chance(0.5) else {})))
            given = nodes[-1]["dense"]
            x = x._replace(channels=given["units"])
            if d.chance(0.5):
                norm(d, nodes, x)
            if d.chance(0.3):
                nodes.append(d.node(d.pick("softmax", "relu", "gelu", "tanh", "prelu", "linear")))
        elif dice < 0.85:
            nodes.append(d.node(*d.pick(("dropout", "rate"), ("spatial_dropout", "rate")), rate=0.2))
        elif dice < 0.9:
            x = kept(d, nodes, x)
        elif dice < 0.93:
            nodes.append(d.node("masking", "mask_value", mask_value=d.pick(0, 1)))
        elif dice < 0.96:
            width = d.pick(2, 4)
            equation = d.pick("abc,cd->abd", "...c,cd->...d")
            shape = width if equation.startswith(".") else [-1, width]
            nodes.append(d.node("einsum_dense", equation=equation, output_shape=shape))
            x = x._replace(channels=width)
        else:
            x = stage(d, nodes, x)
    return x


def recurrent_in(d: Draft, nodes: Nodes, width: int) -> None:
    """A recurrent layer of that width."""
    nodes.append(
        {
            d.pick("lstm", "gru", "simple_rnn"): {
                "units": width,
                "return_sequences": True,
                **({"bidirectional": "sum"} if d.chance(0.3) else {}),
            }
        }
    )


def embedded(d: Draft, nodes: Nodes, x: Flow, **wiring: Any) -> Flow:
    """Words, or what else has numbers, as vectors."""
    width = d.pick(4, 4, 6)
    masked = {"mask_zero": True} if d.chance(0.6) else {}
    nodes.append({"embedding": {"input_dim": d.say(12), "output_dim": d.say(width), **masked, **wiring}})
    return Flow(x.sizes, width)


def concluded(d: Draft, nodes: Nodes, x: Flow) -> int:
    """The end of a sequence: its last state, its mean, or its first step."""
    dice = d.rng.random()
    if dice < 0.35:
        x = recurrent(d, nodes, x, False)
        if d.chance(0.2):  # a decoder reads it as steps
            nodes.append(d.node("repeat_vector", "n", n=3))
            x = recurrent(d, nodes, x._replace(sizes=(3,)), False)
        return x.channels
    if dice < 0.75 or not x.known:
        nodes.append(d.node("global_pool", "type", type=d.pick("avg", "avg", "max")))
        return x.channels
    if dice < 0.9:
        nodes.append(d.node("slice", axis=1, stop=1))
        nodes.append(d.node("reshape", "target_shape", target_shape=[x.channels]))
        return x.channels
    nodes.append(d.node("flatten"))
    return x.channels * (x.sizes[0] or 1)
