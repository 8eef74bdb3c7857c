"""What an editor says of a spec by the schema alone: `jsonschema` as the referee of our own structural check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from netspec.diagnostics.problems import Problems, Span
from netspec.diagnostics.words import printable
from netspec.kinds.packages import ALLOWED, Package
from netspec.schema.generation import make
from netspec.syntax.reading import read, read_bytes
from netspec.syntax.tree import Mapping, Sequence, SourceText, Tree, plain, span_of

MAX_VALUES = 10_000  # jsonschema takes a tenth of a millisecond for each

if TYPE_CHECKING:
    from jsonschema import Draft7Validator, ValidationError


def editor_problems(path: str, data: bytes | None = None) -> Iterator[str]:
    """A line for each thing that an editor underlines, in order of position; in `data` where it is no file's."""
    problems = Problems()
    source = read(path, problems) if data is None else read_bytes(data, path, problems)
    for problem in problems.ordered():
        yield f"{printable(path)}:{problem.span.line}:{problem.span.column}: {problem.message}"
    for span, message in sorted(schema_errors(source)):
        yield f"{printable(path)}:{span.line}:{span.column}: {printable(message)}"


def schema_errors(source: SourceText) -> list[tuple[Span, str]]:
    """Where the document breaks the schema; each innermost complaint once."""
    if source.tree is None:
        return []
    if _more_values_than(source.tree, MAX_VALUES):
        return [(span_of(source.tree), f"more than {MAX_VALUES:,} values, too many to be held against the schema here")]
    found: dict[tuple[Span, str], None] = {}
    for error in _validator(tuple(ALLOWED.values())).iter_errors(plain(source.tree)):
        for leaf in _leaves(error):
            found[(span_of(_at(source.tree, leaf.absolute_path)), _short(leaf))] = None
    return list(found)


def _more_values_than(tree: Tree, most: int) -> bool:
    """Does a tree hold more values, aliases written out?"""
    stack = [tree]
    while stack and most >= 0:
        each = stack.pop()
        most -= 1
        if isinstance(each, Mapping):
            stack.extend(entry.value for entry in each.entries.values())
        elif isinstance(each, Sequence):
            stack.extend(each.items)
    return most < 0


@lru_cache(maxsize=2)
def _validator(packages: tuple[Package, ...]) -> Draft7Validator:
    """Of the schema that these packages' kinds are in."""
    from jsonschema import Draft7Validator

    return Draft7Validator(make())


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    if not error.context:
        yield error
        return
    for inner in error.context:
        yield from _leaves(inner)


def _at(tree: Tree, path: Iterable[str | int]) -> Tree:
    for step in path:
        if isinstance(tree, Mapping) and step in tree.entries:
            tree = tree.entries[step].value
        elif isinstance(tree, Sequence) and isinstance(step, int):
            tree = tree.items[step]
    return tree


def _short(error: ValidationError) -> str:
    message = str(error.message)
    return message if len(message) < 200 else f"{message[:80]} … {message[-80:]}"
