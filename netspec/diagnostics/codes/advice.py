"""Advice: warnings with their reasons and sources."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
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
    Code(
        "NS810",
        "warning",
        "An input with its channels first",
        "The input looks like a picture as PyTorch holds it, channels, height, width, and a window slides over it. Here the "
        "channels stand last, as in Keras and TensorFlow: 3 x 224 x 224 is a picture of 3 rows and 224 columns with 224 channels.",
        "Write `input: [224, 224, 3]`. Where it is meant, silence the line.",
        """\
netspec: 1
input: [3, 224, 224]
layers:
  - conv: {filters: 16, kernel_size: 3, padding: same, activation: relu}
  - flatten
  - dense: 10
""",
    ),
    Code(
        "NS811",
        "warning",
        "A softmax of one number",
        "A softmax shares one out among numbers; of a single one it makes 1, whatever it was, and no gradient passes (Goodfellow, "
        "Bengio and Courville, Deep Learning, section 6.2.2). For two classes there is the sigmoid of one number, or the softmax "
        "of two.",
        "Write `activation: sigmoid`, or give the layer two numbers.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 1, activation: softmax}
""",
    ),
)
