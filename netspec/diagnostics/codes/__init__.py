"""The catalogue of problems: each code declared once, with its severity and its page, in the file of its hundred.

Plain data and nothing to work out, because every command that reads a spec imports it. `netspec explain CODE` prints a
page, with what netspec says of the example; `docs/problems.md` holds them all.
"""

from __future__ import annotations

from netspec.diagnostics.codes import advice, expressions, limits, reading, shapes, structure, training, wiring
from netspec.diagnostics.codes.code import Code, Severity, Stage

__all__ = ["CODES", "GROUPS", "HEADS", "Code", "Severity", "Stage"]

# What each stage's problems are about, as the pages head them.
GROUPS: dict[Stage, str] = {
    Stage.READING: "Reading",
    Stage.STRUCTURE: "Structure",
    Stage.WIRING: "Names and wiring",
    Stage.SHAPES: "Shapes",
    Stage.EXPRESSIONS: "Expressions, params, blocks and variants",
    Stage.LIMITS: "Limits and budgets",
    Stage.TRAINING: "Data and training",
    Stage.ADVICE: "Lints",
}

# Introductions to all of a stage, above its pages.
HEADS: dict[Stage, str] = {
    Stage.ADVICE: "Constructs that are allowed but rarely intended, each with the reason and a source. Warnings never keep "
    "a spec from being built. A comment suppresses a warning by its code, preferably with a reason for the next reader: "
    "`# netspec: ignore NS801: as in the paper` at the end of the line or alone above it, `# netspec: ignore-file NS801` before "
    "the first key for the whole file.\n"
}

_FILES = (reading, structure, wiring, shapes, expressions, limits, training, advice)

CODES: dict[str, Code] = {code.code: code for file in _FILES for code in file.CODES}
