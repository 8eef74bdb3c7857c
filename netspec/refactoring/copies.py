"""The nodes of a block as they stand at one of its uses."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Edit
from netspec.diagnostics.words import listing
from netspec.graph.elaboration.asking import size_of
from netspec.refactoring.bodies import CannotBe
from netspec.refactoring.nodes import Nodes, flat
from netspec.refactoring.substituting import Substitution, as_operand, in_braces
from netspec.refactoring.uses import Style, Use
from netspec.spec.document import Step
from netspec.spec.edits import changes
from netspec.spec.names import SIZES
from netspec.syntax.tree import Mapping, Scalar, Tree, span_of


class Copy:
    """A block's nodes at one use, once.

    Args:
        use: The use.
        given: What it gives.
        style: How it is written out.
        number: The repetition.
        entering: What enters it, where that has a name.
        lent: What nodes are called whose weights others take; those of this use are noted there.
        serial: Tells it from other copies; empty of the only one.
    """

    def __init__(
        self,
        use: Use,
        given: Substitution,
        style: Style,
        number: int,
        entering: str | None,
        lent: dict[str, dict[int, str]],
        serial: str,
    ) -> None:
        self.definition = use.definition
        self.layout = use.layout
        self.use = use
        self.given = given
        self.style = style
        self.number = number
        self.entering = entering
        self.lent = lent
        self.serial = serial
        self.names = self._names()
        self.last = self.names.get(use.end)
        self.words = {word: name for at in range(len(self.definition.steps)) for word, name in self._words(at)}

    @property
    def bases(self) -> Iterator[str]:
        """What the names of its nodes begin with that have none here."""
        for at, (step, words) in enumerate(zip(self.definition.steps, self.definition.local, strict=True)):
            if at not in self.names and step is not None and step.name is None:
                yield from (word.rpartition("_")[0] for word in words)

    def nodes(self) -> Nodes:
        """Its nodes, with what is given, with names and wiring."""
        nodes = self.definition.nodes_with(tuple(self._renamed()))
        given = (edit for at, item in enumerate(nodes.tree.items) for edit in self._given(at).edits(item))
        nodes = nodes.changed(tuple({edit.span: edit for edit in given}.values()))  # an alias stands for the same text
        return nodes.changed(tuple(self._wired(nodes)))

    def path(self, rest: str) -> str | None:
        """By what a node is read that was read by the name of the use and a path behind it; None where it has no name."""
        if not rest:
            return self.last
        word, dot, more = rest.partition(".")
        name = self.words.get(word)
        return None if name is None else f"{name}{dot}{more}"

    def _called(self) -> str | None:
        """What the last node is called after the use."""
        given = self.use.step.name
        if given is None or self.style.named == "none":
            return None
        if given.dynamic:  # so each repetition has its own
            return self._given(self.use.end).of(given.tree)
        text = flat(self.layout.lines, given.tree)
        if not self.use.is_unrolled:
            return text
        if self.style.named == "last":
            return text if self.number == self.use.times - 1 else None
        return in_braces(f"{_bare(text)}_{self.number + 1}")

    def _names(self) -> dict[int, str]:
        """The nodes that get a name, by their places: the last that of the use, of copies each its own."""
        definition = self.definition
        word = self.use.called
        lends = definition.lends(word) and self.use.step.share is None
        names: dict[int, str] = {}
        called = self._called()
        stem = "_".join(filter(None, (definition.name.lower(), self.serial)))
        for at, step in enumerate(definition.steps):
            local = next(iter(definition.local[at]), None)
            last = at == self.use.end
            if step is None or local is None:
                continue
            if last and called is not None:
                names[at] = called
            elif step.name is not None and self.style.naming:
                names[at] = f"{local}_{self.serial}" if self.serial else f"{stem}_{local}"
            elif step.name is not None:
                names.update({at: local} if lends else {})
            elif lends or (self.style.naming and self._is_read(at)):
                names[at] = f"{stem}_{(local if step.repeat is None else local.rpartition('_')[0]).lower()}"
        if lends and word is not None:
            self.lent[word] = names
        return names

    def _renamed(self) -> Iterator[Edit]:
        """The words in the block that name nodes which are called otherwise here, and what enters it."""
        top = {id(step) for step in self.definition.steps}
        for step in self.definition.inside():
            for word in self.layout.words.of(step):
                if word.name == "input" and id(step) in top and self.entering is not None:
                    yield word.renamed(self.entering)
                elif word.name in self.words:
                    yield word.renamed(self.words[word.name])

    def _is_read(self, at: int) -> bool:
        """May a node be read by name: in the block, as the use, or as what enters the next copy?"""
        read = self.style.read
        is_followed = "" in read or (self.serial != "" and "input" in read)
        return not read.isdisjoint(self.definition.local[at]) or (at == self.use.end and is_followed)

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
            for word in self.style.read:
                if word == words[0] or word.startswith(f"{words[0]}_"):
                    yield word, f"{name}{word.removeprefix(words[0])}"

    def _given(self, at: int) -> Substitution:
        """What the use gives to one of the nodes, where its `$names` come to what the use receives."""
        received = {}
        names = self.use.received
        if self.use.is_unrolled and "index" in names:
            received["index"] = str(self.number)
        wanted = self.style.worked_out == "all" or (self.style.worked_out == "later" and at > 0)
        for name in names.intersection(SIZES) if wanted else ():
            received[name] = self._size(name)
        return self.given._replace(received=received)

    def _size(self, name: str) -> str:
        """What a size of what the use receives is in all networks; or the expression by which a node before makes it."""
        mine = slice(self.number, self.number + 1) if self.use.is_unrolled else slice(None)
        sizes = {
            size_of(name, graph.nodes[group.inputs[0]])
            for graph in self.layout.networks.graphs()
            for repetitions in self.use.made(graph)
            for group in repetitions[mine]
            if group.inputs
        }
        if len(sizes) != 1 or None in sizes:
            said = self.use.channels() if name == "channels" and self.number == 0 else None
            if said is not None:
                return said
            known = [str(size) for size in sorted(filter(None, sizes))]
            told = f"{known[0]} to {known[-1]}" if len(known) > 3 else listing(known, quote=False) or "unknown"
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
                yield from wired(mine, item, wiring, self.layout.principal(step), flow=nodes.flow)

    def _wiring(self, at: int, step: Step, tree: Tree | None) -> dict[str, str]:
        """What one of the nodes is given beside what it has."""
        there = tree.entries if isinstance(tree, Mapping) else {}
        use = self.use.step
        wiring = {} if at not in self.names else {"name": self.names[at]}
        of_use = self._given(at)
        if at == 0 and use.sources is not None and "from" not in there and (self.number == 0 or use.sources.dynamic):
            wiring["from"] = of_use.of(use.sources.tree)
        if use.repeat is not None and not self.use.is_unrolled:
            wiring["repeat"] = of_use.of(use.repeat.tree)
        conditions = [*self._conditions(of_use)]
        if conditions:
            own = [entry.value.text for entry in (there.get("when"),) if entry and isinstance(entry.value, Scalar)]
            wiring["when"] = of_use.plainly(_all([*conditions, *own]))
        if use.trainable is not None and "trainable" not in there:
            wiring["trainable"] = of_use.of(use.trainable.tree)
        if use.share is not None:
            if "share" in there:
                raise CannotBe(f"`{step.kind_name}` takes the weights of another node already")
            lender = of_use._replace(renamed={}).of(use.share.tree)  # by whose old name `lent` knows it
            wiring["share"] = self._lender(lender, at, step)
        return wiring

    def _conditions(self, of_use: Substitution) -> Iterator[str]:
        """When there is this copy: whenever an expression repeats the use as often, and whenever there is the use."""
        use = self.use.step
        if use.repeat is not None and self.use.is_counted:
            yield f"{as_operand(of_use.expression(use.repeat.tree))} > {self.number}"
        if use.when is not None:
            yield of_use.expression(use.when.tree)

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


def wired(step: Step, item: Tree, wiring: dict[str, str], principal: str | None, *, flow: bool) -> tuple[Edit, ...]:
    """The edits that give a node its name and other wiring.

    Args:
        step: The node.
        item: What it is in its list.
        wiring: What it is given.
        principal: What a value alone stands for at it.
        flow: Is the list in brackets?

    Raises:
        CannotBe: The layout has no room for it.
    """
    edits = changes(step, wiring, principal)
    if not edits:
        raise CannotBe(f"`{step.kind_name}` has no room for `{next(iter(wiring))}`; write it as a map first")
    if step.tree is None and isinstance(item, Scalar) and flow:
        return tuple(Edit(span_of(item), f"{{{item.text}{text}}}") for _, text in edits)
    return edits


def _bare(text: str) -> str:
    """A word without its quotes."""
    return text.strip("\"'")


def _all(conditions: list[str]) -> str:
    """Several conditions as one."""
    return conditions[0] if len(conditions) == 1 else " and ".join(f"({each})" for each in conditions)
