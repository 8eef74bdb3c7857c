"""What might mend a shape beyond the node that complains: candidates only, which `netspec.fixes.verification` proves.

A kind names changes of its own hyperparameters. Here are those of other nodes that have a part in it (the strides, windows and
widths along the ways into a merge, a node put in between) and of the input's size. A rule is a generator of fixes, the most
likely first, and of None where the text's layout has no room for one; `RULES` says which serves which problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from math import ceil
from typing import Any

from netspec.diagnostics.problems import Edit, Fix, Problem, Span
from netspec.diagnostics.words import listing
from netspec.graph.model import Graph, Node
from netspec.kinds.window import Windowed
from netspec.shapes import Shape, channels_first, show_shape
from netspec.spec.document import Block, Document, Given, Input, Step, steps_of
from netspec.spec.edits import Places, changes
from netspec.syntax.tree import Scalar, Sequence, Tree, span_of

MAX_CANDIDATES = 40  # of one problem; each that is tried costs a whole check
MAX_NODES = 24  # of a way into a merge, nearest first
USUAL_SIZES = (224, 128, 64, 32, 28)  # where an input's size must be known, and any would do


class Candidates:
    """Changes that might mend problems of shapes, beside those that a kind names."""

    def __init__(self, document: Document | None, graph: Graph | None, variant: str | None) -> None:
        self.document = document
        self.graph = graph
        self.variant = variant

    def meant(self, problem: Problem) -> tuple[Fix, ...]:
        """Those that are more likely what was meant than any change at the node itself."""
        return self._found(problem, MEANT)

    def others(self, problem: Problem) -> tuple[Fix, ...]:
        """Those at other nodes."""
        return self._found(problem, RULES)

    @cached_property
    def search(self) -> Search | None:
        if self.document is None or self.graph is None:
            return None
        return Search(self.document, self.graph, self.variant)

    def _found(self, problem: Problem, rules: dict[str, Rule]) -> tuple[Fix, ...]:
        rule = rules.get(problem.code)
        search = self.search if rule is not None and problem.node else None
        if rule is None or search is None:
            return ()
        index = next((i for i, node in enumerate(search.graph.nodes) if node.path == problem.node), None)
        fixes = () if index is None else (fix for fix in rule(search, index) if fix is not None)
        return tuple({fix.edits: fix for fix in islice(fixes, MAX_CANDIDATES)}.values())


class Search:
    """A graph beside the text that it comes from."""

    def __init__(self, document: Document, graph: Graph, variant: str | None) -> None:
        self.document = document
        self.graph = graph
        self.variant = variant
        self.places = Places(document.source.text, document.source.tree)
        self.steps = {step.span: step for step in steps_of(document.body)}
        self.blocks: dict[Span, Block] = {}  # the block that a step stands in, by the step's place
        for block in document.blocks.values():
            inside = {step.span: step for step in steps_of(block.body)}
            self.steps |= inside
            self.blocks |= dict.fromkeys(inside, block)

    def own(self, node: Node) -> Step | None:
        """The step that says this very node, and not a composition or a projection that made it."""
        step = self.steps.get(node.span)
        return step if step is not None and node.config is not None and step.cls is type(node.config) else None

    def back(self, index: int) -> list[Node]:
        """A node and all that it depends on, nearest first."""
        return [self.graph.nodes[i] for i in sorted(self.graph.before((index,)), reverse=True)]

    def ways(self, index: int) -> list[list[Node]]:
        """For each input of a merge the nodes that lead to it alone, nearest first."""
        reached = [self.graph.before((i,)) for i in self.graph.nodes[index].inputs]
        found = []
        for at, mine in enumerate(reached):
            others = frozenset().union(*(other for i, other in enumerate(reached) if i != at))
            found.append([self.graph.nodes[i] for i in sorted(mine - others, reverse=True)[:MAX_NODES]])
        return found

    def change(self, node: Node, **options: Any) -> Fix | None:
        """Hyperparameters of a node that is written in the text."""
        step = self.own(node)
        if step is None or step.cls is None or any(name not in step.cls.options for name in options):
            return None
        new = {name: str(value) for name, value in options.items() if getattr(node.config, name) != value}
        edits = changes(step, new) if new else ()
        words = ", ".join(f"{name}: {value}" for name, value in new.items())
        return Fix(f"{words} at `{node.path}`", edits) if edits else None

    def resized(self, number: int, shape: Shape) -> Fix | None:
        """Another shape of an input, at its numbers or at the params that stand for them."""
        given: Input = self.document.inputs[number]
        old = self.graph.nodes[self.graph.inputs[number]].shape
        items = given.shape.tree
        if old is None or not isinstance(items, Sequence) or len(items.items) != len(shape):
            return None
        edits: dict[Any, Edit] = {}
        for item, now, then in zip(items.items, old, shape, strict=True):
            if now == then:
                continue
            at = self._number(item)
            if at is None:
                return None
            edits[span_of(at)] = Edit(span_of(at), str(then))
        name = "input" if len(self.document.inputs) == 1 else f"input `{given.name}`"
        return Fix(f"{name}: {show_shape(shape)}", tuple(edits.values())) if edits else None

    def _number(self, item: Tree) -> Tree | None:
        """Where a size can be written anew: itself, or the value of the param that it names."""
        if not isinstance(item, Scalar):
            return None
        if not isinstance(item.value, str):
            return item
        param = item.value.strip().removeprefix("$")
        overrides: dict[str, Given] = self.document.variants.get(self.variant or "", {})
        found = overrides.get(param) or self.document.params.get(param)
        return found.tree if item.value.strip() == f"${param}" and found is not None else None


def _as_params(search: Search, nodes: Iterable[Node]) -> Iterator[Fix | None]:
    """Where a block has a param of a hyperparameter's name and a node of its body writes a number: the param."""
    seen = set()
    for node in nodes:
        step, block = search.own(node), search.blocks.get(node.span)
        if step is None or block is None or node.span in seen:
            continue
        seen.add(node.span)
        names = [name for name, given in step.values.items() if name in block.params and not given.dynamic]
        if names:
            yield search.change(node, **{name: f"${name}" for name in names})
        if len(names) > 1:
            for name in names:
                yield search.change(node, **{name: f"${name}"})


# --- windows ---------------------------------------------------------------------------------------------------------------


def _does_not_tile(search: Search, index: int) -> Iterator[Fix | None]:
    """NS401: an input whose size the window does tile, fewer strides before."""
    yield from _as_params(search, search.back(index))
    node = search.graph.nodes[index]
    for stride in dict.fromkeys((2, largest_stride(node) - 1)):
        if 0 < stride != largest_stride(node):
            yield search.change(node, strides=stride)
            yield search.change(node, strides=stride, rounding="floor")
    yield from _other_input(search, index, lambda width, size, stride: _tiled(width, size, stride))
    yield from _fewer_strides(search, index)


def _tiled(width: int, size: int, stride: int) -> tuple[int, ...]:
    rest = (width - size) % stride
    return (-rest, stride - rest) if rest else (0,)


def _too_large(search: Search, index: int) -> Iterator[Fix | None]:
    """NS402: a larger input, or fewer strides before."""
    yield from _as_params(search, search.back(index))
    yield from _other_input(search, index, lambda width, size, stride: (max(0, size - width),))
    yield from _fewer_strides(search, index)


def _fewer_strides(search: Search, index: int) -> Iterator[Fix | None]:
    for node in search.back(index)[1:]:
        if isinstance(node.config, Windowed) and largest_stride(node) > 1:
            yield search.change(node, strides=1)


def _other_input(search: Search, index: int, more: Callable[[int, int, int], tuple[int, ...]]) -> Iterator[Fix | None]:
    """Inputs that are larger or smaller by what the window needs, times the strides before it."""
    node = search.graph.nodes[index]
    source = search.graph.nodes[node.inputs[0]]
    if not isinstance(node.config, Windowed) or source.shape is None or source.jump is None:
        return
    windows = node.config.windows(source.shape, len(source.shape) - 1)
    reached = search.graph.before((index,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if handle not in reached or shape is None or len(shape) != len(source.shape):
            continue
        for pick in (0, -1):
            sizes: list[int | None] = []
            for old, width, window, jump in zip(shape, source.shape, windows, source.jump, strict=False):
                if old is None or width is None or window is None:
                    sizes.append(old)
                    continue
                needed = more(width + window.before + window.after, window.size, window.stride)[pick]
                sizes.append(old + ceil(needed * jump))
            if all(size is None or size > 0 for size in sizes):
                yield search.resized(number, (*sizes, shape[-1]))


def largest_stride(node: Node) -> int:
    """The largest stride of a window."""
    assert isinstance(node.config, Windowed)
    strides = node.config.window_strides()
    return strides if isinstance(strides, int) else max(strides)


# --- merges ----------------------------------------------------------------------------------------------------------------


def _differ(search: Search, index: int) -> Iterator[Fix | None]:
    """NS403: the same widths and strides along the ways, or something at the end of one that makes up for them."""
    node = search.graph.nodes[index]
    shapes = [search.graph.nodes[i].shape for i in node.inputs]
    if any(shape is None for shape in shapes) or len({len(shape or ()) for shape in shapes}) > 1:
        return
    known: list[Shape] = [shape or () for shape in shapes]
    ways = search.ways(index)
    pairs = [(i, j) for i in range(len(known)) for j in range(len(known)) if i != j and known[i] != known[j]]
    step = search.own(node) or search.steps.get(node.span)
    if step is not None and step.word == "skip" and "shortcut" in step.values and step.values["shortcut"].dynamic:
        edits = changes(step, {"shortcut": "project"})
        yield Fix("shortcut: project", edits) if edits else None
    for way in ways:
        yield from _as_params(search, way)
    yield _all_same(search, ways)
    if node.config is None or node.config.word != "concat":
        for i, j in pairs:
            yield from _same_width(search, ways[i], known[i][-1], known[j][-1])
            yield from _same_both(search, ways[i], known[i], known[j])
    for i, j in pairs:
        yield from _same_places(search, ways[i], known[i], known[j])
    for i, j in pairs:
        yield from _put_between(search, index, i, known[i], known[j])


def _all_same(search: Search, ways: list[list[Node]]) -> Fix | None:
    """`padding: same` at every window that goes step by step: it was forgotten in one branch, and in the next."""
    steady = [node for way in ways for node in way if _widens(node) and largest_stride(node) == 1]
    fixes = [fix for node in steady if (fix := search.change(node, padding="same")) is not None]
    if len(fixes) < 2:
        return None
    paths = [fix.title.removeprefix("padding: same at ").strip("`") for fix in fixes]
    return Fix(f"padding: same at {listing(paths)}", tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits)))


def _widens(node: Node) -> bool:
    """Does the node look at more than one place at once?"""
    windows = node.config.reach(len(node.shape) - 1) if isinstance(node.config, Windowed) and node.shape else None
    return windows is not None and any(window.size > 1 for window in windows)


def _same_width(search: Search, way: list[Node], channels: int | None, wanted: int | None) -> Iterator[Fix | None]:
    if channels == wanted or wanted is None:
        return
    for node in way:
        option = "filters" if node.config is not None and "filters" in node.config.options else "units"
        if node.shape is None or node.shape[-1] != channels or not node.inputs:
            continue
        yield search.change(node, **{option: wanted})
        # In a block the number would hold for one use: what it is a multiple of holds for all.
        block = search.blocks.get(node.span)
        source = search.graph.nodes[node.inputs[0]].shape
        received = source[-1] if source else None
        if block is not None:
            if received:
                yield search.change(node, **{option: _multiple("$channels", wanted, received)})
            for param in block.params:
                for factor in (1, 2, 4):
                    yield search.change(node, **{option: _multiple(f"${param}", factor, 1)})


def _multiple(name: str, wanted: int, known: int) -> str:
    if wanted % known == 0:
        return name if wanted == known else f"{wanted // known} * {name}"
    return f"{name} // {known // wanted}" if known % wanted == 0 else f"{name} * {wanted} // {known}"


def _first_apart(mine: Shape, other: Shape) -> tuple[int, int] | None:
    """The sizes along the first spatial dimension in which two shapes differ, where both are known."""
    sizes = zip(mine[:-1], other[:-1], strict=True)
    return next(((a, b) for a, b in sizes if a is not None and b is not None and a != b), None)


def _same_both(search: Search, way: list[Node], mine: Shape, other: Shape) -> Iterator[Fix | None]:
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
                yield search.change(node, filters=wanted, strides=stride * step, rounding="floor")
            elif stride % step == 0:
                yield search.change(node, filters=wanted, strides=stride // step)


def _same_places(search: Search, way: list[Node], mine: Shape, other: Shape) -> Iterator[Fix | None]:
    """Windows of this way that bring its sizes to those of the other."""
    sizes = _first_apart(mine, other)
    if sizes is None:
        return
    here, there = sizes
    step = round(max(sizes) / min(sizes))
    windows = [node for node in way if isinstance(node.config, Windowed)]
    for node in windows:
        config, stride = node.config, largest_stride(node)
        assert isinstance(config, Windowed)
        size = getattr(config, config.window_option())
        if step > 1 and here > there:
            yield search.change(node, strides=stride * step, rounding="floor")
            yield search.change(node, strides=stride * step)
        if step > 1 and here < there and stride % step == 0:
            yield search.change(node, strides=stride // step)
        if here < there and config.padding != "same":
            yield search.change(node, padding="same")
        if here > there and config.padding != "valid":
            yield search.change(node, padding="valid")
        if isinstance(size, int) and stride == 1 and abs(here - there) < 2 * size + 16 and size + here - there > 0:
            yield search.change(node, **{config.window_option(): size + here - there})
        if config.rounding != "exact":
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


def _put_between(search: Search, index: int, number: int, mine: Shape, other: Shape) -> Iterator[Fix | None]:
    """A node at the end of a way: a 1x1 for the channels, a pool or a resize for the places."""
    node = search.graph.nodes[index]
    elementwise = node.config is None or node.config.word != "concat"
    texts = []
    larger = [(a, b) for a, b in zip(mine[:-1], other[:-1], strict=True) if a is not None and b is not None and a > b]
    step = round(larger[0][0] / larger[0][1]) if larger else 1
    if elementwise and mine[-1] != other[-1] and other[-1] is not None:
        texts.append(f"1x1: {other[-1]}" if step == 1 else _strided(other[-1], step))
    elif step > 1:
        texts.append(f"pool: {{pool_size: {step}, padding: same}}")
    if len(mine) == 3 and mine[:2] != other[:2] and None not in other[:2]:
        texts.append(f"resize: {{height: {other[0]}, width: {other[1]}}}")
    for text in texts:
        yield _at_end_of(search, node, number, text)


def _strided(filters: int, step: int) -> str:
    return f"1x1: {{filters: {filters}, strides: {step}, rounding: floor}}"


def _at_end_of(search: Search, node: Node, number: int, text: str) -> Fix | None:
    step = search.steps.get(node.span)
    if step is None or step.cls is None:
        return None
    if step.cls.composition:
        body = _body_of(step, number, len(node.inputs))
        edit = search.places.after(body[-1], text) if body else None
        return None if edit is None else Fix(f"{text} at the end of a branch", (edit,))
    names = step.sources
    if names is None or names.dynamic or not isinstance(names.tree, Sequence) or len(names.value) != len(node.inputs):
        return None
    name = f"{names.value[number].replace('.', '_')}_fit"
    kind, _, options = text.partition(": ")
    inside = options[1:-1] if options.startswith("{") else f"filters: {options}"
    made = f"{kind}: {{name: {name}, {inside}, from: {names.value[number]}}}"
    before = search.places.before(step, made)
    return None if before is None else Fix(made, (before, Edit(span_of(names.tree.items[number]), name)))


def _body_of(step: Step, number: int, inputs: int) -> tuple[Step, ...]:
    """The body that ends in an input of a composition: a skip's shortcut comes first, then its body."""
    branches = step.values.get("branches")
    if branches is not None and isinstance(branches.value, dict) and len(branches.value) == inputs:
        return tuple(list(branches.value.values())[number])
    name = "body" if number == inputs - 1 else "shortcut"
    given = step.values.get(name)
    return given.value if given is not None and isinstance(given.value, tuple) else ()


# --- channels, shapes, sizes -----------------------------------------------------------------------------------------------


def _groups(search: Search, index: int) -> Iterator[Fix | None]:
    """NS405: as many channels before as the groups divide."""
    node = search.graph.nodes[index]
    groups = next((getattr(node.config, n) for n in ("groups", "deformable_groups") if hasattr(node.config, n)), 0)
    source = search.graph.nodes[node.inputs[0]]
    channels = source.shape[-1] if source.shape else None
    if not groups or groups < 1 or channels is None:
        return
    way = search.back(index)[1 : MAX_NODES + 1]
    for wanted in sorted({-(-channels // groups) * groups, channels // groups * groups} - {0}):
        yield from _same_width(search, way, channels, wanted)


def _unknown(search: Search, index: int) -> Iterator[Fix | None]:
    """NS407: a mean over all places instead of a list of them; an input whose size is known."""
    for node in search.back(index)[:MAX_NODES]:
        step = search.own(node)
        if step is not None and node.word == "flatten" and step.tree is None:
            yield Fix(f"global_pool for flatten at `{node.path}`", (Edit(step.span, "global_pool"),))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if shape is None or None not in shape:
            continue
        for size in USUAL_SIZES:
            known = (*(size if old is None else old for old in shape[:-1]), 3 if shape[-1] is None else shape[-1])
            yield search.resized(number, known)


def _leave_out(search: Search, index: int) -> Iterator[Fix | None]:
    """NS406: no reshape."""
    step = search.own(search.graph.nodes[index])
    edit = search.places.without(step) if step is not None else None
    yield None if edit is None else Fix(f"leave out `{search.graph.nodes[index].path}`", (edit,))


def _channels_last(search: Search, index: int) -> Iterator[Fix | None]:
    """An input that is written with its channels first, as PyTorch's are."""
    reached = search.graph.before((index,))
    for number, handle in enumerate(search.graph.inputs):
        shape = search.graph.nodes[handle].shape
        if handle in reached and channels_first(shape):
            assert shape is not None
            yield search.resized(number, (*shape[1:], shape[0]))


Rule = Callable[[Search, int], Iterator[Fix | None]]
RULES: dict[str, Rule] = {
    "NS401": _does_not_tile,
    "NS402": _too_large,
    "NS403": _differ,
    "NS405": _groups,
    "NS406": _leave_out,
    "NS407": _unknown,
}
MEANT: dict[str, Rule] = dict.fromkeys(("NS401", "NS402", "NS403"), _channels_last)
