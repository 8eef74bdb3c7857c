"""The catalogue of problems: each code declared once, with its severity and its page.

Plain data and nothing to work out, because every command that reads a spec imports it. `netspec explain CODE` prints a
page, with what netspec says of the example; `docs/problems.md` holds them all.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """A kind of problem. `example` is a spec that raises it and nothing else; empty where no spec can."""

    code: str
    severity: Severity
    title: str
    meaning: str
    mend: str
    example: str = ""


# What each hundred is about, as the pages head them.
GROUPS = {
    "NS1": "Reading",
    "NS2": "Structure",
    "NS3": "Names and wiring",
    "NS4": "Shapes",
    "NS5": "Expressions, params, blocks and variants",
    "NS6": "Limits and budgets",
    "NS7": "Data and training",
    "NS8": "Advice",
}

# What is said of a whole hundred, above its pages.
HEADS = {
    "NS8": "What is allowed and seldom meant, each with the reason and where it is told at length. Warnings never keep a spec "
    "from being built. A comment silences them, by code and with a reason that the next reader will want: "
    "`# netspec: ignore NS801: as in the paper` at the end of the line or alone above it, `# netspec: ignore-file NS801` before "
    "the first key for the whole file.\n"
}

_CODES = (
    # --- reading ------------------------------------------------------------------------------------------------------
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
    # --- structure ----------------------------------------------------------------------------------------------------
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
    # --- names and wiring ---------------------------------------------------------------------------------------------
    Code(
        "NS301",
        "error",
        "There is no such node",
        "`from`, `share` or `outputs` names a node that is not there, that stands later, or that `when` or "
        "`repeat: 0` leaves out. A body sees the names of its own and of the bodies around it; what is "
        "inside another body is reached by path, as in `stage4.last`. Nodes without a name are counted: "
        "`conv_1`, `conv_2`.",
        "Name a node that stands above. `netspec inspect` shows the names of all of them.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, padding: same, name: stem}
  - relu
  - add: {from: [stme, relu_1]}
""",
    ),
    Code(
        "NS302",
        "error",
        "A name is given twice",
        "Two nodes of one body, or two outputs, have the same name. Repeating a node named `s` takes `s_1`, "
        "`s_2` and so on, which no other node may have.",
        "Rename one of the two.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - relu: {name: a}
  - tanh: {name: a}
""",
    ),
    Code(
        "NS303",
        "error",
        "This cannot be a name",
        "Names become the names of Keras layers and files, and can be read in expressions, so they are made "
        "of letters from a to z, digits and `_`, and do not start with a digit. A block's name starts with "
        "a capital letter, which tells it from a kind. `input` is what enters a body.",
        "Choose a name of that form.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - relu: {name: first relu}
""",
    ),
    Code(
        "NS304",
        "error",
        "Too many inputs, or too few",
        "The node reads another number of nodes than its kind takes. Most kinds take one; a merge takes two "
        "or more, which `from` names. Without `from`, a node reads the one before it.",
        "Name the nodes to read: `from: [a, b]`. To have a kind that takes one read several, merge them first.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - relu
  - add
""",
    ),
    Code(
        "NS305",
        "warning",
        "No output depends on a node",
        "The node is computed from the input, and nothing that leads to an output reads it. The model would "
        "not hold it, and its weights would not be trained.",
        "Read it with `from`, make it the body of a `head`, name it in `outputs`, or remove it.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, name: a}
  - conv: {filters: 16, kernel_size: 3, name: b, from: input}
""",
    ),
    Code(
        "NS306",
        "warning",
        "Nothing reads an input",
        "Nothing that leads to an output reads this input, so it would not be an input of the model.",
        "Read it with `from`, or remove it.",
        """\
netspec: 1
inputs:
  left: [32, 32, 3]
  right: [32, 32, 3]
layers:
  - flatten: {from: left}
""",
    ),
    Code(
        "NS307",
        "error",
        "Weights that cannot be shared",
        "`share` makes a node use the weights of an earlier one. That needs the same kind or block, the "
        "same hyperparameters, and an input with as many channels: weights have a size.",
        "Make the two agree, or give the node weights of its own by removing `share`. Hyperparameters need "
        "not be repeated at a node that shares.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, padding: same, name: first}
  - conv: {share: first}
""",
    ),
    Code(
        "NS308",
        "error",
        "Two nodes would have the same Keras name",
        "A Keras layer is named after its node's path, with `_` between the parts, and two different paths "
        "give the same name here.",
        "Rename one of the nodes.",
        """\
netspec: 1
input: [32, 32, 3]
blocks:
  Unit:
    layers:
      - relu: {name: b}
layers:
  - Unit: {name: a}
  - relu: {name: a_b}
""",
    ),
    # --- shapes -------------------------------------------------------------------------------------------------------
    Code(
        "NS401",
        "error",
        "A window does not tile its input",
        "A window of size F that moves by S over W places with P of padding on each side stops at (W - F + "
        "2*P) / S + 1 places. Where that is not whole, the last rows and columns are never seen. Keras and "
        "PyTorch drop them silently; networks from papers then come out a pixel off. netspec asks what is "
        "meant.",
        "Take one of the repairs that the message offers, all of which have been checked: another padding, "
        "kernel size or stride. `rounding: floor` says that dropping the rest is meant, `rounding: ceil` "
        "that a last, partly filled window is to be added, as Caffe pools.",
        """\
netspec: 1
input: [10, 10, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, strides: 2}
""",
    ),
    Code(
        "NS402",
        "error",
        "A window is larger than its input",
        "The window, with its dilation, does not fit even once into the input with its padding; or there is "
        "so much padding that a window would see nothing else.",
        "Use a smaller window or more padding, or shrink the input less before: `netspec inspect` shows the sizes.",
        """\
netspec: 1
input: [5, 5, 3]
layers:
  - conv: {filters: 16, kernel_size: 7}
""",
    ),
    Code(
        "NS403",
        "error",
        "Shapes that do not go together",
        "Nodes that are added, multiplied or concatenated must have the same shape (for `concat`, in all "
        "but one axis). The notes follow both paths back to where they parted and say which nodes changed "
        "the shape since.",
        "Make the paths agree: the same strides and padding on both, and a `1x1` where channels differ. In "
        "a `skip`, `shortcut: project` does both.",
        """\
netspec: 1
input: [32, 32, 16]
layers:
  - skip:
      - conv: {filters: 32, kernel_size: 3, padding: same}
""",
    ),
    Code(
        "NS404",
        "error",
        "The kind does not take an input of this rank",
        "A convolution takes [steps, channels], [rows, columns, channels] or [planes, rows, columns, "
        "channels]; recurrent layers take [steps, channels]; and a list with one value for each dimension "
        "must have as many values as the input has spatial dimensions.",
        "Change what comes before it: `reshape` gives a flat vector its places back, `flatten` and "
        "`global_pool` take places away. Or give one value for all dimensions.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - flatten
  - conv: {filters: 16, kernel_size: 3}
""",
    ),
    Code(
        "NS405",
        "error",
        "Channels cannot be divided into groups",
        "The channels are dealt out evenly over the groups, so their number must be a multiple of `groups`.",
        "Choose a number of groups that divides the channels, or change the channels with a `1x1`.",
        """\
netspec: 1
input: [32, 32, 10]
layers:
  - group_norm: 4
""",
    ),
    Code(
        "NS406",
        "error",
        "A reshape that does not fit",
        "A reshape gives the same numbers another shape, so both shapes must hold as many of them.",
        "Correct the shape, or let netspec work one size out by writing -1 for it.",
        """\
netspec: 1
input: [8, 8, 3]
layers:
  - reshape: [64, 4]
""",
    ),
    Code(
        "NS407",
        "error",
        "A size must be known",
        "A layer's weights have sizes that are fixed when the model is built: a dense layer has a row for "
        "each number of its input, a convolution looks at each of its channels. Here that size is null, "
        "which is not known until run time.",
        "Give the size in `input`. Or use what does not depend on it: `global_pool` in place of `flatten` "
        "lets a network take pictures of any size.",
        """\
netspec: 1
input: [null, null, 3]
layers:
  - flatten
  - dense: 10
""",
    ),
    Code(
        "NS408",
        "error",
        "There is no such axis",
        "Axes are counted as Keras counts them: 0 is the batch, 1 the first after it, -1 the last. Or "
        "`start` and `stop` lie outside of the axis, or `dims` does not name each axis once.",
        "Name an axis that the message lists; -1 is nearly always the channels.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - softmax: {axis: 4}
""",
    ),
    Code(
        "NS409",
        "error",
        "A crop that leaves nothing",
        "More would be cut off than there is, or a part is wanted that is larger than the picture.",
        "Crop less, or make the input larger.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - crop: 16
""",
    ),
    Code(
        "NS410",
        "error",
        "Whole numbers where only floats do",
        "The input is of a type of whole numbers, such as uint8 for pictures as they come from a file, and the kind "
        "computes in floating point only.",
        "Write a `rescale` before it, `rescale: 0.00392156862745098` for bytes, or leave `dtype` out of `input` and let "
        "the data be converted.",
        """\
netspec: 1
input: {shape: [32, 32, 3], dtype: uint8}
layers:
  - conv: {filters: 8, kernel_size: 3}
""",
    ),
    # --- expressions, params, blocks, variants ------------------------------------------------------------------------
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
    # --- limits -------------------------------------------------------------------------------------------------------
    Code(
        "NS601",
        "error",
        "Over the spec's own limits",
        "`limits` sets a budget of parameters, multiply-accumulates or memory, or a receptive field that "
        "the outputs must have, and the network does not keep it. The message names the nodes that cost "
        "most.",
        "Make those nodes cheaper, or raise the limit. A `1x1` that reduces channels before a large window, "
        "a `global_pool` in place of `flatten`, and a stride early on save most.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - flatten
  - dense: 1000
limits: {parameters: 1M}
""",
    ),
    Code(
        "NS602",
        "error",
        "Beyond any machine",
        "A tensor or a layer's weights would hold more than 2**53 numbers, or this machine's memory was not enough.",
        "Look for a size that was meant to be smaller, or for an `upsample` or a `flatten` where a "
        "`global_pool` belongs.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - dense: 9000000000000000
""",
    ),
    # --- data and training --------------------------------------------------------------------------------------------
    Code(
        "NS701",
        "error",
        "The data's shape does not fit the input",
        "The examples of the source have another shape than the network's input. It is said before the first batch.",
        "Give the network the source's shape as `input`, and let `resize`, `upsample` or `crop` bring it to "
        "what the layers want.",
        """\
netspec: 1
input: [28, 28, 1]
layers:
  - flatten
  - dense: 10
  - softmax
data: {source: digits}
""",
    ),
    Code(
        "NS702",
        "error",
        "The output does not fit the classes",
        "To tell classes apart, an output has one number for each class; or a single one, with `sigmoid` "
        "and `binary_crossentropy`, for two.",
        "Give the last layer as many units as the source has classes.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: 9
  - softmax
data: {source: digits}
""",
    ),
    Code(
        "NS703",
        "error",
        "The data cannot be read, or cannot be trained on",
        "A file or folder is missing, damaged or empty, labels and examples do not agree in number, values "
        "are not finite, or there is only one class. The message names the file and, where it can, the line "
        "or the example.",
        "Mend the data as the message says. Paths count from the spec's folder.",
    ),
    Code(
        "NS704",
        "error",
        "A loss or a metric does not fit the labels",
        "The source's labels are classes and the loss or the metric measures numbers, or the other way about.",
        "Choose what suits the source: `sparse_categorical_crossentropy` and `accuracy` for classes, "
        "`mean_squared_error` and its kin for numbers. Left out, both are chosen by the labels.",
    ),
    Code(
        "NS705",
        "error",
        "The loss cannot be made small",
        "`loss` or `loss_weights` names an output that the network does not have; or no output has a loss; "
        "or training has diverged, and the loss is no longer a number.",
        "Use the outputs' names: those in `outputs`, or the name of the last node and of every `head`. Where "
        "training diverged, lower the learning rate or clip the gradients.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 10, activation: softmax, name: main}
train:
  loss: {mian: sparse_categorical_crossentropy}
""",
    ),
    Code(
        "NS706",
        "error",
        "An option is not possible here",
        "The option is right in itself, but not with this network, this machine or this backend: an "
        "`augment` that changes the shape of the pictures, a batch that cannot be dealt out over the "
        "devices, a layer that XLA cannot compile.",
        "Take the option away or change it; the message says what is possible here.",
    ),
    Code(
        "NS707",
        "error",
        "There is nothing to train, or nothing to train on",
        "The spec has no `data` and the command line names no source; or the network has no weights that "
        "training could move.",
        "Write a `data` section with a `source`, or give one with `--data`. If every layer is `trainable: "
        "false`, let one of them learn.",
    ),
    Code(
        "NS708",
        "error",
        "A run or a model cannot be read",
        "The folder or file is no run and no model of netspec's or Keras's, it is damaged, or it was made "
        "by an incompatible version.",
        "Check the path: a run is the folder that `netspec train` made, a model a `.keras` file.",
    ),
    Code(
        "NS709",
        "error",
        "A file cannot be written or used",
        "The disk is full, you may not write there, or a file that is needed is gone. What stood there "
        "before is left as it was.",
        "Make room, or choose another place with the command's options.",
    ),
    Code(
        "NS710",
        "error",
        "There is no backend for Keras",
        "Keras needs TensorFlow, JAX or PyTorch. Either there is none of them, or the variable KERAS_BACKEND names "
        "one that is not installed. Commands that only read specs need none.",
        "Install a backend, or set KERAS_BACKEND to the one that is installed.",
    ),
    Code(
        "NS711",
        "error",
        "A path leads out of the spec's folder",
        "A spec may come from anybody, so the files that its `data` names lie in its own folder or below: an absolute "
        "path, `..` and a link are refused where they lead elsewhere.",
        "Put the data beside the spec; or name it yourself, with `--data PATH` or, in Python, `data={'folder': PATH}`: "
        "what you name may lie anywhere.",
    ),
    # --- advice -------------------------------------------------------------------------------------------------------
    Code(
        "NS801",
        "warning",
        "A bias before batch normalisation",
        "Batch normalisation takes the mean away, and with it any bias that was added just before: the bias "
        "is learned for nothing (Ioffe and Szegedy, arXiv 1502.03167, section 3.2). A `use_bias` that is written, "
        "at the node or under `defaults`, is taken as meant, and so is a batch normalisation that does not train.",
        "Write `use_bias: false` at the layer before the `batch_norm`, or under `defaults` for all layers of its kind, "
        "those included that `shortcut: project` makes; `use_bias: true` says that it is meant.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, padding: same}
  - batch_norm
""",
    ),
    Code(
        "NS802",
        "warning",
        "The loss and the last activation do not match",
        "The network ends with softmax or sigmoid and the loss is told to apply it again (`from_logits: "
        "true`), or neither does. Training then goes on, and learns badly (Keras's page on probabilistic losses: "
        "`from_logits` says whether predictions are logits). Left out, `from_logits` follows from how the network ends.",
        "Keep one of the two: the activation at the end, or `from_logits: true` under `train`.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: 10
  - softmax
train: {loss: sparse_categorical_crossentropy, from_logits: true}
""",
    ),
    Code(
        "NS803",
        "warning",
        "The receptive field is smaller than the input",
        "The output is a mean over places none of which sees the whole input, so the network judges by pieces: "
        "what it is to tell apart must show in one of them (Araujo et al., Computing receptive fields of "
        "convolutional neural networks, Distill 2019; Brendel and Bethge, arXiv 1904.00760, on how far that goes). "
        "Nothing is said of networks that join the places with `flatten`, or that ask with a maximum whether "
        "something is anywhere.",
        "Add layers, strides, pools or dilation if the network is to judge by the whole picture; `netspec "
        "inspect` shows what each node sees.",
        """\
netspec: 1
input: [64, 64, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, activation: relu}
  - conv: {filters: 16, kernel_size: 3, activation: relu}
  - global_pool
  - dense: {units: 10, activation: softmax}
""",
    ),
    Code(
        "NS804",
        "warning",
        "Nothing reads a param",
        "No expression reads the param, so changing it changes nothing. Often an expression has a number "
        "where the param was meant.",
        "Read it as `$name` where it belongs, or remove it.",
        """\
netspec: 1
input: [32, 32, 3]
params: {width: 16}
layers:
  - 1x1: 16
""",
    ),
    Code(
        "NS805",
        "warning",
        "Nothing uses a block",
        "The block is written and checked, but no node uses it.",
        "Use it as a node, or remove it.",
        """\
netspec: 1
input: [32, 32, 3]
blocks:
  Unit:
    layers:
      - relu
layers:
  - flatten
""",
    ),
    Code(
        "NS806",
        "warning",
        "An output without a loss",
        "`loss` under `train` names losses output by output and leaves one out. That output is trained all the same, by "
        "the loss that suits its shape: what an auxiliary head is to learn should not depend on an oversight "
        "(GoogLeNet's heads, for one, count for three tenths; arXiv 1409.4842, section 5).",
        "Name the output under `loss`, or write `null` there to leave it out of the training.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 64, activation: relu}
  - head: {name: aux, body: [{dense: {units: 10, activation: softmax}}]}
  - dense: {name: main, units: 10, activation: softmax}
train: {loss: {main: sparse_categorical_crossentropy}}
""",
    ),
    Code(
        "NS807",
        "warning",
        "Two linear layers in a row",
        "A linear map of a linear map is one linear map. Without an activation between them, two dense layers, or two "
        "convolutions of which one is 1x1, can do no more than one of them, which has fewer weights here; batch "
        "normalisation and dropout between them change nothing about that (Goodfellow, Bengio and Courville, Deep "
        "Learning, section 6.1; Lin et al., arXiv 1312.4400, on what a 1x1 with an activation adds). Nothing is said of a "
        "bottleneck, whose two layers have fewer weights than one, nor of the 1x1 of a depthwise separable convolution.",
        "Put an activation between them, or take one of them away.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: 128
  - dropout: 0.5
  - dense: {units: 10, activation: softmax}
""",
    ),
    Code(
        "NS808",
        "warning",
        "A stride larger than its window",
        "The window jumps over places, and nothing else reads them: they were computed, or given, for nothing (He et al., "
        "Bag of tricks, arXiv 1812.01187, section 4.1, on the 1x1 with stride 2 of the first ResNets, which looks at a "
        "quarter of its input). A shortcut that jumps is fine where the body beside it sees every place.",
        "Make the window at least as large as the stride, or put the stride at the layer with the larger window.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - 1x1: {filters: 16, strides: 2, rounding: floor}
  - flatten
""",
    ),
    Code(
        "NS809",
        "warning",
        "A comment that silences nothing",
        "A comment `# netspec: ignore CODE` silences the warnings of its line, `# netspec: ignore-file CODE` before the "
        "first key those of the file. This one names a code that nothing raises there, in any variant, that does not "
        "exist, or that is an error, which cannot be silenced: the model could not be built all the same.",
        "Correct the code or remove the comment.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3}   # netspec: ignore NS801
""",
    ),
)

CODES: dict[str, Code] = {code.code: code for code in _CODES}
