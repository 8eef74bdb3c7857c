"""Lints: warnings with their reasons and sources."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS801",
        "warning",
        "Redundant bias before batch normalisation",
        "Batch normalisation subtracts the mean, which cancels any bias added just before: its parameters are "
        "wasted (Ioffe and Szegedy, arXiv 1502.03167, section 3.2). An explicit `use_bias`, at the node or under "
        "`defaults`, is taken as intended, and so is a bias before a batch normalisation with `trainable: false`.",
        "Write `use_bias: false` at the layer before the `batch_norm`, or under `defaults` for all layers of its kind, "
        "including those that `shortcut: project` creates; `use_bias: true` says that the bias is intended.",
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
        "Loss and final activation do not match",
        "The network ends with softmax or sigmoid and the loss is told to apply it again (`from_logits: true`), or "
        "neither applies it. Training runs, but converges poorly (see Keras's documentation of probabilistic losses: "
        "`from_logits` states whether predictions are logits). If omitted, `from_logits` is derived from the last "
        "activation.",
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
        "Receptive field smaller than the input",
        "The output is an average over positions none of which sees the whole input, so the network classifies by "
        "patches: each class must be recognisable from a single patch (Araujo et al., Computing receptive fields of "
        "convolutional neural networks, Distill 2019; Brendel and Bethge, arXiv 1904.00760, on how far that goes). "
        "Networks that combine the positions with `flatten`, or that use global max pooling to detect whether a "
        "feature is present anywhere, get no warning.",
        "Add layers, strides, pooling or dilation if the network should use the whole image; `netspec inspect` shows "
        "the receptive field of each node.",
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
        "Unused param",
        "No expression uses the param, so changing it has no effect. Often an expression has a literal number where "
        "the param was intended.",
        "Use it as `$name` where it belongs, or remove it.",
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
        "Unused block",
        "The block is defined and checked, but no node uses it.",
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
        "Output without a loss",
        "`loss` under `train` lists losses per output and omits one. That output is trained all the same, with the "
        "default loss for its shape, since an auxiliary head should not remain untrained by oversight (GoogLeNet "
        "weights its auxiliary losses by 0.3; arXiv 1409.4842, section 5).",
        "List the output under `loss`, or set it to `null` there to exclude it from training.",
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
        "Consecutive linear layers",
        "The composition of two linear maps is a linear map. With no nonlinearity in between, two dense layers, or two "
        "convolutions of which one is 1x1, can represent nothing that one of them could not, and here one would have "
        "fewer parameters; batch normalisation and dropout in between do not change that (Goodfellow, Bengio and "
        "Courville, Deep Learning, section 6.1; Lin et al., arXiv 1312.4400, on what a 1x1 with an activation adds). "
        "There is no warning for a bottleneck, whose two layers have fewer parameters than a single one, nor for the "
        "1x1 of a depthwise separable convolution.",
        "Put an activation between them, or remove one of them.",
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
        "Stride larger than the window",
        "The window skips positions that nothing else reads: they were computed for nothing (He et al., Bag of tricks, "
        "arXiv 1812.01187, section 4.1, on the 1x1 with stride 2 of the original ResNets, which ignores three quarters "
        "of its input). There is no warning for a strided shortcut whose body sees every position.",
        "Make the window at least as large as the stride, or move the stride to the layer with the larger window.",
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
        "Unused suppression",
        "A comment `# netspec: ignore CODE` suppresses the warnings of its line, `# netspec: ignore-file CODE` before "
        "the first key those of the file. This one names a code that is not reported there, in any variant, that does "
        "not exist, or that is an error; errors cannot be suppressed, because the model could not be built anyway.",
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
        "Channels-first input",
        "The input looks like an image in PyTorch's layout (channels, height, width), and a window slides over it. "
        "netspec is channels-last, like Keras and TensorFlow: 3 x 224 x 224 is an image of 3 rows and 224 columns with "
        "224 channels.",
        "Write `input: [224, 224, 3]`. If the shape is intended, suppress the warning.",
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
        "Softmax over a single unit",
        "The softmax of a single number is 1 whatever the number, and its gradient is zero (Goodfellow, Bengio and "
        "Courville, Deep Learning, section 6.2.2). For two classes, use one unit with sigmoid or two with softmax.",
        "Write `activation: sigmoid`, or give the layer two units.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 1, activation: softmax}
""",
    ),
    Code(
        "NS812",
        "warning",
        "A param that hides what a node receives",
        "In the expressions of a node `$channels`, `$height`, `$width`, `$depth` and `$length` are the sizes of its input, "
        "and `$index` counts repetitions; a param of that name comes before them. A param that gives the network's input "
        "its size is that size at every node, also where the image has become smaller (Python's own scopes work so: an "
        "inner name hides an outer one, and linters warn of it: pylint's `redefined-builtin`). Nothing is said of a param "
        "of another meaning, such as a width that multiplies filters.",
        "Give the param another name, such as `input_width`; the node's own size can then be read.",
        """\
netspec: 1
params: {width: 32}
input: [32, $width, 3]
layers:
  - pool
  - resize: {height: 16, width: $width // 2}
  - flatten
""",
    ),
    Code(
        "NS813",
        "warning",
        "Mask lost on the way",
        "The mask of `mask_zero: true` says which steps are padding, and a recurrent layer, attention or a global average "
        "further on would skip those. But Keras drops a mask at each layer that does not pass it on, convolutions, pools and "
        "reshapes among them, and at a merge with an input that has none; what follows takes padding for data (Keras's "
        "guide Understanding masking and padding, on mask propagation).",
        "Put what drops the mask after what uses it, or leave out `mask_zero: true`, which has no effect there. If it is "
        "intended, suppress the warning.",
        """\
netspec: 1
input: {shape: [20], dtype: int32}
layers:
  - embedding: {input_dim: 1000, output_dim: 8, mask_zero: true}
  - conv: {filters: 8, kernel_size: 3, padding: same, activation: relu}
  - lstm: 16
""",
    ),
    Code(
        "NS814",
        "warning",
        "Moving variance that starts below zero",
        "Outside training, batch normalisation divides by the square root of its moving variance plus `epsilon` (Ioffe and "
        "Szegedy, arXiv 1502.03167, algorithm 2). An initializer that is centred at 0, as those of kernels are, draws about "
        "half of the variances below it, and the root of a negative number is NaN: so is all that comes behind, until the "
        "moving average has left its start behind, and for good with `trainable: false`. Keras accepts it.",
        "Leave `moving_variance_initializer` out (`ones`), or take one that gives no number below 0: `zeros`, a `constant`, a "
        "`random_uniform` with `minval: 0`.",
        """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 16, kernel_size: 3, padding: same, use_bias: false}
  - batch_norm: {moving_variance_initializer: he_normal}
""",
    ),
)
