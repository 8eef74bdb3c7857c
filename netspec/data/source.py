"""What a data source is, the table of them all, and the `data` section that names one.

A source is one file of this package: the hyperparameters that a spec may give it, and how its examples are loaded.
Declaring sources is for every command, so nothing here or at the top of a source's file imports NumPy, Pillow or a
framework; loading is for the commands that train.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from netspec.options import (
    Choice,
    Declared,
    Integer,
    ListOf,
    Named,
    Nested,
    Nullable,
    Number,
    PerName,
    Text,
    declare,
    option,
)
from netspec.shapes import Shape, channels_first, show_shape

if TYPE_CHECKING:
    from netspec.data.dataset import Dataset, Request

DECLARED: dict[str, type[DataSource]] = {}


class Sources(Mapping[str, "type[DataSource]"]):
    """The sources by name; a source's file is imported when the source is asked for."""

    def __init__(self, files: dict[str, tuple[str, ...]]) -> None:
        """`files` names the modules of `netspec.data`, and the sources that each declares."""
        self._files = {name: file for file, names in files.items() for name in names}

    def __getitem__(self, name: str) -> type[DataSource]:
        if name not in DECLARED:
            import_module(f"netspec.data.{self._files[name]}")
        return DECLARED[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


# In the order in which messages and pages name them.
SOURCES = Sources(
    {
        "digits": ("digits",),
        "corners": ("corners",),
        "downloads": ("mnist", "fashion_mnist", "cifar10", "cifar100"),
        "folder": ("folder",),
        "npz": ("npz",),
        "npy": ("npy",),
        "csv_table": ("csv",),
        "parquet": ("parquet",),
        "hub": ("huggingface", "tfds"),
    }
)


class DataError(Exception):
    """The data cannot be had or do not fit: the bare fact, with a code of the catalogue."""

    def __init__(self, message: str, code: str = "NS703") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@declare("source")
class DataSource(Declared):
    """Base of the data sources."""

    shape: ClassVar[tuple[int, ...] | None] = None  # of an example, where it is known before anything is read
    classes: ClassVar[int | None] = None  # how many, where that is known
    white: ClassVar[float] = 255  # the value of a white pixel, by which images are divided
    interpolation: str = "bilinear"  # how an image is brought to another size
    one_input: ClassVar[bool] = True  # whether its examples are of one piece
    path: str | None = None  # what it reads

    @property
    def paths(self) -> tuple[str, ...]:
        """All that it reads; a spec's own may not lead out of the spec's folder."""
        return () if self.path is None else (self.path,)

    def load(self, request: Request) -> Dataset:
        """Read or make the examples.

        Args:
            request: what the network and the `data` section ask for.

        Returns:
            The examples in their splits; the same arguments and files give the same arrays.

        Raises:
            DataError: Whatever can be wrong with the data; NS701 where examples do not fit the network's input.
        """
        raise NotImplementedError(self.spec_name)  # a completeness test loads every source


@declare("vectorize")
class Vectorize(Declared):
    """How texts become numbers, in the words of Keras's `TextVectorization`; the vocabulary is that of the training examples."""

    max_tokens: int | None = option(
        Nullable(Integer(ge=2)),
        "Size of the vocabulary, padding and unknown tokens included; the commonest are kept. null: all tokens, and with "
        "`multi_hot`, `count` and `tf_idf` as many as the network takes.",
        None,
    )
    output_mode: str = option(
        Choice(
            {
                "int": "The number of each token, for an `embedding`: 0 is padding, 1 stands for all unknown tokens.",
                "multi_hot": "1 for each token of the vocabulary that occurs, else 0.",
                "count": "How often each token of the vocabulary occurs.",
                "tf_idf": "The counts, weighed by how few texts hold the token.",
            }
        ),
        "What becomes of a text.",
        "int",
    )
    output_sequence_length: int | None = option(
        Nullable(Integer(ge=1)), "With `int`, tokens of a text; null: as many as the network takes.", None
    )
    standardize: str | None = option(
        Nullable(
            Choice(
                {
                    "lower_and_strip_punctuation": "Lower case of A to Z, no punctuation.",
                    "lower": "Lower case of A to Z.",
                    "strip_punctuation": "No punctuation.",
                }
            )
        ),
        "What is done to a text before it is split.",
        "lower_and_strip_punctuation",
    )
    split: str = option(
        Choice({"whitespace": "Words.", "character": "Characters."}), "What the tokens are.", "whitespace"
    )
    ngrams: int | None = option(
        Nullable(Integer(ge=1)), "Runs of up to so many tokens are tokens as well; null: single ones.", None
    )
    inputs: tuple[str, ...] | None = option(
        Nullable(ListOf(Text(), "inputs")), "The inputs that read texts; null: the only one.", None
    )


@declare("data")
class Data(Declared):
    """Training data."""

    source: DataSource = option(Named("a data source", SOURCES), "Data source.")
    validation_split: float = option(
        Number(ge=0, lt=1), "Fraction of the training examples held out for validation.", 0.1
    )
    test_split: float = option(
        Number(gt=0, lt=1),
        "Fraction of all examples held out for the test, where the source has no test set of its own.",
        0.2,
    )
    rescale: float | None = option(
        Nullable(Number(gt=0)),
        "Divisor of the inputs; null divides bytes by 255 and `digits` by 16.",
        None,
    )
    target: str | dict[str, str] = option(
        PerName(
            Choice(
                {
                    "label": "The source's labels.",
                    "input": "The example itself: autoencoders, denoising with `augment`.",
                    "next": "Of each step of the example the one that follows: language models.",
                }
            )
        ),
        "What the outputs learn.",
        "label",
    )
    workers: int | None = option(
        Nullable(Integer(ge=1)), "Threads that read and decode batches ahead; null: one for each core.", None
    )
    ignore_label: int | None = option(
        Nullable(Integer()), "Label of the pixels of a mask, or of other positions, that count for nothing.", None
    )

    vectorize: Vectorize | None = option(Nullable(Nested(Vectorize)), "How texts become numbers.", None)
    on_error: str = option(
        Choice(
            {
                "stop": "Refuse to train, and tell all that is wrong.",
                "skip": "Leave bad rows and files out, and list them.",
            }
        ),
        "What to do about examples that cannot be read.",
        "stop",
    )

    def target_of(self, output: str) -> str:
        """What an output learns: `label`, `input` or `next`."""
        return self.target.get(output, "label") if isinstance(self.target, dict) else self.target

    def learns_input(self, output: str) -> bool:
        """Whether an output learns the example itself."""
        return self.target_of(output) == "input"

    @property
    def skips(self) -> bool:
        """Whether examples that cannot be read are left out."""
        return self.on_error == "skip"


def shape_misfit(shape: tuple[int, ...], wanted: Shape) -> str | None:
    """Why examples of a shape do not fit an input, to follow the name of what gives them; None where they do.

    Args:
        shape: of one example.
        wanted: of the network's input; a size of None takes any.
    """
    if len(shape) == len(wanted) and all(w is None or w == s for s, w in zip(shape, wanted, strict=True)):
        return None
    if channels_first(shape):
        last = (*shape[1:], shape[0])
        # Told to write the shape as it is, a user would next be told that it looks like channels first.
        return (
            f"gives examples of {show_shape(shape)}, which are images with their channels first, and the network takes "
            f"{show_shape(wanted)}; store them channels last, as `numpy.moveaxis(x, 1, -1)` makes them"
            + ("" if shape_misfit(last, wanted) is None else f", and write `input: {list(last)}`")
        )
    resize = ", and `resize` or `upsample` after it if the network wants more" if len(shape) > 2 else ""
    return (
        f"gives examples of {show_shape(shape)}, and the network takes {show_shape(wanted)}; "
        f"write `input: {list(shape)}`{resize}"
    )


def require(module: str, package: str, user: str) -> None:
    """Refuse what cannot be loaded because a package is missing.

    Args:
        module: What is imported.
        package: What it is called where it is installed from.
        user: What needs it, as messages call it.

    Raises:
        DataError: It is not installed.
    """
    if find_spec(module) is None:
        raise DataError(f"{user} needs {package}, which is not installed; pip install {package}")
