"""What PyTorch, Caffe, Keras and others call things, where spelling does not lead to netspec's own word.

One table: a row for each word and each place where it is written. `netspec.diagnostics.words.suggest` looks here before it compares
spellings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

# Where a word is written: a node's kind; a node's or an optimizer's hyperparameter; a key of the top, of `train` or of `limits`; a
# value that is a word.
Place = Literal["kind", "hyperparameter", "key", "train", "limits", "value"]


class Foreign(NamedTuple):
    """A word of other frameworks."""

    word: str
    place: Place
    here: str = ""  # netspec's own word for it, to be put in its place; empty where no single word will do
    advice: str = ""  # what to do instead, where no single word will do: the end of a message, after its `;`
    instead: str = ""  # what to write in the place of key and value, with `{value}` for the value
    kind: str = ""  # of a kind: the kind that it is here, where that needs the hyperparameter below, or may need one
    option: str = ""  # what its name says beside the kind: `type: avg`


def _all(place: Place, **words: str) -> tuple[Foreign, ...]:
    return tuple(Foreign(word, place, here) for word, here in words.items())


def _advised(place: Place, advice: str, *words: str) -> tuple[Foreign, ...]:
    return tuple(Foreign(word, place, advice=advice) for word in words)


def _of_kind(kind: str, option: str, advice: str, *words: str) -> tuple[Foreign, ...]:
    return tuple(Foreign(word, "kind", advice=advice, kind=kind, option=option) for word in words)


def _of_the_optimizer(word: str, optimizer: str, here: str) -> Foreign:
    advice = f"it is a hyperparameter of the optimizer: `optimizer: {{{optimizer}: {{{here}: …}}}}`"
    return Foreign(word, "train", advice=advice, instead=f"optimizer: {{{optimizer}: {{{here}: {{value}}}}}}")


_ROWS: tuple[Foreign, ...] = (
    # Kinds go without `_` and the rank at the end, in lower case: `MaxPool2d` and `max_pooling` are `maxpool` and `maxpooling`.
    *_all(
        "kind",
        linear="dense",
        bn="batch_norm",
        fc="dense",
        fullyconnected="dense",
        residual="skip",
        deconv="conv_transpose",
        deconvolution="conv_transpose",
        convtranspose="conv_transpose",
        transposedconv="conv_transpose",
        transposeconv="conv_transpose",
        upconv="conv_transpose",
        attention="multi_head_attention",
        selfattention="multi_head_attention",
        mha="multi_head_attention",
        upsampling="upsample",
        zeropadding="zero_pad",
        cropping="crop",
        resizing="resize",
        rescaling="rescale",
        lrelu="leaky_relu",
        rnn="simple_rnn",
        batchnormalization="batch_norm",
        layernormalization="layer_norm",
        groupnormalization="group_norm",
        normalization="normalize",
        colorjitter="random_color_jitter",
        randomhorizontalflip="random_flip",
        randomresizedcrop="random_crop",
        gaussianblur="random_gaussian_blur",
        contrastlimitedadaptivehistogramequalization="clahe",
    ),
    *_advised(
        "kind",
        "make it a block of `multi_head_attention`, `layer_norm` and `dense`, each in a `skip`",
        "transformer",
        "transformerencoder",
        "transformerencoderlayer",
        "transformerblock",
    ),
    *_of_kind("pool", "", "write `pool: {type: max}`", "maxpooling", "maxpool"),
    *_of_kind("pool", "type: avg", "write `pool: {type: avg}`", "averagepooling", "avgpooling", "avgpool"),
    *_of_kind("global_pool", "type: max", "write `global_pool: max`", "globalmaxpooling", "globalmaxpool"),
    *_of_kind(
        "global_pool",
        "type: avg",
        "write `global_pool: avg`",
        "globalaveragepooling",
        "globalavgpool",
        "globalavgpooling",
        "gap",
    ),
    *_advised("kind", "write `global_pool: avg`", "adaptiveavgpool"),
    *_advised("kind", "write `input:` above `layers`", "input"),
    *_all(
        "hyperparameter",
        out_channels="filters",
        num_output="filters",
        num_filters="filters",
        out_features="units",
        hidden_size="units",
        num_units="units",
        neurons="units",
        nodes="units",
        channels="filters",
        num_channels="filters",
        act="activation",
        nonlinearity="activation",
        filter_size="kernel_size",
        window_size="pool_size",
        kernel="kernel_size",
        ksize="kernel_size",
        kernel_size="pool_size",
        num_embeddings="input_dim",
        vocab_size="input_dim",
        embedding_dim="output_dim",
        scale_factor="size",
        n_heads="num_heads",
        negative_slope="alpha",
        shared="share",
        share_weights="share",
        share_with="share",
        reuse="share",
        inputs="from",
        input="from",
        pad="padding",
        dilation="dilation_rate",
        bias="use_bias",
        eps="epsilon",
        num_groups="groups",
        p="rate",
        prob="rate",
        dropout_rate="rate",
        lr="learning_rate",
        warmup="warmup_epochs",
        accumulate_grad_batches="gradient_accumulation_steps",
        accumulation_steps="gradient_accumulation_steps",
        no_weight_decay="exclude_from_weight_decay",
    ),
    *_advised(
        "hyperparameter",
        "leave it out: it follows from the node's input",
        "in_channels",
        "in_features",
        "input_size",
        "input_dim",
        "input_shape",
        "num_features",
        "embed_dim",
    ),
    *_all(
        "key",
        input_shape="input",
        version="netspec",
        model="layers",
        network="layers",
        size="shape",
        dims="shape",
        type="dtype",
        dataset="source",
    ),
    _of_the_optimizer("lr", "adam", "learning_rate"),
    _of_the_optimizer("learning_rate", "adam", "learning_rate"),
    _of_the_optimizer("weight_decay", "adamw", "weight_decay"),
    _of_the_optimizer("gradient_accumulation_steps", "adam", "gradient_accumulation_steps"),
    _of_the_optimizer("accumulate_grad_batches", "adam", "gradient_accumulation_steps"),
    *_all(
        "train",
        frozen="freeze",
        lr_mult="learning_rate_multipliers",
        lr_multipliers="learning_rate_multipliers",
        learning_rates="learning_rate_multipliers",
    ),
    *_advised(
        "train",
        "class weights are not supported; `loss_weights` weights the losses of several outputs",
        "class_weight",
        "class_weights",
    ),
    *_advised(
        "train",
        "training starts from the layers' initializers; `loss_weights` weights the losses of several outputs",
        "weights",
    ),
    *_all("limits", params="parameters"),
    *_all(
        "value",
        acc="accuracy",
        top5="top_5_accuracy",
        cross_entropy="sparse_categorical_crossentropy",
        crossentropy="sparse_categorical_crossentropy",
        mse="mean_squared_error",
        mae="mean_absolute_error",
        rmse="root_mean_squared_error",
        average="avg",
        mean="avg",
        maximum="max",
        float="float32",
        half="float16",
        double="float64",
        int="int32",
        long="int64",
        reduce_on_plateau="plateau",
        reduce_lr_on_plateau="plateau",
        ReduceLROnPlateau="plateau",
    ),
)
_TABLE: dict[tuple[str, Place], Foreign] = {(row.word, row.place): row for row in _ROWS}


def foreign(word: str, place: Place) -> Foreign | None:
    """What a word of other frameworks is here, where it is written in that place; None where it is no such word."""
    return _TABLE.get((_bare(word) if place == "kind" else word, place))


def foreign_words(place: Place) -> dict[str, str]:
    """The words of other frameworks in a place for which there is one here, with that."""
    return {row.word: row.here for row in _ROWS if row.place == place and row.here}


def foreign_anywhere(word: str, words: Sequence[str]) -> str | None:
    """What a word of other frameworks is here, wherever it is written; None where that is not among `words`."""
    names = (word, _bare(word))
    return next((row.here for row in _ROWS if row.word in names and row.here in words), None)


def _bare(word: str) -> str:
    """A kind's name without the rank at its end, `_` and capitals."""
    word = word.lower()
    if word[-2:] in ("1d", "2d", "3d"):
        word = word[:-2]
    return word.replace("_", "")
