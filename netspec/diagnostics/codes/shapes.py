"""Shapes."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
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
)
