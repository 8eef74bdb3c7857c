"""Whole networks: classifiers, twins, encoders and decoders, sequences with masks, tables of numbers, and whole numbers throughout."""

from __future__ import annotations

from typing import Any

from tests.support.architectures import SIZES, WHOLE, Draft, Flow, Nodes
from tests.support.handwriting import UNKNOWN
from tests.support.operating import coloured, features
from tests.support.stages import act, kept, norm
from tests.support.towers import (
    classified,
    concluded,
    embedded,
    encoded,
    gathered,
    perceptron,
    sequential,
    tower,
)

DTYPES = ("float16", "bfloat16", "float64", "float32")


def entered(d: Draft, shape: list[Any], dtype: str | None = None, *, named: bool = False) -> Any:
    """An input in one of its forms, some of its sizes expressions; `named` where it may have a name of its own."""
    said = [d.param(size, ()) if isinstance(size, int) and d.chance(d.expressive / 2) else size for size in shape]
    if dtype is None and d.chance(0.12):
        dtype = d.pick(*DTYPES)
    if dtype is None:
        return said if d.chance(0.85) else {"shape": said}
    return {"shape": said, "dtype": dtype, **({"name": d.fresh("given")} if named and d.chance(0.2) else {})}


def pictured(d: Draft, rank: int) -> tuple[list[Any], Flow]:
    """The shape of a map, a few sizes of which are not known."""
    sizes: list[int | None] = [d.pick(*SIZES[rank - 1]) for _ in range(rank)]
    if d.chance(0.12):
        sizes = [None if d.chance(0.7) else size for size in sizes]
    channels = d.pick(1, 2, 3, 4, 4, 6, 8)
    return [*(UNKNOWN if size is None else size for size in sizes), channels], Flow(tuple(sizes), channels)


def tokens(d: Draft) -> tuple[list[Any], Flow]:
    """The shape of a text."""
    length = None if d.chance(0.25) else d.pick(5, 6, 8)
    return [UNKNOWN if length is None else length], Flow((length,), 1, True)


def classifier(d: Draft) -> dict[str, Any]:
    """A tower over one map."""
    rank = d.pick(1, 2, 2, 2, 2, 3)
    shape, x = pictured(d, rank)
    nodes: Nodes = []
    dtype = None
    if d.chance(0.15):
        dtype = d.pick("uint8", "int32", "bool", "float16")
        nodes.append(
            d.node("rescale", scale=1 / 255, offset=-1.0)
            if d.chance(0.7)
            else {"rescale": {"scale": [0.5] * x.channels}}
        )
    elif d.chance(0.15):
        nodes.append({"normalize": {"mean": [0.5] * x.channels, "variance": [0.25] * x.channels}})
    if rank == 2 and d.chance(0.2) and x.known:
        nodes.append(
            d.pick(
                {"random_flip": "horizontal"},
                "random_flip",
                {"random_rotation": 0.1},
                {"random_zoom": {"height_factor": 0.1}},
                {"random_translation": {"height_factor": 0.1, "width_factor": [-0.2, 0.1]}},
                {"random_contrast": 0.2},
                {"random_crop": {"height": 4, "width": 4}},
            )
        )
        if nodes[-1] == {"random_crop": {"height": 4, "width": 4}}:
            x = x._replace(sizes=(4, 4))
    elif rank == 2 and d.chance(0.5) and x.known:
        shape, x = [8, 12, 3], Flow((8, 12), 3)
        nodes = coloured(d) if dtype is None else []
        dtype = None
        x = x._replace(sizes=(8, 8)) if "center_crop" in repr(nodes) else x
    x = tower(d, nodes, x, d.rng.randint(1, 4))
    if d.chance(0.8):
        classified(d, nodes, gathered(d, nodes, x))
    elif d.chance(0.3):
        norm(d, nodes, x)
    return d.document({d.pick("image", "x"): entered(d, shape, dtype, named=True)}, nodes)


def twins(d: Draft) -> dict[str, Any]:
    """Two or three inputs through one tower."""
    rank = d.pick(1, 2, 2)
    shape, x = pictured(d, rank)
    count = d.rng.randint(2, 3)
    names = ["left", "right", "third"][:count]
    dtypes = [d.pick(*DTYPES) if d.chance(0.15) else None for _ in names]

    def whole(d: Draft, inner: Nodes, y: Flow) -> Flow:
        y = tower(d, inner, y, d.rng.randint(1, 2))
        gathered(d, inner, y)
        inner.append(d.node("dense", "units", units=4, **({"trainable": False} if d.chance(0.15) else {})))
        return Flow((), 4)

    nodes: Nodes = []
    d.blocked(whole, nodes, x, "Tower")
    block, given, _, _ = d.uses[-1]
    ends = [d.fresh("end") for _ in names]
    nodes[-1] = d.use(block, given, from_=names[0], name=ends[0])
    for name, end in zip(names[1:], ends[1:], strict=True):
        share = {"share": ends[0]} if d.chance(0.85) else given
        nodes.append(d.use(block, share, from_=name, name=end))
    dice = d.rng.random()
    if dice < 0.4:
        nodes.append(
            d.node(
                d.pick("subtract", "multiply", "add", "maximum", "minimum", "average"), from_=ends[:2], name="joined"
            )
        )
        if count == 3:
            nodes.append({"concat": {"from": ["joined", ends[2]]}})
    else:
        nodes.append({"concat": {"from": ends}})
    classified(d, nodes, 4)
    shapes = [list(shape) for _ in names]
    if rank == 2 and x.known and d.chance(0.2) and "global_pool" in repr(d.blocks):
        shapes[-1] = [size + 4 for size in shapes[-1][:-1]] + [shapes[-1][-1]]
    inputs = {name: entered(d, each, dtype) for name, each, dtype in zip(names, shapes, dtypes, strict=True)}
    return d.document(inputs, nodes)


def reader(d: Draft) -> dict[str, Any]:
    """A text, read to a class or to a tag of each word."""
    shape, x = tokens(d)
    nodes: Nodes = []
    x = embedded(d, nodes, x)
    if d.chance(0.3) and x.known:  # places have vectors of their own
        words = d.label(nodes, "words")
        nodes.append({"embedding": {"input_dim": 12, "output_dim": x.channels, "from": "places", "name": "where"}})
        nodes.append({"add": {"from": [words, "where"]}})
        if "from" not in nodes[0]["embedding"]:
            nodes[0] = {"embedding": {**nodes[0]["embedding"], "from": "words_in"}}
        inputs = {
            "words_in": entered(d, shape, "int32"),
            "places": entered(d, shape, d.pick("int32", "int64", "uint8")),
        }
    else:
        inputs = {"words": entered(d, shape, d.pick("int32", "int32", "int64", "uint16", "int8"))}
    x = sequential(d, nodes, x, d.rng.randint(1, 3))
    if d.chance(0.6):
        classified(d, nodes, concluded(d, nodes, x))
    else:
        nodes.append(d.node("dense", units=3, **({"activation": "softmax"} if d.chance(0.5) else {})))
    return d.document(inputs, nodes)


def translator(d: Draft) -> dict[str, Any]:
    """Two texts: an encoder, and a decoder that looks at it; they may share their embedding."""
    shape, x = tokens(d)
    other, y = tokens(d)
    nodes: Nodes = []
    first = embedded(d, nodes, x, name="emb")
    nodes[0]["embedding"]["from"] = "source"
    sequential(d, nodes, first, 1) if d.chance(0.4) else encoded(d, nodes, first)
    memory = d.label(nodes, "memory")
    if d.chance(0.5):
        nodes.append({"embedding": {"share": "emb", "from": "target"}})
        second = Flow(y.sizes, first.channels)
    else:
        second = embedded(d, nodes, y)
        nodes[-1]["embedding"]["from"] = "target"
    second = sequential(d, nodes, second, d.rng.randint(0, 1), memory)
    second = encoded(d, nodes, second, memory)
    if d.chance(0.3):
        nodes.append({"lstm": {"units": 3, "return_sequences": d.chance(0.5)}})
    nodes.append(d.node("dense", units=12))
    if d.chance(0.4):
        last = d.label(nodes, "logits")
        d.outputs = [last, memory]
    return d.document(
        {"source": entered(d, shape, "int32"), "target": entered(d, other, d.pick("int32", "int64"))}, nodes
    )


def several(d: Draft) -> dict[str, Any]:
    """A picture, a text and a table, put together; several outputs."""
    rank = d.pick(1, 2)
    shape, x = pictured(d, rank)
    text, t = tokens(d)
    width = d.pick(3, 5)
    nodes: Nodes = (
        [{"activation": {"activation": "linear", "from": "image"}}]
        if d.chance(0.3)
        else [{"conv": {"filters": 4, "kernel_size": 3, "padding": "same", "from": "image"}}]
    )
    x = x._replace(channels=4) if "conv" in nodes[0] else x
    x = tower(d, nodes, x, d.rng.randint(0, 2))
    gathered(d, nodes, x)
    seen = d.label(nodes, "seen")
    used = ["image"]
    ends = [seen]
    if d.chance(0.7):
        used.append("text")
        e = embedded(d, nodes, t)
        nodes[-1]["embedding"]["from"] = "text"
        e = sequential(d, nodes, e, d.rng.randint(0, 1))
        concluded(d, nodes, e)
        ends.append(d.label(nodes, "read"))
    if d.chance(0.6) or len(ends) == 1:
        used.append("table")
        nodes.append({"dense": {"units": 4, "activation": "relu", "from": "table"}})
        perceptron(d, nodes, 4, 1)
        ends.append(d.label(nodes, "known"))
    nodes.append({"concat": {"from": ends}})
    classified(d, nodes, 8)
    if d.chance(0.6):
        top = d.label(nodes, "top")
        nodes.append({"dense": {"units": 1, "from": d.pick(*ends), "name": "score"}})
        if d.chance(0.6):
            d.outputs = [top, "score", *(ends[:1] if d.chance(0.3) else [])]
        else:
            d.outputs = ["score", top]
    every = {
        "image": entered(d, shape),
        "text": entered(d, text, "int32"),
        "table": entered(d, [width], d.pick(None, "float16", "int32")),
    }
    return d.document({name: every[name] for name in used}, nodes)


def recommender(d: Draft) -> dict[str, Any]:
    """Numbers of users and of things, their embeddings, and what they make together."""
    width = d.pick(4, 6)
    many = d.pick(1, 3)
    nodes: Nodes = []
    for name in ("user", "item"):
        nodes.append(
            {
                "embedding": {
                    "input_dim": 12,
                    "output_dim": width,
                    "from": name,
                    **({"mask_zero": True} if d.chance(0.2) else {}),
                }
            }
        )
        nodes.append(
            {d.pick("flatten", "flatten", "global_pool"): {"name": f"{name}_v"}}
            if many > 1
            else {"reshape": {"target_shape": [width], "name": f"{name}_v"}}
        )
    both = ["user_v", "item_v"]
    nodes.append({"multiply": {"from": both, "name": "product"}})
    nodes.append({"concat": {"from": [*both, *(["extra"] if d.chance(0.5) else [])]}})
    extra = "extra" in repr(nodes[-1])
    perceptron(d, nodes, width * (2 if many == 1 else 2 * many) + (2 if extra else 0), d.rng.randint(0, 2))
    deep = d.label(nodes, "deep")
    nodes.append({"concat": {"from": ["product", deep]}})
    nodes.append(d.node("dense", units=1, **({"activation": "sigmoid"} if d.chance(0.5) else {})))
    inputs = {name: entered(d, [many], d.pick(*WHOLE)) for name in ("user", "item")}
    if extra:
        inputs["extra"] = entered(d, [2], d.pick(None, "float64", "bool", "int32"))
    return d.document(inputs, nodes)


def whole(d: Draft) -> dict[str, Any]:
    """Whole numbers or truths that are moved about before anything is computed; and what is computed with them."""
    rank = d.pick(1, 2, 2, 3)
    shape, x = pictured(d, rank)
    dtype = d.pick(*WHOLE, "bool", *DTYPES)
    nodes: Nodes = []
    for _ in range(d.rng.randint(1, 4)):
        dice = d.rng.randrange(9)
        if dice == 0:
            nodes.append(d.node("slice", axis=d.pick(-1, 1), stop=d.pick(1, 2, -1)))
        elif dice == 1 and x.known:
            nodes.append(d.node("permute", "dims", dims=[rank + 1, *range(1, rank + 1)]))
        elif dice == 2:
            nodes.append(d.node("zero_pad", "padding", padding=1))
        elif dice == 3:
            nodes.append(d.node("upsample", "size", size=2))
        elif dice == 4:
            nodes.append(d.node("crop", "cropping", cropping=1))
        elif dice == 5:
            nodes.append({"inception": {"branches": {"a": [], "b": [d.node("zero_pad", padding=0, channels=1)]}}})
        elif dice == 6:
            name = d.label(nodes) if nodes else None
            if name is not None:
                nodes.append(
                    {d.pick("add", "maximum", "multiply", "subtract", "minimum", "concat"): {"from": [name, name]}}
                )
        elif dice == 7:
            nodes.append(
                {
                    "inception": {
                        "branches": {"a": [], "b": [{"rescale": 2.0}]},
                        "merge": d.pick("concat", "add", "maximum", "multiply"),
                    }
                }
            )
        else:
            nodes.append(d.node("global_pool", type=d.pick("max", "avg"), keepdims=True))
    if d.chance(0.3):
        nodes.append(d.node("flatten"))
    if d.chance(0.4) or not nodes:
        nodes.append(d.node("rescale", "scale", scale=0.1))
    if d.chance(0.5):
        nodes.append(d.node("dense", units=3))
    return d.document({"x": entered(d, shape, dtype)}, nodes)


def gate(d: Draft) -> dict[str, Any]:
    """A map and a mask of truths or whole numbers that is multiplied into it."""
    shape, x = pictured(d, d.pick(1, 2))
    dtype = d.pick("bool", *WHOLE, *DTYPES)
    nodes: Nodes = []
    if d.chance(0.5):
        nodes.append(
            {"conv": {"filters": x.channels, "kernel_size": 3, "padding": "same", "from": "image", "name": "seen"}}
        )
    else:
        nodes.append({d.pick("relu", "batch_norm", "linear", "layer_norm"): {"from": "image", "name": "seen"}})
    nodes.append(
        {
            d.pick("multiply", "maximum", "add", "subtract", "minimum", "concat", "average"): {
                "from": d.pick(["seen", "where"], ["where", "seen"])
            }
        }
    )
    given = nodes[-1]
    x = x._replace(channels=x.channels + (1 if "concat" in given else 0))
    x = tower(d, nodes, x, d.rng.randint(0, 1))
    classified(d, nodes, gathered(d, nodes, x))
    return d.document({"image": entered(d, shape), "where": entered(d, [*shape[:-1], 1], dtype)}, nodes)


def generator(d: Draft) -> dict[str, Any]:
    """From a vector to a map, and perhaps back: a decoder, an autoencoder."""
    width = d.pick(6, 10)
    rank = d.pick(1, 2, 2, 3)
    nodes: Nodes = []
    perceptron(d, nodes, width, d.rng.randint(0, 1))
    channels = d.pick(2, 4)
    side = 2 if rank == 3 else 4
    nodes.append(d.node("dense", units=d.say(side**rank * channels)))
    if d.chance(0.5):
        act(d, nodes)
    nodes.append(d.node("reshape", "target_shape", target_shape=[side] * (rank - 1) + [d.pick(-1, side), channels]))
    x = Flow((side,) * rank, channels)
    for _ in range(d.rng.randint(1, 2)):
        filters = d.pick(2, 4)
        if d.chance(0.6):
            nodes.append(
                d.node("conv_transpose", filters=filters, kernel_size=d.pick(2, 3, 4), strides=2, padding="same")
            )
            x = Flow(tuple(2 * (s or 0) for s in x.sizes), filters)
        else:
            nodes.append(d.node("upsample"))
            x = Flow(tuple(2 * (s or 0) for s in x.sizes), x.channels)
            x = kept(d, nodes, x)
        if d.chance(0.5):
            norm(d, nodes, x)
        act(d, nodes)
    x = tower(d, nodes, x, d.rng.randint(0, 1))
    if d.chance(0.4):
        classified(d, nodes, gathered(d, nodes, x))
    return d.document({"z": entered(d, [width])}, nodes)


def frames(d: Draft) -> dict[str, Any]:
    """A signal of floats, by layers over time: convolutions, then recurrence or attention."""
    shape, x = pictured(d, 1)
    nodes: Nodes = []
    x = tower(d, nodes, x, d.rng.randint(0, 2))
    x = sequential(d, nodes, x, d.rng.randint(1, 2))
    if d.chance(0.7):
        classified(d, nodes, concluded(d, nodes, x))
    return d.document({"signal": entered(d, shape)}, nodes)


def table(d: Draft) -> dict[str, Any]:
    """A vector, and layers over it."""
    width = d.pick(4, 6, 7)
    nodes: Nodes = []
    if d.chance(0.2):
        nodes.append({"normalize": {"mean": 0.5, "variance": 2}})
    dtype = d.pick(None, None, "float16", "bfloat16", "float64", "int32", "bool", "uint8")
    classified(d, nodes, perceptron(d, nodes, width, d.rng.randint(1, 4)))
    return d.document({"row": entered(d, [width], dtype)}, nodes)


def heard(d: Draft) -> dict[str, Any]:
    """A sound by its spectrogram."""
    samples = d.pick(30, 62)
    nodes: Nodes = []
    if d.chance(0.5):
        nodes.append(
            {"stft_spectrogram": {"frame_length": 8, "mode": d.pick("log", "magnitude", "psd"), "expand_dims": True}}
        )
        shape = [samples, 1]
    else:
        nodes.append({"mel_spectrogram": {"fft_length": 8, "sequence_stride": 4, "num_mel_bins": 6}})
        nodes.append({"permute": [2, 1]})
        shape = [samples]
    nodes.append(d.node(d.pick("layer_norm", "tanh", "relu", "absolute")))
    nodes.append({"dense": 4})
    nodes.append(d.node("global_pool"))
    classified(d, nodes, 4)
    return d.document({"sound": entered(d, shape)}, nodes)


def answered(d: Draft) -> dict[str, Any]:
    """An encoder whose states a decoder begins with."""
    shape, x = tokens(d)
    other, _ = tokens(d)
    kind, units = d.pick("lstm", "gru", "simple_rnn"), d.pick(2, 3)
    states = {"lstm": ["state_h", "state_c"]}.get(kind, ["state"])
    ways = {"bidirectional": d.pick("concat", "sum")} if d.chance(0.2) else {}
    named = [f"{way}_{state}" for way in ("forward", "backward") for state in states] if ways else states
    nodes: Nodes = []
    first = embedded(d, nodes, x)
    nodes[0]["embedding"]["from"] = "source"
    encoder = {"units": units, "return_state": True, "name": "encoder", **ways}
    nodes.append({kind: {**encoder, **({"return_sequences": True} if d.chance(0.4) else {})}})
    nodes.append({"embedding": {"input_dim": 12, "output_dim": first.channels, "from": "target"}})
    begin = [f"encoder.{state}" for state in named]
    start: Any = begin[0] if len(begin) == 1 else begin
    nodes.append({kind: {"units": units, "return_sequences": True, "initial_state": start, **ways}})
    nodes.append(d.node("dense", units=12))
    return d.document({"source": entered(d, shape, "int32"), "target": entered(d, other, "int32")}, nodes)


def variational(d: Draft) -> dict[str, Any]:
    """A draw of a mean and a variance between an encoder and a decoder."""
    width, code = d.pick(6, 8), d.pick(2, 3)
    nodes: Nodes = [{"dense": {"units": 6, "activation": "relu", "name": "hidden"}}]
    nodes += [{"dense": {"units": code, "from": "hidden", "name": name}} for name in ("mean", "log_variance")]
    nodes.append({"sampling": {"from": ["mean", "log_variance"], **({"seed": 3} if d.chance(0.3) else {})}})
    perceptron(d, nodes, code, d.rng.randint(0, 1))
    nodes.append({"dense": width})
    last = d.label(nodes, "again")
    if d.chance(0.5):
        d.outputs = [last, "mean"]
    return d.document({"row": entered(d, [width])}, nodes)


def compared(d: Draft) -> dict[str, Any]:
    """Two towers, and the angle between what they end in."""
    width = d.pick(4, 6)
    nodes: Nodes = [
        {"dense": {"units": width, "from": "one", "name": "left"}},
        {"dense": {"units": width, "from": "two", "name": "right"}},
    ]
    if d.chance(0.6):
        nodes.append(
            {
                "dot": {
                    "axes": d.pick(-1, 1, [1, 1]),
                    "from": ["left", "right"],
                    **({"normalize": True} if d.chance(0.5) else {}),
                }
            }
        )
    else:
        nodes += [{"unit_norm": {"from": "left", "name": "l"}}, {"unit_norm": {"from": "right", "name": "r"}}]
        nodes += [{"multiply": {"from": ["l", "r"]}}, {"reduce": {"type": "sum", "axis": -1, "keepdims": True}}]
    nodes.append(d.node("dense", units=1, activation="sigmoid"))
    return d.document({"one": entered(d, [5]), "two": entered(d, [d.pick(5, 3)])}, nodes)


def columns(d: Draft) -> dict[str, Any]:
    """A table whose columns are of different kinds."""
    inputs, nodes, width = features(d)
    classified(d, nodes, perceptron(d, nodes, width, d.rng.randint(0, 2)))
    return d.document(inputs, nodes)


FAMILIES = (
    (8, classifier), (3, twins), (4, reader), (3, translator), (3, several), (2, recommender), (2, whole), (2, gate), (2, generator),
    (3, frames), (2, table), (1, heard), (2, answered), (1, variational), (1, compared), (1, columns),
)  # fmt: skip


def network(d: Draft) -> dict[str, Any]:
    """The document of a network of some family."""
    (family,) = d.rng.choices([family for _, family in FAMILIES], [weight for weight, _ in FAMILIES])
    return family(d)
