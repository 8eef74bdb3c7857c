"""Structure: kinds, hyperparameters, types, ranges."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS201",
        "error",
        "Unknown kind",
        "A node's key is its kind: `conv`, `pool`, `dense` and so on. This word is neither a kind nor a block of "
        "this spec. Kinds are lower-case and independent of rank: `conv` becomes a Conv1D, Conv2D or Conv3D "
        "according to its input.",
        "Use the word that the message suggests, or pick one from the list that `netspec explain` prints. "
        "What no kind does can be written as a block.",
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
        "Unknown hyperparameter",
        "The kind or block has no hyperparameter of this name. Unknown names are never ignored: a misspelt "
        "`dropuot: 0.5` that went unnoticed would cost a training run.",
        "Correct the name; hyperparameters have the same names as in Keras. `netspec explain KIND` lists those of a kind.",
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
        "Missing required value",
        "A spec needs `netspec`, `input` and `layers`; a kind needs those of its hyperparameters that have no "
        "default; a block needs those of its params that have no default.",
        "Add what the message names; it also says which values are allowed.",
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
        "Wrong type",
        "A string stands where a number is expected, a list where a map is expected, or the like. YAML 1.2 "
        'determines the type of a plain scalar: `"64"` in quotes is a string, and so are `yes` and `on`; only '
        "`true` and `false` are booleans.",
        "Write a value of the type that the message names.",
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
        "Value out of range",
        "The value has the right type, but it is outside the allowed range or not one of the allowed choices.",
        "Use a value within the range, or one of the choices, that the message names.",
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
        "Malformed node",
        "A node is the name of a kind, or a map with exactly one key: the kind, whose value holds the "
        "hyperparameters and the wiring. `name`, `from` and the rest belong under the kind, not beside it, "
        "because a second key beside the first could be another kind.",
        "Start every node with its own `- `, write its kind, and put everything else under the kind.",
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
        "Unknown key",
        "A spec, and each of its sections, has a fixed set of keys. This is not one of them. A model in another tool's words, "
        "such as a configuration of Keras, is told as what it is.",
        "Correct the key, or move it to where it belongs: hyperparameters under their node, `epochs` under "
        "`train`, your own values under `params`. `netspec import` writes other tools' models as specs.",
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
        "Unsupported format version",
        "A spec states the version of the format it is written in, so that it keeps its meaning as netspec "
        "evolves. This release reads version 1.",
        "Write `netspec: 1` at the top. A spec of a later version needs a newer netspec (`pip install --upgrade "
        "netspec-keras`), and nothing else in it is checked; one of an earlier version is written anew by `netspec upgrade`.",
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
        "Incompatible values",
        "Each of the values is valid by itself, but not in combination with the other, whatever the input.",
        "Change one of the two; the message names both, with their values.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, groups: 3}
""",
    ),
    Code(
        "NS210",
        "error",
        "A package of kinds is missing",
        "The spec names a package under `requires`, whose kinds it uses. The package is not installed, is too old, or "
        "has not been allowed: netspec imports a package only when its user says so, by `--kinds` or in netspec.toml, "
        "and never because a spec asks for it.",
        "Install the package, and allow it with `--kinds PACKAGE` or in netspec.toml if you trust it.",
        """\
netspec: 1
requires: [netspec-of-nobody]
input: [32, 32, 3]
layers:
  - flatten
""",
    ),
)
