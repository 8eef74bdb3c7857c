"""Inputs of a merge whose shapes differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.fixes.candidates.registry import rule
from netspec.fixes.candidates.search import MAX_WAYS, Search, as_params, largest_stride, same_width
from netspec.graph.model import Node
from netspec.kinds.tensors import Dot, Matmul
from netspec.kinds.window import Windowed
from netspec.shapes import Shape
from netspec.spec.document import Step
from netspec.spec.edits import changes
from netspec.syntax.tree import Sequence, plain, span_of

_NUMBER = re.compile(r"\d+")


@rule("NS403")
def differ(search: Search, index: int) -> Iterator[Candidate | None]:
    """The same widths and strides along the ways."""
    node = search.graph.nodes[index]
    known = _shapes(search, index)
    if not known:
        return
    ways, pairs = search.ways(index), _pairs(known)
    step = search.own(node) or search.steps.get(node.span)
    if step is not None and step.kind_name == "skip" and "shortcut" in step.values and step.values["shortcut"].dynamic:
        edits = changes(step, {"shortcut": "project"})
        yield Candidate(edits, options=(("shortcut", "project"),)) if edits else None
    for way in ways:
        yield from as_params(search, way)
    yield _all_same(search, ways)
    if not _joins(node):
        for i, j in pairs:
            yield from same_width(search, ways[i], known[i][-1], known[j][-1])
            yield from _same_both(search, ways[i], known[i], known[j])
    for i, j in pairs:
        yield from _same_places(search, ways[i], known[i], known[j])


@rule("NS403", confidence="likely")
def padded_and_projected(search: Search, index: int) -> Iterator[Candidate | None]:
    """A skip whose body lacks its padding and goes in strides or makes other channels besides: both at once."""
    node, shapes = search.graph.nodes[index], _shapes(search, index)
    step = search.steps.get(node.span)
    if step is None or step.kind_name != "skip" or len(shapes) != 2 or shapes[0][:-1] == shapes[1][:-1]:
        return
    body = search.ways(index)[1]
    strided = any(isinstance(each.config, Windowed) and largest_stride(each) > 1 for each in body)
    if (shapes[0][-1] == shapes[1][-1] or _joins(node)) and not strided:
        return
    padded = search.change_all([each for each in reversed(body) if _shrinks(search, each)], padding="same")
    projected = search.at_step(step, node.path, shortcut="project")
    if padded is not None and projected is not None:
        yield Candidate((*projected.edits, *padded.edits), f"{padded.title}, and shortcut: project")


def _shrinks(search: Search, node: Node) -> bool:
    """Does the node lose places that padding would keep, and no others?"""
    source = search.graph.nodes[node.inputs[0]].shape if node.inputs else None
    known = node.shape is not None and source is not None and None not in (*node.shape[:-1], *source[:-1])
    return known and _widens(node) and largest_stride(node) == 1 and node.shape[:-1] != source[:-1]  # type: ignore[index]


@rule("NS403", confidence="likely")
def projected_where_needed(search: Search, index: int) -> Iterator[Candidate | None]:
    """A skip in a block that fits at some uses and not at others: a param, `project` at those where it does not fit."""
    node = search.graph.nodes[index]
    step, block = search.steps.get(node.span), search.blocks.get(node.span)
    if step is None or block is None or step.kind_name != "skip" or "shortcut" in (*step.values, *block.params):
        return
    params = search.params_of(block)
    uses: dict[Span, tuple[Step, bool]] = {}  # of the block, and whether the skip fits there
    for other in (other for other in search.graph.nodes if other.span == node.span and other.path.endswith(_end(node))):
        _, use = search.use_of(other.path)
        fits = len({search.graph.nodes[i].shape for i in other.inputs}) == 1
        if use is None or use.block != block.name or uses.get(use.span, (use, fits))[1] != fits:
            return
        uses[use.span] = use, fits
    apart = [use for use, fits in uses.values() if not fits]
    if params is None or not apart or len(apart) == len(uses):
        return
    parts = [changes(params, {"shortcut": "identity"}), changes(step, {"shortcut": "$shortcut"})]
    parts += [changes(use, {"shortcut": "project"}, next(iter(block.params), None)) for use in apart]
    if all(parts):
        edits = tuple(edit for part in parts for edit in part)
        where = "where it is needed" if len(apart) > 1 else f"at line {apart[0].span.line}"
        yield Candidate(edits, f"a param `shortcut` of `{block.name}`, and shortcut: project {where}")


@rule("NS403", confidence="likely")
def strided_once(search: Search, index: int) -> Iterator[Candidate | None]:
    """A body whose stride is a param: another window in it that has a stride of its own goes step by step."""
    step = search.steps.get(search.graph.nodes[index].span)
    if step is None or step.kind_name != "skip":
        return
    windows = [node for way in search.ways(index) for node in way if isinstance(node.config, Windowed)]
    strides = {node.span: own.values.get("strides") for node in windows if (own := search.own(node)) is not None}
    if any(given is not None and given.dynamic for given in strides.values()):
        for node in windows:
            given = strides.get(node.span)
            if given is not None and not given.dynamic and largest_stride(node) > 1:
                yield search.change(node, strides=1)


@rule("NS403", confidence="likely")
def meant_another(search: Search, index: int) -> Iterator[Candidate | None]:
    """Another level of an encoder: `level_2` for `level_1`, where it has the right shape and nothing reads it by its name."""
    node, shapes = search.graph.nodes[index], _shapes(search, index)
    step = search.own(node)
    items = step.sources.tree if step is not None and step.sources is not None and not step.sources.dynamic else None
    if not isinstance(items, Sequence) or len(items.items) != len(shapes):
        return
    scope = node.path.rpartition(".")[0]
    written = [str(plain(item)) for item in items.items]
    for i, j in _pairs(shapes):
        if sum(node.inputs[i] in other.inputs for other in search.graph.nodes) < 2:
            continue  # nothing else would read it
        for other, path in search.unread.items():
            shape = search.graph.nodes[other].shape
            fits = shape is not None and (shape[:-1] == shapes[j][:-1] if _joins(node) else shape == shapes[j])
            around, _, name = path.rpartition(".")
            is_level = _NUMBER.sub("#", name) == _NUMBER.sub("#", written[i])
            if is_level and fits and other < index and f"{scope}.".startswith(f"{around}." if around else ""):
                names = ", ".join([*written[:i], name, *written[i + 1 :]])
                yield Candidate((Edit(span_of(items.items[i]), name),), f"from: [{names}]")


def _end(node: Node) -> str:
    """A node's own name in its path."""
    return node.path.rpartition(".")[2]


@rule("NS403", confidence="likely")
def as_wide_as_what_enters(search: Search, index: int) -> Iterator[Candidate | None]:
    """A body that ends in dense layers, as a transformer's: its last one makes as many numbers as enter it."""
    node, shapes = search.graph.nodes[index], _shapes(search, index)
    step = search.steps.get(node.span)
    is_skip = step is not None and step.kind_name == "skip" and node.config is not None and not _joins(node)
    if not is_skip or len(shapes) != 2 or shapes[0][:-1] != shapes[1][:-1]:
        return
    last = next((each for each in search.ways(index)[1] if sum(each.weights) and each.shape == shapes[1]), None)
    if last is not None and last.kind_name == "dense":
        yield from same_width(search, [last], shapes[1][-1], shapes[0][-1])


@rule("NS403", confidence="unlikely")
def fitted(search: Search, index: int) -> Iterator[Candidate | None]:
    """A node at the end of a way that makes up for the difference."""
    shapes = _shapes(search, index)
    for i, j in _pairs(shapes):
        yield from _put_between(search, index, i, shapes[i], shapes[j])


def _joins(node: Node) -> bool:
    """Does it join channels, however many each input has?"""
    return node.config is not None and node.config.spec_name == "concat"


def _shapes(search: Search, index: int) -> list[Shape]:
    """What a merge reads, where all are known and of as many axes; else nothing."""
    shapes = [search.graph.nodes[i].shape for i in search.graph.nodes[index].inputs]
    known = [shape for shape in shapes[: MAX_WAYS + 1] if shape is not None]
    return (
        known
        if len(shapes) <= MAX_WAYS and len(known) == len(shapes) and len({len(shape) for shape in known}) == 1
        else []
    )


def _pairs(shapes: list[Shape]) -> list[tuple[int, int]]:
    """Which of them differ, each as the one to be made like the other."""
    each = range(len(shapes))
    return [(i, j) for i in each for j in each if i != j and shapes[i] != shapes[j]]


def _all_same(search: Search, ways: list[list[Node]]) -> Candidate | None:
    """`padding: same` at every window that goes step by step: it was forgotten in one branch, and in the next."""
    steady = [node for way in ways for node in reversed(way) if _widens(node) and largest_stride(node) == 1]
    return search.change_all(steady, 2, padding="same")


def _widens(node: Node) -> bool:
    """Does the node look at more than one place at once?"""
    windows = node.config.reach(len(node.shape) - 1) if isinstance(node.config, Windowed) and node.shape else None
    return windows is not None and any(window.size > 1 for window in windows)


def _first_apart(mine: Shape, other: Shape) -> tuple[int, int] | None:
    """The sizes along the first spatial dimension in which two shapes differ, where both are known and neither is 0."""
    sizes = zip(mine[:-1], other[:-1], strict=True)
    return next(((a, b) for a, b in sizes if a and b and a != b), None)


def _same_both(search: Search, way: list[Node], mine: Shape, other: Shape) -> Iterator[Candidate | None]:
    """One convolution of this way with the channels and the strides of the other."""
    wanted = other[-1]
    sizes = _first_apart(mine, other)
    if sizes is None or wanted in (None, mine[-1]):
        return
    here, there = sizes
    step = round(max(sizes) / min(sizes))
    for node in way:
        if isinstance(node.config, Windowed) and node.shape is not None and node.shape[-1] == mine[-1]:
            stride = largest_stride(node)
            if here > there:
                yield _slower(search, node, stride * step, filters=wanted)
            elif stride % step == 0:
                yield search.change(node, filters=wanted, strides=stride // step)


def _slower(search: Search, node: Node, stride: int, **more: int) -> Candidate | None:
    """A larger stride; what it does not reach is dropped, of which there is nothing to say beside `padding: same`."""
    assert isinstance(node.config, Windowed)
    rounding = {} if node.config.padding == "same" else {"rounding": "floor"}
    return search.change(node, **more, strides=stride, **rounding)


def _same_places(search: Search, way: list[Node], mine: Shape, other: Shape) -> Iterator[Candidate | None]:
    """Windows of this way that bring its sizes to those of the other."""
    sizes = _first_apart(mine, other)
    if sizes is None:
        return
    here, there = sizes
    step = round(max(sizes) / min(sizes))
    for node in way:
        factor = getattr(node.config, "size", None)
        if isinstance(factor, int) and factor * there % here == 0:
            yield search.change(node, size=factor * there // here)
        if node.kind_name == "conv_transpose":
            stride = getattr(node.config, "strides", None)
            yield search.change(node, padding="same")
            if isinstance(stride, int) and here < there:
                faster = round(stride * there / here)
                yield search.change(node, strides=faster)
                yield search.change(node, strides=faster, padding="same")
    windows = [node for node in way if isinstance(node.config, Windowed)]
    for node in windows:
        config, stride = node.config, largest_stride(node)
        assert isinstance(config, Windowed)
        size = getattr(config, config.window_option())
        if step > 1 and here > there:
            yield _slower(search, node, stride * step)
            yield search.change(node, strides=stride * step)
        if step > 1 and here < there and stride % step == 0:
            yield search.change(node, strides=stride // step)
        if here < there and config.padding != "same":
            yield search.change(node, padding="same")
        if here > there and config.padding != "valid":
            yield search.change(node, padding="valid")
        if isinstance(size, int) and stride == 1 and abs(here - there) < 2 * size + 16 and size + here - there > 0:
            yield search.change(node, **{config.window_option(): size + here - there})
        if config.rounding != "exact" and config.padding != "same":
            yield search.change(node, rounding="ceil" if config.rounding == "floor" else "floor")
    for node in windows:
        if here < there and largest_stride(node) > 1:
            yield search.change(node, strides=1)
            yield search.change(node, strides=1, padding="same")
        if here > there and largest_stride(node) == 1:
            yield search.change(node, strides=step, padding="same")
    for node in way:
        crop = getattr(node.config, "cropping", None)
        if isinstance(crop, int) and (here - there) % 2 == 0 and crop + (here - there) // 2 >= 0:
            yield search.change(node, cropping=crop + (here - there) // 2)


def _put_between(search: Search, index: int, number: int, mine: Shape, other: Shape) -> Iterator[Candidate | None]:
    """A node at the end of a way: a 1x1 for the channels, a pool or a resize for the places."""
    node = search.graph.nodes[index]
    texts: list[str] = []
    places = not isinstance(node.config, (Matmul, Dot))  # whose axes are none of an image
    larger = [(a, b) for a, b in zip(mine[:-1], other[:-1], strict=True) if a and b and a > b]
    step = round(larger[0][0] / larger[0][1]) if larger else 1
    if not _joins(node) and mine[-1] != other[-1] and other[-1] is not None:
        plain = f"dense: {other[-1]}" if len(mine) == 1 else f"1x1: {other[-1]}"
        texts.append(plain if step == 1 else _strided(other[-1], step))
    elif step > 1 and places:
        texts.append(f"pool: {{pool_size: {step}, padding: same}}")
    if places and len(mine) == 3 and mine[:2] != other[:2] and None not in other[:2]:
        texts.append(f"resize: {{height: {other[0]}, width: {other[1]}}}")
    for text in texts:
        yield _at_end_of(search, node, number, text)


def _strided(filters: int, step: int) -> str:
    return f"1x1: {{filters: {filters}, strides: {step}, rounding: floor}}"


def _at_end_of(search: Search, node: Node, number: int, text: str) -> Candidate | None:
    step = search.steps.get(node.span)
    if step is None or step.cls is None:
        return None
    if step.cls.composition:
        body = _body_of(step, number, len(node.inputs))
        edit = search.places.after(body[-1], text) if body else None
        return None if edit is None else Candidate((edit,), f"{text} at the end of a branch")
    names = step.sources
    if names is None or names.dynamic or not isinstance(names.tree, Sequence) or len(names.value) != len(node.inputs):
        return None
    name = f"{names.value[number].replace('.', '_')}_fit"
    kind, _, options = text.partition(": ")
    principal = "units" if kind == "dense" else "filters"
    inside = options[1:-1] if options.startswith("{") else f"{principal}: {options}"
    made = f"{kind}: {{name: {name}, {inside}, from: {names.value[number]}}}"
    before = search.places.before(step, made)
    return None if before is None else Candidate((before, Edit(span_of(names.tree.items[number]), name)), made)


def _body_of(step: Step, number: int, inputs: int) -> tuple[Step, ...]:
    """The body that ends in an input of a composition: a skip's shortcut comes first, then its body."""
    branches = step.values.get("branches")
    if branches is not None and isinstance(branches.value, dict) and len(branches.value) == inputs:
        return tuple(list(branches.value.values())[number])
    name = "body" if number == inputs - 1 else "shortcut"
    given = step.values.get(name)
    return given.value if given is not None and isinstance(given.value, tuple) else ()
