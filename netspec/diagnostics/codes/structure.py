"""Structure: kinds, hyperparameters, types, ranges."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS201",
        "error",
        "There is no such kind",
        "A node's key is its kind: `conv`, `pool`, `dense` and so on. This word is no kind, nor a block of "
        "this spec. Kinds are lower-case and say nothing about rank: `conv` is a Conv1D, Conv2D or Conv3D "
        "by what it reads.",
        "Take the word that the message offers, or look in the list that `netspec explain` prints. What no "
        "kind does can be written as a block.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - cnov: {filters: 16, kernel_size: 3}
""",
    ),
    Code(
        "NS202",
        "error",
        "There is no such hyperparameter",
        "The kind or the block takes no hyperparameter of that name. Nothing unknown is passed over: a "
        "misspelt `dropuot: 0.5` that is ignored costs a training run.",
        "Correct the name; hyperparameters carry Keras's own names. `netspec explain KIND` lists those of a kind.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, stride: 1}
""",
    ),
    Code(
        "NS203",
        "error",
        "Something required is missing",
        "A spec needs `netspec`, `input` and `layers`, and a kind needs those of its hyperparameters that "
        "have no default, as a block needs its params that have none.",
        "Write what the message names; it says what may stand there.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16}
""",
    ),
    Code(
        "NS204",
        "error",
        "A value of the wrong type",
        "A text stands where a number is wanted, a list where a map is, or the like. YAML 1.2 decides what a bare "
        'word is: `"64"` in quotes is text, and so are `yes` and `on`; only `true` and `false` are truth values.',
        "Write a value of the type that the message names. Arithmetic is read as such only where it holds a `$name`.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: "16", kernel_size: 3}
""",
    ),
    Code(
        "NS205",
        "error",
        "A value out of range",
        "The value has the right type, but lies outside of what makes sense, or it is none of the words to "
        "choose from.",
        "Take a value from the range, or one of the words, that the message names.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - dropout: 1.5
""",
    ),
    Code(
        "NS206",
        "error",
        "This is not a node",
        "A node is a kind's name, or a map with one key: the kind, over its hyperparameters and its wiring. "
        "`name`, `from` and the others stand under the kind, not beside it, because a second key beside the "
        "first could be another kind.",
        "Start every node with its own `- `, write its kind, and put all else under the kind.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3}
    name: stem
""",
    ),
    Code(
        "NS207",
        "error",
        "There is no such key",
        "A spec, and each of its sections, has a fixed set of keys, and this is none of them.",
        "Correct the key, or move it to where it belongs: hyperparameters under their node, `epochs` under "
        "`train`, your own values under `params`.",
        """\
netspec: 1
layres: []
input: [32, 32, 3]
layers:
  - flatten
""",
    ),
    Code(
        "NS208",
        "error",
        "The format version",
        "A spec says which version of the format it is written in, so that it means the same when netspec "
        "has moved on. This netspec reads version 1.",
        "Write `netspec: 1` at the top. If the spec has a higher version, install a newer netspec.",
        """\
netspec: 2
input: [32, 32, 3]
layers:
  - flatten
""",
    ),
    Code(
        "NS209",
        "error",
        "Values that do not go together",
        "Each of the values is right by itself, but not beside the other, whatever the input.",
        "Change one of the two; the message names both, with their values.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, groups: 3}
""",
    ),
)
