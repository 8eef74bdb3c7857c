"""What lowerings call, written down as terms: a stand-in for Keras, and for tensors."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Term: TypeAlias = "Ref | Called | Item | Divided | Given"


class _Term:
    """What all terms answer to, as Keras's own objects do."""

    def __getattr__(self, name: str) -> Term:
        if name.startswith("__"):
            raise AttributeError(name)
        return Ref(f"{self}.{name}")

    def __call__(self, *values: object, **named: object) -> Called:
        return Called(self, values, tuple(named.items()))  # type: ignore[arg-type]

    def __getitem__(self, index: object) -> Item:
        return Item(self, index)  # type: ignore[arg-type]

    def __truediv__(self, other: object) -> Divided:
        return Divided(self, other)  # type: ignore[arg-type]


class Ref(_Term):
    """Something by its dotted name, such as `keras.layers.Dense`."""

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def netspec_layers(self) -> Ref:
        """Where a lowering finds netspec's own layers."""
        return Ref("netspec.layers")

    def layers_in(self, module: str) -> Ref:
        """Where a lowering finds the layers of a package of kinds."""
        return Ref(module)

    def __str__(self) -> str:
        return self.text


class Called(_Term):
    """A call."""

    def __init__(self, function: Term, values: tuple[object, ...], named: tuple[tuple[str, object], ...]) -> None:
        self.function = function
        self.values = values
        self.named = named


class Item(_Term):
    """One of several, or a part."""

    def __init__(self, of: Term, index: object) -> None:
        self.of = of
        self.index = index


class Divided(_Term):
    """A quotient."""

    def __init__(self, of: Term, by: object) -> None:
        self.of = of
        self.by = by


class Given(_Term):
    """An input of the node, by its number."""

    def __init__(self, number: int) -> None:
        self.number = number


class Signature(NamedTuple):
    """How something of Keras's is called."""

    names: tuple[str, ...]  # of what may be given by position
    required: int  # how many of those must be given
    defaults: dict[str, object]


class Signatures:
    """How what Keras has is called, each asked once."""

    def __init__(self, keras: object) -> None:
        self.keras = keras
        self._found: dict[str, Signature | None] = {}

    def of(self, path: str) -> Signature | None:
        """How something by its dotted name is called; None where that cannot be said."""
        if path not in self._found:
            self._found[path] = self._ask(path)
        return self._found[path]

    def _ask(self, path: str) -> Signature | None:
        import inspect

        first, *rest = path.split(".")
        found: object
        if path.startswith("netspec.layers."):
            from netspec.backends.keras import layers

            found, rest = layers, rest[1:]
        elif first == "keras":
            found = self.keras
        else:
            return None
        for name in rest:
            found = getattr(found, name, None)
        if not callable(found):
            return None
        parameters = inspect.signature(found).parameters.values()
        plain = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
        required = sum(each.default is each.empty for each in plain)
        defaults = {
            each.name: each.default
            for each in parameters
            if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY) and each.default is not each.empty
        }
        return Signature(tuple(each.name for each in plain), required, defaults)


def literal(value: object) -> str:
    """A value as Python writes it, with quotes as formatters want them."""
    if isinstance(value, str):
        import json

        text = json.dumps(value, ensure_ascii=False)
        return text if value.isprintable() else repr(value)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(literal, value))
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    return repr(value)


def index_text(index: object) -> str:
    """What stands in brackets after a value."""
    if isinstance(index, tuple):
        return ", ".join(map(index_text, index))
    if index is Ellipsis:
        return "..."
    if isinstance(index, slice):
        start, stop = ("" if v is None else str(v) for v in (index.start, index.stop))
        return f"{start}:{stop}" + (f":{index.step}" if index.step not in (None, 1) else "")
    return literal(index)
