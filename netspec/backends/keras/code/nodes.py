"""The lines of one node: its lowering, written down for all instances at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from math import isinf

from netspec.backends.keras.code.contexts import Context, Split, Unfit
from netspec.backends.keras.code.terms import Called, Divided, Given, Item, Ref, Signatures, Term, index_text, literal
from netspec.backends.keras.lowering import lowered, uncounted
from netspec.graph.elaboration.tracing import Handles
from netspec.graph.model import Graph
from netspec.kinds.keras_types import Lowered
from netspec.kinds.kind import Part

Hints = dict[str, list[str]]
LEADING = ("cropping", "padding", "pool_size", "size")  # what people give by position though it has a default


class NodeWriter:
    """Writes nodes of a network down."""

    def __init__(self, signatures: Signatures) -> None:
        self.signatures = signatures
        self.modules: dict[str, None] = {}
        self.names_operations = False  # because Keras may give them names that layers bear
        self._counted: dict[int, frozenset[str]] = {}
        self._owned: dict[int, frozenset[int]] = {}
        self._layers: dict[tuple[int, int], Lowered] = {}
        self._shared: dict[tuple[int, int, int], str] = {}  # variables of layers that several nodes use

    def reset(self) -> None:
        """Begin anew."""
        self._shared.clear()
        self.names_operations = False
        self.modules.clear()

    def write(
        self, ctx: Context, handles: Sequence[int], target: str, hints: Hints, *, first: str = "", last: bool = False
    ) -> None:
        """The lines of a node.

        Args:
            ctx: Where they are to stand.
            handles: The node in each instance.
            target: The variable that holds it then.
            hints: Texts of hyperparameters, which stand where they give the values.
            first: The variable that is likely to hold what it reads.
            last: Is what it makes handed back at once?
        """
        graphs = [each.graph for each in ctx.instances]
        inputs = [
            graph.nodes[handle].inputs or graph.anchor(graph.nodes[handle])
            for graph, handle in zip(graphs, handles, strict=True)
        ]
        config = graphs[0].nodes[handles[0]].config
        terms: list[Term] = [self._term(*each) for each in zip(graphs, handles, inputs, strict=True)]
        self._note_operations(graphs, terms)
        shares = [graph.nodes[handle].share for graph, handle in zip(graphs, handles, strict=True)]
        owned = [self._owners(graph) for graph in graphs]
        if any(share is not None for share in shares) or any(h in each for h, each in zip(handles, owned, strict=True)):
            self._of_shared(ctx, handles, terms, inputs, target, first, hints)
        else:
            terms = self._parted(ctx, terms, inputs, hints, first)
            chain = _chain(terms)
            for steps in chain[:-1]:
                text = self._text(ctx, steps, inputs, hints, first)
                ctx.write(f"{target} = {text}")
                first = target
                inputs = [(handle,) for handle in handles]
                ctx.assign(target, handles)
            text = self._text(ctx, chain[-1], inputs, hints, first)
            parts = config.part_names() if config is not None else ()
            if parts:
                names = [ctx.frame.variable(("part", target, part), f"{target}_{part}") for part in parts]
                if any(graphs[0].nodes[h].config is None for h in handles):
                    raise Unfit("an input")
                ctx.write(f"{target}, {', '.join(names)} = {text}")
                for number, name in enumerate(names):
                    ctx.assign(name, [self._part(g, h, number) for g, h in zip(graphs, handles, strict=True)])
            else:
                ctx.write(f"{target} = {text}")
        ctx.assign(target, handles)

    def _parted(self, ctx: Context, terms: list[Term], inputs: list[Handles], hints: Hints, first: str) -> list[Term]:
        """A quotient, whose two parts have variables then."""
        if not all(isinstance(term, Divided) for term in terms):
            return terms
        found: list[str] = []
        for wish, sides in (
            ("total", [term.of for term in terms]),
            ("share", [term.by for term in terms]),
        ):
            name = ctx.frame.variable(wish, wish)
            chain = _chain(sides)  # type: ignore[arg-type]
            where, given = first, inputs
            for number, steps in enumerate(chain):
                ctx.write(f"{name} = {self._text(ctx, steps, given, hints, where)}")
                if number == 0:  # what it holds is no node; the chain reads it by its name
                    chain[1:] = [[_over(each, name) for each in rest] for rest in chain[1:]]
            found.append(name)
        return [Divided(Ref(found[0]), Ref(found[1])) for _ in terms]

    def _part(self, graph: Graph, handle: int, number: int) -> int:
        """The node of a further output."""
        at = handle + 1 + number
        config = graph.nodes[at].config if at < len(graph.nodes) else None
        assert isinstance(config, Part)
        return at

    def _owners(self, graph: Graph) -> frozenset[int]:
        key = id(graph)
        if key not in self._owned:
            self._owned[key] = frozenset(node.share for node in graph.nodes if node.share is not None)
        return self._owned[key]

    def _layer(self, graph: Graph, owner: int) -> Lowered:
        key = id(graph), owner
        if key not in self._layers:
            self._layers[key] = lowered(Ref("keras"), graph, owner)
        return self._layers[key]

    def _term(self, graph: Graph, handle: int, inputs: Handles) -> Term:
        """What a node's lowering makes of its inputs."""
        layer = self._layer(graph, graph.owner(handle))
        slots = [Given(number) for number in range(len(inputs))]
        made: Term = layer(slots[0] if len(slots) == 1 else slots)
        return made

    def _of_shared(
        self,
        ctx: Context,
        handles: Sequence[int],
        terms: list[Term],
        inputs: list[Handles],
        target: str,
        first: str,
        hints: Hints,
    ) -> None:
        """A node whose layer another uses, too: the layer has a variable."""
        if len(ctx.instances) > 1:
            raise Split(range(len(ctx.instances)))
        graph = ctx.instances[0].graph
        count = itertools.count()  # of the layers of the node

        def kept(term: object) -> object:
            """The term with a variable in the place of each layer."""
            if isinstance(term, list):
                return [kept(each) for each in term]
            if isinstance(term, Divided):
                return Divided(kept(term.of), kept(term.by))  # type: ignore[arg-type]
            if isinstance(term, Item):
                return Item(kept(term.of), term.index)  # type: ignore[arg-type]
            if not isinstance(term, Called):
                return term
            function: object = term.function
            if isinstance(function, Called):
                key = id(graph), graph.owner(handles[0]), next(count)
                if key not in self._shared:
                    text = self._text(ctx, [function], inputs, hints, first)
                    name = next((value for word, value in function.named if word == "name"), "shared")
                    self._shared[key] = ctx.frame.variable(("layer", key), f"{name}_layer")
                    ctx.write(f"{self._shared[key]} = {text}")
                function = Ref(self._shared[key])
            values = tuple(kept(each) for each in term.values)
            return Called(function, values, tuple((key, kept(each)) for key, each in term.named))  # type: ignore[arg-type]

        made = kept(terms[0])
        if isinstance(made, Divided):
            sides = {ctx.frame.variable(wish, wish): side for wish, side in (("total", made.of), ("share", made.by))}
            for name, side in sides.items():
                ctx.write(f"{name} = {self._text(ctx, [side], inputs, hints, first)}")
            made = Divided(*map(Ref, sides))
        text = self._text(ctx, [made], inputs, hints, first)
        ctx.write(f"{target} = {text}")

    # --- texts ---

    def _note_operations(self, graphs: Sequence[Graph], terms: Sequence[Term]) -> None:
        """Remember whether Keras may give an operation a name that a layer bears."""
        for term, graph in zip(terms, graphs, strict=True):
            self.names_operations |= not self._names(graph).isdisjoint(map(uncounted, operations(term)))

    def _names(self, graph: Graph) -> frozenset[str]:
        key = id(graph)
        if key not in self._counted:
            self._counted[key] = frozenset(uncounted(node.layer) for node in graph.nodes)
        return self._counted[key]

    def _text(
        self, ctx: Context, terms: Sequence[object], inputs: Sequence[Handles], hints: Hints, first: str, key: str = ""
    ) -> str:
        """Terms that are alike, one for each instance, as one text. Raises Split where they are not alike."""
        kinds = [_kind(term) for term in terms]
        if any(kind != kinds[0] for kind in kinds):
            raise Split(kinds)
        one = terms[0]
        if isinstance(one, Given):
            return ctx.tensor([each[term.number] for each, term in zip(inputs, terms, strict=True)], first)  # type: ignore[attr-defined]
        if isinstance(one, Ref):
            return self._reference(one.text)
        if isinstance(one, Item):
            of = self._text(ctx, [term.of for term in terms], inputs, hints, first)  # type: ignore[attr-defined]
            return f"{of}[{_index(ctx, [term.index for term in terms], hints)}]"  # type: ignore[attr-defined]
        if isinstance(one, Divided):
            of = self._text(ctx, [term.of for term in terms], inputs, hints, first)  # type: ignore[attr-defined]
            return f"{of} / {self._text(ctx, [term.by for term in terms], inputs, hints, first)}"  # type: ignore[attr-defined]
        if isinstance(one, Called):
            return self._call(ctx, terms, inputs, hints, first)  # type: ignore[arg-type]
        if isinstance(one, list) and _has_terms(one):
            return self._list(ctx, terms, inputs, hints, first)  # type: ignore[arg-type]
        if key == "name" and isinstance(one, str):
            return ctx.name(terms)  # type: ignore[arg-type]
        return ctx.resolve(terms, *hints.get(key, ()))

    def _list(
        self, ctx: Context, terms: Sequence[list[object]], inputs: Sequence[Handles], hints: Hints, first: str
    ) -> str:
        """A list of tensors, as merges take it."""
        if all(isinstance(each, Given) for items in terms for each in items):
            read = [
                tuple(handles[each.number] for each in items)  # type: ignore[attr-defined]
                for items, handles in zip(terms, inputs, strict=True)
            ]
            return f"[{', '.join(ctx.tensors(read, first))}]"
        if len({len(items) for items in terms}) > 1:
            raise Split([len(items) for items in terms])
        columns = zip(*terms, strict=True)
        return f"[{', '.join(self._text(ctx, each, inputs, hints, first) for each in columns)}]"

    def _call(self, ctx: Context, terms: Sequence[Called], inputs: Sequence[Handles], hints: Hints, first: str) -> str:
        one = terms[0]
        function = self._text(ctx, [term.function for term in terms], inputs, hints, first)
        path = one.function.text if isinstance(one.function, Ref) else ""
        signature = self.signatures.of(path)
        names = signature.names if signature is not None else ()
        named: dict[str, str] = {}
        plain: list[str] = []
        positions = min(len(names), len(one.values)) if len({len(t.values) for t in terms}) == 1 else -1
        if positions < 0:
            raise Split([len(term.values) for term in terms])
        layer = ".layers." in f".{path}" or (bool(path) and not path.startswith("keras.ops"))
        for number in range(len(one.values)):
            key = names[number] if number < len(names) else ""
            text = self._text(ctx, [term.values[number] for term in terms], inputs, hints, first, key)
            if key and layer:
                named[key] = text
            else:
                plain.append(text)
        for number, (key, _) in enumerate(one.named):
            named[key] = self._text(ctx, [term.named[number][1] for term in terms], inputs, hints, first, key)
        if signature is not None:
            defaults = signature.defaults
            named = {k: v for k, v in named.items() if k not in defaults or not _is_default(v, defaults[k])}
            lead = 0
            for number, key in enumerate(names):
                if plain or key not in named or not (number < signature.required or (number == 0 and key in LEADING)):
                    break
                lead += 1
            given = [named.pop(key) for key in names[:lead]]
            plain = [*given, *plain]
        last = {"name": named.pop("name")} if "name" in named else {}
        arguments = [*plain, *(f"{key}={text}" for key, text in {**named, **last}.items())]
        return f"{function}({', '.join(arguments)})"

    def _reference(self, text: str) -> str:
        if text.startswith("keras.layers."):
            return text.removeprefix("keras.")
        module, _, _ = text.rpartition(".")
        if text.startswith("netspec.layers."):
            self.modules["netspec.layers"] = None
        elif module and not text.startswith("keras"):
            self.modules[module] = None
        return text


def _index(ctx: Context, indices: Sequence[object], hints: Hints, key: str = "") -> str:
    """What stands in brackets. Raises Split where one text does not give it."""
    one = indices[0]
    if any(type(each) is not type(one) for each in indices):
        raise Split([index_text(each) for each in indices])
    if isinstance(one, tuple):
        if len({len(each) for each in indices}) > 1:  # type: ignore[arg-type]
            raise Split([index_text(each) for each in indices])
        return ", ".join(_index(ctx, column, hints) for column in zip(*indices, strict=True))
    if isinstance(one, slice):
        texts = {}
        for name in ("start", "stop", "step"):
            found = [getattr(each, name) for each in indices]
            texts[name] = "" if all(each is None for each in found) else ctx.resolve(found, *hints.get(name, ()))
        step = "" if texts["step"] in ("", "1") else f":{texts['step']}"
        spaced = any(
            re.search(r"\W", texts[name]) and not texts[name].lstrip("-").isdigit() for name in ("start", "stop")
        )
        start, stop = texts["start"], texts["stop"]
        if spaced:
            start, stop = f"{start} " if start else "", f" {stop}" if stop else ""
        return f"{start}:{stop}{step}"
    return index_text(one) if one is Ellipsis else ctx.resolve(indices, *hints.get(key, ()))


def _over(term: Term, name: str) -> Term:
    """A layer over what a variable holds."""
    assert isinstance(term, Called)
    return Called(term.function, (Ref(name),), ())


def _is_default(text: str, default: object) -> bool:
    """Is it what Keras takes unsaid? One number stands for a pair of it."""
    if isinstance(default, tuple) and default and text.isdigit():
        return all(each == int(text) for each in default)
    return text == literal(default)


def _kind(term: object) -> object:
    """What has to be the same of terms that one text is to be."""
    if isinstance(term, Ref):
        return ("ref", term.text)
    if isinstance(term, Called):
        return ("call", _kind(term.function), len(term.values), tuple(key for key, _ in term.named))
    if isinstance(term, list):
        return "list" if _has_terms(term) else "value"
    if isinstance(term, (Item, Divided, Given)):
        return type(term).__name__
    if isinstance(term, float) and isinf(term):
        return ("infinite", term)
    return "value"


def _has_terms(items: object) -> bool:
    return isinstance(items, (Ref, Called, Item, Divided, Given)) or (
        isinstance(items, list) and any(_has_terms(each) for each in items)
    )


def _chain(terms: list[Term]) -> list[list[Term]]:
    """Layers one after the other, each as a term over one input: padding, then a convolution."""
    found = [terms]
    while True:
        inner = []
        for term in found[0]:
            if not isinstance(term, Called) or not isinstance(term.function, Called) or len(term.values) != 1:
                return found
            value = term.values[0]
            if term.named or not isinstance(value, Called):
                return found
            inner.append(value)
        found[0] = [Called(term.function, (Given(0),), ()) for term in found[0]]
        found.insert(0, inner)  # type: ignore[arg-type]


_OPERATION = re.compile(r"keras\.ops\.(?:image\.)?(\w+)")


def operations(term: object) -> set[str]:
    """The operations in a term, as Keras counts them."""
    if isinstance(term, Item):
        return {"get_item", *operations(term.of)}
    if isinstance(term, Divided):
        return {"true_divide", *operations(term.of), *operations(term.by)}
    if isinstance(term, Called):
        found = set()
        if isinstance(term.function, Ref):
            match = _OPERATION.fullmatch(term.function.text)
            found = {match[1]} if match else set()
        for each in (term.function, *term.values, *(value for _, value in term.named)):
            found |= operations(each)
        return found
    if isinstance(term, list):
        return {name for each in term for name in operations(each)}
    return set()
