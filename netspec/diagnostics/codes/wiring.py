"""Names and wiring."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
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
)
