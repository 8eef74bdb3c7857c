"""What Keras has on one backend and not on another: the gaps that `build` and `train` tell of before anything is built.

A spec says nothing of backends, so `validate` does not look here. `tests/backends/test_gaps.py` runs each gap on its backend,
and fails once the backend has learned it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, cast

from netspec.diagnostics.problems import Problem, SpecError
from netspec.graph.model import Graph
from netspec.kinds import Kind
from netspec.kinds.merge import resolve_axes
from netspec.kinds.normalisation import BatchNorm, LayerNorm
from netspec.kinds.operations import Pad
from netspec.kinds.pooling import AdaptivePool, Pool
from netspec.kinds.preprocessing import Rescale
from netspec.kinds.sequence import MultiHeadAttention
from netspec.kinds.shape import Resize, Upsample
from netspec.shapes import Shape, per_dimension

if TYPE_CHECKING:
    from netspec.pipeline import Spec

TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


class Received(NamedTuple):
    """What a node reads: the shapes and types of its inputs."""

    shapes: Sequence[Shape]
    dtypes: Sequence[str]
    sources: Sequence[int]  # where its inputs stand in the graph
    graph: Graph


class Gap(NamedTuple):
    """Something that Keras cannot do on some backends."""

    backends: tuple[str, ...]
    kinds: tuple[str, ...]
    when: str  # the condition, as the page words it
    fails: str  # a sentence fragment: what happens there
    instead: str  # what to do
    applies: Callable[[Kind, Received], bool]
    example: dict[str, object]  # `input` and `layers` of a spec that it concerns
    silent: bool = False  # other numbers come out, and no error

    @property
    def outcome(self) -> str:
        """What is wrong with a node, in words."""
        return "would compute something else" if self.silent else "cannot be built"


def _layer_norm(config: Kind, received: Received) -> bool:
    assert isinstance(config, LayerNorm)
    (x,) = received.shapes
    axes = sorted(resolve_axes(config.axis, x))
    return axes[-1] != len(x) - 1 and all(b == a + 1 for a, b in pairwise(axes))


def _attention_of_integers(config: Kind, received: Received) -> bool:
    return any("float" not in dtype for dtype in config.parted(received.dtypes)[0])


def _attention_of_another_width(config: Kind, received: Received) -> bool:
    assert isinstance(config, MultiHeadAttention)
    fused = not config.dropout and not config.bias and len(received.shapes[0]) == 2
    return fused and config.value_dim not in (None, config.key_dim)


def _lanczos(config: Kind, received: Received) -> bool:
    assert isinstance(config, (Resize, Upsample))
    return config.interpolation.startswith("lanczos")


def _synchronized(config: Kind, received: Received) -> bool:
    assert isinstance(config, BatchNorm)
    return config.synchronized


def _uneven_mean(config: Kind, received: Received) -> bool:
    """Padding that differs between the sides is made of copies of the edge, which a mean of more than two then counts."""
    assert isinstance(config, Pool)
    (x,) = received.shapes
    rank = len(x) - 1
    if config.type == "max" or config.padding != "same":
        return False
    sizes, strides = per_dimension(config.pool_size, rank), per_dimension(config.window_strides(), rank)
    assert sizes is not None
    assert strides is not None
    uneven = padded = False
    for size, stride, window in zip(sizes, strides, config.windows(x, rank), strict=True):
        if window is None:  # of an unknown width
            uneven |= stride > 1 or size % 2 == 0
            padded |= size > 2
        else:
            uneven |= window.before != window.after
            padded |= size > 2 and window.before + window.after > 0
    return uneven and padded


def _mean_of_less(config: Kind, received: Received) -> bool:
    """PyTorch takes no mean over three dimensions whose window is larger than what it pools, padding left out."""
    assert isinstance(config, Pool)
    (x,) = received.shapes
    rank = len(x) - 1
    if config.type == "max" or rank != 3 or config.keras_padding(x, rank)[0] != "same":
        return False
    sizes = per_dimension(config.pool_size, rank)
    assert sizes is not None
    uneven = any(window is not None and window.before != window.after for window in config.windows(x, rank))
    return not uneven and any(places is not None and places < size for places, size in zip(x, sizes, strict=False))


def _rescaled_beside_itself(config: Kind, received: Received) -> bool:
    """Is it max(x, a * x) with a above 1? TensorFlow takes it for a leaky ReLU, which it is where a is at most 1."""

    def enlarged(x: int, y: int) -> bool:
        node = received.graph.nodes[y]
        if not isinstance(node.config, Rescale) or node.inputs != (x,):
            return False
        scale, offset = node.config.scale, node.config.offset
        shifted = any(offset) if isinstance(offset, tuple) else offset
        return not isinstance(scale, tuple) and scale > 1 and not shifted

    if len(received.sources) < 2:
        return False
    first, second, *_ = received.sources
    return enlarged(first, second) or enlarged(second, first)


def _mirrored(config: Kind, received: Received) -> bool:
    assert isinstance(config, Pad)
    return config.mode == "symmetric" or (config.mode == "reflect" and len(received.shapes[0]) == 4)


def _places(config: Kind, received: Received) -> bool:
    """Keras finds windows by a division of 32 bits, which XLA makes a product with the reciprocal: 77 / 7 is then above 11."""
    assert isinstance(config, AdaptivePool)
    (x,) = received.shapes
    sizes = per_dimension(config.output_size, len(x) - 1)
    assert sizes is not None
    pairs = [*zip(sizes, x, strict=False)]
    if all(size == 1 for size in sizes) or not any(width is None or width % size for size, width in pairs):
        return False  # it becomes a plain pool
    # Where one that errs at all errs first is where there are as many positions as places.
    return any(_divides_wrongly(size if size > 1 or width is None else width, width or size) for size, width in pairs)


def _divides_wrongly(size: int, width: int) -> bool:
    reciprocal = _of_32_bits(1 / size)
    for place in range(size + 1):
        found, start = _of_32_bits(place * width * reciprocal), place * width // size
        if math.floor(found) != start or math.ceil(found) != -(-place * width // size):
            return True
    return False


def _of_32_bits(number: float) -> float:
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded


def _always(config: Kind, received: Received) -> bool:
    return True


_HASHES = "Keras computes it by TensorFlow alone"
_NUMBERED = "number values in the data, or use TensorFlow"


def _spec(shape: list[int], node: object, dtype: str = "float32") -> dict[str, object]:
    return {"input": {"shape": shape, "dtype": dtype}, "layers": [node]}


GAPS = (
    Gap(
        ("tensorflow",),
        ("maximum",),
        "the first two inputs are something and its `rescale` by one number above 1, without `offset`",
        "TensorFlow's graphs take it for a leaky ReLU, whose slope is at most 1, on processors with oneDNN",
        "write a `leaky_relu` with `negative_slope: 1 / scale` and then the `rescale`, which is the same",
        _rescaled_beside_itself,
        {"input": [5], "layers": [{"skip": {"body": [{"rescale": 2}], "merge": "maximum"}}]},
        silent=True,
    ),
    Gap(
        ("torch",),
        ("layer_norm",),
        "`axis` names neighbouring axes that are not the last",
        "Keras normalises over the last axes only",
        "put a `permute` before and after it, so that these axes are the last",
        _layer_norm,
        _spec([4, 5, 3], {"layer_norm": {"axis": 1}}),
    ),
    Gap(
        ("torch",),
        ("multi_head_attention",),
        "an input holds integers",
        "Keras's attention takes no integers",
        "put a `rescale: 1` before it, which makes them floats",
        _attention_of_integers,
        _spec([6, 8], {"multi_head_attention": {"num_heads": 2, "key_dim": 3}}, "int32"),
    ),
    Gap(
        ("torch",),
        ("einsum_dense",),
        "its input holds integers",
        "Keras's layer takes no integers in every equation",
        "put a `rescale: 1` before it, which makes them floats",
        _attention_of_integers,
        _spec([6, 8], {"einsum_dense": {"equation": "abc,bd->adc", "output_shape": [3, -1]}}, "int32"),
    ),
    Gap(
        ("torch",),
        ("resize",),
        "`interpolation` is `lanczos3` or `lanczos5`",
        "Keras has no Lanczos interpolation",
        "write `interpolation: bicubic`",
        _lanczos,
        _spec([4, 5, 3], {"resize": {"height": 8, "width": 6, "interpolation": "lanczos3"}}),
    ),
    Gap(
        ("torch",),
        ("upsample",),
        "`interpolation` is `lanczos3` or `lanczos5`",
        "Keras has no Lanczos interpolation",
        "write `interpolation: bicubic`",
        _lanczos,
        _spec([4, 5, 3], {"upsample": {"size": 2, "interpolation": "lanczos5"}}),
    ),
    Gap(
        ("torch",),
        ("pool",),
        "`type` is `avg` or `l2`, the window is larger than 2, and `padding: same` adds more on one side than on the other",
        "Keras counts the padding in the mean",
        "write the padding as numbers, such as `padding: [[0, 1], [0, 1]]`, which never count",
        _uneven_mean,
        _spec([8, 8, 2], {"pool": {"pool_size": 3, "strides": 2, "padding": "same", "type": "avg"}}),
        silent=True,
    ),
    Gap(
        ("torch",),
        ("pool",),
        "`type` is `avg` or `l2`, over three dimensions, and the window, padded as by `same`, is larger than its input",
        "PyTorch takes no window larger than what it pools",
        "write a smaller `pool_size`",
        _mean_of_less,
        _spec([4, 4, 4, 2], {"pool": {"pool_size": 5, "strides": 1, "padding": "same", "type": "avg"}}),
    ),
    Gap(
        ("torch",),
        ("pad",),
        "`mode` is `symmetric`, or `reflect` over three dimensions",
        "PyTorch has no such padding",
        "write `mode: constant`, or `reflect` over two dimensions at most",
        _mirrored,
        _spec([6, 5, 4, 3], {"pad": {"padding": 1, "mode": "reflect"}}),
    ),
    Gap(
        ("jax",),
        ("multi_head_attention",),
        "`value_dim` is another than `key_dim`, without `dropout`",
        "Keras's attention takes values of the keys' width only",
        "leave `value_dim` out",
        _attention_of_another_width,
        _spec([6, 8], {"multi_head_attention": {"num_heads": 2, "key_dim": 3, "value_dim": 5}}),
    ),
    Gap(
        ("jax",),
        ("adaptive_pool",),
        "`output_size` does not divide every size of its input, and holds 7, 13, 14, 15, 26, 28, 30 or one of some larger numbers",
        "Keras rounds where a window ends, and reads beyond the input or beside the window",
        "pool into 6, 8 or 12 places, or write a `pool` whose windows tile the input",
        _places,
        _spec([11, 3], {"adaptive_pool": 7}),
        silent=True,
    ),
    Gap(
        ("jax", "torch"),
        ("batch_norm",),
        "`synchronized: true`",
        "Keras synchronises batch statistics on TensorFlow only",
        "leave `synchronized` out",
        _synchronized,
        _spec([5], {"batch_norm": {"synchronized": True}}),
    ),
    Gap(
        ("jax", "torch"),
        ("hashing",),
        "always",
        _HASHES,
        _NUMBERED,
        _always,
        _spec([5], {"hashing": 3}, "int32"),
    ),
    Gap(
        ("jax", "torch"),
        ("hashed_crossing",),
        "always",
        _HASHES,
        _NUMBERED,
        _always,
        {
            "inputs": {"a": {"shape": [1], "dtype": "int32"}, "b": {"shape": [1], "dtype": "int32"}},
            "layers": [{"hashed_crossing": {"num_bins": 3, "from": ["a", "b"]}}],
        },
    ),
    Gap(
        ("jax", "torch"),
        ("integer_lookup",),
        "always",
        _HASHES,
        _NUMBERED,
        _always,
        _spec([5], {"integer_lookup": [3, 4]}, "int32"),
    ),
    Gap(
        ("jax", "torch"),
        ("string_lookup",),
        "always",
        "only TensorFlow has texts",
        _NUMBERED,
        _always,
        _spec([5], {"string_lookup": {"vocabulary": ["a", "b"], "invert": True}}, "int32"),
    ),
    Gap(
        ("jax", "torch"),
        ("text_vectorization",),
        "always",
        "only TensorFlow has texts",
        "write `data: vectorize`, which numbers them on every backend",
        _always,
        _spec([1], {"text_vectorization": {"vocabulary": ["a", "b"], "output_sequence_length": 4}}, "string"),
    ),
)


def gaps_of(graph: Graph, backend: str) -> tuple[Problem, ...]:
    """The problems that a network has on a backend, each line of the spec once."""
    here = {kind: [gap for gap in GAPS if backend in gap.backends and kind in gap.kinds] for kind in _KINDS}
    found: dict[tuple[object, str], Problem] = {}
    for index in sorted(graph.used()):
        node = graph.nodes[index]
        config = node.config
        if config is None or config.spec_name not in here:
            continue
        sources = [graph.nodes[i] for i in node.inputs]
        received = Received(
            [cast(Shape, source.shape) for source in sources], [source.dtype for source in sources], node.inputs, graph
        )
        for gap in here[config.spec_name]:
            if gap.applies(config, received):
                message = (
                    f"{node.kind_name} `{node.path}` {gap.outcome} on {TITLES[backend]}: {gap.fails}; {gap.instead}"
                )
                found.setdefault((node.span, gap.when), Problem("NS712", message, node.span, node=node.path))
    return tuple(found.values())


_KINDS = frozenset(kind for gap in GAPS for kind in gap.kinds)


def refuse_gaps(graph: Graph, backend: str, spec: Spec | None = None) -> None:
    """Raise SpecError where Keras cannot build a network on a backend, or computes something else there.

    Args:
        graph: The network.
        backend: The backend.
        spec: The spec that the network is of, where its text is at hand.
    """
    problems = gaps_of(graph, backend)
    if problems:
        raise SpecError(graph.name if spec is None else spec.path, problems, "" if spec is None else spec.text)


def page() -> str:
    """`docs/backends.md`, but for its head."""
    rows = "".join(
        f"| {', '.join(TITLES[name] for name in gap.backends)} | {', '.join(f'`{kind}`' for kind in gap.kinds)} "
        f"| {gap.when} | {gap.fails} | {gap.instead} |\n"
        for gap in GAPS
    )
    return f"| Backend | Kind | When | What happens | What to do |\n| --- | --- | --- | --- | --- |\n{rows}"
