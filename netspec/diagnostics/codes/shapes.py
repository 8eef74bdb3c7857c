"""Shapes."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS401",
        "error",
        "Window does not tile its input",
        "A window of size F with stride S over an input of size W, padded by P on each side, has (W - F + "
        "2*P) / S + 1 positions. Where that is not a whole number, the last rows and columns would be dropped. "
        "Keras and PyTorch do so silently, and a network re-implemented from a paper can then be off by one "
        "pixel. netspec asks you to say what you mean.",
        "Apply one of the fixes that the message offers, all of which have been verified: a different padding, "
        "kernel size or stride. `rounding: floor` accepts that the remainder is dropped; `rounding: ceil` adds a "
        "last, partial window, as Caffe's pooling does.",
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
        "Window larger than its input",
        "The (dilated) window does not fit even once into the padded input; or there is so much padding that "
        "some window would contain nothing else.",
        "Use a smaller window or more padding, or downsample less before it: `netspec inspect` shows the sizes.",
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
        "Incompatible shapes",
        "Nodes that are added, multiplied or concatenated must have the same shape (for `concat`, in all "
        "but one axis). The notes trace both paths back to where they diverged and list the nodes that changed "
        "the shape since.",
        "Make the paths agree: the same strides and padding on both, and a `1x1` where the channels differ. In "
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
        "Unsupported rank",
        "A convolution takes [length, channels], [height, width, channels] or [depth, height, width, channels]; "
        "a recurrent layer takes [length, channels]; and a list with one value per dimension must have as many "
        "values as the input has spatial dimensions.",
        "Change what comes before it: `reshape` restores the spatial dimensions of a vector, `flatten` and "
        "`global_pool` remove them. Or give one value for all dimensions.",
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
        "Channels not divisible by groups",
        "The channels are split evenly into groups, so their number must be a multiple of `groups`.",
        "Choose a number of groups that divides the number of channels, or change the channels with a `1x1`.",
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
        "Invalid reshape",
        "A reshape rearranges the same elements, so both shapes must have the same number of them.",
        "Correct the shape, or write -1 for one size to have it inferred.",
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
        "Unknown size",
        "The shapes of a layer's weights are fixed when the model is built: those of a dense layer depend on the "
        "size of its input, those of a convolution on the number of channels. Here that size is null, that is, "
        "not known until run time.",
        "Give the size in `input`. Or use a layer that does not depend on it: `global_pool` instead of `flatten` "
        "lets a network take images of any size.",
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
        "Invalid axis",
        "Axes are numbered as in Keras: 0 is the batch axis, 1 the first after it, -1 the last. The same code is "
        "used where `start` and `stop` lie outside the axis, and where `dims` does not list each axis once.",
        "Use an axis that the message lists; -1 is nearly always the channels.",
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
        "Nothing left after cropping",
        "The crop removes the whole input or more, or the requested part is larger than the input.",
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
        "Integer input where floating point is required",
        "The input has an integer type, such as uint8 for images as they come from a file, and the kind "
        "computes in floating point only.",
        "Put a `rescale` before it (`rescale: 0.00392156862745098`, 1/255, for bytes), or leave `dtype` out of "
        "`input` and let the data be converted.",
        """\
netspec: 1
input: {shape: [32, 32, 3], dtype: uint8}
layers:
  - conv: {filters: 8, kernel_size: 3}
""",
    ),
    Code(
        "NS411",
        "error",
        "Mask that a layer fails on",
        "An `embedding` with `mask_zero: true` hands on a mask beside its output, which says of each step whether it is "
        "padding. Recurrent layers, attention and the global average of steps skip padding by it; `dense`, activations, "
        "normalisation, dropout and merges of masked inputs pass it on; every other layer drops it (NS813). Few fail on it, "
        "and only when the model is called: Keras's Softmax layer, attention over more axes than steps, and merges of "
        "masked inputs with different numbers of axes.",
        "Write `activation: softmax` for `softmax`: the function, which does not look at masks. Elsewhere leave out "
        "`mask_zero`, or put what skips padding before.",
        """\
netspec: 1
input: {shape: [20], dtype: int32}
layers:
  - embedding: {input_dim: 1000, output_dim: 8, mask_zero: true}
  - softmax
""",
    ),
)
