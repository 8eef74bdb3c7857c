"""A flat spec folded: the stages in their order, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from netspec.conversion.folding.alike import Alike
from netspec.conversion.folding.blocks import Block, divided, made_block
from netspec.conversion.folding.defaults import with_defaults, without_lone
from netspec.conversion.folding.items import Item, Shapes, base, bodies_in, copied, items_of, walk
from netspec.conversion.folding.labels import exposed_by
from netspec.conversion.folding.naming import with_names
from netspec.conversion.folding.nested import with_nested
from netspec.conversion.folding.ordering import ORDERS, is_irregular
from netspec.conversion.folding.printing import Page, text_of_page
from netspec.conversion.folding.projecting import with_projections
from netspec.conversion.folding.regions import with_regions
from netspec.conversion.folding.rows import with_rows
from netspec.conversion.folding.runs import with_parallel, with_rules, with_runs
from netspec.conversion.folding.structure import structure_name
from netspec.conversion.folding.windows import Taste, Window, Windows
from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.naming import free_name
from netspec.conversion.nodes import Flat
from netspec.conversion.paths import named_graph, paths_by
from netspec.conversion.writing import text_of
from netspec.graph.model import Graph
from netspec.memory import gc_paused
from netspec.pipeline import Spec, check_text

# How much is folded: nothing; forks and defaults; repetition too.
LEVELS = ("flat", "modules", "blocks")


_TASTES = (Taste(1.0, 0.8), Taste(0.8, 0.8), Taste(0.8, 0.3))
_CLEARLY = 0.95  # of the length of another text
_WIDTH = 80  # characters of a line that is easy to read


class Folded(NamedTuple):
    """A spec of a model: its text, and how much of it is folded."""

    text: str
    level: str
    spec: Spec  # of the text, as it was checked
    paths: Mapping[str, str] | None  # of the model's nodes in its network, where less is written than a node for each


def fold(flat: Flat, level: str = "blocks") -> Folded:
    """The shortest spec of a model that is sure to be the same network.

    Args:
        flat: The model.
        level: The most that may be folded, one of `LEVELS`.

    Returns:
        The text; less is folded where the text would not be the same network.
    """
    with gc_paused():
        return _folded(flat, level)


def _folded(flat: Flat, level: str) -> Folded:
    if level != LEVELS[0] and flat.nodes:
        graph = named_graph(flat)
        for each in reversed(LEVELS[1 : LEVELS.index(level) + 1]):
            # The shortest first: what is proved is kept.
            for text in sorted(_texts(flat, graph, each), key=_length):
                spec = check_text(text, repairs=False)
                pairs = _proof(spec, graph)
                if pairs is not None and spec.graph is not None:
                    return Folded(text, each, spec, paths_by(pairs, flat, graph, spec.graph))
    text = text_of(flat)
    return Folded(text, LEVELS[0], check_text(text, repairs=False), None)


def _length(text: str) -> float:
    """The lines of a text, long ones for more than one."""
    return sum(max(1.0, len(line) / _WIDTH) for line in text.splitlines())


def _proof(spec: Spec, graph: Graph) -> Mapping[int, int] | None:
    """Which node of the model's network is which of a spec's; None where it is another network, or none."""
    if spec.graph is None or any(problem.is_error for problem in spec.problems):
        return None
    pairs = matched(graph, spec.graph)
    return None if isinstance(pairs, Mismatch) else pairs


def _texts(flat: Flat, graph: Graph, level: str) -> Iterator[str]:
    """The text with the nodes in an order in which modules stand together, folded by each taste in the best order."""
    drafts = [_Draft.of(flat, graph)]
    if any(is_irregular(items, entering) for items, entering in drafts[0].tops()):
        drafts = [drafts[0].ordered(order) for order in ORDERS]
        drafts = drafts[: 1 + (drafts[0].order != drafts[1].order)]
    if level != LEVELS[-1]:
        yield from (_text(_Folding.of(draft)) for draft in drafts)
        return
    foldings = [_with_blocks(_Folding.of(draft), _TASTES) for draft in drafts]
    texts = [_text(next(each)) for each in foldings]
    # The first order hangs on no names, so another has to be clearly better: what is imported again has other names.
    best = next((n for n, text in enumerate(texts) if _length(text) < _CLEARLY * _length(texts[0])), 0)
    yield texts[best]
    yield from map(_text, foldings[best])


class _Draft:
    """A spec between its stages: the items at its top, the blocks so far, and what is known of the network."""

    def __init__(self, flat: Flat, items: list[Item], blocks: list[Block], shapes: Shapes) -> None:
        self.flat = flat
        self.items = items
        self.blocks = blocks
        self.shapes = shapes

    @classmethod
    def of(cls, flat: Flat, graph: Graph) -> _Draft:
        """With models that were called as blocks, and forks as compositions."""
        shapes = {node.path: node.shape for node in graph.nodes if node.shape is not None}
        items = items_of(flat)
        blocks = with_nested(items, flat, shapes)
        outputs = frozenset(map(base, flat.outputs.values()))
        items = with_regions(items, shapes, outputs)
        blocks = [block._replace(items=with_regions(block.items, shapes, frozenset())) for block in blocks]
        return cls(flat, items, blocks, shapes)

    def tops(self) -> Iterator[tuple[list[Item], str]]:
        """The bodies that are inside no other, and what enters each."""
        yield self.items, self.flat.inputs[0].name
        for block in self.blocks:
            yield block.items, block.entering

    def ordered(self, order: Callable[[list[Item]], list[Item]]) -> _Draft:
        """With the items in another order, to be folded by itself."""
        draft = self.copied()
        draft.items = order(draft.items)
        draft.blocks = [block._replace(items=order(block.items)) for block in draft.blocks]
        return draft

    def copied(self) -> _Draft:
        """The same, to be folded by itself."""
        blocks = [block._replace(items=copied(block.items)) for block in self.blocks]
        return _Draft(self.flat, copied(self.items), blocks, self.shapes)

    @property
    def order(self) -> list[str]:
        """The names of the items at the top."""
        return [item.name for items, _ in self.tops() for item in items]

    def bodies(self) -> list[list[Item]]:
        """All bodies."""
        return [body for top, _ in self.tops() for body in bodies_in(top)]

    def every(self) -> list[Item]:
        """All items, those inside others too."""
        return [item for top, _ in self.tops() for item in walk(top)]

    def channels(self, name: str) -> int | None:
        """Of a tensor, where they are known."""
        shape = self.shapes.get(name)
        return None if not shape else shape[-1]


class _Folding(NamedTuple):
    """A draft whose repetition is being folded."""

    draft: _Draft
    alike: Alike
    known: dict[str, dict[str, object]]  # of each block, the defaults of its params
    repeated: dict[object, str]  # blocks that are a use with its repetitions

    @classmethod
    def of(cls, draft: _Draft) -> _Folding:
        """With what is folded whatever repeats."""
        defaults = with_defaults(draft.every())
        with_projections(draft.every(), draft.shapes)
        known: dict[str, dict[str, object]] = {block.name: {} for block in draft.blocks}
        alike = Alike(defaults, known)
        with_rows(draft.every(), alike)
        return cls(draft, alike, known, {})

    def copied(self) -> _Folding:
        """The same, to be folded by itself."""
        known = dict(self.known)
        return _Folding(self.draft.copied(), Alike(dict(self.alike.defaults), known), known, dict(self.repeated))

    def windows(self) -> Windows:
        """The chains that occur more than once, neighbours folded."""
        kept = self.kept()
        for body in self.draft.bodies():
            with_runs(body, self.alike, kept)
        bodies = self.draft.bodies()
        tops = {number for number, body in enumerate(bodies) if any(body is top for top, _ in self.draft.tops())}
        return Windows(bodies, tops, self.alike, self.draft.channels, kept)

    def make(self, window: Window) -> None:
        """Make a block of a window."""
        draft, bodies = self.draft, self.draft.bodies()
        first = window.places[0]
        items = bodies[first.body][first.start : first.start + window.length]
        block = made_block(bodies, window, free_name(structure_name(items), self.known, ""), self.kept())
        self.known[block.name] = block.defaults()
        block.items[:] = [part for item in block.items for part in divided(item, self._repeated)]
        draft.blocks.append(block)

    def _repeated(self, item: Item) -> str:
        """The name of the block that is an item with its repetitions."""
        said = (item.kind, repr(item.values), item.repeat)
        if said not in self.repeated:
            name = self.repeated[said] = free_name(item.kind, self.known, "")
            entering = f"{name}/input"
            inside = replace(item, name=f"{name}/0", reads=(entering,), values=dict(item.values))
            self.draft.blocks.append(Block(name, (), (), [inside], entering))
            self.known[name] = {}
        return self.repeated[said]

    def end(self) -> None:
        """What comes when no more blocks are made."""
        inputs = {each.name for each in self.draft.flat.inputs}
        for block in self.draft.blocks if len(inputs) > 1 else ():
            uses = sum(item.kind == block.name for item in self.draft.every())
            with_parallel(self.draft.items, block, uses, inputs, self.alike)
        kept = self.kept()
        for body in self.draft.bodies():
            with_rules(body, self.alike, kept)
        without_lone(self.draft.every(), self.alike.defaults)
        self.draft.blocks = with_names(self.draft.items, self.draft.blocks, self.draft.flat.outputs)

    def kept(self) -> frozenset[str]:
        """Names that are read from afar."""
        every = self.draft.every()
        ends = frozenset(map(base, self.draft.flat.outputs.values()))
        return ends | {item.share for item in every if item.share is not None} | exposed_by(every)


def _with_blocks(folding: _Folding, tastes: Sequence[Taste]) -> Iterator[_Folding]:
    """Folded by the first taste, then by each other that leads elsewhere; what they have in common is done once."""
    apart: list[tuple[_Folding, Window | None, Sequence[Taste]]] = []
    while True:
        windows = folding.windows()
        picked: dict[object, tuple[Window | None, list[Taste]]] = {}
        for taste in tastes:
            window = windows.best(taste)
            key = None if window is None else (window.length, window.places)
            picked.setdefault(key, (window, []))[1].append(taste)
        (first, tastes), *others = picked.values()
        apart += [(folding.copied(), window, same) for window, same in others]
        if first is None:
            break
        folding.make(first)
    folding.end()
    yield folding
    for other, window, same in apart:
        yield from _with_window(other, window, same)


def _with_window(folding: _Folding, window: Window | None, tastes: Sequence[Taste]) -> Iterator[_Folding]:
    """Folded from a window on."""
    if window is None:
        folding.end()
        yield folding
    else:
        folding.make(window)
        yield from _with_blocks(folding, tastes)


def _text(folding: _Folding) -> str:
    draft = folding.draft
    return text_of_page(Page(draft.flat, folding.alike.defaults, draft.blocks, draft.items))
