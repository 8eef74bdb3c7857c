"""Hyperparameters and settings on pages: their tables, and the pages of single ones."""

from __future__ import annotations

from inspect import cleandoc

from netspec.diagnostics.words import show
from netspec.options import Choice, Declared, Option
from netspec.report.pages.parts import Definitions, Heading, OptionRow, OptionTable, Page, Paragraph

MANY = 20  # choices; so many have pages of their own and are listed only where choosing one is the point


def paragraphs(cls: type[Declared]) -> list[str]:
    """The docstring, a paragraph an item; the first is the summary."""
    return [" ".join(paragraph.split()) for paragraph in cleandoc(cls.__doc__ or "").split("\n\n")]


def option_table(cls: type[Declared]) -> OptionTable:
    """All that can be set."""
    return OptionTable(tuple(option_row(option) for option in cls.options.values()))


def options_by_name(cls: type[Declared], heading: str) -> Page:
    """All that can be set, by names alone."""
    names = ", ".join(f"`{name}`" + " (required)" * (name in cls.required) for name in cls.options)
    return [Heading(heading), Paragraph(names)] if names else []


def option_row(option: Option) -> OptionRow:
    """One that can be set."""
    default = "" if option.required else default_of(option)
    return OptionRow(option.name, option.type.describe(), default, option.doc)


def default_of(option: Option) -> str:
    """A default as a spec would write it."""
    return written(option.default)


def written(value: object) -> str:
    """A checked value as a spec would write it."""
    if isinstance(value, Declared):
        given = written_options(value)
        return f"{{{value.spec_name}: {{{given}}}}}" if given else value.spec_name
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(written, value))}]"
    return value if isinstance(value, str) else show(value)


def written_options(declared: Declared) -> str:
    """What was set, in the order of the declaration, as a spec would write it between braces."""
    given = declared.given()
    return ", ".join(f"{name}: {written(given[name])}" for name in declared.options if name in given)


def choices(cls: type[Declared]) -> Page:
    """The values that a hyperparameter chooses from, where each has an explanation of its own."""
    page: Page = []
    for option in cls.options.values():
        type_ = option.type
        while not isinstance(type_, Choice) and hasattr(type_, "inner"):
            type_ = type_.inner
        if not isinstance(type_, Choice) or not type_.descriptions:
            continue
        if len(type_.choices) < MANY or option.name == cls.principal:
            page += [Heading(f"Values of `{option.name}`"), Definitions(tuple(type_.descriptions.items()))]
    return page
