"""The lines of `forward`: what has one reader stands where it is read, everything else gets a variable."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from netspec.backends.torch.classes import Class, Classes, Item, Node
from netspec.backends.torch.names import attribute, snake
from netspec.backends.torch.steps import Step
from netspec.backends.torch.translating import is_image
from netspec.backends.torch.units import Unit

WIDE = 80  # columns of an expression that is not broken up by variables
DEEP = 3  # calls inside of each other
FAR = 8  # items after which a value that is still read gets a name of its own
_TO_LAST = {2: ".transpose(1, 2)", 3: ".permute(0, 2, 3, 1)", 4: ".permute(0, 2, 3, 4, 1)"}
_TO_FIRST = {2: ".transpose(1, 2)", 3: ".permute(0, 3, 1, 2)", 4: ".permute(0, 4, 1, 2, 3)"}


class Pending(NamedTuple):
    """An expression that is not written yet, since one item alone reads it."""

    text: str
    depth: int
    reads: tuple[str, ...]  # the variables in it


class ForwardWriter:
    """Writes the `forward` of one class, after one of its units."""

    def __init__(self, classes: Classes, cls: Class, value: Callable[[tuple[object, ...], object], str]) -> None:
        self.classes = classes
        self.steps = classes.steps
        self.cls = cls
        self.unit: Unit = cls.units[0]
        self.items: list[Item] = classes.items[id(self.unit)]
        self.attributes = classes.attributes[id(self.unit)]
        self.value = value
        self.held: dict[int, str] = {}  # the variable of a node
        self.pending: dict[int, Pending] = {}
        self.lines: list[str] = []
        self.last_read: dict[int, int] = {}
        self.readers: Counter[int] = Counter()
        self.latest = "x"

    def write(self, is_root: bool) -> tuple[list[str], list[str]]:
        """The names of what it is given, and its lines."""
        unit = self.unit
        for number, item in enumerate(self.items):
            for handle in dict.fromkeys(self._reads(item)):
                self.last_read[handle] = number
                self.readers[handle] += 1
        outputs = list(self.steps.graph.outputs.values()) if is_root else unit.outputs
        for handle in outputs:
            self.last_read[handle] = len(self.items)
            self.readers[handle] += 1
        given: list[str] = []
        for handle in unit.inputs:
            name = "x" if len(unit.inputs) == 1 else self._own(handle, given)
            self.held[handle] = name
            given.append(name)
        self.latest = given[0]
        for handle, name in zip(unit.inputs, given, strict=True) if is_root else ():
            if self.steps.graph.nodes[handle].dtype in ("float16", "bfloat16", "float64"):
                self.lines.append(f"{name} = {name}.float()")  # as Keras's layers do
        for number, item in enumerate(self.items):
            self._item(number, item)
        self._return(outputs, is_root)
        return given, [_formatted(line) for line in self.lines]

    def _reads(self, item: Item) -> Sequence[int]:
        return self.steps.reads(item.number) if isinstance(item, Node) else item.units[0].inputs

    # --- one item ---

    def _item(self, number: int, item: Item) -> None:
        if isinstance(item, Node):
            step = self.steps.of[item.number]
            template = self._filled(number, item.number, step)
            wants = step.wants
            reads = self.steps.reads(item.number)
            ends = {0: item.number, **self.steps.parts.get(item.number, {})}
            targets = step.targets
        else:
            first = item.units[0]
            owner = first.twin or first
            reads, ends = tuple(first.inputs), dict(enumerate(item.units[-1].outputs))
            name = self.attributes[id(owner)]
            template = f"self.{name}({', '.join(f'{{{place}}}' for place in range(len(reads)))})"
            wants = tuple(self.steps.first.get(each, False) for each in reads)
            targets = ", ".join(f"{{{place}}}" for place in range(len(ends)))
        pieces, depth, variables = self._given(number, template, reads, wants)
        text = template.format(*pieces)
        if targets == "{0}" and self._may_wait(ends, number):
            self.pending[ends[0]] = Pending(text, depth + ("(" in text), variables)
            return
        dying = [name for name in variables if self._is_free_after(name, number)]
        names: dict[int, str] = {}
        for place, handle in ends.items():
            if handle in self.last_read:
                names[place] = self._target(handle, number, dying if place == 0 else [], set(names.values()))
                self.held[handle] = names[place]
        line = targets.format(*(names.get(place, "_") for place in range(targets.count("{"))))
        if line != text:
            self.lines.append(f"{line} = {text}")
        self.latest = next(iter(names.values()))
        for handle in [each for each in reads if self.last_read.get(each, -1) == number and each in self.held]:
            del self.held[handle]

    def _filled(self, number: int, index: int, step: Step) -> str:
        """The expression with everything in it but what it reads."""
        text = step.text
        owner = self.steps.graph.owner(index)
        if step.module is not None:
            text = text.replace("{m}", f"self.{self.attributes[owner]}")
        for name, value in step.values.items():
            text = text.replace(f"{{{name}}}", self.value((number, "value", name), value))
        return text

    def _given(
        self, number: int, template: str, reads: Sequence[int], wants: Sequence[bool]
    ) -> tuple[list[str], int, tuple[str, ...]]:
        """What the item reads, as texts; how deep they are; the variables in them."""
        pieces: list[str] = []
        depth = 0
        variables: list[str] = []
        for place, handle in enumerate(reads):
            if handle < 0:
                pieces.append(self.latest)
                continue
            wanted = wants[place] if place < len(wants) else self.steps.first[handle]
            waiting = self.pending.pop(handle, None)
            if waiting is not None:
                once = template.count(f"{{{place}}}") == 1 and list(reads).count(handle) == 1
                turned = self._turned(handle, wanted)
                fits = len(template) + len(waiting.text + turned) <= WIDE and waiting.depth < DEEP
                # What is returned has nothing around it.
                is_alone = template == f"{{{place}}}" and not turned
                if not once or not (is_alone or (fits and _fits_in(waiting.text, template, place, turned))):
                    self._settle(handle, waiting, number)
                    waiting = None
            if waiting is None:
                text = self.held[handle]
                variables.append(text)
            else:
                text = waiting.text
                depth = max(depth, waiting.depth)
                variables += waiting.reads
            pieces.append(text + self._turned(handle, wanted))
        return pieces, depth, tuple(dict.fromkeys(variables))

    def _settle(self, handle: int, waiting: Pending, number: int) -> None:
        """Give what waited a variable after all."""
        dying = [name for name in waiting.reads if self._is_free_after(name, number - 1)]
        name = self._target(handle, number - 1, dying, set())
        self.held[handle] = name
        self.lines.append(f"{name} = {waiting.text}")
        self.latest = name

    def _turned(self, handle: int, wanted: bool) -> str:
        shape = self.steps.graph.nodes[handle].shape or ()
        if self.steps.first[handle] == wanted or len(shape) < 2:
            return ""
        return (_TO_FIRST if wanted else _TO_LAST)[len(shape)]

    # --- variables ---

    def _may_wait(self, ends: Mapping[int, int], number: int) -> bool:
        if len(ends) != 1 or self.readers[ends[0]] != 1:
            return False
        return self.last_read[ends[0]] == number + 1

    def _is_free_after(self, name: str, number: int) -> bool:
        return not any(
            held == name and self.last_read.get(handle, -1) > number for handle, held in self.held.items()
        ) and not any(name in waiting.reads for waiting in self.pending.values())

    def _live(self, number: int) -> set[str]:
        live = {name for handle, name in self.held.items() if self.last_read.get(handle, -1) > number}
        return live | {name for waiting in self.pending.values() for name in waiting.reads}

    def _target(self, handle: int, number: int, dying: list[str], also: set[str]) -> str:
        """The variable for what an item makes."""
        live = self._live(number) | also
        if self.last_read.get(handle, number) > number + FAR:
            return self._own(handle, live)
        for name in ("x", *dying):
            if name in dying and name not in live:
                return name
        if "x" not in live:
            return "x"
        path = self.steps.graph.nodes[handle].path.removeprefix(f"{self.unit.path}.").split(".")
        scope = path[-2] if len(path) > 1 else ""
        wish = scope if scope and not scope[-1].isdigit() and scope.isidentifier() else ""
        if wish and attribute(snake(wish)) not in live:
            return attribute(snake(wish))
        return next(name for name in ("y", "z", "u", "v", "w", *(f"y_{n}" for n in range(1, 999))) if name not in live)

    def _own(self, handle: int, taken: Sequence[str] | set[str]) -> str:
        """A variable called as its node."""
        path = self.steps.graph.nodes[handle].path.removeprefix(f"{self.unit.path}.")
        name = wish = attribute(snake(path.rpartition(".")[2]))
        number = 1
        while name in taken:
            number += 1
            name = f"{wish}_{number}"
        return name

    # --- the end ---

    def _return(self, outputs: Sequence[int], is_root: bool) -> None:
        graph = self.steps.graph
        wants = [
            is_image(graph.nodes[each].shape) if is_root else self.steps.first[each] for each in dict.fromkeys(outputs)
        ]
        kept = list(dict.fromkeys(outputs))
        for handle in [each for each in kept if each in self.pending] if len(kept) > 1 else []:
            self._settle(handle, self.pending.pop(handle), len(self.items))
        template = " ".join(f"{{{place}}}" for place in range(len(kept)))
        pieces, _, _ = self._given(len(self.items), template, kept, wants)
        texts = dict(zip(kept, pieces, strict=True))
        if is_root and len(graph.outputs) > 1:
            inner = ", ".join(f'"{name}": {texts[handle]}' for name, handle in graph.outputs.items())
            self.lines.append(f"return {{{inner}}}")
            return
        self.lines.append(f"return {', '.join(texts[each] for each in outputs)}")


_POWER = re.compile(r"(?<![\w.\])])([A-Za-z_][\w.]*) \*\* ([\w.]+)(?![\w(\[.])")
_SLICE = re.compile(r"(?<=[\[ ])([^\[\]:,]*):([^\[\]:,]*)(?=\])")


def _formatted(line: str) -> str:
    """A line as formatters write it: powers of names without spaces, slices of more than numbers and names with."""

    def spaced(found: re.Match[str]) -> str:
        start, stop = found[1].strip(), found[2].strip()
        if not re.search(r"[^\w-]", start + stop):
            return found[0]
        return " ".join(part for part in (start, ":", stop) if part)

    return _SLICE.sub(spaced, _POWER.sub(r"\1**\2", line))


def _fits_in(text: str, template: str, place: int, turned: str) -> bool:
    """Does an expression mean the same where it stands in another, without brackets of its own?"""
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
        return True
    is_argument = re.search(rf"[(,] ?\{{{place}\}}[,)]", template) is not None  # as which anything does
    return is_argument and not turned
