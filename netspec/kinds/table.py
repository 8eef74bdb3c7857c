"""The table of all kinds: their names are known at once, and a family's module is read when one of its kinds is asked for."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.kinds.kind import Kind

# In the order in which pages and completions show them; packages of kinds bring further ones.
FAMILIES = [
    "convolution",
    "pooling",
    "dense",
    "composition",
    "merge",
    "activation",
    "normalisation",
    "regularisation",
    "shape",
    "operations",
    "preprocessing",
    "features",
    "sequence",
]

# Which module of this package declares which kinds; a test holds the table against what the modules declare.
MODULES: dict[str, tuple[str, ...]] = {
    "merge": ("add", "subtract", "multiply", "divide", "power", "average", "maximum", "minimum", "concat"),
    "tensors": (
        *("matmul", "dot", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "where", "stack"),
    ),
    "activation": (
        *("activation", "relu", "leaky_relu", "elu", "prelu", "softmax", "celu", "exponential", "gelu", "hard_shrink"),
        *("hard_sigmoid", "hard_silu", "hard_tanh", "linear", "log_sigmoid", "log_softmax", "mish", "relu6", "selu"),
        *("sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus", "sparsemax", "squareplus", "swish"),
        *("tanh", "tanh_shrink"),
    ),
    "composition": ("inception", "skip", "head"),
    "convolution": ("conv", "1x1", "depthwise_conv", "separable_conv"),
    "transposed": ("conv_transpose",),
    "deformable": ("deform_conv",),
    "dense": ("dense", "flatten", "embedding"),
    "einsum": ("einsum_dense",),
    "normalisation": ("batch_norm", "layer_norm", "group_norm", "rms_norm", "unit_norm", "lrn", "layer_scale"),
    "pooling": ("pool", "global_pool", "adaptive_pool"),
    "regularisation": (
        *("dropout", "alpha_dropout", "gaussian_dropout", "spatial_dropout", "stochastic_depth", "gaussian_noise"),
        "activity_regularization",
    ),
    "preprocessing": (
        *("rescale", "normalize", "random_flip", "random_rotation", "random_translation", "random_zoom"),
        *("random_shear", "random_perspective", "random_elastic_transform", "random_crop", "center_crop"),
    ),
    "colour": (
        *("random_contrast", "random_brightness", "random_saturation", "random_hue", "random_color_jitter"),
        *("random_color_degeneration", "random_grayscale", "random_invert", "random_posterization", "solarization"),
        *("random_sharpness", "random_gaussian_blur", "random_erasing", "equalization", "rand_augment", "aug_mix"),
        *("auto_contrast", "clahe"),
    ),
    "mixing": ("cut_mix", "mix_up"),
    "learned": ("learned", "constant", "position_embedding"),
    "positions": ("sinusoidal_embedding", "rotary_embedding"),
    "steps": ("time_distributed",),
    "conv_lstm": ("conv_lstm",),
    "features": (
        *("discretization", "category_encoding", "hashing", "hashed_crossing", "integer_lookup", "string_lookup"),
        "text_vectorization",
    ),
    "spectrograms": ("stft_spectrogram", "mel_spectrogram"),
    "sequence": ("simple_rnn", "lstm", "gru", "multi_head_attention", "masking", "repeat_vector"),
    "attention": ("attention", "additive_attention", "grouped_query_attention"),
    "operations": ("reduce", "cumsum", "roll", "gather", "pad", "split", "top_k"),
    "functions": (
        *("absolute", "negative", "sign", "round", "floor", "square", "sqrt", "log", "sin", "cos", "clip", "cast"),
        "one_hot",
    ),
    "windows": ("space_to_depth", "depth_to_space", "patches", "window_partition", "window_reverse", "sampling"),
    "shape": ("zero_pad", "crop", "upsample", "resize", "reshape", "permute", "slice", "channel_shuffle"),
}


class KindExists(ValueError):
    """A name that is declared and is taken."""

    def __init__(self, kind_name: str) -> None:
        super().__init__(f"{kind_name!r} is declared twice")
        self.kind_name = kind_name


class Stray(ValueError):
    """What stands under `@kind` is no kind."""


class KindTable(MutableMapping[str, "type[Kind]"]):
    """Kinds by name. Names are listed without reading anything; a kind that is asked for is read with its module.

    Args:
        modules: Which module of this package declares which kinds. Kinds from elsewhere are entered as they are declared.
    """

    def __init__(self, modules: dict[str, tuple[str, ...]]) -> None:
        self._module_of = {name: module for module, names in modules.items() for name in names}
        self._read: dict[str, type[Kind]] = {}
        self._names = dict.fromkeys(self._module_of)

    def __getitem__(self, name: str) -> type[Kind]:
        found = self._read.get(name)
        if found is None:
            import_module(f"netspec.kinds.{self._module_of[name]}")
            found = self._read[name]
        return found

    def get(self, name: str, default: type[Kind] | None = None) -> type[Kind] | None:  # type: ignore[override]
        """The kind of that name, or what is to stand for none; asked once a node, so it takes the short way."""
        found = self._read.get(name)
        return found if found is not None else self[name] if name in self._names else default

    def __setitem__(self, name: str, cls: type[Kind]) -> None:
        if name in self._read or (name in self._module_of and not cls.__module__.startswith("netspec.kinds.")):
            raise KindExists(name)
        self._read[name] = cls
        self._names[name] = None

    def __delitem__(self, name: str) -> None:
        del self._read[name], self._names[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def read(self) -> tuple[type[Kind], ...]:
        """The kinds whose modules have been read."""
        return tuple(self._read.values())


KINDS = KindTable(MODULES)
