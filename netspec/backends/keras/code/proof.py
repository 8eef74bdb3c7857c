"""Whether a script makes the calls that the graph stands for: run against a stand-in that writes down what is called."""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterator, Mapping
from types import SimpleNamespace

from netspec.backends.keras.code.terms import Called, Divided, Given, Item, Ref, Signatures, Term
from netspec.backends.keras.lowering import lowered
from netspec.graph.model import Graph
from netspec.kinds.keras_types import Lowered
from netspec.kinds.kind import Part

Key = tuple[object, ...]


class Ledger:
    """What has been called, each call by a number: equal calls have the same."""

    def __init__(self, signatures: Signatures) -> None:
        self.signatures = signatures
        self._numbers: dict[Key, int] = {}
        self._keys: list[Key] = []
        self.shapes: dict[int, tuple[int | None, ...]] = {}  # of tensors, with that of the batch
        self.counts: dict[int, int] = {}  # of the outputs of calls that have several

    def number(self, *key: object) -> int:
        """The number of something."""
        if key not in self._numbers:
            self._numbers[key] = len(self._keys)
            self._keys.append(key)
        return self._numbers[key]

    def value(self, value: object, given: tuple[int, ...] = ()) -> Key:
        """A value as a part of a key; tensors by their numbers."""
        if isinstance(value, Entry):
            return ("call", value.number)
        if isinstance(value, (Ref, Called, Item, Divided, Given)):
            return ("call", self.term(value, given))
        if isinstance(value, (list, tuple)):
            return ("list", *(self.value(each, given) for each in value))
        if isinstance(value, dict):
            return ("map", *((key, self.value(each, given)) for key, each in value.items()))
        if isinstance(value, slice):
            return ("slice", value.start, value.stop, value.step or 1)
        return (type(value).__name__, value)

    def term(self, term: Term, given: tuple[int, ...]) -> int:
        """The number of a term, whose inputs have those that are given."""
        if isinstance(term, Given):
            return given[term.number]
        if isinstance(term, Ref):
            return self.number("ref", term.text)
        if isinstance(term, Item):
            return self.number("item", self.term(term.of, given), self.value(term.index, given))
        if isinstance(term, Divided):
            return self.number("divided", self.term(term.of, given), self.value(term.by, given))
        values = [self.value(each, given) for each in term.values]
        return self.call(self.term(term.function, given), values, {k: self.value(v, given) for k, v in term.named})

    def call(self, function: int, values: list[Key], named: Mapping[str, Key]) -> int:
        """The number of a call: what is given by position and what by name are one, and defaults are not said."""
        key = self._keys[function]
        signature = self.signatures.of(str(key[1])) if key[0] == "ref" else None
        if signature is not None and len(values) <= len(signature.names):
            named = {**dict(zip(signature.names, values, strict=False)), **named}
            values = []
            named = {
                name: value
                for name, value in named.items()
                if name not in signature.defaults or not self._is_default(value, signature.defaults[name])
            }
        return self.number("made", function, *values, *sorted(named.items()))

    def _is_default(self, value: Key, default: object) -> bool:
        if value[0] == "int" and isinstance(default, tuple):
            return all(each == value[1] for each in default)
        return value == self.value(default)


class Entry:
    """Something that the script has, as the number of what made it."""

    def __init__(self, ledger: Ledger, number: int) -> None:
        self.ledger = ledger
        self.number = number

    def __call__(self, *values: object, **named: object) -> Entry:
        ledger = self.ledger
        given = [ledger.value(each) for each in values]
        return Entry(ledger, ledger.call(self.number, given, {k: ledger.value(v) for k, v in named.items()}))

    def __getitem__(self, index: object) -> Entry:
        return Entry(self.ledger, self.ledger.number("item", self.number, self.ledger.value(index)))

    def __truediv__(self, other: object) -> Entry:
        return Entry(self.ledger, self.ledger.number("divided", self.number, self.ledger.value(other)))

    def __iter__(self) -> Iterator[Entry]:
        return (self[index] for index in range(self.ledger.counts[self.number]))

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Its shape, if it is what a node makes."""
        return self.ledger.shapes[self.number]


class _Module:
    """A module that the script imports."""

    def __init__(self, ledger: Ledger, path: str) -> None:
        self.ledger = ledger
        self.path = path

    def __getattr__(self, name: str) -> object:
        path = f"{self.path}.{name}"
        if path == "keras.Model":
            return _Model
        if name[0].isupper() or (".ops." in f"{path}." and name.islower() and name not in ("image", "ops", "nn")):
            return Entry(self.ledger, self.ledger.number("ref", path))
        return _Module(self.ledger, path)


class _Model:
    """The model that a script makes."""

    def __init__(self, inputs: object, outputs: object, name: str) -> None:
        self.made = inputs, outputs, name
        self.frozen: set[str] = set()

    def get_layer(self, name: str) -> SimpleNamespace:
        """What stands for a layer, which the script only freezes."""
        self.frozen.add(name)
        return SimpleNamespace()


def expected(graph: Graph, ledger: Ledger) -> Key:
    """What the graph's script has to make.

    Args:
        graph: The network.
        ledger: Where calls are written down.
    """
    numbers: dict[int, int] = {}
    layers: dict[int, Lowered] = {}
    parts: dict[int, int] = {}
    for index in sorted(graph.used() | set(graph.inputs)):
        node = graph.nodes[index]
        if node.is_input:
            dtype = {} if node.dtype == "float32" else {"dtype": node.dtype}
            numbers[index] = ledger.term(Ref("keras.Input")(node.shape, **dtype, name=node.layer), ())
        elif isinstance(node.config, Part):
            where = ledger.value(node.config.index + 1)
            numbers[index] = ledger.number("item", parts[node.inputs[0]], where)
        else:
            owner = graph.owner(index)
            if owner not in layers:
                layers[owner] = lowered(Ref("keras"), graph, owner)
            given = tuple(numbers[each] for each in node.inputs or graph.anchor(node))
            slots = [Given(number) for number in range(len(given))]
            made = layers[owner](slots[0] if len(slots) == 1 else slots)
            number = ledger.term(made, given)
            if node.config is not None and node.config.part_names():
                parts[index] = number
                ledger.counts[number] = 1 + len(node.config.part_names())
                number = ledger.number("item", number, ledger.value(0))
            numbers[index] = number
        shape = node.shape
        assert shape is not None
        ledger.shapes.setdefault(numbers[index], (None, *shape))
    single = len(graph.inputs) == 1
    inputs = {graph.nodes[i].path: ("call", numbers[i]) for i in graph.inputs}
    outputs = {name: ("call", numbers[i]) for name, i in graph.outputs.items()}
    return (
        next(iter(inputs.values())) if single else ("map", *inputs.items()),
        next(iter(outputs.values())) if len(outputs) == 1 else ("map", *outputs.items()),
        graph.model_name,
        frozenset(frozen_layers(graph)),
    )


def frozen_layers(graph: Graph) -> dict[str, None]:
    """The names of the layers whose weights are frozen, in order."""
    frozen: dict[str, None] = {}
    for index in sorted(graph.used()):
        node = graph.nodes[index]
        if not node.trainable and any(node.weights):
            frozen[graph.nodes[graph.owner(index)].layer] = None
    return frozen


def made_by(text: str, ledger: Ledger, arguments: Mapping[str, object]) -> Key:
    """What a script makes when its `build_model` is given these arguments. It is our own text, and nothing else is in it."""

    def imported(name: str, *_: object) -> object:
        if name == "math":
            return math
        first = name.partition(".")[0]
        return _Module(ledger, first)

    allowed = ("abs", "enumerate", "float", "int", "len", "list", "max", "min", "range", "round", "sum")
    names: dict[str, object] = {
        "__builtins__": {"__import__": imported, **{name: getattr(builtins, name) for name in allowed}},
        "__name__": "script",
    }
    exec(compile(text, "script.py", "exec"), names)
    names["named"] = lambda *ends: ends  # which changes no more than names
    build = names["build_model"]
    assert callable(build)
    model = build(**arguments)
    inputs, outputs, name = model.made
    return ledger.value(inputs), ledger.value(outputs), name, frozenset(model.frozen)
