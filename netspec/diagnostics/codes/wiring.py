"""Names and wiring."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS301",
        "error",
        "Unknown node",
        "`from`, `share` or `outputs` names a node that does not exist, that is defined later, or that `when` or "
        "`repeat: 0` removes. A body can refer to its own nodes and to those of the enclosing bodies; nodes "
        "inside another body are reached by path, as in `stage4.last`. Unnamed nodes are numbered: `conv_1`, "
        "`conv_2`.",
        "Name a node that is defined above. `netspec inspect` shows the names of all nodes.",
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
        "Duplicate name",
        "Two nodes of one body, or two outputs, have the same name. Repeating a node named `s` also takes the "
        "names `s_1`, `s_2` and so on, which no other node may have.",
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
        "Invalid name",
        "Names become the names of Keras layers and of files and can be used in expressions, so they consist of "
        "the letters a to z in either case, digits and `_`, and do not start with a digit. The name of a block "
        "starts with a capital letter, which distinguishes it from a kind. `input` is reserved for the input of a body.",
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
        "Wrong number of inputs",
        "The node has more or fewer inputs than its kind takes. Most kinds take one; a merge takes two or more, "
        "which `from` names. Without `from`, the input of a node is the node before it.",
        "List the inputs: `from: [a, b]`. To feed several nodes to a kind that takes one input, merge them first.",
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
        "Unused node",
        "No output depends on this node. It would not be part of the model, and its weights would not be trained.",
        "Use it in a `from`, make it the body of a `head`, list it in `outputs`, or remove it.",
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
        "Unused input",
        "No output depends on this input, so it would not be an input of the model.",
        "Use it in a `from`, or remove it.",
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
        "Weights cannot be shared",
        "`share` makes a node use the weights of an earlier one. Both must be of the same kind or block, with "
        "the same hyperparameters, and the layer must take both inputs: for a convolution those have the same number of "
        "channels and of axes and, with `rounding: ceil`, sizes that are padded alike. A kind without weights shares "
        "nothing; over another input it is a layer of its own with the same hyperparameters.",
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
        "Clashing Keras names",
        "A Keras layer is named after the path of its node, with `_` between the parts; here two different paths "
        "give the same name.",
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
    Code(
        "NS309",
        "error",
        "Emptied body",
        "`when` or `repeat: 0` leaves out all that is written in the body of a `skip` or `head`, or in a branch of an "
        "`inception`. The body would become the identity: a skip would add its input to itself, which no shape and no "
        "count shows.",
        "Put the condition on the node around it, or on the branch: `{when: …, body: […]}`. Where the identity is meant, "
        "write `[]`.",
        """\
netspec: 1
input: [32, 32, 16]
params: {deep: false}
layers:
  - skip: [{conv: {filters: 16, kernel_size: 3, padding: same, when: $deep}}]
""",
    ),
    Code(
        "NS310",
        "error",
        "Two blocks of one name",
        "Blocks that a spec uses from other files stand among its own, together with those that they use in their files, "
        "and two of them have the same name.",
        "Give one of them another name.",
    ),
)
