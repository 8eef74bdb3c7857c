"""The catalogue of problems: each code declared once, with its severity and its page, in the file of its hundred.

Plain data and nothing to work out, because every command that reads a spec imports it. `netspec explain CODE` prints a
page, with what netspec says of the example; `docs/problems.md` holds them all.
"""

from __future__ import annotations

from netspec.diagnostics.codes import advice, expressions, limits, reading, shapes, structure, training, wiring
from netspec.diagnostics.codes.code import Code, Severity

__all__ = ["CODES", "GROUPS", "HEADS", "Code", "Severity"]

# What each hundred is about, as the pages head them.
GROUPS = {
    "NS1": "Reading",
    "NS2": "Structure",
    "NS3": "Names and wiring",
    "NS4": "Shapes",
    "NS5": "Expressions, params, blocks and variants",
    "NS6": "Limits and budgets",
    "NS7": "Data and training",
    "NS8": "Lints",
}

# Introductions to a whole hundred, above its pages.
HEADS = {
    "NS8": "Constructs that are allowed but rarely intended, each with the reason and a source. Warnings never keep a spec "
    "from being built. A comment suppresses a warning by its code, preferably with a reason for the next reader: "
    "`# netspec: ignore NS801: as in the paper` at the end of the line or alone above it, `# netspec: ignore-file NS801` before "
    "the first key for the whole file.\n"
}

_FILES = (reading, structure, wiring, shapes, expressions, limits, training, advice)

CODES: dict[str, Code] = {code.code: code for file in _FILES for code in file.CODES}
