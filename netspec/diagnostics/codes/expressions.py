"""Expressions, params, blocks and variants."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS501",
        "error",
        "This is not an expression",
        "A text that holds a `$name` is an expression, and this one breaks the grammar: numbers, `$names`, "
        "texts in quotes, `+ - * / // % **`, comparisons, `and or not`, `x if c else y`, lists and indices, "
        "and the functions min, max, abs, round, floor, ceil, int, len and sum.",
        "Correct it at what the message names. Params carry a `$` wherever they are read.",
        """\
netspec: 1
input: [32, 32, 3]
params: {width: 16}
layers:
  - 1x1: 2 * width + $width
""",
    ),
    Code(
        "NS502",
        "error",
        "A name that an expression cannot see",
        "An expression sees the params of the block that it stands in, then the spec's `params`, then what "
        "the node receives: `$channels`, `$height`, `$width`, `$depth` or `$length` of its first input, and "
        "`$index` in a repetition. A param sees those above it.",
        "Correct the name, or declare it under `params`. A size that is null, or that the input does not "
        "have, cannot be read.",
        """\
netspec: 1
input: [32, 32, 3]
params: {width: 16}
layers:
  - 1x1: 2 * $widht
  - 1x1: $width
""",
    ),
    Code(
        "NS503",
        "error",
        "An expression that cannot be worked out",
        "It divides by zero, adds what are no numbers, picks from a list what is not there, or leads beyond "
        "2**53. Numbers are bounded, so that no expression can take a noticeable time.",
        "The message shows the values at which it failed; correct the expression or the param that gave them.",
        """\
netspec: 1
input: [32, 32, 3]
params: {width: 16, parts: 0}
layers:
  - 1x1: $width // $parts
""",
    ),
    Code(
        "NS504",
        "error",
        "An expression's value does not fit",
        "The expression can be worked out, and what comes out is not what may stand here: not whole, out of "
        "range, or of another type. `/` gives a fraction, `//` rounds down.",
        "The message shows the value and what the names in it stood for; correct the one or the other.",
        """\
netspec: 1
input: [32, 32, 3]
params: {width: 16}
layers:
  - 1x1: $width / 3
""",
    ),
    Code(
        "NS505",
        "error",
        "There is no such block",
        "A node whose key starts with a capital letter is a use of a block, and `blocks` has none of that name.",
        "Correct the name, or write the block under `blocks`.",
        """\
netspec: 1
input: [32, 32, 3]
blocks:
  Bottleneck:
    layers:
      - relu
layers:
  - Bottleneck
  - Botleneck
""",
    ),
    Code(
        "NS506",
        "error",
        "A block that contains itself",
        "The block uses itself, directly or through others, so that its body would have no end; or bodies "
        "are nested more than 100 deep. The notes show the chain.",
        "Write out the levels that are wanted, or use `repeat`: blocks do not recurse.",
        """\
netspec: 1
input: [32, 32, 3]
blocks:
  Again:
    layers:
      - relu
      - Again
layers:
  - Again
""",
    ),
    Code(
        "NS507",
        "error",
        "A param or a variant that does not fit",
        "`--set` or a variant names a param that the spec does not have, or gives it another type of value "
        "than its default; or `--variant` names a variant that is not there.",
        "Take one of the names that the message lists. A param keeps the type of its default: a number, "
        "true or false, a text or a list.",
        """\
netspec: 1
input: [32, 32, 3]
params: {width: 16}
variants:
  large: {widht: 64}
layers:
  - 1x1: $width
""",
    ),
    Code(
        "NS508",
        "error",
        "A param's name is taken",
        "Every node takes `name`, `from`, `repeat`, `when`, `share` and `trainable`, so a block's param of "
        "that name could not be told from them.",
        "Rename the param.",
        """\
netspec: 1
input: [32, 32, 3]
blocks:
  Unit:
    params: {repeat: 2}
    layers:
      - relu
layers:
  - Unit
""",
    ),
    Code(
        "NS509",
        "error",
        "Too many nodes",
        "Repetitions multiply, and together they make more than 250,000 nodes. The largest networks in "
        "print have some thousand layers.",
        "Lower `repeat`; look for a repetition inside a repetition that was not meant.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - relu: {repeat: 1000000}
""",
    ),
)
