"""The words that a value may be, by its type: those that the schema gives editors, with what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.options import Declared, Named, Option, Schema, Type
from netspec.report.pages.options import paragraphs


class Word(NamedTuple):
    """A word.

    Attributes:
        text: As it is written.
        words: What it means.
        required: What has to be given with it.
        is_text: Is it a text, and not `true`, `null` or a number?
    """

    text: str
    words: str = ""
    required: tuple[Option, ...] = ()
    is_text: bool = True


def words_of(type_: Type[object]) -> list[Word]:
    """The words that a type takes, each once."""
    found: dict[str, Word] = {}
    for word in _words(type_):
        found.setdefault(word.text, word)
    return list(found.values())


def _words(type_: Type[object]) -> Iterator[Word]:
    table = _table(type_)
    if table is not None:
        for name, cls in table.items():
            yield Word(name, paragraphs(cls)[0], tuple(cls.options[each] for each in cls.required))
    schema = type_.schema()
    if table is None:
        yield from _listed(schema)
    if "null" in _types(schema):
        yield Word("null", "None.", is_text=False)


def _table(type_: Type[object]) -> dict[str, type[Declared]] | None:
    """What is chosen from by name, with hyperparameters of its own."""
    inner: object = type_
    while isinstance(inner, Type):
        if isinstance(inner.bare, Named):
            return dict(inner.bare.table)
        inner = getattr(inner.bare, "inner", None)
    return None


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return types if isinstance(types, list) else [types]


def _listed(schema: Schema) -> Iterator[Word]:
    """The words of a schema, also behind its conditions and of the items of its lists."""
    if "boolean" in _types(schema):
        yield Word("true", is_text=False)
        yield Word("false", is_text=False)
    said = schema.get("markdownEnumDescriptions", ())
    for number, word in enumerate(schema.get("enum", ())):
        if isinstance(word, str):
            yield Word(word, said[number] if number < len(said) else "")
    for inner in (*(schema.get(key) for key in ("then", "else")), *schema.get("allOf", ())):
        if isinstance(inner, dict):
            yield from _listed(inner)
            if isinstance(inner.get("items"), dict):
                yield from _listed(inner["items"])
