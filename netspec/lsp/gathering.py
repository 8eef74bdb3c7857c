"""A document's names, with all their places: one walk over what is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netspec.expressions import Expression
from netspec.graph.model import Graph
from netspec.lsp.held import Path, Words
from netspec.lsp.names import Name, Names, Role, site_in
from netspec.lsp.scoping import EVERYWHERE, Bodies, Body, Found
from netspec.options import Declared, Named, Nested, PerName, Type
from netspec.spec.document import Document, Given, Settings, Step
from netspec.spec.keys import WIRING
from netspec.spec.node_patterns import Multipliers, Patterns
from netspec.spec.pretrained import InitOption
from netspec.spec.training_settings import Layout
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_COUNTED = re.compile(r"(.+)_[0-9]+\Z")
_MASKED = re.compile(r"_\*+\Z")  # what stands for the value at the end of `level_$index`
_WILD = re.compile(r"[*?\[]")
_MONITORED = re.compile(r"(val_)?(.+)_[a-z]")


def gather(document: Document, graphs: Iterable[Graph | None]) -> Names:
    """All names of a document.

    Args:
        document: The spec.
        graphs: Its graphs, which say how nodes without a name are numbered and what outputs are called.
    """
    return _Gatherer(document, tuple(graphs)).names()


class Read(NamedTuple):
    """A `$name` in an expression: where it stands in a scalar, its `$` left out."""

    scalar: Scalar
    name: str
    start: int
    end: int


def reads_of(given: Given) -> Iterator[Read]:
    """The `$names` that a value reads."""
    if not given.dynamic:
        return
    if given.value is None:  # some expression in it does not parse
        stack = [given.tree]
        while stack:
            tree = stack.pop()
            if isinstance(tree, Scalar):
                for match in _NAME.finditer(tree.text) if isinstance(tree.value, str) else ():
                    yield Read(tree, match[1], match.start(1), match.end(1))
            else:
                stack += tree.items if isinstance(tree, Sequence) else [entry.value for entry in tree.entries.values()]
        return
    for scalar, expression in expressions_of(given.tree, given.value):
        for each in expression.references:
            yield Read(scalar, each.name, each.end - len(each.name), each.end)


def expressions_of(tree: Tree, template: object) -> Iterator[tuple[Scalar, Expression]]:
    """The expressions of a template, each with where it is written."""
    if isinstance(template, Expression):
        if isinstance(tree, Scalar):
            yield tree, template
    elif isinstance(template, (list, tuple)):
        if isinstance(tree, Sequence) and len(tree.items) == len(template):
            for item, part in zip(tree.items, template, strict=True):
                yield from expressions_of(item, part)
        elif len(template) == 1:  # a value alone, where a list may stand
            yield from expressions_of(tree, template[0])
    elif isinstance(template, dict) and isinstance(tree, Mapping):
        for name, part in template.items():
            if name in tree.entries:
                yield from expressions_of(tree.entries[name].value, part)


def _lead(scalar: Scalar, start: int) -> int:
    """How many characters stand before a name that belong to it: `$`, or `${`."""
    return 1 if scalar.text[start - 1] == "$" else 2


class _Gatherer:
    def __init__(self, document: Document, graphs: tuple[Graph | None, ...]) -> None:
        self.document = document
        self.graphs = [graph for graph in graphs if graph is not None]
        self.bodies = Bodies(document, graphs)
        self.words = Words(document, self.bodies)
        self.made: list[Name] = []
        self.params: dict[str, Name] = {}
        self.own: dict[str, dict[str, Name]] = {}
        self.blocks: dict[str, Name] = {}
        self.outputs: dict[str, Name] = {}
        self.variants: dict[str, Name] = {}
        self.started: list[Scalar] = []  # what `init` starts with
        self.variables: set[tuple[int, int]] = (
            set()
        )  # places of those that `for` gives: the scalar's identity, and where in it

    def names(self) -> Names:
        document = self.document
        for name, key in document.param_keys.items():
            self.params[name] = self._defined("param", key)
        listed = document.used.listed if document.used is not None else {}
        for name, block in document.blocks.items():
            # A block of another file begins, in this one, where `use` names it.
            self.blocks[name] = self._defined("block", listed.get(name, block.key))
            self.own[name] = {each: self._defined("param", key, name) for each, key in block.param_keys.items()}
        self._variants()
        for given in document.params.values():
            self._expressions(given, {})
        for declared in document.inputs:
            self._expressions(declared.shape, {})
        self._defaults()
        for name, block in document.blocks.items():
            before: dict[str, Name] = {}
            for param, default in block.params.items():
                if default is not None:
                    self._expressions(default, before)
                before[param] = self.own[name][param]
        seen: set[int] = set()
        for body in self.bodies.all:
            for index, step in enumerate(body.steps):
                self._wiring(body, index, step)
                if id(step) not in seen:
                    seen.add(id(step))
                    self._step(body, step)
        self._outputs()
        for settings in (document.limits, document.data, document.train):
            if settings is not None:
                self._settings(settings)
        self._weights()
        naming = frozenset(self.words.naming)
        return Names([*self.made, *self.bodies.names], self.params, self.own, self.blocks, self.bodies, naming)

    def _defined(self, kind: str, key: Scalar, owner: str = "") -> Name:
        name = Name(kind, key.text, owner)  # type: ignore[arg-type]
        name.add(site_in(key, 0, len(key.text), "definition", is_key=True))
        self.made.append(name)
        return name

    def _section(self, name: str) -> Tree | None:
        root = self.document.source.tree
        entry = root.entries.get(name) if isinstance(root, Mapping) else None
        return None if entry is None else entry.value

    # --- params -------------------------------------------------------------------------------------------------------

    def _variants(self) -> None:
        tree = self._section("variants")
        for key, value in tree.entries.values() if isinstance(tree, Mapping) else ():
            self.variants[key.text] = self._defined("variant", key)
            for param, _ in value.entries.values() if isinstance(value, Mapping) else ():
                if param.text in self.params:
                    self.params[param.text].add(site_in(param, 0, len(param.text), "write", is_key=True))
        for variant in self.document.variants.values():
            for given in variant.values():
                self._expressions(given, {})

    def _expressions(self, given: Given, own: dict[str, Name]) -> None:
        for scalar, name, start, end in reads_of(given):
            target = own.get(name) or self.params.get(name)
            if target is not None:
                target.add(site_in(scalar, start, end, "read", lead=_lead(scalar, start)))
        if not given.dynamic or given.value is None:
            return
        for scalar, expression in expressions_of(given.tree, given.value):
            for variable in expression.variables:
                if (id(scalar), variable.start) in self.variables:
                    continue
                self.variables.add((id(scalar), variable.start))
                given_name = Name("variable", variable.name)
                given_name.add(site_in(scalar, variable.start, variable.end, "definition"))
                for each in variable.reads:
                    start = each.end - len(each.name)
                    given_name.add(site_in(scalar, start, each.end, "read", lead=_lead(scalar, start)))
                self.made.append(given_name)

    def _defaults(self) -> None:
        """What is given to all nodes of a kind is worked out at each: in a block by the block's params."""
        within: dict[int, list[dict[str, Name]]] = {}
        for body in self.bodies.all:
            if body.block is not None:
                for step in body.steps:
                    for given in step.values.values() if step.inherits else ():
                        if given.from_defaults:
                            within.setdefault(id(given.tree), []).append(self.own[body.block])
        for values in self.document.defaults.values():
            for given in values.values():
                self._expressions(given, {})
                for own in within.get(id(given.tree), ()):
                    self._expressions(given, own)

    def _step(self, body: Body, step: Step) -> None:
        """A node's expressions, the block that it uses and what it gives to its params."""
        own = self.own.get(body.block, {}) if body.block is not None else {}
        for given in step.givens():
            if not given.from_defaults:
                self._expressions(given, own)
        if step.principal is not None:
            self._expressions(step.principal, own)
        if step.block is not None and step.block in self.blocks:
            self.blocks[step.block].add(site_in(step.key, 0, len(step.key.text), "read", is_key=step.tree is not None))
            for key, _ in step.tree.entries.values() if isinstance(step.tree, Mapping) else ():
                if key.text in self.own[step.block] and key.text not in WIRING:
                    self.own[step.block][key.text].add(site_in(key, 0, len(key.text), "write", is_key=True))

    # --- nodes --------------------------------------------------------------------------------------------------------

    def _wiring(self, body: Body, index: int, step: Step) -> None:
        for given in step.paths():
            for path in self.words.read(given.tree, body, index):
                self._named(path)

    def _named(self, path: Path, *, is_key: bool = False) -> list[Found]:
        """Note the nodes that a path names; what its end stands for is returned."""
        scalar, start, end = path.scalar, path.start, path.end
        masked = [*scalar.text[start:end]]  # of the same length, so that places stay
        for first, last in path.values:
            masked[first - start : last - start] = "*" * (last - first)
        words = "".join(masked).split(".")
        reads = [_MASKED.sub("_*", word) for word in words]
        if path.head:
            found = [each for held in path.head for each in self._named(held)]
        elif words[0] == "input" and (path.frame[0] is not self.bodies.top or path.frame[1] == EVERYWHERE):
            return []  # what enters the body, whatever that is
        else:
            found = self.bodies.find(*path.frame, reads[0])
        for position, word in enumerate(words):
            if not found:
                self._of_block(scalar, start, word, is_key)
                return []
            for entry, length in found if position or not path.head else ():
                entry.name.add(site_in(scalar, start, start + length, "read", is_key=is_key))
                if entry.name.automatic:
                    self._of_block(scalar, start, word, is_key)
            if position + 1 < len(words):
                start += len(word) + 1
                inner = [each for entry, _ in found for each in self.bodies.within(entry)]
                found = [each for inside in inner for each in inside.own(reads[position + 1], EVERYWHERE)]
        return found

    def _path(self, scalar: Scalar, start: int, end: int, *, is_key: bool = False) -> None:
        """A path in a scalar, as the end of the network sees it."""
        self._named(Path(scalar, start, end, (self.bodies.top, EVERYWHERE)), is_key=is_key)

    def _of_block(self, scalar: Scalar, start: int, word: str, is_key: bool) -> None:
        """`Stem_2`, of a node without a name, follows from the name of its block."""
        counted = _COUNTED.match(word)
        if counted is not None and counted[1] in self.blocks:
            self.blocks[counted[1]].add(site_in(scalar, start, start + len(counted[1]), "derived", is_key=is_key))

    def _outputs(self) -> None:
        tree = self._section("outputs")
        if isinstance(tree, Mapping):
            for key, value in tree.entries.values():
                self.outputs[key.text] = self._defined("output", key)
                self._output_node(value)
        elif tree is not None:
            for item in tree.items if isinstance(tree, Sequence) else [tree]:
                self._output_node(item)
        for output in self.document.outputs or ():
            self._expressions(output.node, {})

    def _output_node(self, tree: Tree) -> None:
        for path in self.words.read(tree, self.bodies.top, EVERYWHERE):
            self._named(path)

    # --- settings -----------------------------------------------------------------------------------------------------

    def _settings(self, settings: Settings) -> None:
        for name, given in settings.values.items():
            self._expressions(given, {})
            self._option(settings.declared, name, given.tree)

    def _option(self, declared: type[Declared], name: str, tree: Tree) -> None:
        option = declared.options.get(name)
        if option is None:
            return
        if name == "monitor" and isinstance(tree, Scalar):
            self._monitored(tree)
        elif name == "inputs" and isinstance(tree, Sequence):
            for item in tree.items:
                if isinstance(item, Scalar):
                    self._input(item, is_key=False)
        else:
            self._typed(option.type.bare, tree)

    def _typed(self, type_: Type[object], tree: Tree) -> None:
        """The names that the value of an option holds, by its type."""
        if isinstance(type_, Patterns):
            for item in tree.items if isinstance(tree, Sequence) else ():
                if isinstance(item, Scalar) and isinstance(item.value, str):
                    self._pattern(item, is_key=False)
        elif isinstance(type_, InitOption):
            place = tree.entries["from"].value if isinstance(tree, Mapping) and "from" in tree.entries else tree
            if isinstance(place, Scalar) and isinstance(place.value, str):
                self.started.append(place)
        elif not isinstance(tree, Mapping):
            return
        elif isinstance(type_, Multipliers):
            for key, _ in tree.entries.values():
                self._pattern(key, is_key=True)
        elif isinstance(type_, Layout):
            for key, _ in tree.entries.values():
                self._layer(key, key.text.partition("/")[0])
        elif isinstance(type_, PerName):
            for key, _ in tree.entries.values():
                if type_.noun == "input":
                    self._input(key, is_key=True)
                elif type_.noun == "output":
                    self._output(key, 0, len(key.text), is_key=True)
        elif isinstance(type_, Nested):
            self._declared(type_.declared, tree)
        elif isinstance(type_, Named):
            for key, value in tree.entries.values():
                if key.text in type_.table:
                    self._declared(type_.table[key.text], value)

    def _declared(self, declared: type[Declared], tree: Tree) -> None:
        for key, value in tree.entries.values() if isinstance(tree, Mapping) else ():
            self._option(declared, key.text, value)

    def _input(self, scalar: Scalar, *, is_key: bool) -> None:
        for entry in self.bodies.top.plain.get(scalar.text, ()):
            if entry.name.kind == "input":
                entry.name.add(site_in(scalar, 0, len(scalar.text), "read", is_key=is_key))

    def _pattern(self, scalar: Scalar, *, is_key: bool) -> None:
        """`stage4.*`: the names before the first that is left open."""
        wild = _WILD.search(scalar.text)
        end = len(scalar.text) if wild is None else max(scalar.text.rfind(".", 0, wild.start()), 0)
        if end:
            self._path(scalar, 0, end, is_key=is_key)

    def _output(self, scalar: Scalar, start: int, end: int, *, is_key: bool, role: Role = "read") -> bool:
        """An output by its name: one that `outputs` names, or a node."""
        word = scalar.text[start:end]
        known = self.outputs.get(word)
        if known is not None:
            known.add(site_in(scalar, start, end, role, is_key=is_key))
            return True
        if self.outputs:
            return False
        if self.bodies.top.own(word, EVERYWHERE):
            self._path(scalar, start, end, is_key=is_key)
            return True
        for graph in self.graphs:
            index = graph.outputs.get(word)
            if index is not None and self._joined(scalar, start, word, graph.nodes[index].path, is_key):
                return True
        return False

    def _joined(self, scalar: Scalar, start: int, word: str, path: str, is_key: bool) -> bool:
        """A path written with `_` between its parts: as much of it as the word says."""
        parts = path.split(".")
        count = next((n for n in range(1, len(parts) + 1) if "_".join(parts[:n]) == word), 0)
        found = self.bodies.find(self.bodies.top, EVERYWHERE, parts[0]) if count else []
        for position, part in enumerate(parts[:count]):
            for entry, length in found:
                entry.name.add(site_in(scalar, start, start + length, "read", is_key=is_key))
                if entry.name.automatic:
                    self._of_block(scalar, start, part, is_key)
            start += len(part) + 1
            if position + 1 < count:
                inner = [each for entry, _ in found for each in self.bodies.within(entry)]
                found = [each for inside in inner for each in inside.own(parts[position + 1], EVERYWHERE)]
        return count > 0

    def _layer(self, key: Scalar, word: str) -> None:
        """A Keras layer by its name, which is its node's path with `_` between the parts."""
        for graph in self.graphs:
            for node in graph.nodes:
                if node.layer == word:
                    self._joined(key, 0, word, node.path, True)
                    return

    def _monitored(self, scalar: Scalar) -> None:
        """`val_main_loss`: a metric of one output."""
        match = _MONITORED.match(scalar.text)
        if match is None:
            return
        start = match.end(1) if match[1] else 0
        end = scalar.text.rfind("_")
        while end > start:
            if self._output(scalar, start, end, is_key=False):
                return
            end = scalar.text.rfind("_", 0, end)

    def _weights(self) -> None:
        tree = self._section("weights")
        for key, value in tree.entries.values() if isinstance(tree, Mapping) else ():
            name = self._defined("weights", key)
            for variant, _ in value.entries.values() if isinstance(value, Mapping) else ():
                if variant.text in self.variants:
                    self.variants[variant.text].add(site_in(variant, 0, len(variant.text), "read", is_key=True))
            for place in self.started:
                if place.text == key.text:
                    name.add(site_in(place, 0, len(place.text), "read"))
