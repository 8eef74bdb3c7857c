"""A dense layer over any axes, written as an equation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_lowercase

from netspec.diagnostics.words import show
from netspec.kinds.arguments import (
    Constraint,
    Initializer,
    Orthogonal,
    Regularizer,
    Zeros,
    activation,
    activity_regularizer,
    constraint,
    initializer,
    normalised,
    regularizer,
    spectral_norm,
    vector_initializer,
)
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import (
    ALIGNED,
    GATHERED,
    REARRANGED,
    Kind,
    OptionConflict,
    Positions,
    Repair,
    ShapeError,
    kind,
    spectral_terms,
)
from netspec.kinds.terms import Sum, WeightTerms, product
from netspec.options import EXPRESSION_PATTERN, IntegerList, Invalid, Nullable, Schema, Type, Whole, option
from netspec.shapes import Shape, Size, show_shape

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?\Z")
_FORMS = "`abc,cd->abd`, `...c,cd->...d` or `abc...,cb->ac...`"


class Equation(Type[str]):
    """An equation of two operands, the input and the kernel, in one of the three forms that Keras takes."""

    def check(self, value: object) -> str:
        if not isinstance(value, str):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        text = "".join(value.split())
        found = _FORM.match(text)
        if found is None:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        before, given, after, kernel, before_out, made, after_out = found.groups()
        if (before, after) != (before_out, after_out) or (before and after):
            raise Invalid(
                f"must have `...` in the same place of the input and of the output, not {show(value)}", "NS205"
            )
        if after and len(given) < 2:
            raise Invalid(f"must name an axis between the batch and the `...` of the input, not {show(value)}", "NS205")
        for letter in (*_twice(given), *_twice(kernel), *_twice(made)):
            raise Invalid(
                f"must have each letter once in each operand, and {show(value)} has `{letter}` twice", "NS205"
            )
        for letter in made:
            if letter not in given + kernel:
                raise Invalid(f"must not make an axis `{letter}` that neither operand of {show(value)} has", "NS205")
        for letter in kernel:
            if letter not in given + made:
                raise Invalid(
                    f"must have each axis of the kernel in the input or the output; `{letter}` of {show(value)} is in neither",
                    "NS205",
                )
        if not before and (made[0] != given[0] or given[0] in kernel):
            batch = f"`{given[0]}`, the first axis of the input of {show(value)}, is the batch"
            raise Invalid(f"must leave the batch alone: {batch}, which stays first and is not in the kernel", "NS205")
        return text

    def describe(self) -> str:
        return f"an equation such as {_FORMS}"

    def schema(self) -> Schema:
        pattern = f"{EXPRESSION_PATTERN}|^[a-zA-Z. ]+,[a-zA-Z ]+->[a-zA-Z. ]+$"
        return {"type": "string", "pattern": pattern, **self.message()}


def _twice(letters: str) -> Iterator[str]:
    yield from (letter for i, letter in enumerate(letters) if letter in letters[:i])


class Letters(Type[str]):
    """Letters of an equation."""

    def check(self, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch("[a-zA-Z]+", value):
            raise Invalid(
                f"must be {self.describe()}, not {show(value)}", "NS205" if isinstance(value, str) else "NS204"
            )
        return value

    def describe(self) -> str:
        return "letters of the equation"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"{EXPRESSION_PATTERN}|^[a-zA-Z]+$", **self.message()}


@kind("einsum_dense", principal="equation")
class EinsumDense(Kind):
    """A dense layer over any axes: the product of the input with a kernel, as an equation of `einsum` says.

    `abc,cd->abd` is `dense` over [steps, channels], `abc,bd->adc` mixes the steps instead, `abc,cde->abde` makes heads. Unless it
    begins with `...`, the first letter is the batch.
    """

    family = "dense"
    keras_layers = ("EinsumDense",)
    keras_parts = ("SpectralNormalization",)
    takes_integers = True
    equation: str = option(Equation(), "Axes of the input and of the kernel, and those of the output.")
    output_shape: Whole = option(
        IntegerList(ge=-1, single=True),
        "Sizes of the output's axes, without the batch and what `...` stands for; -1: as in the input.",
    )
    activation: str | None = activation()
    bias_axes: str | None = option(
        Nullable(Letters()), "Axes of the output that a bias is learned for; null: none.", None
    )
    kernel_initializer: Initializer = initializer("Kernel initializer.")
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Kernel regularizer.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    kernel_constraint: Constraint | None = constraint("Kernel constraint.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")
    spectral_norm: int = spectral_norm()

    def _parts(self) -> tuple[str, str, str, bool, bool]:
        """The letters of the input, the kernel and the output; whether `...` stands before them, or after."""
        found = _FORM.match(self.equation)
        assert found is not None  # the type has checked it
        return found[2], found[4], found[6], bool(found[1]), bool(found[3])

    def _made(self) -> str:
        """The letters of the output that have a size in `output_shape`."""
        _, _, made, left, _ = self._parts()
        return made if left else made[1:]

    def _sizes_said(self) -> tuple[int, ...]:
        return (self.output_shape,) if isinstance(self.output_shape, int) else self.output_shape

    def check(self) -> None:
        given, kernel, _, _, _ = self._parts()
        made, said = self._made(), self._sizes_said()
        if len(said) != len(made):
            wanted = f"{len(made)}, for {', '.join(f'`{letter}`' for letter in made)}" if made else "none"
            message = f"`output_shape` has {len(said)} size{'s' * (len(said) != 1)}, and the output of `{self.equation}` {wanted}"
            raise OptionConflict(message, "output_shape", self._rest_as_it_is(given, made, said))
        for letter, size in zip(made, said, strict=True):
            if size == -1 and letter not in given:
                message = f"`output_shape` needs the size of `{letter}`, which is not an axis of the input"
                raise OptionConflict(message, "output_shape")
            if size == 0:
                raise OptionConflict(
                    f"`output_shape` (={_written(said)}) must have sizes of at least 1", "output_shape"
                )
        for letter in self.bias_axes or "":
            if letter not in made:
                axes = ", ".join(f"`{each}`" for each in made)
                message = f"`bias_axes` has `{letter}`, and the axes of the output are {axes or 'none'}"
                raise OptionConflict(message, "bias_axes")
        if isinstance(self.kernel_initializer, Orthogonal) and len(kernel) < 2:
            message = (
                f"`kernel_initializer: orthogonal` is for matrices, and the kernel of `{self.equation}` has one axis"
            )
            raise OptionConflict(message, "kernel_initializer")

    def _rest_as_it_is(self, given: str, made: str, said: tuple[int, ...]) -> list[Repair]:
        """The sizes that are said for the axes that the input has not, and -1 for the others."""
        new = [letter for letter in made if letter not in given]
        if not new or len(new) != len(said):
            return []
        sizes = dict(zip(new, said, strict=True))
        return [Repair("output_shape", str([sizes.get(letter, -1) for letter in made]))]

    def over_any_axes(self) -> tuple[str, list[int]] | None:
        """The same with `...` for the axes before those that it needs, and its `output_shape`; None where it has none of them."""
        given, kernel, made, left, right = self._parts()
        kept = 0
        while kept < min(len(given), len(made)) and given[kept] == made[kept] and given[kept] not in kernel:
            kept += 1
        if (
            left
            or right
            or not given[kept:]
            or not made[kept:]
            or (self.bias_axes and set(self.bias_axes) & set(made[:kept]))
        ):
            return None
        return f"...{given[kept:]},{kernel}->...{made[kept:]}", list(self._sizes_said()[kept - 1 :])

    def _axes(self, x: Shape) -> tuple[dict[str, Size], Shape]:
        """The sizes of the input by letter, but for the batch's, and those that `...` stands for; raises ShapeError."""
        given, _, _, left, right = self._parts()
        letters = given if left else given[1:]
        extra = len(x) - len(letters)
        if extra < 0 or (extra and not (left or right)):
            many = "at least " * (left or right)
            message = f"`equation` {self.equation} is for {many}{len(letters)} axes beside the batch"
            raise ShapeError("NS404", f"{message}, and its input {show_shape(x)} has {len(x)}")
        own = x[extra:] if left else x[: len(letters)]
        return dict(zip(letters, own, strict=True)), x[:extra] if left else x[len(letters) :]

    def _sizes(self, x: Shape) -> tuple[dict[str, Size], Shape]:
        """The sizes of all letters, and those of `...`; raises ShapeError where one is said to be another."""
        known, rest = self._axes(x)
        said = self._sizes_said()
        right = [known.get(letter, size) for letter, size in zip(self._made(), said, strict=True)]
        sizes: dict[str, Size] = dict(known)
        for letter, size in zip(self._made(), said, strict=True):
            if letter not in known:
                sizes[letter] = size
            elif size not in (-1, known[letter]):
                of_input = known[letter]
                there = "not known" if of_input is None else of_input
                message = (
                    f"`output_shape` says {size} for `{letter}`, whose size in the input {show_shape(x)} is {there}"
                )
                mended = [-1 if each is None else each for each in right]
                raise ShapeError(
                    "NS403",
                    f"{message}; -1 takes what is there",
                    self._output({**known, **dict(zip(self._made(), right, strict=True))}, rest),
                    [Repair("output_shape", str(mended[0] if len(mended) == 1 else mended))],
                )
        return sizes, rest

    def _output(self, sizes: Mapping[str, Size], rest: Shape) -> Shape:
        made = tuple(sizes[letter] for letter in self._made())
        return (*rest, *made) if self._parts()[3] else (*made, *rest)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sizes, rest = self._sizes(x)
        out = self._output(sizes, rest)
        for letters, what in ((self._parts()[1], "kernel"), (self.bias_axes or "", "bias")):
            for letter in letters:
                if sizes[letter] is None:
                    message = (
                        f"needs to know the size of `{letter}`, which its {what} has, and its input is {show_shape(x)}"
                    )
                    raise ShapeError("NS407", message, out)
        return out

    def positions(self) -> Positions:
        given, _, made, *_ = self._parts()
        if given[:-1] == made[:-1]:
            return ALIGNED
        return GATHERED if any(letter not in made for letter in given[:-1]) else REARRANGED

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        sizes, rest = self._sizes(inputs[0])
        weights = tuple(sizes[letter] for letter in self._parts()[1] + (self.bias_axes or ""))
        kept = tuple(sizes[letter] for letter in self._made())
        if self._parts()[3] and len(rest) > 1:  # which `lower` names, one by one
            kept = (*rest, *kept)
        return {
            "the number of axes": len(inputs[0]),
            "the sizes that the kernel has": weights,
            "the output's sizes": kept,
        }

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        _, kernel, made, _, right = self._parts()
        if constraint == "kernel_constraint":
            return len(kernel)
        first = min((made.index(letter) for letter in self.bias_axes or ""), default=len(made) - 1)
        return len(made) - first + (len(self._axes(inputs[0])[1]) if right else 0)

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        self.infer(*inputs)
        sizes, _ = self._sizes(inputs[0])
        kernel = [sizes[letter] or 0 for letter in self._parts()[1]]
        bias = {letter: sizes[letter] or 0 for letter in self.bias_axes or ""}
        learned = [product(*kernel, name="kernel")]
        if bias:
            rank, made = self.weight_rank("bias_constraint", *inputs), self._parts()[2]
            over = made[min(made.index(letter) for letter in bias) :]  # and the axes of `...`, where they stand behind
            shape = tuple(bias.get(letter, 1) for letter in over)
            learned.append(product(*bias.values(), name="bias", shape=(*shape, *(1 for _ in range(rank - len(over))))))
        return WeightTerms(tuple(learned), spectral_terms(self.spectral_norm, kernel[-1]))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        given, kernel, made, *_ = self._parts()
        sizes, _ = self._sizes(inputs[0])
        summed = [sizes[letter] for letter in given if letter in kernel and letter not in made]
        places = [size for size in output if size is not None]
        inner = [size for size in summed if size is not None]
        if len(places) < len(output) or len(inner) < len(summed):
            return None
        return (product(*(inner or [1]), times=places),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        (x,) = inputs
        sizes, rest = self._sizes(x)
        equation, shape = self.equation, tuple(sizes[letter] for letter in self._made())
        if (
            self._parts()[3] and len(rest) > 1
        ):  # Keras has the sizes of several axes before the letters in another order
            free = "".join(letter for letter in ascii_lowercase if letter not in equation)[: len(rest) + 1]
            equation, shape = equation.replace("...", free), (*rest, *shape)
        arguments = self.keras_arguments(keras, "equation", "output_shape", "spectral_norm")

        def make(own: str) -> Lowered:
            layer: Lowered = keras.layers.EinsumDense(equation, output_shape=shape, name=own, **arguments)
            return layer

        return normalised(keras, name, self.spectral_norm, make)


def _written(sizes: Sequence[int]) -> str:
    return str(sizes[0]) if len(sizes) == 1 else str(list(sizes))
