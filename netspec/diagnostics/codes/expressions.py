"""Expressions, params, blocks and variants."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS501",
        "error",
        "Invalid expression",
        "A string that contains a `$name` is an expression, and this one violates the grammar: numbers, `$names`, "
        "quoted strings, `+ - * / // % **`, comparisons, `and or not`, `x if c else y`, lists, `[x for i in list]` and "
        "indexing, and the functions min, max, abs, round, floor, ceil, int, log, len, sum, range, sorted, unique, count and "
        "make_divisible. The name of a node may be built: `level_$index`, `level_${$index + 1}`.",
        "Correct the part that the message names. Params are written with a `$` wherever they are used.",
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
        "Unknown name in an expression",
        "An expression can use the params of the block it is in, then the spec's `params`, then the shape of the "
        "node's first input as `$channels`, `$height`, `$width`, `$depth` or `$length`, and `$index` in a "
        "repetition. The default of a param can use the params above it.",
        "Correct the name, or declare it under `params`. A size that is null, or that the input does not "
        "have, cannot be used.",
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
        "Expression cannot be evaluated",
        "It divides by zero, applies an operator to operands of the wrong type, indexes a list out of range, or "
        "exceeds 2**53. Numbers are bounded so that no expression takes a noticeable time, and so are the characters of all "
        "that are worked out (10,000,000, each expression as often as it is, and 20 for each time and for each param of a "
        "block's use), the items of the lists that they read (5,000,000) and what the `for` of one go through (10,000).",
        "The message shows the values at which evaluation failed; correct the expression or the param they come from.",
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
        "Invalid value of an expression",
        "The expression can be evaluated, but its value is not allowed here: it is not a whole number, out of "
        "range, or of another type. `/` gives a fraction, `//` rounds down.",
        "The message shows the value and the values of the names in it; correct the expression or one of those.",
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
        "Unknown block",
        "A node whose key starts with a capital letter is a use of a block, and `blocks` does not define it.",
        "Correct the name, or define the block under `blocks`.",
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
        "Recursive block",
        "The block uses itself, directly or through others, and would expand for ever; or bodies are nested more "
        "than 100 deep, or by names of more than 1,000 characters. The notes show the chain of uses.",
        "Write out the levels you want, or use `repeat`: blocks cannot be recursive.",
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
        "Invalid param or variant",
        "`--set` or a variant names a param that the spec does not have, or gives it a value of another type "
        "than its default; or `--variant` names a variant that does not exist.",
        "Use one of the names that the message lists. A param keeps the type of its default: number, boolean, "
        "string or list.",
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
        "Reserved param name",
        "Every node takes `name`, `from`, `repeat`, `when`, `share` and `trainable`, so a param of a block with "
        "one of these names would be ambiguous.",
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
        "Nested repetitions multiply, and together they expand to more than 50,000 nodes, the bodies that hold them "
        "included. The largest published networks have a few thousand layers. All variants together may make as many, "
        "`when` may leave out as many, and all nodes together may read 100,000 others.",
        "Lower `repeat`; look for an unintended repetition inside a repetition.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - relu: {repeat: 1000000}
""",
    ),
)
