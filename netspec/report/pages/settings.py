"""The pages of sections (`data`, `train`, …), of what is chosen in them by name, and of single hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.data import SOURCES, Data
from netspec.kinds import KINDS
from netspec.kinds.arguments import CONSTRAINTS, INITIALIZERS, REGULARIZERS
from netspec.options import Declared
from netspec.report.pages.options import choices, option_row, option_table, options_by_name, paragraphs
from netspec.report.pages.parts import Heading, OptionRow, OptionTable, Page, Paragraph, Title
from netspec.spec.keys import WIRING
from netspec.spec.limits import Limits
from netspec.spec.pretrained import Init
from netspec.spec.training_settings import OPTIMIZERS, SCHEDULES, EarlyStopping, Train

# A section's name, a remark on it, its declaration.
SECTIONS: tuple[tuple[str, str, type[Declared]], ...] = (
    ("data", "The command line can override it.", Data),
    ("train", "The command line can override it.", Train),
    ("early_stopping", "Under `train`.", EarlyStopping),
    ("init", "Under `train`; `--init` of `netspec train` says the same.", Init),
    ("limits", "A network that violates one gets an error at its line.", Limits),
)
# What is chosen by name: what such a thing is called, where it is chosen, the declarations by name.
CATALOGUES: tuple[tuple[str, str, Mapping[str, type[Declared]]], ...] = (
    ("data source", "For `source` under `data`.", SOURCES),
    ("optimizer", "For `optimizer` under `train`.", OPTIMIZERS),
    ("schedule", "For `schedule` under `train`.", SCHEDULES),
    ("initializer", "For the hyperparameters that end in `_initializer`.", INITIALIZERS),
    ("regularizer", "For the hyperparameters that end in `_regularizer`.", REGULARIZERS),
    ("constraint", "For the hyperparameters that end in `_constraint`.", CONSTRAINTS),
)


def setting_pages(word: str) -> list[Page]:
    """The pages of a section or of what can be chosen in one: `constant` is a schedule and an initializer."""
    found = [section_page(name, remark, cls) for name, remark, cls in SECTIONS if name == word]
    return found + [choice_page(noun, remark, table[word]) for noun, remark, table in CATALOGUES if word in table]


def setting_words() -> list[str]:
    """The words for which `setting_pages` has pages."""
    return [*(name for name, _, _ in SECTIONS), *(word for _, _, table in CATALOGUES for word in table)]


def section_page(name: str, remark: str, cls: type[Declared]) -> Page:
    """A section with all its settings."""
    page: Page = [Title(name), *map(Paragraph, paragraphs(cls)), Paragraph(remark)]
    return [*page, Heading("Settings"), option_table(cls), *choices(cls)]


def section_summary(cls: type[Declared]) -> Page:
    """The page of a section in short: its settings by name."""
    return [Title(cls.spec_name), *map(Paragraph, paragraphs(cls)), *options_by_name(cls, "Settings")]


def choice_page(noun: str, remark: str, cls: type[Declared]) -> Page:
    """Something that is chosen by name, with its hyperparameters."""
    page: Page = [Title(cls.spec_name, noun), *map(Paragraph, paragraphs(cls)), Paragraph(remark)]
    return [*page, Heading("Hyperparameters"), option_table(cls)] if cls.options else page


def choice_summaries(cls: type[Declared]) -> list[Page]:
    """What is chosen by name in short: its hyperparameters by name."""
    found = []
    for noun, _, table in CATALOGUES:
        if table.get(cls.spec_name) is cls:
            page: Page = [Title(cls.spec_name, noun), *map(Paragraph, paragraphs(cls))]
            found.append([*page, *options_by_name(cls, "Hyperparameters")])
    return found


def option_pages(name: str) -> list[Page]:
    """What a hyperparameter means, and what has it; the wiring keys that every node takes, such as `repeat`, included."""
    if name in WIRING:
        return [[Title(name, "accepted by every node"), Paragraph(WIRING[name].words)]]
    owners: dict[OptionRow, list[str]] = {}
    declared = [
        *KINDS.values(),
        *(cls for _, _, cls in SECTIONS),
        *(cls for _, _, table in CATALOGUES for cls in table.values()),
    ]
    for cls in declared:
        if name in cls.options:
            owners.setdefault(option_row(cls.options[name]), []).append(f"`{cls.spec_name}`")
    page: Page = [Title(name, "hyperparameter")]
    for row, words in owners.items():
        page += [Heading("Of " + ", ".join(dict.fromkeys(words))), OptionTable((row,))]
    return [page] if owners else []
