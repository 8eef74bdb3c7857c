"""Reading: what keeps a text from being a tree."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS101",
        "error",
        "The text is not YAML",
        "The text can be read neither as YAML nor as JSON. The place is where reading stopped, or where the "
        "bracket or the quote stands that nothing closes. Nothing else is checked until the text can be "
        "read.",
        "Look at the place and at the line above it. Indent with spaces; start the keys of one map, and the "
        "items of one list, in the same column; put a space after every colon; close brackets and quotes. A "
        "text that starts with `@`, `*`, `&`, `%` or a bracket, or that holds a colon and a space, needs "
        "quotes.",
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
        "A key stands twice in a map",
        "The same key is given twice in one map. Most YAML tools let the last one win without a word, so "
        "one of the two values would be lost; netspec takes neither side.",
        "Remove one of the two, or correct the one that was meant to be another key.",
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
        "A tag",
        "A tag (`!!str`, `!!python/object`, `!mine`) asks the reader to make something of a value other "
        "than text, numbers, true and false, lists and maps. A spec is data and needs nothing else. "
        "Refusing tags is also what makes it safe to read a spec that a stranger sent.",
        "Remove the tag. To have a number read as text, put it in quotes.",
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
        "The merge key `<<`",
        "`<<` copies one map into another in YAML 1.1. YAML 1.2 has dropped it, and editors differ in what "
        "they make of it, so that the spec that is checked would not be the spec that is built.",
        "Say what all nodes of a kind have in common under `defaults`, make a block of what recurs, and a "
        "param of a number that several places share.",
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
        "An alias that leads nowhere",
        "`*name` stands for the value that `&name` marked. Either nothing above bears that mark, or the "
        "alias stands inside the very value that it stands for, which would then have no end.",
        "Mark the value with `&name` above the alias and outside of it. A block or a param does the same "
        "under a name that messages can show.",
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
        "The text is too large",
        "The text goes beyond one of the limits that make it safe to read: 16 MiB, 64 levels of nesting, "
        "2,000,000 values with every alias written out, 100,000 characters in one text. A network of "
        "200,000 nodes stays below all of them; what goes beyond is a mistake or was made to do harm.",
        "Say with blocks, `repeat` and params what recurs, rather than writing it out.",
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
        "The text is not UTF-8, or holds what is no character",
        "The file has another encoding than UTF-8 (often UTF-16, as some Windows programs write), or it "
        "holds control characters, such as NUL, that have no place in a text.",
        "Save the file as UTF-8 without such characters; most editors have “save with encoding” in their menu.",
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
        "A number that cannot be held",
        "Not a number, infinity, a whole number beyond 2**53, or a number beyond 1.79e308. Editors and JSON "
        "tools count in double precision, in which whole numbers beyond 2**53 run into each other: they "
        "would see another number than netspec.",
        "Write a finite number. To leave a hyperparameter at its default, remove it.",
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
        "A key that is not text",
        "A list or a map stands where a key belongs. The keys of a spec are words.",
        "Write a word before the colon. If a text was meant that starts with a bracket, put it in quotes.",
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
        "A second document",
        "A line `---` starts a second YAML document. A file holds one spec, so the rest would go unread.",
        "Put the second spec into a file of its own, or remove the `---`.",
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
        "The file cannot be read",
        "There is no file of that name, it is a folder, or you may not read it. The message says which, in "
        "the operating system's words.",
        "Check the path; it counts from the folder in which the command runs.",
    ),
    Code(
        "NS112",
        "error",
        "The file is empty",
        "There is nothing in the file but white space and comments.",
        "Write at least `netspec: 1`, an `input` and `layers`; or start from a spec of the zoo with `netspec new`.",
        """\
# a network that nobody has written yet
""",
    ),
)
