"""Features of tables and texts: numbers into bins and codes, tokens into their numbers.

Vocabularies and boundaries stand in the spec. Those that are learned from data belong to the data: see `data: vectorize`.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.kind import GATHERED, Kind, OptionConflict, Positions, ShapeError, kind
from netspec.options import (
    Boolean,
    Choice,
    Integer,
    IntegerList,
    ListOf,
    Nullable,
    Number,
    Text,
    Token,
    Whole,
    option,
)
from netspec.shapes import Shape, show_shape

ENCODINGS = ("one_hot", "multi_hot", "count")
MODE_DOC = (
    "`int`: a number for each value; `one_hot`: a row of zeros and a one for each; `multi_hot`, `count`: one row for all, which "
    "says which there are or how often"
)
UNKNOWN = "[UNK]"


class Feature(Kind):
    """Base of what makes features of data."""

    family = "features"
    takes_integers = True


class _Encoding(Feature):
    """Base of those that make numbers of classes of values, or rows that stand for them."""

    output_mode: str

    def depth(self) -> int:
        """How many numbers a row has."""
        raise NotImplementedError

    def positions(self) -> Positions:
        return super().positions() if self.output_mode == "int" else GATHERED

    def infer(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        if self.output_mode == "int":
            return x
        if self.output_mode == "one_hot":
            return (*(x[:-1] if x[-1:] == (1,) else x), self.depth())
        if len(x) != 1:  # Keras adds over another axis than it says
            message = (
                f"with `output_mode: {self.output_mode}` it takes a list of values, [n], not the shape {show_shape(x)}"
            )
            raise ShapeError("NS404", message)
        return (self.depth(),)


def _numbers_only(dtype: str, *others: str) -> None:
    """Raise ShapeError where numbers of one of some types are wanted."""
    if dtype not in others:
        raise ShapeError("NS410", f"takes {' or '.join(others)}, not {dtype}")


@kind("discretization", principal="bin_boundaries")
class Discretization(_Encoding):
    """The number of the bin that each value falls into: boundaries [0, 1] make three bins, below 0, below 1, and the rest."""

    keras_layers = ("Discretization",)
    bin_boundaries: Sequence[float] = option(ListOf(Number(), "numbers"), "Boundaries of the bins, rising.")
    output_mode: str = option(Choice(("int", *ENCODINGS)), f"{MODE_DOC}.", "int")

    def check(self) -> None:
        rising = all(a < b for a, b in zip(self.bin_boundaries, self.bin_boundaries[1:], strict=False))
        if not self.bin_boundaries or not rising:
            raise OptionConflict("`bin_boundaries` must be numbers that rise, one at least", "bin_boundaries")

    def depth(self) -> int:
        return len(self.bin_boundaries) + 1

    def dtype(self, *inputs: str) -> str:
        return "int32" if self.output_mode == "int" else "float32"


@kind("category_encoding", principal="num_tokens")
class CategoryEncoding(_Encoding):
    """Rows of zeros and ones for whole numbers below `num_tokens`."""

    keras_layers = ("CategoryEncoding",)
    takes_floats = False
    num_tokens: int = option(Integer(ge=1), "How many numbers there may be.")
    output_mode: str = option(Choice(ENCODINGS), f"{MODE_DOC.partition('; ')[2]}.", "multi_hot")

    def depth(self) -> int:
        return self.num_tokens

    def dtype(self, *inputs: str) -> str:
        _numbers_only(inputs[0], "int32", "int64", "bool")
        return "float32"


@kind("hashing", principal="num_bins")
class Hashing(_Encoding):
    """The number of a bin for each value, by its hash: for values too many to list. TensorFlow only."""

    keras_layers = ("Hashing",)
    takes_strings = True
    num_bins: int = option(Integer(ge=1), "How many bins.")
    mask_value: int | str | None = option(
        Nullable(Token()), "The value that stands for nothing and goes into bin 0; null: none.", None
    )
    salt: Whole | None = option(
        Nullable(IntegerList(ge=0, single=True)),
        "A number, or two, that make the hash another one; null: FarmHash64.",
        None,
    )
    output_mode: str = option(Choice(("int", *ENCODINGS)), f"{MODE_DOC}.", "int")

    def check(self) -> None:
        if isinstance(self.salt, tuple) and len(self.salt) != 2:
            raise OptionConflict("`salt` must be a number or a list of two", "salt")

    def depth(self) -> int:
        return self.num_bins

    def dtype(self, *inputs: str) -> str:
        of_its_type = isinstance(self.mask_value, str) == (inputs[0] == "string") and inputs[0] != "bool"
        if self.mask_value is not None and not of_its_type:
            raise ShapeError(
                "NS410", f"`mask_value` (={self.mask_value!r}) is not of the type of its input, {inputs[0]}"
            )
        return "int64" if self.output_mode == "int" else "float32"

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.output_mode == "one_hot" and x[-1:] != (1,):  # Keras promises another shape than it makes
            message = f"with `output_mode: one_hot` it takes one value, [1], not the shape {show_shape(x)}"
            raise ShapeError("NS404", message)
        return super().infer(*inputs)


@kind("hashed_crossing", principal="num_bins")
class HashedCrossing(Feature):
    """The number of a bin for each pair of values, by the hash of both. TensorFlow only."""

    keras_layers = ("HashedCrossing",)
    arity = (2, 2)
    takes_strings = True
    takes_floats = False
    num_bins: int = option(Integer(ge=1), "How many bins.")
    output_mode: str = option(Choice(("int", "one_hot")), f"{MODE_DOC.partition('; `multi_hot`')[0]}.", "int")

    def infer(self, *inputs: Shape) -> Shape:
        first, second = inputs
        for x in inputs:
            if x not in ((), (1,)):
                raise ShapeError("NS404", f"takes one value of each input, [1], not the shape {show_shape(x)}")
        if first != second:
            raise ShapeError(
                "NS403", f"cannot cross {show_shape(first)} and {show_shape(second)}; both must be [1] or []"
            )
        return first if self.output_mode == "int" else (self.num_bins,)

    def dtype(self, *inputs: str) -> str:
        for dtype in inputs:
            if "float" in dtype or dtype == "bool":
                raise ShapeError("NS410", f"takes whole numbers or strings, not {dtype}")
        return "int64" if self.output_mode == "int" else "float32"


class _Lookup(_Encoding):
    """Base of those that look values up in a list."""

    mask_token: int | str | None
    oov_token: int | str | None
    vocabulary: Sequence[int | str]
    num_oov_indices: int
    invert: bool
    max_tokens: int | None
    pad_to_max_tokens: bool
    idf_weights: Sequence[float] | None

    def _special(self) -> list[int | str | None]:
        """What stands before the vocabulary."""
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return [*masks, *[self.oov_token] * self.num_oov_indices]

    def tokens(self) -> Sequence[int | str]:
        """The vocabulary without what stands before it."""
        special = self._special()
        start = len(special)
        return self.vocabulary[start:] if list(self.vocabulary[:start]) == special else self.vocabulary

    def size(self) -> int:
        """How many numbers there are, of the unknown and the mask too."""
        return len(self._special()) + len(self.tokens())

    def depth(self) -> int:
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens is not None else self.size()

    def check(self) -> None:
        tokens = self.tokens()
        if not tokens:
            raise OptionConflict("`vocabulary` must name one token at least", "vocabulary")
        if len(set(tokens)) < len(tokens):
            twice = next(token for index, token in enumerate(tokens) if token in tokens[:index])
            raise OptionConflict(f"`vocabulary` names {twice!r} twice", "vocabulary")
        reserved = {"mask_token": self.mask_token, **({"oov_token": self.oov_token} if self.invert else {})}
        for name, token in reserved.items():
            if token is not None and token in tokens:
                raise OptionConflict(f"`vocabulary` holds {token!r}, which is the `{name}`; take it out", "vocabulary")
        if self.invert and self.output_mode != "int":
            raise OptionConflict(
                "`invert: true` makes values of numbers; it goes with `output_mode: int`", "output_mode"
            )
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise OptionConflict("`pad_to_max_tokens` needs `max_tokens`", "pad_to_max_tokens")
        if self.max_tokens is not None and self.size() > self.max_tokens:
            raise OptionConflict(
                f"`max_tokens` is {self.max_tokens}, and there are {self.size()}, with what stands for the unknown",
                "max_tokens",
            )
        self._check_weights()

    def _check_weights(self) -> None:
        if (self.idf_weights is None) == (self.output_mode == "tf_idf"):
            raise OptionConflict("`idf_weights` go with `output_mode: tf_idf`, which needs them", "output_mode")
        if self.idf_weights is not None and len(self.idf_weights) != len(self.vocabulary):
            message = f"`idf_weights` must be as many as the vocabulary, {len(self.vocabulary)}, and are {len(self.idf_weights)}"
            raise OptionConflict(message, "idf_weights")

    def dtype(self, *inputs: str) -> str:
        return "float32" if self.output_mode == "tf_idf" else "int64"


LOOKUP_MODES = ("int", *ENCODINGS, "tf_idf")
LOOKUP_DOC = f"{MODE_DOC}; `tf_idf`: how often, weighed by `idf_weights`."
OOV_DOC = "How many numbers stand for unknown values, which share them by their hash; 0: an unknown value is an error."
INVERT_DOC = "Whether to turn numbers into values instead."
MAX_DOC = "Most numbers that there may be, those of the unknown and of the mask included; null: as many as there are."
PAD_DOC = "Whether rows have `max_tokens` numbers, however few tokens there are."


@kind("integer_lookup", principal="vocabulary")
class IntegerLookup(_Lookup):
    """The place of each whole number in a list. TensorFlow only."""

    keras_layers = ("IntegerLookup",)
    vocabulary: Sequence[int] = option(IntegerList(), "The numbers that are known.")
    max_tokens: int | None = option(Nullable(Integer(ge=2)), MAX_DOC, None)
    num_oov_indices: int = option(Integer(ge=0), OOV_DOC, 1)
    mask_token: int | None = option(Nullable(Integer()), "The number that stands for nothing; null: none.", None)
    oov_token: int = option(Integer(), "What `invert` makes of an unknown number.", -1)
    idf_weights: Sequence[float] | None = option(
        Nullable(ListOf(Number(), "numbers")), "Weight of each number of the vocabulary.", None
    )
    invert: bool = option(Boolean(), INVERT_DOC, False)
    output_mode: str = option(Choice(LOOKUP_MODES), LOOKUP_DOC, "int")
    pad_to_max_tokens: bool = option(Boolean(), PAD_DOC, False)
    oov_method: str = option(
        Choice(("floormod", "farmhash")),
        "How unknown numbers share several: by their remainder, or by a hash.",
        "floormod",
    )
    salt: Whole | None = option(
        Nullable(IntegerList(ge=0, single=True)), "A number, or two, that make the hash another one.", None
    )

    def check(self) -> None:
        super().check()
        if self.salt is not None and self.oov_method != "farmhash":
            raise OptionConflict("`salt` goes with `oov_method: farmhash`", "salt")
        if isinstance(self.salt, tuple) and len(self.salt) != 2:
            raise OptionConflict("`salt` must be a number or a list of two", "salt")


@kind("string_lookup", principal="vocabulary")
class StringLookup(_Lookup):
    """The place of each text in a list. TensorFlow only."""

    keras_layers = ("StringLookup",)
    takes_strings = True
    takes_floats = False
    vocabulary: Sequence[str] = option(ListOf(Text(), "texts"), "The texts that are known.")
    max_tokens: int | None = option(Nullable(Integer(ge=2)), MAX_DOC, None)
    num_oov_indices: int = option(Integer(ge=0), OOV_DOC, 1)
    mask_token: str | None = option(Nullable(Text()), "The text that stands for nothing; null: none.", None)
    oov_token: str = option(Text(), "What `invert` makes of an unknown number.", UNKNOWN)
    idf_weights: Sequence[float] | None = option(
        Nullable(ListOf(Number(), "numbers")), "Weight of each text of the vocabulary.", None
    )
    invert: bool = option(Boolean(), INVERT_DOC, False)
    output_mode: str = option(Choice(LOOKUP_MODES), LOOKUP_DOC, "int")
    pad_to_max_tokens: bool = option(Boolean(), PAD_DOC, False)
    salt: Whole | None = option(
        Nullable(IntegerList(ge=0, single=True)),
        "A number, or two, that make the hash of unknown texts another one.",
        None,
    )

    def check(self) -> None:
        super().check()
        if isinstance(self.salt, tuple) and len(self.salt) != 2:
            raise OptionConflict("`salt` must be a number or a list of two", "salt")

    def dtype(self, *inputs: str) -> str:
        if self.invert:
            _whole(inputs[0])
            return "string"
        _strings(inputs[0])
        return super().dtype(*inputs)


def _strings(dtype: str) -> None:
    if dtype != "string":
        raise ShapeError("NS410", f"takes strings, not {dtype}; `input: {{shape: [1], dtype: string}}` declares them")


def _whole(dtype: str) -> None:
    if dtype == "string" or "float" in dtype or dtype == "bool":
        raise ShapeError("NS410", f"takes whole numbers, not {dtype}")


@kind("text_vectorization", principal="vocabulary")
class TextVectorization(_Lookup):
    """Splits texts into tokens and gives each its place in a list; 0 is padding, 1 an unknown token. TensorFlow only.

    `data: vectorize` does the same to the data on every backend, and learns the vocabulary from them.
    """

    keras_layers = ("TextVectorization",)
    takes_strings = True
    takes_floats = False
    mask_token = ""
    oov_token = UNKNOWN
    num_oov_indices = 1
    invert = False
    vocabulary: Sequence[str] = option(ListOf(Text(), "texts"), "The tokens that are known.")
    max_tokens: int | None = option(Nullable(Integer(ge=2)), MAX_DOC, None)
    standardize: str | None = option(
        Nullable(Choice(("lower_and_strip_punctuation", "lower", "strip_punctuation"))),
        "What is done to texts first.",
        "lower_and_strip_punctuation",
    )
    split: str | None = option(
        Nullable(Choice(("whitespace", "character"))), "Where texts are split; null: each is one token.", "whitespace"
    )
    ngrams: Whole | None = option(
        Nullable(IntegerList(ge=1, single=True)),
        "Runs of so many tokens are tokens as well: of all lengths up to a number, or those in a list.",
        None,
    )
    output_mode: str = option(
        Choice(("int", "multi_hot", "count", "tf_idf")),
        LOOKUP_DOC.replace("`one_hot`: a row of zeros and a one for each; ", ""),
        "int",
    )
    output_sequence_length: int | None = option(
        Nullable(Integer(ge=1)), "To how many numbers texts are cut or padded; null: the longest of a batch.", None
    )
    pad_to_max_tokens: bool = option(Boolean(), PAD_DOC, False)
    idf_weights: Sequence[float] | None = option(
        Nullable(ListOf(Number(), "numbers")), "Weight of each token of the vocabulary.", None
    )

    def check(self) -> None:
        super().check()
        if self.output_mode != "int" and self.output_sequence_length is not None:
            raise OptionConflict("`output_sequence_length` goes with `output_mode: int`", "output_sequence_length")

    def positions(self) -> Positions:
        return GATHERED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.output_mode == "int":
            if self.split is None and len(x) == 1:
                return (self.output_sequence_length,)
            if x in ((), (1,)):
                return (self.output_sequence_length,)
        elif (self.split is None and len(x) == 1) or x == ():
            return (self.depth(),)
        wanted = "one text, [1] or []" if self.output_mode == "int" else "one text, []"
        raise ShapeError(
            "NS404", f"takes {wanted if self.split else 'a list of texts, [n]'}, not the shape {show_shape(x)}"
        )

    def dtype(self, *inputs: str) -> str:
        _strings(inputs[0])
        return super().dtype(*inputs)
