"""Which shapes of a recovered spec may be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import compress
from typing import TYPE_CHECKING

from netspec.recovery.astray import Holes, is_item
from netspec.recovery.lines import indent_of
from netspec.recovery.lost import Lost, params_of
from netspec.recovery.places import sections, steps_in
from netspec.recovery.standing import APART
from netspec.spec.document import Step, steps_of
from netspec.spec.keys import TOP_KEYS
from netspec.spec.names import RECEIVED
from netspec.spec.naming import READ
from netspec.syntax.tree import Mapping, last_line

if TYPE_CHECKING:
    from netspec.diagnostics.problems import Span
    from netspec.graph.model import Graph, Group, Node
    from netspec.pipeline import Spec
    from netspec.recovery.recovering import Recovered
    from netspec.spec.document import Document

_TWICE = "NS302"  # a name is given twice
_TOP = re.compile(r"(\w+)[ \t]*:")  # a key of the top
_BARE = re.compile(r"\w*\W*(#.*)?\Z")  # a key without a value


def provisional(spec: Spec, recovered: Recovered) -> frozenset[int]:
    """The nodes of a graph whose shapes may be wrong.

    Args:
        spec: The recovered text as it was checked: `recovered.spec`, or `check_text(recovered.text)`.
        recovered: It.

    Returns:
        The nodes that stand in a hole, read one that does, or read what a hole may have changed: a param, a default, a block,
        an input. And those that are wrong themselves, with what follows from them.
    """
    graph, document = spec.graph, spec.document
    if graph is None or document is None:
        return frozenset()
    nodes = graph.nodes
    if _may_be_params(document):
        return frozenset(range(len(nodes)))
    marked = bytearray([node.tainted for node in nodes])
    if recovered.holes:
        holes, lost = Holes.of(recovered), recovered.history.lost
        if _is_everywhere(spec, document, holes) or _may_be_others(document, lost):
            return frozenset(range(len(nodes)))
        twice = any(problem.code == _TWICE for problem in spec.problems)
        for index in _Doubts(document, graph.uses, holes, lost, twice=twice).of(nodes):
            marked[index] = True
    _follow(graph, marked)
    return frozenset(compress(range(len(nodes)), marked))


def _follow(graph: Graph, marked: bytearray) -> None:
    """Mark what follows from what is marked: what reads it, and what is made for its sizes."""
    first, nodes = marked.find(True), graph.nodes
    if first < 0:
        return
    groups: dict[int, list[Group]] = {}
    for group in graph.groups.values():
        if group.start > first:  # what begins before reads nothing of it
            groups.setdefault(group.start, []).append(group)
    for index in range(first + 1, len(nodes)):
        for group in groups.get(index, ()):
            for source in group.inputs:
                if marked[source]:  # of which its arguments and weights may be made
                    marked[group.start : group.stop] = bytes([True]) * (group.stop - group.start)
                    break
        if marked[index]:
            continue
        node = nodes[index]
        if node.share is not None and marked[node.share]:  # whose hyperparameters it has
            marked[index] = True
            continue
        for source in node.inputs:
            if marked[source]:
                marked[index] = True
                break
        else:
            if not node.inputs and not node.is_input:
                marked[index] = marked[index - 1]


def _is_everywhere(spec: Spec, document: Document, holes: Holes) -> bool:
    """May holes have changed any node: do they stand where a param, a default or an input does, or at a key of the top?"""
    parts = sections(document.source.tree)
    if not parts:
        return True
    first = min(part.start for part in parts.values())
    for line in holes.lines:
        key = _TOP.match(holes.now[line])
        if key is not None and key[1] in parts and key[1] not in APART and line != parts[key[1]].start:
            return True  # a section stands twice, and which of them is meant is not known
        section = next((key for key, part in parts.items() if line in part), None)
        if section is None:
            if line >= first or document.source.text.lstrip()[:2] == "{}":
                return True
        elif section in ("layers", "blocks"):
            if line == parts[section].start:
                return True
        elif section in APART:
            if line == parts[section].start and _BARE.match(holes.read[line]) and not _BARE.match(holes.now[line]):
                return True  # what stands below it may belong to the section after it
        elif section != "variants" or spec.request.variant is not None:
            return True
    return False


def _may_be_params(document: Document) -> bool:
    """May keys that nobody knows at the top belong to `params` above them? Something reads their names, which nodes give too."""
    tree = document.source.tree
    return isinstance(tree, Mapping) and not document.names_used.isdisjoint(tree.entries.keys() - TOP_KEYS)


def _may_be_others(document: Document, lost: frozenset[Lost]) -> bool:
    """May what stands for sizes and counts that a node receives have been params, some of which are missing?"""
    is_missing = any(each.role == "param" for each in lost)
    return is_missing and not params_of(document).issuperset(document.names_used.intersection(RECEIVED))


class _Doubts:
    """The nodes that holes in lists of nodes touch at once; what reads them follows from that."""

    def __init__(
        self, document: Document, uses: dict[str, Span], holes: Holes, lost: frozenset[Lost], *, twice: bool
    ) -> None:
        self.document = document
        self.uses = uses
        self.holes = holes
        self.astray = holes.astray()
        self.torn = set(holes.torn(self.astray))
        nodes = [each.name for each in lost if each.role == "node"]
        self.is_disordered = bool(nodes)  # may a line be missing anywhere?
        self.gapped = {path.partition(".")[0] for path in nodes if "." in path}  # what lacks a name inside
        self.is_mixed = any(each.role == "block" for each in lost)  # may what belonged to a block belong to another?
        self.twice = twice  # is a name given twice, so that of uses of the same path only the last is known?
        self.blocks = self._blocks()
        self.named = {
            step.name.value for step in steps_in(document) if step.name is not None and isinstance(step.name.value, str)
        }

    def _blocks(self) -> frozenset[str]:
        """The blocks with a hole, and those that use them."""
        blocks = self.document.blocks
        part = sections(self.document.source.tree).get("blocks", range(0))
        inside = sorted(line for line in self.holes.lines | self.torn if line in part)
        starts = sorted((block.key.start.line, name) for name, block in blocks.items())
        if self.is_mixed or (inside and (not starts or inside[0] < starts[0][0])):
            return frozenset(blocks)
        found = {name for name, block in blocks.items() if not block.body}  # yet
        for line in inside:
            block = [name for start, name in starts if start <= line][-1]
            found.add(block)
            found.update(self._meant(line, block))
        while True:
            more = {
                name
                for name, block in blocks.items()
                if name not in found and any(step.block in found for step in steps_of(block.body))
            }
            if not more:
                return frozenset(found)
            found |= more

    def _meant(self, line: int, block: str) -> Iterator[str]:
        """The blocks that a line of a block may be meant for: it reads their params, which the block has not."""
        if line not in self.holes.back:
            known = {*self.document.blocks[block].params, *self.document.params, *RECEIVED}
            read = {name for name in READ.findall(self.holes.now[line]) if name not in known}
            for name, other in self.document.blocks.items():
                if not read.isdisjoint(other.params):
                    yield name

    def of(self, nodes: tuple[Node, ...]) -> Iterator[int]:
        """The nodes."""
        lines: set[int] = set()  # of the steps that are doubtful
        body = self.document.body
        part = sections(self.document.source.tree).get("layers", range(0))
        # May what stands before the next step be missing, or be another? Of the first, if an item stands astray elsewhere.
        after = any(is_item(self.holes.now[line]) for line in self.astray if line not in part)
        names = {""} if self.is_disordered else set[str]()
        doubtful: set[str] = set()  # paths of uses
        for number, step in enumerate(body):
            start = _first_line(step)
            end = _first_line(body[number + 1]) if number + 1 < len(body) else part.stop
            if number == 0 and any(part.start < line < start for line in self.holes.lines):
                after = True
            inside = any(start <= line < end for line in self.holes.lines)
            own = any(
                start <= line < end and (line <= _last_line(step) or self._belongs(line, step))
                for line in self.holes.lines
            )
            own = own or any(start <= line < end for line in self.torn)
            uses = any(each.block in self.blocks for each in steps_of((step,)))
            reads = self._reads(step, names) or ((after or self.is_disordered) and step.sources is None)
            lacks = step.name is not None and step.name.value in self.gapped
            if own or uses or reads or lacks:
                lines.update(range(start, _last_line(step) + 1))
                if self.twice:
                    doubtful.update(self._alike(step))
                if step.name is not None and isinstance(step.name.value, str):
                    names.add(step.name.value)
            if inside:
                names.add("")
            after = inside or own or uses or (after and step.sources is None)  # it may be left out
        if not lines:
            return
        doubtful |= {path for path, span in self.uses.items() if span.line - 1 in lines}
        inside_uses: dict[str, bool] = {"": False}

        def is_inside(path: str) -> bool:
            if path not in inside_uses:
                inside_uses[path] = path in doubtful or is_inside(path.rpartition(".")[0])
            return inside_uses[path]

        for index, node in enumerate(nodes):
            if node.span.line - 1 in lines or is_inside(node.path.rpartition(".")[0]):
                yield index

    def _alike(self, step: Step) -> Iterator[str]:
        """The paths of uses that have the name of a step, or may have."""
        if step.name is None:
            return
        if step.name.dynamic:
            yield from self.uses
            return
        name = str(step.name.value)
        for path in self.uses:
            base, _, number = path.rpartition("_")
            if path == name or (step.repeat is not None and base == name and number.isdigit()):
                yield path

    def _belongs(self, line: int, step: Step) -> bool:
        """Does a line that stands no longer seem to have belonged to the node above it, and not to another after that?"""
        written = self.holes.now[line]
        return not written.strip() or "\t" in written or indent_of(written) >= step.key.start.column

    def _reads(self, step: Step, doubtful: set[str]) -> bool:
        """May what a step names stand for another node than is meant, now that something before it is a hole?"""
        given = [each for each in step.paths() if each is not step.share] if doubtful else []
        if not given:
            return False
        if any(each.dynamic or not isinstance(each.value, (list, tuple)) for each in given):
            return True
        firsts = {str(path).partition(".")[0] for each in given for path in each.value}
        inputs = {each.name for each in self.document.inputs} | {"input"}
        return any(first in doubtful or (first not in inputs and first not in self.named) for first in firsts)


def _first_line(step: Step) -> int:
    return step.key.start.line


def _last_line(step: Step) -> int:
    last = step.key.end.line
    return max(last, last_line(step.tree)) if step.tree is not None else last
