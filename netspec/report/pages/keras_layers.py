"""`docs/keras_layers.md`: every layer of Keras, and the kind that becomes it, or why there is none.

What becomes what is said by the kinds (`keras_layers`); what has no kind, and which arguments no kind takes, is said here. A
test holds both against the Keras that is installed.
"""

from __future__ import annotations

from netspec.kinds import KINDS
from netspec.report.pages.parts import table

CELL = "a part of a recurrent layer, which is a node of its own: `lstm`, `gru`, `simple_rnn`"
OWN = "mended as a layer of netspec's own,"
CODE = "holds code or a model of another framework, which a spec cannot say"

# Layers that no kind becomes, and why not.
LAYERS: dict[str, str] = {
    "AugMix": f"{OWN} `aug_mix`: Keras's draws what it does once, when it is traced",
    "Equalization": f"{OWN} `equalization`: a model that holds Keras's goes without it",
    "FlaxLayer": CODE,
    "GRUCell": CELL,
    "Identity": "`linear` returns its input unchanged",
    "InputLayer": "`input` or `inputs` of a spec",
    "JaxLayer": CODE,
    "LSTMCell": CELL,
    "Lambda": CODE,
    "Layer": "the base of the others",
    "MaxNumBoundingBoxes": "of lists of boxes, which are no tensors",
    "Pipeline": "`augment` of a spec is a list of layers",
    "RNN": CELL,
    "RandomShear": f"{OWN} `random_shear`: a saved model with Keras's cannot always be opened",
    "ReversibleEmbedding": "called in two ways, and a node calls its layer in one; untied, it is `embedding` and `dense`",
    "SimpleRNNCell": CELL,
    "SpectralNormalization": "`spectral_norm` of the kinds that have one kernel",
    "StackedRNNCells": CELL,
    "TFSMLayer": CODE,
    "TimeDistributed": "`time_distributed`, whose body's layers stand between two changes of shape",
    "TorchModuleWrapper": CODE,
    "Wrapper": "the base of layers around a layer",
}

QUANTISED = "of training and storing after a network is made, which says nothing of the network"
FLASH = "Keras takes the faster kernel by itself wherever there is one; `true` only fails where there is none"
ADAPTED = "learned from data by `adapt`; `bin_boundaries` stand in the spec"
ENCODING = "of texts that Keras reads itself, as it does not in a network"
STATEFUL = "a state that outlives the batch fixes the batch's size, of which a spec says nothing"
NOISE = "`spatial_dropout` and `stochastic_depth` are its uses"

# Arguments of any layer that no kind takes, and why not.
ARGUMENTS: dict[str, str] = {
    "data_format": "channels come last in every spec; `permute` turns data that has them first",
    "gptq_unpacked_column_size": QUANTISED,
    "lora_alpha": QUANTISED,
    "lora_rank": QUANTISED,
    "quantization_config": QUANTISED,
    "sparse": "a network's tensors are dense",
}

# Arguments that no kind takes, by the layer.
ARGUMENTS_OF: dict[str, dict[str, str]] = {
    "AlphaDropout": {"noise_shape": NOISE},
    "Bidirectional": {
        "layer": "the recurrent node itself",
        "merge_mode": "`bidirectional` of the recurrent kinds",
        "backward_layer": "both directions have the same hyperparameters; two nodes and a merge may differ",
        "weights": "`init` of a spec loads weights",
    },
    "Discretization": {"epsilon": ADAPTED, "num_bins": ADAPTED},
    "Dropout": {"noise_shape": NOISE},
    "Embedding": {"weights": "`init` of a spec loads weights"},
    "GroupQueryAttention": {"flash_attention": FLASH},
    "IntegerLookup": {"vocabulary_dtype": "Keras knows one value of it"},
    "MultiHeadAttention": {"flash_attention": FLASH},
    "Resizing": {"fill_mode": "Keras knows one value of it"},
    "StringLookup": {"encoding": ENCODING},
    "TextVectorization": {"encoding": ENCODING, "ragged": "a network's tensors have rows of one length"},
    **{f"ConvLSTM{rank}D": {"stateful": STATEFUL} for rank in (1, 2, 3)},
    **{
        name: {
            "stateful": STATEFUL,
            "unroll": "a matter of speed that changes no number, and that compiling settles",
            **(
                {}
                if name == "SimpleRNN"
                else {"use_cudnn": "Keras takes the faster kernel by itself wherever there is one"}
            ),
        }
        for name in ("GRU", "LSTM", "SimpleRNN")
    },
}


def kinds_of() -> dict[str, list[str]]:
    """The kinds that become each layer of `keras.layers`; several where what a node becomes hangs on its hyperparameters."""
    found: dict[str, list[str]] = {}
    for word, cls in KINDS.items():
        for name in cls.keras_layers:
            if "." not in name:
                found.setdefault(name, []).append(word)
    return found


def keras_layers_reference(generated: str) -> str:
    """The page.

    Args:
        generated: The line that says that it is generated.
    """
    known = kinds_of()
    rows = []
    for name in sorted({*known, *LAYERS}):
        words = known.get(name)
        rows.append(
            (f"`{name}`", ", ".join(f"[`{word}`](kinds.md#{word})" for word in words) if words else LAYERS[name])
        )
    general = [(f"`{name}`", "all that have it", reason) for name, reason in ARGUMENTS.items()]
    special = [
        (f"`{argument}`", f"`{layer}`", reason)
        for layer, reasons in sorted(ARGUMENTS_OF.items())
        for argument, reason in reasons.items()
    ]
    return "\n".join(
        [
            "# Keras's layers\n",
            generated,
            "Every layer of Keras 3 and the kind of node that becomes it, or why there is none. Layers that Keras has under "
            "several names, such as `Conv2D` and `Convolution2D`, stand here once. A test holds the table against the Keras that "
            "is installed.\n",
            table(("Layer", "Kind"), rows),
            "## Arguments\n",
            "A kind takes its layer's arguments under the same names, with the same defaults, but for `name`, `dtype` and "
            "`trainable`, which specs say for every node or not at all, and these:\n",
            table(("Argument", "Of", "Why not"), [*general, *special]),
        ]
    )
