"""Advice: what is allowed and seldom meant. Each lint has a code of NS8xx, whose page gives the reason and the source.

A lint is a function that is shown the whole network and yields problems; `LINTS` holds them all. A warning that is wrong
costs more trust than a missing one wins: where a lint cannot tell, it says nothing, and what a spec says outright
(`use_bias: true`) is taken as meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from math import prod

from netspec.diagnostics.problems import Candidate, Edit, Note, Problem, Problems, Repair, Span
from netspec.diagnostics.words import show
from netspec.graph.model import Graph, Node
from netspec.kinds.activation import Relu, Softmax
from netspec.kinds.convolution import Conv, DepthwiseConv, Pointwise
from netspec.kinds.dense import Dense
from netspec.kinds.kind import Kind
from netspec.kinds.normalisation import BatchNorm, LayerScale
from netspec.kinds.pooling import GlobalPool, Pool
from netspec.kinds.regularisation import Dropout, GaussianNoise, SpatialDropout
from netspec.kinds.window import Windowed
from netspec.shapes import channels_first, positions, show_shape
from netspec.spec.document import Document, Step, steps_of
from netspec.spec.losses import LOSSES
from netspec.spec.training_settings import Train
from netspec.syntax.tree import span_of


class View:
    """The network as lints see it: the nodes that an output depends on."""

    def __init__(self, document: Document, graph: Graph) -> None:
        self.document = document
        self.graph = graph
        self.outputs = frozenset(graph.outputs.values())
        self.used = sorted(graph.used())
        self.kinds: dict[type, list[int]] = {}  # the nodes of each kind
        self.shared: set[int] = set()  # nodes that have their weights from another, or lend them
        self.read = [0] * len(graph.nodes)  # how often each node is read
        for index in self.used:
            node = graph.nodes[index]
            self.kinds.setdefault(type(node.config), []).append(index)
            for source in node.inputs:
                self.read[source] += 1
            if node.share is not None:
                self.shared |= {index, node.share}

    def node(self, index: int) -> Node:
        return self.graph.nodes[index]

    def of(self, *kinds: type[Kind]) -> Iterator[int]:
        """The nodes of some kinds: of many nodes, few concern a lint."""
        for kind, indices in self.kinds.items():
            if issubclass(kind, kinds):
                yield from indices

    @cached_property
    def readers(self) -> dict[int, list[int]]:
        """The nodes that read each node; made when a lint has found something to look at."""
        found: dict[int, list[int]] = {}
        for index in self.used:
            for source in self.node(index).inputs:
                found.setdefault(source, []).append(index)
        return found

    def only_feeds_one(self, index: int) -> bool:
        """Does a single node see what this one yields?"""
        return self.read[index] == 1 and index not in self.outputs


Lint = Callable[[View], Iterator[Problem]]


def lints(document: Document, graph: Graph, problems: Problems) -> None:
    """All advice on a network that has no errors; where there are some, they are what matters."""
    if problems.has_errors:
        return
    view = View(document, graph)
    for lint in LINTS:
        for problem in lint(view):
            problems.put(problem)


# --- NS801 ------------------------------------------------------------------------------------------------------------


def bias_before_batch_norm(view: View) -> Iterator[Problem]:
    """Batch normalisation subtracts the mean, and with it the bias before it."""
    lines: dict[Span, list[int]] = {}  # the nodes whose bias is lost, by the line that makes them
    for norm in view.of(BatchNorm):
        (index,) = view.node(norm).inputs
        config = view.node(index).config
        if (
            isinstance(config, (Windowed, Dense))
            and getattr(config, "use_bias", False)
            and "use_bias" not in vars(config)
            and view.readers[index][0] == norm  # the first of several
            and _takes_bias_out(view, index)
        ):
            lines.setdefault(view.node(index).span, []).append(index)
    if not lines:
        return
    steps = _steps(view.document)
    biased = [view.node(i) for i in view.of(Windowed, Dense) if getattr(view.node(i).config, "use_bias", False)]
    alike = Counter(node.span for node in biased)
    for span, indices in lines.items():
        # A line is to blame only if all nodes that it makes are followed by batch normalisation: the last of a repetition
        # may be, and the others need their biases.
        if len(indices) < alike[span]:
            continue
        node = view.node(indices[0])
        weights = sum((view.node(i).shape or (0,))[-1] or 0 for i in indices)
        step = steps.get(span)
        if step is not None and step.cls is not None and step.cls.composition:
            continue  # made by the composition, whose line has no word for it
        yield Problem(
            "NS801",
            f"{node.word} `{node.path}`: the `batch_norm` after it takes its bias out again; "
            f"{weights:,} weights{_of_nodes(indices)} are learned for nothing",
            span,
            node=node.path,
            repairs=(Repair("use_bias", "false"),) if step is not None and step.word == node.word else (),
        )


def _of_nodes(indices: list[int]) -> str:
    return f" of {len(indices)} nodes like it" if len(indices) > 1 else ""


def _takes_bias_out(view: View, index: int) -> bool:
    if not _is_linear(view.node(index)) or index in view.outputs or index in view.shared or not view.readers[index]:
        return False
    for reader in view.readers[index]:
        config = view.node(reader).config
        # One that does not train subtracts what it once saw, which knows nothing of this bias.
        if not isinstance(config, BatchNorm) or config.axis != -1 or not view.node(reader).trainable:
            return False
    return True


def _is_linear(node: Node) -> bool:
    return getattr(node.config, "activation", None) in (None, "linear")


def _steps(document: Document) -> dict[Span, Step]:
    """Every node as it is written, by its place."""
    bodies = (document.body, *(block.body for block in document.blocks.values()))
    return {step.span: step for body in bodies for step in steps_of(body)}


# --- NS802 ------------------------------------------------------------------------------------------------------------


def activation_and_loss(view: View) -> Iterator[Problem]:
    """A softmax that is applied twice, or never."""
    train, section = view.graph.train, view.document.train
    if not isinstance(train, Train) or section is None or "from_logits" not in section.values:
        return  # left out, it is chosen by how the network ends
    span = span_of(section.values["from_logits"].tree)
    for name, handle in view.graph.outputs.items():
        loss = train.loss_of(name)  # None is chosen by the output, and takes logits where the labels are classes
        if not train.learns(name) or (loss is not None and not LOSSES[loss].takes_logits):
            continue
        ending = _ending(view, handle)
        if train.from_logits and ending in ("softmax", "sigmoid"):
            message = f"the output `{name}` ends in a {ending}, and `from_logits: true` applies it once more"
        elif not train.from_logits and ending == "linear":
            message = f"the output `{name}` ends without softmax or sigmoid, and `from_logits: false` applies none"
        else:
            continue
        right = "false" if train.from_logits else "true"
        yield Problem(
            "NS802",
            message,
            span,
            (Note("the output", view.node(handle).span),),
            # Of several outputs, some may be right as it is.
            candidates=(Candidate((Edit(span, right),), f"from_logits: {right}"),)
            if len(view.graph.outputs) == 1
            else (),
        )


def _ending(view: View, index: int) -> str:
    """What is done last to the numbers of an output: an activation, `linear` after a layer with none, or "" (who knows)."""
    node = view.node(index)
    while node.word in ("flatten", "reshape", "permute", "dropout") and node.inputs:
        node = view.node(node.inputs[0])
    activation = getattr(node.config, "activation", None)
    if isinstance(node.config, (Windowed, Dense)):
        return activation or "linear"
    return activation or node.word


# --- NS803 ------------------------------------------------------------------------------------------------------------


def small_receptive_field(view: View) -> Iterator[Problem]:
    """A mean over places, none of which sees the whole input: the network judges by pieces."""
    inputs = [view.node(i) for i in view.graph.inputs]
    sizes = {node.shape[:-1] for node in inputs if node.shape is not None and node.field}
    if len(sizes) != 1:
        return  # pieces of which input?
    (size,) = sizes
    for handle in view.graph.outputs.values():
        for index in _means_over_places(view, handle):
            node = view.node(index)
            field = view.node(node.inputs[0]).field
            if (
                field
                and len(field) == len(size)
                and any(w is not None and 1 < f < w for f, w in zip(field, size, strict=True))
            ):
                seen, whole = " x ".join(f"{float(f):g}" for f in field), " x ".join(str(w or "?") for w in size)
                yield Problem(
                    "NS803",
                    f"{node.word} `{node.path}`: the mean is of places that see {seen} of the input's {whole}, "
                    "so nothing larger than that can be told apart",
                    node.span,
                    node=node.path,
                )


def _means_over_places(view: View, output: int) -> list[int]:
    """The poolings over all places on which an output rests; none where something else brings places together.

    A `flatten` or a convolution over all places can join what they saw. The largest of all places asks whether something is
    anywhere, for which it need not be seen whole.
    """
    found: list[int] = []
    seen: set[int] = set()
    stack = [output]
    while stack:
        index = stack.pop()
        node = view.node(index)
        if index in seen:
            continue
        seen.add(index)
        if node.shape is None or positions(node.shape) != 1 or node.is_input:
            return []
        before = [view.node(i).shape for i in node.inputs]
        if all(shape is not None and positions(shape) == 1 for shape in before):
            stack.extend(node.inputs)
        elif isinstance(node.config, (GlobalPool, Pool)) and node.config.type == "avg":
            found.append(index)
        else:
            return []
    return found


# --- NS806 ------------------------------------------------------------------------------------------------------------


def output_without_loss(view: View) -> Iterator[Problem]:
    """`loss` names the outputs one by one, and leaves one out."""
    train, section = view.graph.train, view.document.train
    if not isinstance(train, Train) or section is None or not isinstance(train.loss, dict):
        return
    for name, handle in view.graph.outputs.items():
        if name not in train.loss:
            yield Problem(
                "NS806",
                f"`loss` says nothing of the output `{name}`, which gets one by its shape; "
                f"name it, or leave it out of the training with `{name}: null`",
                span_of(section.values["loss"].tree),
                (Note("the output", view.node(handle).span),),
            )


# --- NS807 ------------------------------------------------------------------------------------------------------------

_LINEAR = (BatchNorm, LayerScale, Dropout, SpatialDropout, GaussianNoise)
_BENDS = (Relu, Pool)  # those that are met most; whatever is not known to be linear bends


def linear_layers_in_a_row(view: View) -> Iterator[Problem]:
    """Two layers with nothing but linear maps between, where one would have no more weights."""
    # The same two lines may meet in several uses of a block, of which some save weights by it: then it is meant.
    pairs: dict[tuple[Span, Span], list[tuple[int, int]]] = {}
    meant: set[tuple[Span, Span]] = set()
    nodes = view.graph.nodes
    for index in view.of(Conv, Dense):
        if isinstance(nodes[nodes[index].inputs[0]].config, _BENDS):
            continue
        first = _linear_before(view, index)
        if first is None:
            continue
        place = (view.node(first).span, view.node(index).span)
        if _saves_weights(view, first, index) or _after_depthwise(view, first):
            meant.add(place)
        else:
            pairs.setdefault(place, []).append((first, index))
    for place, found in pairs.items():
        if place in meant:
            continue
        a, b = (view.node(i) for i in found[0])
        two, one = _kernels(view, *found[0])
        yield Problem(
            "NS807",
            f"{b.word} `{b.path}`: nothing bends what `{a.path}` yields before it comes here, so the two are one linear "
            f"map, for which {one:,} weights do instead of {two:,}; put an activation between, or take one away",
            b.span,
            () if a.span == b.span else (Note(f"`{a.path}`", a.span),),
            node=b.path,
        )


def _taps(node: Node) -> int | None:
    """The places that a plain linear layer takes in at once; None of any other node."""
    if type(node.config) is Dense:
        return 1
    if type(node.config) in (Conv, Pointwise):
        assert isinstance(node.config, Conv)
        if node.config.groups == 1 and node.shape is not None:
            return prod(node.config.taps(len(node.shape) - 1))
    return None


def _keeps_linear(node: Node) -> bool:
    return isinstance(node.config, _LINEAR) or node.word == "linear" or (node.word == "activation" and _is_linear(node))


def _linear_before(view: View, second: int) -> int | None:
    """The layer whose output comes here unbent, and nowhere else, if it and this one can be one layer."""
    first = view.node(second).inputs[0]
    node = view.node(first)
    while _keeps_linear(node) and view.only_feeds_one(first):
        first = node.inputs[0]
        node = view.node(first)
    if not isinstance(node.config, (Conv, Dense)) or not _is_linear(node) or not view.only_feeds_one(first):
        return None
    taps, before = _taps(view.node(second)), _taps(node)
    if taps is None or before is None or view.shared & {first, second}:
        return None
    # A window after a larger one is a window larger still, and after a stride one whose taps stand apart.
    strides = getattr(node.config, "strides", 1)
    alone = before == 1 and (strides == 1 if isinstance(strides, int) else set(strides) == {1})
    return first if taps == 1 or alone else None


def _kernels(view: View, first: int, second: int) -> tuple[int, int]:
    """How many weights the kernels of two layers have, and how many the kernel of one that does the same."""
    a, b = view.node(first), view.node(second)
    x, middle, y = (node.shape[-1] or 0 for node in (view.node(a.inputs[0]), a, b))  # type: ignore[index]
    before, after = _taps(a) or 0, _taps(b) or 0
    return before * x * middle + after * middle * y, before * after * x * y


def _saves_weights(view: View, first: int, second: int) -> bool:
    """A narrow layer between two wide ones is a linear map of low rank, a bottleneck made on purpose."""
    two, one = _kernels(view, first, second)
    return two < one


def _after_depthwise(view: View, index: int) -> bool:
    """The 1x1 that mixes what a depthwise convolution kept apart: the two together are the layer, linear on purpose."""
    node = view.node(index)
    while node.inputs:
        node = view.node(node.inputs[0])
        if isinstance(node.config, DepthwiseConv):
            return True
        if _taps(node) is not None or isinstance(node.config, Windowed):
            return False
    return False


# --- NS808 ------------------------------------------------------------------------------------------------------------


def stride_over_window(view: View) -> Iterator[Problem]:
    """Windows whose stride jumps over places that nothing else looks at."""
    said: set[Span] = set()
    nodes = view.graph.nodes
    moving = (i for i in view.of(Windowed) if getattr(nodes[i].config, "strides", 1) not in (1, None))
    for index in sorted({nodes[i].inputs[0] for i in moving if _jumps(nodes[i])} - view.outputs):
        readers = [view.node(i) for i in view.readers[index]]
        unseen = _unseen(view.node(index), readers)
        first = next(node for node in readers if _jumps(node))
        if unseen and first.span not in said:
            said.add(first.span)
            config = first.config
            assert isinstance(config, Windowed)
            others = [node for node in readers if node.span != first.span]
            yield Problem(
                "NS808",
                f"{first.word} `{first.path}`: its stride of {_number(config.window_strides())} is larger than its "
                f"window of {_number(getattr(config, config.window_option()))}; {unseen:.0%} of what "
                f"`{view.node(index).path}` yields is never seen",
                first.span,
                tuple(Note(f"`{node.path}` reads it too, and leaves out the same", node.span) for node in others),
                node=first.path,
            )


def _number(value: object) -> str:
    return " x ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _jumps(node: Node) -> bool:
    config = node.config
    if not isinstance(config, Windowed) or config.window_strides() == 1 or node.shape is None:
        return False
    reach = config.reach(len(node.shape) - 1)
    return reach is not None and any(window.stride > window.size for window in reach)


MAX_PLACES = 100_000  # along a dimension, each of which is looked at


def _unseen(source: Node, readers: list[Node]) -> float:
    """The share of a node's places that no window covers; 0 where that is not certain.

    What lies beyond the last step is left out: that a rest is dropped is what `rounding: floor` says.
    """
    x = source.shape
    sizes = [size or 0 for size in (x or ())[:-1]]
    if x is None or None in x[:-1] or max(sizes, default=0) > MAX_PLACES:
        return 0.0
    seen: list[set[int]] = [set() for _ in sizes]  # along each dimension
    steps = [0 for _ in sizes]  # where the window after the last would start
    for node in readers:
        if not isinstance(node.config, Windowed) or node.shape is None:
            return 0.0
        for d, window in enumerate(node.config.windows(x, len(sizes))):
            count = node.shape[d]
            if window is None or count is None:
                return 0.0
            after = count * window.stride - window.before
            for start in range(-window.before, after, window.stride):
                seen[d].update(range(max(start, 0), min(start + window.size, sizes[d])))
            steps[d] = max(steps[d], min(after, sizes[d]))
    if not all(seen):  # along one dimension the windows lie on padding alone
        return 1.0
    if all(len(places) == max(places) + 1 for places in seen):
        return 0.0
    ends = [max(step, max(places) + 1) for step, places in zip(steps, seen, strict=True)]
    return 1 - prod(map(len, seen)) / prod(ends)


# --- NS810 ------------------------------------------------------------------------------------------------------------


def input_with_channels_first(view: View) -> Iterator[Problem]:
    """A picture as PyTorch holds it, under a window."""
    for number, index in enumerate(view.graph.inputs):
        node = view.node(index)
        reads = [view.node(i).config for i in view.readers.get(index, ())] if channels_first(node.shape) else []
        if any(isinstance(config, Windowed) for config in reads):
            assert node.shape is not None
            turned = [*node.shape[1:], node.shape[0]]
            yield Problem(
                "NS810",
                f"`{node.path}` is {show_shape(node.shape)}: {node.shape[0]} row{'s' * (node.shape[0] != 1)}, and "
                f"{node.shape[-1]} channels; if the channels stand first, write {show(turned)}",
                span_of(view.document.inputs[number].shape.tree),
                node=node.path,
            )


# --- NS811 ------------------------------------------------------------------------------------------------------------


def softmax_of_one(view: View) -> Iterator[Problem]:
    """A softmax over an axis of one number."""
    said: set[Span] = set()
    for index in view.of(Softmax, Dense, Windowed):
        node = view.node(index)
        config = node.config
        activation = "softmax" if isinstance(config, Softmax) else getattr(config, "activation", None)
        axis = config.axis if isinstance(config, Softmax) else -1
        # A list of axes, or one that counts from the front, is somebody's own idea.
        if activation == "softmax" and axis == -1 and node.shape and node.shape[-1] == 1 and node.span not in said:
            said.add(node.span)
            message = f"{node.word} `{node.path}`: the softmax of one number is always 1"
            yield Problem("NS811", message, node.span, node=node.path)


LINTS: tuple[Lint, ...] = (
    bias_before_batch_norm,
    activation_and_loss,
    small_receptive_field,
    output_without_loss,
    linear_layers_in_a_row,
    stride_over_window,
    input_with_channels_first,
    softmax_of_one,
)
