"""The type of what is chosen by name and has hyperparameters of its own: an initializer, an optimizer, a data source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from netspec.diagnostics.words import Suggestion, listing, show, suggest
from netspec.options.declared import REQUIRED, Declared
from netspec.options.invalid import MAX_FACTS, Invalid, together
from netspec.options.types import IS_EXPRESSION, Schema, Type, offers

KEYS_OF_NAMES = ("name", "type", "class_name")  # under which other formats say which one is meant

N_co = TypeVar("N_co", bound=Declared, covariant=True)


class Named(Type[N_co]):
    """One of a table of declared things: its name, or a map of the name over its hyperparameters."""

    def __init__(self, noun: str, table: Mapping[str, type[N_co]]) -> None:
        self.noun = noun
        self.table = table

    def keys(self) -> tuple[str, ...]:
        return tuple(self.table)

    @property
    def free_text(self) -> bool:
        return any(opt.type.free_text for declared in self.table.values() for opt in declared.options.values())

    def check(self, value: object) -> N_co:
        if isinstance(value, str):
            return self._make(value, {}, ())
        if isinstance(value, dict):
            self._refuse_keyed(value)
            if len(value) != 1:
                raise Invalid(f"must be {self.describe()}; a map has one key, the name, not {len(value)}", "NS204")
            name, given = next(iter(value.items()))
            declared = self._find(name, (name,))
            if given is None:
                given = {}
            if not isinstance(given, dict):
                if declared.principal is None:
                    raise Invalid(
                        f"takes a map of hyperparameters, not {show(given)}", path=(name,), subject=f"`{name}`"
                    )
                given = {declared.principal: given}
                return self._make(name, given, (name,), scalar=True)
            return self._make(name, given, (name,))
        raise Invalid(f"must be {self.describe()}, not {show(value)}")

    def _refuse_keyed(self, value: Mapping[str, object]) -> None:
        """Raise of a map whose first key says what the name is, as `{name: sgd, learning_rate: 0.1}` does."""
        key, name = next(iter(value.items()), ("", None))
        if key not in KEYS_OF_NAMES or key in self.table or not isinstance(name, str):
            return
        declared = self.table.get(name) or self.table.get(name.lower())
        if declared is None:
            return
        others = {other: _written(each) for other, each in value.items() if other != key}
        meant = declared.spec_name
        if others and all(others.values()):
            meant = f"{{{meant}: {{{', '.join(f'{other}: {text}' for other, text in others.items())}}}}}"
        elif others:
            meant = f"{{{meant}: {{…}}}}"
        suggestion = Suggestion("", meant, True) if "…" not in meant else None
        raise Invalid(f"must be {self.describe()}; its name is the key: write `{meant}`", suggestion=suggestion)

    def _find(self, name: str, path: tuple[str, ...]) -> type[N_co]:
        if name not in self.table:
            meant = suggest(name, tuple(self.table), "value")
            question = meant.question() if meant else ""
            if not path:
                raise Invalid(f"must be {self.describe()}, not {show(name)}{question}", "NS205", suggestion=meant)
            fact = f"is not {self.noun}{question}"
            raise Invalid(fact, "NS205", path, subject=show(name), suggestion=meant, at_key=True)
        return self.table[name]

    def _make(self, name: str, given: Mapping[str, object], path: tuple[str, ...], scalar: bool = False) -> N_co:
        declared = self._find(name, path)
        values: dict[str, object] = {}
        errors: list[Invalid] = []
        for key, value in given.items():
            if len(errors) >= MAX_FACTS:
                break
            option = declared.options.get(key)
            if option is None:
                known = tuple(declared.options)
                meant = suggest(key, known, "hyperparameter")
                hint = meant.question() if meant else f"; it takes {listing(known) or 'none'}"
                errors.append(
                    Invalid(
                        f"has no hyperparameter {show(key)}{hint}",
                        "NS202",
                        (*path, key),
                        subject=f"`{name}`",
                        suggestion=meant,
                        at_key=True,
                    )
                )
                continue
            try:
                values[key] = option.type.check(value)
            except Invalid as error:
                inner = path if scalar else (*path, key)
                errors.append(error.inside(*inner, subject=f"`{key}`"))
        misspelt = any(error.code == "NS202" for error in errors)  # it may be what is missing
        for key, option in declared.options.items():
            if option.default is REQUIRED and key not in given and not misspelt:
                errors.append(
                    Invalid(
                        f"needs `{key}`: {option.type.describe()}",
                        "NS203",
                        path,
                        subject=f"`{name}`",
                        at_key=bool(path),
                    )
                )
        if errors:
            raise together(errors)
        return declared(**values)

    def describe(self) -> str:
        return f"{self.noun} ({listing(tuple(self.table)[:4], 'or')}{', …' if len(self.table) > 4 else ''})"

    def schema(self) -> Schema:
        bare = [name for name, declared in self.table.items() if not declared.required]
        return {
            "type": ["string", "object"],
            **offers(bare),
            "if": {"type": "object"},
            "then": {
                "minProperties": 1,
                "maxProperties": 1,
                # Behind an `allOf` an editor sees no map, and completes the name as it does the word: one offer, not two.
                "properties": {
                    name: declared.use_schema() if declared.required else {"allOf": [declared.use_schema()]}
                    for name, declared in self.table.items()
                },
                "additionalProperties": False,
            },
            "else": {"if": IS_EXPRESSION, "else": {"enum": bare}},
        }


class Nested(Type[N_co]):
    """A map with the hyperparameters of a declared class."""

    def __init__(self, declared: type[N_co]) -> None:
        self.declared = declared

    def keys(self) -> tuple[str, ...]:
        return tuple(self.declared.options)

    def check(self, value: object) -> N_co:
        if not isinstance(value, dict):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        table = Named(self.describe(), {self.declared.spec_name: self.declared})
        try:
            return table.check({self.declared.spec_name: value})
        except Invalid as error:
            raise error.without(1) from None

    def describe(self) -> str:
        return f"a map with {', '.join(f'`{name}`' for name in self.declared.options)}"

    def schema(self) -> Schema:
        return self.declared.map_schema()


def _written(value: object) -> str:
    """A plain value as a spec has it; empty of others."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    return value if isinstance(value, str) and value.isidentifier() else ""
