"""The nodes of a block as they stand at one of its uses."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Edit
from netspec.graph.elaboration.asking import size_of
from netspec.refactoring.bodies import CannotBe
from netspec.refactoring.definitions import Definition, Style, Use, paths_of
from netspec.refactoring.nodes import Nodes, flat
from netspec.refactoring.substituting import Substitution, in_braces
from netspec.spec.document import Step
from netspec.spec.edits import changes
from netspec.spec.names import SIZES
from netspec.syntax.tree import Mapping, Scalar, Tree, span_of


class Copy:
    """A block's nodes at one use, once.

    Args:
        definition: The block.
        use: The use.
        style: How it is written out.
        number: The repetition.
        entering: What enters it, where that has a name.
        lent: What nodes are called whose weights others take; those of this use are noted there.
        serial: Tells it from other copies; empty of the only one.
    """

    def __init__(
        self,
        definition: Definition,
        use: Use,
        style: Style,
        number: int,
        entering: str | None,
        lent: dict[str, dict[int, str]],
        serial: str,
    ) -> None:
        self.definition = definition
        self.layout = definition.layout
        self.use = use
        self.style = style
        self.number = number
        self.times = definition.times(use)
        self.entering = entering
        self.lent = lent
        self.serial = serial
        self.names = self._names()
        self.last = self.names.get(len(definition.steps) - 1)

    def nodes(self) -> Nodes:
        """Its nodes, with what is given, with names and wiring."""
        definition = self.definition
        substitution = definition.substitution(self.use)
        edits = [*self._renamed()]
        for at, item in enumerate(definition.body.items):
            received = self._received(substitution, at)
            edits += substitution._replace(received=received).edits(item)
        nodes = definition.nodes_with(tuple(edits))
        return nodes.changed(tuple(self._wired(nodes)))

    def _called(self) -> str | None:
        """What the last node is called after the use."""
        given = self.use.item.step.name
        if given is None or self.style.named == "none":
            return None
        text = flat(self.layout.lines, given.tree)
        if self.times == 1:
            return text
        if self.style.named == "last":
            return text if self.number == self.times - 1 else None
        return in_braces(f"{_bare(text)}_{self.number + 1}")

    def read(self) -> Iterator[Edit]:
        """The edits of what reads the nodes from outside: the use, by whose name it did, is gone."""
        words = {word: name for at in range(len(self.definition.steps)) for word, name in self._words(at)}
        for path, span in self.definition.readers(self.use):
            word, dot, rest = path.partition(".")
            name = words.get(word) if path else self.last
            if name is not None:
                yield Edit(span, f"{name}{dot}{rest}")

    def _names(self) -> dict[int, str]:
        """The nodes that get a name, by their places: the last that of the use, of copies each its own."""
        definition = self.definition
        word = definition.called(self.use)
        lends = definition.lends(word) and self.use.item.step.share is None
        names: dict[int, str] = {}
        called = self._called()
        stem = "_".join(filter(None, (definition.name.lower(), self.serial)))
        for at, step in enumerate(definition.steps):
            local = next(iter(definition.local[at]), None)
            last = at == len(definition.steps) - 1
            if step is None or local is None:
                continue
            if last and called is not None:
                names[at] = called
            elif step.name is not None and self.style.naming:
                names[at] = f"{local}_{self.serial}" if self.serial else f"{stem}_{local}"
            elif step.name is not None:
                names.update({at: local} if lends else {})
            elif lends or (self.style.naming and (definition.is_read(at) or (last and self._is_followed))):
                names[at] = f"{stem}_{local if step.repeat is None else local.rpartition('_')[0]}"
        if lends and word is not None:
            self.lent[word] = names
        return names

    def _renamed(self) -> Iterator[Edit]:
        """The words in the block that name nodes which are called otherwise here, and what enters it."""
        definition = self.definition
        new = {word: name for at in self.names for word, name in self._words(at)}
        top = {id(step) for step in definition.steps}
        for step in definition.inside():
            for path, span in paths_of(step):
                word, dot, rest = path.partition(".")
                if word == "input" and id(step) in top and self.entering is not None:
                    yield Edit(span, f"{self.entering}{dot}{rest}")
                elif word in new:
                    yield Edit(span, f"{new[word]}{dot}{rest}")

    @property
    def _is_followed(self) -> bool:
        """May something read its last node by name: another copy what enters it, or a node the use by its number?"""
        return "" in self.definition.read or (bool(self.serial) and "input" in self.definition.read)

    def _words(self, at: int) -> Iterator[tuple[str, str]]:
        """The words that read a node in the block, each with what reads it here."""
        step, words = self.definition.steps[at], self.definition.local[at]
        name = self.names.get(at, words[0] if words and self.definition.is_named(at) else None)
        if step is None or name is None:
            return
        if step.repeat is None:
            yield words[0], name
        elif step.name is None:
            yield from ((word, f"{name}_{number}") for number, word in enumerate(words, 1))
        else:
            for word in self.definition.read:
                if word == words[0] or word.startswith(f"{words[0]}_"):
                    yield word, f"{name}{word.removeprefix(words[0])}"

    def _received(self, substitution: Substitution, at: int) -> dict[str, str]:
        """What `$names` that the use reads come to, for one of its nodes."""
        received = {}
        names = substitution.reads() - {*substitution.params}
        if self.times > 1 and "index" in names:
            received["index"] = str(self.number)
        wanted = self.style.worked_out == "all" or (self.style.worked_out == "later" and at > 0)
        for name in names.intersection(SIZES) if wanted else ():
            received[name] = self._size(name)
        return received

    def _size(self, name: str) -> str:
        graph = self.layout.spec.graph
        assert graph is not None
        uses = [group for group in graph.groups.values() if group.span == self.use.item.step.span]
        sizes = {size_of(name, graph.nodes[group.inputs[0]]) for group in uses if group.inputs}
        if len(sizes) != 1 or None in sizes:
            told = " and ".join(map(str, sorted(filter(None, sizes)))) or "unknown"
            raise CannotBe(
                f"`${name}` of what `{self.definition.name}` receives is {told}, and no expression at another node says it"
            )
        return str(sizes.pop())

    # --- wiring -------------------------------------------------------------------------------------------------------

    def _wired(self, nodes: Nodes) -> Iterator[Edit]:
        """The edits that give the nodes their names and what the use says of all of them."""
        steps = self.definition.steps
        for at, (step, item) in enumerate(zip(steps, nodes.tree.items, strict=True)):
            if step is None:
                raise CannotBe("what is no node stands among its nodes")
            word, tree = next(iter(item.entries.values())) if isinstance(item, Mapping) else (item, None)
            assert isinstance(word, Scalar)
            mine = Step(step.kind_name, word, tree)
            mine.cls = step.cls
            wiring = self._wiring(at, step, tree)
            if wiring:
                edits = changes(mine, wiring, self.layout.principal(step))
                if not edits:
                    raise CannotBe(
                        f"`{step.kind_name}` has no room for `{next(iter(wiring))}`; write it as a map first"
                    )
                if tree is None and isinstance(item, Scalar) and nodes.flow:
                    edits = tuple(Edit(span_of(item), f"{{{item.text}{text}}}") for _, text in edits)
                yield from edits

    def _wiring(self, at: int, step: Step, tree: Tree | None) -> dict[str, str]:
        """What one of the nodes is given beside what it has."""
        there = tree.entries if isinstance(tree, Mapping) else {}
        use = self.use.item.step
        wiring = {} if at not in self.names else {"name": self.names[at]}
        index = {"index": str(self.number)} if self.times > 1 else {}
        of_use = self.definition.substitution(self.use)._replace(received=index)
        if at == 0 and use.sources is not None and "from" not in there and (self.number == 0 or use.sources.dynamic):
            wiring["from"] = of_use.of(use.sources.tree)
        if use.repeat is not None and self.definition.is_repeated_itself:
            wiring["repeat"] = of_use.of(use.repeat.tree)
        if use.when is not None:
            condition = of_use.of(use.when.tree)
            own = there.get("when")
            wiring["when"] = condition if own is None else _both(condition, own.value)
        if use.trainable is not None and "trainable" not in there:
            wiring["trainable"] = of_use.of(use.trainable.tree)
        if use.share is not None:
            if "share" in there:
                raise CannotBe(f"`{step.kind_name}` takes the weights of another node already")
            wiring["share"] = self._lender(of_use.of(use.share.tree), at, step)
        return wiring

    def _lender(self, lender: str, at: int, step: Step) -> str:
        """The node of another use whose weights one of the nodes takes."""
        lender = _bare(lender)
        words = self.definition.local[at]
        lent = self.lent.get(lender, {}).get(at)
        if not words:
            raise CannotBe(f"`{step.kind_name}` has no name by which its weights could be read")
        if step.repeat is None:
            return in_braces(lent or f"{lender}.{words[0]}")
        stem, first = (words[0], "1") if step.name is not None or lent else words[0].rsplit("_", 1)
        return in_braces(f"{lent or f'{lender}.{stem}'}_${{$index + {first}}}")


def _bare(text: str) -> str:
    """A word without its quotes."""
    return text.strip("\"'")


def _both(condition: str, own: Tree) -> str:
    """Two conditions as one."""
    text = own.text if isinstance(own, Scalar) else ""
    return in_braces(f"({_bare(condition)}) and ({text})")
