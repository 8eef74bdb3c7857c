"""The base of all node kinds, and the table of them.

A kind states bare facts ("a window of 3 with stride 2 does not tile 10 columns"); elaboration knows the node's name and
position and adds them. No module under `kinds` imports Keras: `lower` is handed the module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import gcd, isqrt
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from netspec.diagnostics.problems import Repair as Repair  # what a kind that refuses a shape may propose
from netspec.kinds.arguments import Argument, Constraint
from netspec.kinds.combination import Combination
from netspec.kinds.keras_types import Keras, Lowered, Tensor
from netspec.kinds.table import KINDS, Stray
from netspec.kinds.terms import Sum, WeightTensor, WeightTerms, evaluate, product, tensors_of
from netspec.options import Declared, Values, declare
from netspec.options.reads import Reads
from netspec.shapes import Shape, show_shape

V = TypeVar("V")

if TYPE_CHECKING:
    from fractions import Fraction  # and what it imports, which most networks do without


class ShapeError(Exception):
    """A shape rule that does not hold.

    Args:
        code: Of the problem.
        message: What is wrong, with its numbers.
        shape: What can still be said of the output.
        repairs: What may mend it.
        likely: What the output was probably meant to be: an editor goes on with that, marked.
    """

    def __init__(
        self,
        code: str,
        message: str,
        shape: Shape | None = None,
        repairs: Sequence[Repair] = (),
        likely: Shape | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.shape = shape
        self.repairs = tuple(repairs)
        self.likely = likely


class OptionConflict(Exception):
    """Hyperparameters of one node that do not go together, whatever its input; `option` is the one to point at."""

    def __init__(self, message: str, option: str, repairs: Sequence[Repair] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.option = option
        self.repairs = tuple(repairs)


class Weights(NamedTuple):
    """The number of trainable weights of a layer, and of non-trainable ones (moving averages)."""

    trainable: int = 0
    non_trainable: int = 0


NO_WEIGHTS = Weights()
NO_TERMS = WeightTerms()


class Reach(NamedTuple):
    """What a node's window does to receptive fields along one dimension: its size and its stride (below 1: upsampling)."""

    size: int
    stride: Fraction | int


class Positions(NamedTuple):
    """How the positions of a node's output relate to those of its input. Windows come on top: see `Kind.reach`."""

    every: bool = False  # each looks at every position of the input
    kept: bool = True  # they are the input's own, moved by the strides, and not others
    added: int = 0  # dimensions of positions that the output has at its end, beyond the input's


ALIGNED = Positions()
GATHERED = Positions(every=True, kept=False)  # pooled or flattened: each number has seen all
ATTENDED = Positions(every=True)  # each position looks at all others and stays where it is
REARRANGED = Positions(kept=False)  # a position of the output says nothing of one of the input


class Kind(Declared):
    """Base of the node kinds. A subclass overrides what is true of it; a rule that it does not override is the plain one."""

    family: ClassVar[str] = ""
    # The layers that it can become, the main one first: classes of `keras.layers`; `ops.NAME` for a function of `keras.ops`,
    # `netspec.layers.NAME` for a layer of netspec's own, `package.module.NAME` for one of a package of kinds. None for a
    # composition, which becomes the layers of its nodes.
    keras_layers: ClassVar[tuple[str, ...]] = ()
    keras_parts: ClassVar[tuple[str, ...]] = ()  # those that may stand before or after it, such as explicit padding
    keras_note: ClassVar[str] = ""  # what the names do not say, for the reference page
    arity: ClassVar[tuple[int, int | None]] = (1, 1)  # inputs: at least, at most
    ranks: ClassVar[tuple[int, ...] | None] = None  # spatial dimensions that it takes; None: any shape
    composition: ClassVar[bool] = False
    reads: ClassVar[tuple[str, ...]] = ()  # its hyperparameters that name nodes, in order; found by `kind`
    several: ClassVar[bool] = False  # may it have outputs beside the main one?
    defaults_from: ClassVar[str] = ""  # the kind whose `defaults` it starts from, before its own
    takes_integers: ClassVar[bool] = False  # does it take integers as they are, and not only floats?
    takes_floats: ClassVar[bool] = True  # does it take numbers that are not whole?
    takes_strings: ClassVar[bool] = False  # does it take texts?
    keeps_integers: ClassVar[bool] = False  # does it take them, and give integers for them?
    keeps_mask: ClassVar[bool] = False  # does it pass a mask on as it came?
    fuses: ClassVar[bool] = False  # is it many small operations, which a compiler makes faster on a CPU too?
    spectral_norm: int = False  # an option of those with a kernel
    moves_images: ClassVar[bool] = False  # does it move what an image shows, while training?
    mixes_labels: ClassVar[bool] = (
        False  # does it need the labels of a batch, which `train: augment` alone can give it?
    )

    def check(self) -> None:
        """Raise OptionConflict where hyperparameters do not go together."""

    def takes(self) -> tuple[int, int | None]:
        """How many inputs it takes with these hyperparameters, at least and at most."""
        return self.arity

    def suits(self, inputs: Sequence[object]) -> bool:
        """Are all that it reads as many as it takes?"""
        least, most = self.takes()
        count = len(self.parted(inputs)[0]) if self.reads else len(inputs)
        return count >= least and (most is None or count <= most)

    def infer(self, *inputs: Shape) -> Shape:
        """The output's shape; raises ShapeError."""
        return inputs[0]

    def dtype(self, *inputs: str) -> str:
        """The output's dtype for those of the inputs; raises ShapeError where it takes floats only.

        It is the dtype of what the layer computes. Keras's symbolic tensors say float32 of nearly every layer, those included
        that keep integers when they run. What is a float comes out as float32, because every layer casts it to the type
        that it computes in.
        """
        whole = [name for name in inputs if "float" not in name]
        if whole and self.spectral_norm:
            raise floats_only(whole[0], "with `spectral_norm` ")
        if whole and not (self.takes_integers or self.keeps_integers):
            raise floats_only(whole[0])
        return promoted(*inputs) if self.keeps_integers and len(whole) == len(inputs) else "float32"

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        """Does the output carry a mask, which says of each step whether it is padding? Raises ShapeError where Keras fails.

        `masked` says which inputs carry one. A mask starts at an `embedding` with `mask_zero`; Keras drops it at each layer
        that does not pass it on.
        """
        if self.spectral_norm and masked[0] and self.keeps_mask:
            message = (
                "with `spectral_norm` takes no mask: Keras drops it where the model is made, and not where it runs"
            )
            raise ShapeError("NS411", message, self.infer(*inputs))
        return self.keeps_mask and masked[0]

    def skips_masked(self, inputs: Sequence[Shape]) -> bool:
        """Does it leave masked steps out of what it computes?"""
        return False

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        """The weights that it has on these inputs, as sums of products; raises ShapeError where a size is unknown."""
        return NO_TERMS

    def tensors(self, *inputs: Shape) -> tuple[WeightTensor, ...]:
        """The weights that it has on these inputs, one by one; raises ShapeError as `weight_terms` does.

        They are what the products of `weight_terms` count, but for kinds whose sum is written shorter.
        """
        return tensors_of(self.weight_terms(*inputs))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        """Multiply-accumulates for one example, as a sum of products; None where a size is unknown."""
        return ()

    def combinations(self, x: Shape) -> tuple[Combination, ...]:
        """What is done, one after the other, with the numbers that it takes at a position; none where that is not all of it."""
        return ()

    def weights(self, *inputs: Shape) -> Weights:
        """How many weights it has on these inputs; raises ShapeError where a size that matters is unknown."""
        terms = self.weight_terms(*inputs)
        for name in self.__dict__:
            if name.endswith("_constraint"):
                self._constrained(name, inputs)
        return NO_WEIGHTS if terms is NO_TERMS else Weights(evaluate(terms.trainable), evaluate(terms.non_trainable))

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        """How many axes the weights have that a hyperparameter constrains; of several tensors, the fewest."""
        return 1 if constraint.startswith(("bias", "beta", "gamma")) else 2

    def _constrained(self, name: str, inputs: Sequence[Shape]) -> None:
        """Raise ShapeError where a constraint names an axis that its weights do not have."""
        value = getattr(self, name)
        axes = value.axes() if isinstance(value, Constraint) else ()
        rank = self.weight_rank(name, *inputs) if axes else 0
        if any(not -rank <= axis < rank for axis in axes) or len({axis % rank for axis in axes}) < len(axes):
            have = "one axis, 0" if rank == 1 else f"the axes 0 to {rank - 1}"
            written = axes[0] if len(axes) == 1 else list(axes)
            message = f"`axis` {written} of `{name}` does not fit the weights, which have {have}"
            raise ShapeError("NS408", message, self.infer(*inputs))

    def macs(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        """Multiply-accumulates for one example; None where a size is unknown."""
        terms = self.mac_terms(inputs, output)
        return None if terms is None else evaluate(terms)

    def part_names(self) -> tuple[str, ...]:
        """The names of its outputs beside the main one; they are read as `node.name`."""
        return ()

    def part_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes of those, on inputs on which it has a shape itself."""
        return ()

    def part_dtypes(self, *inputs: str) -> tuple[str, ...]:
        """The dtypes of those; by default the main output's."""
        return (self.dtype(*inputs),) * len(self.part_names())

    def parted(self, inputs: Sequence[V]) -> tuple[tuple[V, ...], ...]:
        """What is said of all that it reads, parted: of its inputs, then of the nodes that each of `reads` names."""
        found = []
        stop = len(inputs)
        for name in reversed(self.reads):
            start = stop - len(getattr(self, name) or ())
            found.append(tuple(inputs[start:stop]))
            stop = start
        return (tuple(inputs[:stop]), *reversed(found))

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        """What of these inputs a layer with weights is tied to once it is built on them, in words and as values.

        Nodes share a layer only where these are the same: so that Keras takes the second input, and the node is what the
        same hyperparameters would make of it. Nothing ties a layer without weights, which a second node can have anew.
        """
        tied: dict[str, object] = {"the number of channels": tuple(shape[-1:] for shape in inputs)}
        if self.ranks is not None:
            tied["the number of axes"] = tuple(map(len, inputs))
        return tied

    def positions(self) -> Positions:
        """How the output's positions relate to the input's, but for windows."""
        return ALIGNED

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        """The window along each of `rank` dimensions; None where every position looks at itself only."""
        return None

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        """The Keras layer, or a chain of layers, that it becomes; `name` is the name of the main one.

        A kind that does not override it becomes the first of `keras_layers`, its hyperparameters the arguments.

        `keras` is the module as the backend hands it in: with netspec's own layers under `netspec_layers`, and those of a
        package's module by `layers_in("package.module")`.
        """
        layer: Lowered = self.keras_layer(keras)(name=name, **self.keras_arguments(keras))
        return layer

    # --- helpers for subclasses ---

    def keras_layer(self, keras: Keras) -> Callable[..., Lowered]:
        """The class of the main layer."""
        main = self.keras_layers[0]
        own = main.removeprefix("netspec.layers.")
        if "." in own:
            module, _, layer = own.rpartition(".")
            foreign: Callable[..., Lowered] = getattr(keras.layers_in(module), layer)
            return foreign
        cls: Callable[..., Lowered] = getattr(keras.layers if own == main else keras.netspec_layers, own)
        return cls

    def keras_arguments(self, keras: Keras, *leave_out: str) -> Values:
        """The hyperparameters under Keras's names, which are ours, but for those left out."""
        return {name: to_keras(keras, getattr(self, name)) for name in self.options if name not in leave_out}

    def spatial(self, shape: Shape) -> int:
        """The number of spatial dimensions; raises ShapeError where the kind does not take so many."""
        rank = len(shape) - 1
        ranks = self.ranks
        if ranks is not None and rank not in ranks:
            wanted = " or ".join(_RANK_FORMS[r] for r in ranks)
            raise ShapeError("NS404", f"takes {wanted}, not the shape {show_shape(shape)}")
        return rank

    def channels_of(self, shape: Shape) -> int:
        """The size of the last axis; raises ShapeError where it is unknown."""
        if not shape:
            raise ShapeError("NS404", "takes at least one axis, not a single number")
        size = shape[-1]
        if size is None:
            raise ShapeError("NS407", f"needs to know the last size of its input, which is {show_shape(shape)}")
        return size


class Part(Kind):
    """An output of a node beside its main one, which it reads: what it is, that node's kind says. A spec has no word for it."""

    of: Kind
    index: int

    def infer(self, *inputs: Shape) -> Shape:
        """The shape, for those that the node itself reads."""
        return self.of.part_shapes(*inputs)[self.index]


_RANK_FORMS = {
    0: "[channels]",
    1: "[steps, channels]",
    2: "[rows, columns, channels]",
    3: "[planes, rows, columns, channels]",
}


MAX_DIVISOR = 10_000  # that is looked for: no network has more groups, and a hostile number has no end


@cache
def divisors(number: int) -> tuple[int, ...]:
    """The numbers up to `MAX_DIVISOR` that divide another, and their counterparts, in order."""
    small = [n for n in range(1, min(isqrt(number), MAX_DIVISOR) + 1) if number % n == 0]
    return tuple(sorted({*small, *(number // n for n in small)}))


def indivisible(channels: int, groups: int, shape: Shape, *others: int, option: str = "groups") -> ShapeError:
    """The problem of groups that do not divide the channels of an input; `others` are channels that they must divide too.

    It is mended by the numbers of groups nearest to these that divide all: the next below, the next above.
    """
    fitting = divisors(gcd(channels, *others))
    below = max((n for n in fitting if n <= groups), default=1)
    above = min((n for n in fitting if n > groups), default=below)
    repairs = [Repair(option, str(n)) for n in dict.fromkeys((below, above)) if n != groups]
    message = f"the {channels} channels of its input must be divisible by `{option}` (={groups})"
    return ShapeError("NS405", message, shape, repairs)


def spectral_terms(iterations: int, size: int) -> Sum:
    """The vector that spectral normalisation keeps of a kernel whose last axis has that size."""
    return (product(size, name="vector_u", shape=(1, size)),) if iterations else ()


def floats_only(dtype: str, setting: str = "") -> ShapeError:
    """The problem of integers where only floats do, of a setting or of any."""
    return ShapeError("NS410", f"{setting}takes floating-point numbers, not {dtype}; a `rescale` before it makes them")


def numbers_only() -> ShapeError:
    """The problem of texts where only numbers do."""
    return ShapeError(
        "NS410", "takes numbers, not strings; `text_vectorization` or `string_lookup` makes numbers of them"
    )


def no_bools() -> ShapeError:
    """The problem of true and false where only numbers do."""
    return ShapeError("NS410", "takes numbers, not bool; a `cast` before it makes them")


def promoted(*dtypes: str) -> str:
    """The dtype that holds the values of several integer dtypes, as Keras promotes them."""
    found = "bool"
    for name in dtypes:
        if "bool" in (found, name):
            found = name if found == "bool" else found
        elif name.startswith("u") == found.startswith("u"):
            found = max(found, name, key=_bits)
        else:
            signed, unsigned = sorted((found, name))
            # A sign takes a bit: an unsigned number needs a wider type beside a signed one.
            found = signed if _bits(signed) > _bits(unsigned) else f"int{2 * _bits(unsigned)}"
    return found


def _bits(dtype: str) -> int:
    return int(dtype.removeprefix("u").removeprefix("int"))


def to_keras(keras: Keras, value: object) -> object:
    """A checked value as Keras takes it."""
    return value.lower(keras) if isinstance(value, Argument) else value


def chain(*steps: Lowered) -> Lowered:
    """Several layers as one; calling it twice shares their weights, as calling a layer twice does."""
    if len(steps) == 1:
        return steps[0]

    def apply(x: Tensor) -> Tensor:
        for step in steps:
            x = step(x)
        return x

    return apply


K = TypeVar("K", bound=type[Kind])


class Configs:
    """Kinds with their hyperparameters: one object for all nodes that come to the same, so that it is asked anything once."""

    def __init__(self) -> None:
        # By types too, since 1 and 1.0 are equal and are not written alike.
        self._made: dict[tuple[object, ...], Kind] = {}

    def make(self, cls: type[Kind], values: Values, *, is_written: bool = True) -> Kind:
        """The object.

        Args:
            cls: The kind.
            values: Its hyperparameters.
            is_written: Does somebody write them, so that it is checked whether they go together?

        Raises:
            OptionConflict: They do not.
        """
        key = (cls, is_written, *values, *values.values(), *map(type, values.values()))
        try:
            made = self._made.get(key)
        except TypeError:  # a list or a map among the values
            key, made = (), None
        if made is None:
            made = cls(**values)
            if is_written:
                made.check()
            if key:
                self._made[key] = made
        return made


def kind(kind_name: str, *, principal: str | None = None, without: Sequence[str] = ()) -> Callable[[K], K]:
    """Class decorator: declare a node kind. `without` names inherited hyperparameters that this kind fixes itself."""

    def decorate(cls: K) -> K:
        if not issubclass(cls, Kind):
            raise Stray(f"`{cls.__name__}` is declared as a kind and is no subclass of `Kind`")
        declare(kind_name, principal=principal, without=without)(cls)
        cls.reads = tuple(name for name, opt in cls.options.items() if isinstance(opt.type.bare, Reads))
        KINDS[kind_name] = cls
        return cls

    return decorate
