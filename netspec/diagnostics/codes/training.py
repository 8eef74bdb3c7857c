"""Data and training."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
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
)
