"""Reading: what keeps a text from being a tree."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS101",
        "error",
        "Invalid YAML",
        "The file can be parsed neither as YAML nor as JSON. The position is where parsing stopped, or that of a "
        "bracket or quote that is never closed. Nothing else is checked until the file parses.",
        "Look at the reported line and the line above it. Indent with spaces; start the keys of a map, and the "
        "items of a list, in the same column; put a space after every colon; close brackets and quotes. Quote "
        "a string that starts with `@`, `*`, `&`, `%` or a bracket, or that contains a colon followed by a space.",
        """\
netspec: 1
input: [32, 32, 3
layers:
  - flatten
""",
    ),
    Code(
        "NS102",
        "error",
        "Duplicate key",
        "The same key appears twice in one map. Most YAML parsers silently keep the last value, so one of the "
        "two would be lost; netspec refuses to choose.",
        "Remove one of the two, or correct the one that was meant to be a different key.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, padding: same, filters: 32}
""",
    ),
    Code(
        "NS103",
        "error",
        "YAML tag",
        "A tag (`!!str`, `!!python/object`, `!mine`) asks the parser to construct something other than a string, "
        "number, boolean, list or map. A spec is data and needs nothing else. Refusing tags is also what makes "
        "it safe to read a spec from an untrusted source.",
        "Remove the tag. To have a number read as a string, quote it.",
        """\
netspec: 1
name: !!str lenet
input: [32, 32, 3]
layers:
  - flatten
""",
    ),
    Code(
        "NS104",
        "error",
        "Merge key `<<`",
        "`<<` copies one map into another in YAML 1.1. YAML 1.2 dropped it, and editors differ in how they treat "
        "it, so the spec that an editor checks might not be the spec that is built.",
        "Put hyperparameters that all nodes of a kind share under `defaults`, turn repeated layers into a block, "
        "and a number used in several places into a param.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: &three {filters: 16, kernel_size: 3, padding: same}
  - conv:
      <<: *three
      filters: 32
""",
    ),
    Code(
        "NS105",
        "error",
        "Undefined or cyclic alias",
        "`*name` stands for the value anchored by `&name`. Either there is no such anchor above it, or the alias "
        "is part of the very value it refers to, which would then be infinite.",
        "Define the anchor `&name` above the alias and outside the value that contains it. A block or a param "
        "does the same under a name that messages can show.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: *three
""",
    ),
    Code(
        "NS106",
        "error",
        "File too large",
        "The file exceeds one of the limits that make it safe to read: 16 MiB, 64 levels of nesting, 2,000,000 "
        "values, 200,000 that aliases stand for, 100,000 characters in one scalar. A network of 50,000 nodes stays "
        "below all of them; anything larger is a mistake or an attack.",
        "Use blocks, `repeat` and params instead of writing repeated structure out.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - skip:
      [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
      ]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
""",
    ),
    Code(
        "NS107",
        "error",
        "Invalid encoding or control character",
        "The file is not encoded as UTF-8 (often it is UTF-16, the default of some Windows programs, or UTF-32), or it "
        "contains control characters, such as NUL, that are not allowed in YAML.",
        "Save the file as UTF-8 without such characters; most editors offer “Save with encoding”.",
        """\
netspec: 1
description: "it rings \x07 here"
input: [32, 32, 3]
layers:
  - flatten
""",
    ),
    Code(
        "NS108",
        "error",
        "Number out of range",
        "NaN, infinity, an integer beyond 2**53, or a number beyond 1.79e308. Editors and JSON tools use double "
        "precision, which cannot tell neighbouring integers beyond 2**53 apart: they would see a different "
        "number from the one netspec sees.",
        "Write a finite number. To keep a hyperparameter's default, remove the hyperparameter.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - dropout: .nan
""",
    ),
    Code(
        "NS109",
        "error",
        "Key is not a string",
        "A list or a map stands where a key belongs. The keys of a spec are strings.",
        "Write a word before the colon. If you meant a string that starts with a bracket, quote it.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - {[conv]: {filters: 16, kernel_size: 3}}
""",
    ),
    Code(
        "NS110",
        "error",
        "Multiple documents",
        "A line `---` starts a second YAML document. A file holds one spec, so the rest would be ignored.",
        "Move the second spec to its own file, or remove the `---`.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - flatten
---
netspec: 1
""",
    ),
    Code(
        "NS111",
        "error",
        "File cannot be read",
        "The file does not exist, is a folder, a device or a socket, or you do not have permission to read it. The message "
        "gives the operating system's reason. A pipe is read as a file is.",
        "Check the path; it is relative to the current directory. `-` is standard input.",
    ),
    Code(
        "NS112",
        "error",
        "Empty file",
        "The file contains nothing but whitespace and comments.",
        "Write at least `netspec: 1`, an `input` and `layers`; or start from a spec of the zoo with `netspec new`.",
        """\
# a network that nobody has written yet
""",
    ),
    Code(
        "NS113",
        "error",
        "A used file cannot be read",
        "`use` names a file that is missing, leads out of the spec's folder or passes a link, is no regular file, is one too "
        "many or too large, or uses itself. A spec may come from anybody, so it reads nothing but what lies beside it.",
        "Put the file into the spec's folder or below, and write its path from there.",
        """\
netspec: 1
use: {../blocks.yaml: [Bottleneck]}
input: [32, 32, 3]
layers:
  - flatten
""",
    ),
)
