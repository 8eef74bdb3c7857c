"""Data and training."""

from __future__ import annotations

from netspec.diagnostics.codes.code import Code

CODES = (
    Code(
        "NS701",
        "error",
        "Data does not match the input shape",
        "The examples of the data source have a different shape from the network's input. This is reported "
        "before the first batch.",
        "Make the shape of the data the network's `input`, and let `resize`, `upsample` or `crop` produce what "
        "the layers expect.",
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
        "Output does not match the number of classes",
        "A classifier has one output unit per class; or, for two classes, a single one with `sigmoid` and "
        "`binary_crossentropy`.",
        "Give the last layer as many units as the data has classes.",
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
        "Invalid data",
        "A file or folder is missing, corrupt or empty, the numbers of labels and examples differ, some values "
        "are not finite, or there is only one class. The message names the file and, where possible, the line "
        "or the example.",
        "Correct the data as the message says. Paths are relative to the spec's folder.",
    ),
    Code(
        "NS704",
        "error",
        "Loss or metric does not match the labels",
        "The labels are classes and the loss or metric is one for regression, or the other way round.",
        "Choose what suits the data: `sparse_categorical_crossentropy` and `accuracy` for classes, "
        "`mean_squared_error` and similar for numbers. If omitted, both are chosen to match the labels.",
    ),
    Code(
        "NS705",
        "error",
        "Loss cannot be minimised",
        "`loss` or `loss_weights` names an output that the network does not have; or no output has a loss; "
        "or training diverged and the loss became NaN or infinite.",
        "Use the names of the outputs: those in `outputs`, or the name of the last node and of every `head`. If "
        "training diverged, the error stands at the first node whose output was not finite: lower the learning rate or clip "
        "the gradients, and look at what that node reads.",
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
        "Option not supported here",
        "The option is valid, but not with this network, this machine or this backend: an `augment` that changes "
        "the shape of the images, a batch that cannot be divided among the devices, a layer that XLA cannot "
        "compile.",
        "Remove or change the option; the message says what is supported.",
    ),
    Code(
        "NS707",
        "error",
        "Nothing to train, or no data",
        "The spec has no `data` and the command line gives none; or the network has no trainable weights.",
        "Add a `data` section with a `source`, or pass `--data`. If every layer is `trainable: false`, let at least one "
        "of them train.",
    ),
    Code(
        "NS708",
        "error",
        "Run or model cannot be loaded",
        "The folder or file is not a run, or not a model that netspec wrote; or it is corrupt, or was "
        "written by an incompatible version.",
        "Check the path: a run is a folder that `netspec train` wrote, a model a `.keras` file that `netspec build` "
        "or `netspec train` wrote.",
    ),
    Code(
        "NS709",
        "error",
        "File cannot be written",
        "The disk is full, you do not have permission to write there, or a required file is gone; or something is in the "
        "output's place that netspec did not write, or the spec itself. Any previous file is left untouched. Standard "
        "output that is closed or full has this code too.",
        "Free some space, or choose another location with the command's options. `--force` replaces a file that netspec "
        "did not write; nothing replaces the spec.",
    ),
    Code(
        "NS710",
        "error",
        "No Keras backend",
        "Keras needs TensorFlow, JAX or PyTorch. Either none is installed, or the environment variable KERAS_BACKEND "
        "names one that is not. Commands that only read specs need none.",
        "Install a backend, or set KERAS_BACKEND to one that is installed.",
    ),
    Code(
        "NS711",
        "error",
        "Path outside the spec's folder",
        "A spec may come from an untrusted source, so the files that its `data` names must be in its own folder or "
        "below: absolute paths, `..` and links are refused if they lead elsewhere.",
        "Put the data next to the spec; or name it yourself, with `--data PATH` or, in Python, `data={'folder': PATH}`: "
        "a path you give may be anywhere.",
    ),
    Code(
        "NS712",
        "error",
        "Not on this backend",
        "A spec says nothing of backends, and what `validate` accepts Keras builds on TensorFlow. What Keras cannot do on JAX or "
        "PyTorch, or does otherwise there, is told before a model is built; the page on backends lists it all.",
        "Do what the message says, or choose another backend by the environment variable KERAS_BACKEND.",
    ),
    Code(
        "NS713",
        "error",
        "Pretrained weights cannot be used",
        "`init` names weights that are not there: the file is neither where it is wanted nor to be had from the network, it is "
        "not the one that was published, it holds the weights of another model, or none of them fit a node of the network.",
        "Do what the message says: it names the file that is wanted, its digest, and where to put it.",
    ),
    Code(
        "NS714",
        "error",
        "No node to train differently",
        "`freeze`, `learning_rate_multipliers` or `exclude_from_weight_decay` names nodes by their paths, and none of the "
        "network's nodes with weights has such a path, or none of those that are trained. A path is what `netspec inspect` "
        "shows; `*` stands for anything in it, and the path of a block or a composition for all nodes in it.",
        "Correct the path, or remove it.",
        """\
netspec: 1
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 32, activation: relu, name: hidden}
  - dense: {units: 10, activation: softmax}
train:
  freeze: [hiden]
""",
    ),
    Code(
        "NS716",
        "error",
        "Processes do not train together",
        "Several processes train one network together, and one of them is gone (killed, out of memory, its machine lost), or could "
        "not be reached at the start. What a process computes needs all the others, so they end too.",
        "Look at what the process that was lost said last. Start all of them again with `--resume RUN`: they go on from the latest "
        "checkpoint. At the start, each needs the same `--coordinator HOST:PORT`, an address of process 0's machine that the "
        "others reach.",
    ),
    Code(
        "NS717",
        "error",
        "Layout does not fit",
        "A pattern under `model_parallel` matches no weight, so that nothing would be shared; or what it matches cannot be cut "
        "into as many parts as the mesh has devices along that axis; or the mesh has more or fewer devices than there are.",
        "The names of weights are the paths that `netspec inspect` shows, a `/`, and Keras's name of the weight: "
        "`dense_1/kernel`. Choose axes whose sizes divide the weights' dimensions.",
    ),
    Code(
        "NS718",
        "error",
        "A package of kinds cannot be used",
        "A run or a model needs the kinds of a package that is not installed or not allowed; or a package's layer cannot "
        "be built, because it cannot be imported or is not registered with Keras for saving.",
        "Install the package, and allow it with `--kinds PACKAGE` or in netspec.toml if you trust it. What is wrong "
        "with a package's layer, its authors mend.",
    ),
    Code(
        "NS719",
        "error",
        "Model cannot be said as a spec",
        "`netspec import` read a model that holds a layer or a value for which specs have no word, or no model at all. A "
        "`Lambda`, or a layer of one's own, is code that only its authors' program knows.",
        "Put a layer of Keras in its place, or declare a kind of your own for it; `docs/keras_layers.md` says which kind each "
        "layer becomes.",
    ),
    Code(
        "NS720",
        "error",
        "Spec is not the model",
        "The spec that `netspec import` made was built, given the model's weights and compared with it, and something differs: "
        "the weights of a layer, or an output.",
        "Please report it, with the model's configuration. `--force` writes the spec all the same.",
    ),
    Code(
        "NS730",
        "error",
        "Run cannot be looked into",
        "`netspec probe` and `netspec features` look at what a network makes of pictures, so one of its inputs must take them: "
        "rows x columns x channels. `probe` needs the test of a run too, as `features` does where no picture is named. A model "
        "that was fused has other layers than its spec has nodes.",
        "Name the folder of a run whose network sees pictures; for a model alone, pictures too.",
    ),
    Code(
        "NS731",
        "error",
        "Picture cannot be converted",
        "`netspec view` draws as SVG and HTML by itself. PNG and PDF are made of the SVG by CairoSVG, which is not installed, does "
        "not find the library cairo, or cannot draw a picture of this size.",
        "Install the extra `view`, or write an SVG or a page.",
    ),
)
