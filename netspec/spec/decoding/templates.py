"""Templates: values with expressions in them, checked around the expressions before these can be worked out."""

from __future__ import annotations

from netspec.expressions import Expression
from netspec.options import Choice, Declared, Invalid, Named, Nested, PerName, Type
from netspec.spec.document import Template
from netspec.spec.node_patterns import Multipliers
from netspec.spec.training_settings import ClassWeights

_NUMBERS = (1, -1, 8)


def plausible(template: Template, type_: Type[object]) -> Template:
    """The template with each expression replaced by a value that fits there, so that all around it can be checked."""
    inner = type_.bare
    if isinstance(template, dict):
        if isinstance(inner, Named):
            return {name: _plausible_options(given, inner.table.get(name)) for name, given in template.items()}
        if isinstance(inner, Nested):
            return _plausible_options(template, inner.declared)
        if isinstance(inner, (PerName, ClassWeights, Multipliers)):
            return {name: plausible(given, inner.inner) for name, given in template.items()}
        return template
    if not isinstance(template, (Expression, list)):
        return template
    item = getattr(inner, "inner", inner)  # of a list, or of a value for each output
    kind_name = item.choices[0] if isinstance(item, Choice) else "a"
    for candidate in (*_NUMBERS, kind_name, True, 0.5):
        filled = _substituted(template, candidate)
        try:
            type_.check(filled)
        except Invalid:
            continue
        return filled
    return _substituted(template, _NUMBERS[0])


def _plausible_options(given: Template, declared: type[Declared] | None) -> Template:
    if declared is None:
        return given
    if not isinstance(given, dict):
        return given if declared.principal is None else plausible(given, declared.options[declared.principal].type)
    options = declared.options
    return {key: plausible(value, options[key].type) if key in options else value for key, value in given.items()}


def _substituted(template: Template, candidate: int | float | str) -> Template:
    if isinstance(template, Expression):
        return _StandIn(candidate, template.text) if type(candidate) is int else candidate
    return [_substituted(item, candidate) for item in template] if isinstance(template, list) else template


class _StandIn(int):
    """A number in the place of an expression; it shows as the expression."""

    def __new__(cls, value: int, text: str) -> _StandIn:
        made = super().__new__(cls, value)
        made.text = text
        return made

    text: str

    def __str__(self) -> str:
        return self.text
