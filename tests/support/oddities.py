"""Small changes of a document that lead from what one would draw to what one would not: some are refused, the others rarely seen."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.handwriting import UNKNOWN

Document = dict[str, Any]
Place = tuple[list[Any], int]
ALIKE = (
    ("relu", "gelu", "tanh", "softmax", "prelu", "linear", "sigmoid", "log_softmax", "sparsemax", "elu", "softplus"),
    ("lstm", "gru", "simple_rnn"),
    ("conv", "separable_conv", "conv_transpose", "deform_conv"),
    ("add", "concat", "multiply", "average", "maximum", "minimum", "subtract"),
    ("batch_norm", "layer_norm", "group_norm", "lrn", "prelu", "layer_scale"),
    ("flatten", "global_pool"),
    ("dropout", "spatial_dropout", "gaussian_noise", "stochastic_depth"),
    ("dense", "1x1"),
    ("pool", "upsample"),
)
ODD: tuple[Any, ...] = (
    {"permute": [2, 1]}, {"permute": [2, 3, 1]}, {"reshape": [-1]}, {"reshape": [-1, 2]}, {"reshape": [2, -1, 2]}, {"slice": {"axis": 1, "stop": -1}},
    {"slice": {"axis": 1, "step": 2}}, {"slice": {"start": -1}}, {"global_pool": {"keepdims": True}}, {"global_pool": {"type": "max", "keepdims": True}},
    "flatten", {"softmax": {"axis": 1}}, {"softmax": {"axis": [1, -1]}}, {"batch_norm": {"axis": 1}}, {"layer_norm": {"axis": 1}},
    {"layer_norm": {"axis": [1, -1]}}, {"group_norm": {"groups": 1, "axis": 1}}, {"group_norm": -1}, {"channel_shuffle": 2}, {"upsample": 2},
    {"lstm": {"units": 2, "return_sequences": True}}, {"gru": {"units": 2, "bidirectional": "concat"}}, {"dense": 3}, "prelu", {"prelu": {"shared_axes": [1]}},
    {"multi_head_attention": {"num_heads": 2, "key_dim": 2}}, {"multi_head_attention": {"num_heads": 1, "key_dim": 2, "use_causal_mask": True}},
    {"rescale": {"scale": 2, "offset": 1}}, {"zero_pad": {"padding": 0, "channels": [1, 0]}}, {"zero_pad": 1}, {"crop": 1}, "lrn", {"layer_scale": 0.5},
    {"activation": "softmax"}, {"stochastic_depth": 0.5}, {"spatial_dropout": 0.5}, {"random_flip": "horizontal"}, {"random_contrast": 0.5},
    {"pool": {"pool_size": 2, "strides": 1, "padding": "same", "type": "avg"}}, {"pool": {"pool_size": 3, "rounding": "ceil", "type": "l2"}},
    {"pool": {"pool_size": 3, "strides": 2, "padding": "same"}}, {"skip": [{"dense": 4}, "softmax"]}, {"embedding": {"input_dim": 9, "output_dim": 4, "mask_zero": True}},
    {"resize": {"height": 5, "width": 3}}, {"conv": {"filters": 4, "kernel_size": 3, "padding": "same", "groups": 2}}, {"normalize": {"mean": 0, "variance": 1}},
    {"conv_transpose": {"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 1}}, {"conv_transpose": {"filters": 2, "kernel_size": 3, "padding": 1}},
    {"conv": {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": 2}}, {"depthwise_conv": {"kernel_size": 2, "padding": "same"}},
)  # fmt: skip
DTYPES = ("float16", "bfloat16", "float64", "int8", "int32", "int64", "uint8", "uint32", "bool")


def places(document: Document) -> list[Place]:
    """Where the nodes of a document stand."""
    found: list[Place] = []

    def look(body: list[Any]) -> None:
        for index, node in enumerate(body):
            found.append((body, index))
            if isinstance(node, dict):
                for value in node.values():
                    for inner in _bodies(value):
                        look(inner)

    look(document["layers"])
    for block in document.get("blocks", {}).values():
        look(block["layers"])
    return found


def _bodies(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list) and value and all(isinstance(item, (dict, str)) for item in value):
        yield value
    elif isinstance(value, dict):
        for key in ("body", "shortcut"):
            if isinstance(value.get(key), list):
                yield value[key]
        for branch in value["branches"].values() if isinstance(value.get("branches"), dict) else ():
            yield branch if isinstance(branch, list) else branch["body"]


def _parts(node: Any) -> tuple[str, Any]:
    return next(iter(node.items())) if isinstance(node, dict) else (node, {})


def insert(document: Document, place: Place, rng: random.Random) -> None:
    """Something odd before a node."""
    body, index = place
    body.insert(index, copy.deepcopy(rng.choice(ODD)))


def append(document: Document, place: Place, rng: random.Random) -> None:
    """Something odd after a node."""
    body, index = place
    body.insert(index + 1, copy.deepcopy(rng.choice(ODD)))


def drop(document: Document, place: Place, rng: random.Random) -> None:
    """A node is gone."""
    body, index = place
    if len(body) > 1:
        del body[index]


def swap(document: Document, place: Place, rng: random.Random) -> None:
    """Two neighbours change places."""
    body, index = place
    if index + 1 < len(body):
        body[index], body[index + 1] = body[index + 1], body[index]


def alike(document: Document, place: Place, rng: random.Random) -> None:
    """Another kind of the same sort."""
    body, index = place
    kind, given = _parts(body[index])
    for kinds in ALIKE:
        if kind in kinds:
            other = rng.choice(kinds)
            wired = isinstance(given, dict) and given
            body[index] = {other: given} if wired or not isinstance(given, dict) else other


def number(document: Document, place: Place, rng: random.Random) -> None:
    """A whole number is another one."""
    body, index = place
    kind, given = _parts(body[index])
    if isinstance(given, int) and not isinstance(given, bool):
        body[index] = {kind: max(1, given + rng.choice((-1, 1, given)))}
    elif isinstance(given, dict):
        names = [name for name, value in given.items() if type(value) is int]
        if names:
            name = rng.choice(names)
            body[index] = {kind: {**given, name: max(1, given[name] + rng.choice((-1, 1, given[name])))}}


def wrap(document: Document, place: Place, rng: random.Random) -> None:
    """A node inside a composition of its own."""
    body, index = place
    node = body[index]
    wiring = {}
    kind, given = _parts(node)
    if kind[0].isupper() or kind == "head":
        return
    if isinstance(given, dict) and ("from" in given or "name" in given):
        wiring = {name: given[name] for name in ("from", "name") if name in given}
        node = {kind: {name: value for name, value in given.items() if name not in wiring}}
        if isinstance(wiring.get("from"), list):
            return
    if rng.random() < 0.5:
        body[index] = {
            "skip": {
                "body": [node],
                "shortcut": rng.choice(("identity", "project")),
                "merge": rng.choice(("add", "concat", "multiply")),
                **wiring,
            }
        }
    else:
        body[index] = {
            "inception": {
                "branches": {"one": [node], "two": [] if rng.random() < 0.5 else [copy.deepcopy(node)]},
                **wiring,
            }
        }


def wire(document: Document, place: Place, rng: random.Random) -> None:
    """`when`, `repeat` or `trainable` on a node that has none."""
    body, index = place
    kind, given = _parts(body[index])
    if isinstance(given, dict) and kind != "head":
        more = rng.choice(
            (
                {"repeat": 2},
                {"repeat": 0},
                {"when": False},
                {"when": "$channels > 3"},
                {"trainable": False},
                {"repeat": 3, "when": "$index != 1"},
            )
        )
        body[index] = {kind: {**given, **more}}


def flip(document: Document, place: Place, rng: random.Random) -> None:
    """A truth turned over: sequences, causal masks, biases."""
    body, index = place
    kind, given = _parts(body[index])
    words = {
        "lstm": ("return_sequences", "go_backwards"), "gru": ("return_sequences", "reset_after"), "simple_rnn": ("return_sequences",),
        "multi_head_attention": ("use_causal_mask", "use_bias"), "embedding": ("mask_zero",), "batch_norm": ("center", "scale"),
        "layer_norm": ("center", "scale"), "global_pool": ("keepdims",), "conv": ("use_bias",), "dense": ("use_bias",),
    }.get(kind)  # fmt: skip
    if words and isinstance(given, dict):
        word = rng.choice(words)
        body[index] = {
            kind: {**given, word: not given.get(word, word in ("use_bias", "center", "scale", "reset_after"))}
        }


def typed(document: Document, place: Place, rng: random.Random) -> None:
    """An input of other numbers."""
    inputs, key = (
        (document, "input") if "input" in document else (document["inputs"], rng.choice(list(document["inputs"])))
    )
    given = inputs[key]
    shape = given["shape"] if isinstance(given, dict) else given
    inputs[key] = {"shape": shape, "dtype": rng.choice(DTYPES)}


def sized(document: Document, place: Place, rng: random.Random) -> None:
    """An input of another size, or of one that is not known."""
    inputs, key = (
        (document, "input") if "input" in document else (document["inputs"], rng.choice(list(document["inputs"])))
    )
    given = inputs[key]
    shape = list(given["shape"] if isinstance(given, dict) else given)
    axis = rng.randrange(len(shape))
    if isinstance(shape[axis], int):
        shape[axis] = (
            UNKNOWN if rng.random() < 0.4 and len(shape) > 1 else shape[axis] + rng.choice((1, 2, shape[axis]))
        )
    inputs[key] = {**given, "shape": shape} if isinstance(given, dict) else shape


CHANGES: tuple[Callable[[Document, Place, random.Random], None], ...] = (
    insert, insert, insert, append, append, drop, swap, alike, alike, alike, number, number, wrap, wrap, wire, flip, flip, typed, sized,
)  # fmt: skip


def slipped(document: Document, rng: random.Random) -> Document:
    """The document after one change, or a few."""
    changed = copy.deepcopy(document, {id(UNKNOWN): UNKNOWN})
    for _ in range(rng.choice((1, 1, 2, 3))):
        rng.choice(CHANGES)(changed, rng.choice(places(changed)), rng)
    return changed
