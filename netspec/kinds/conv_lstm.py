"""The recurrent layer whose matrix products are convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

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
    regularizer,
    vector_initializer,
    width,
)
from netspec.kinds.convolution import bias_terms, strides_or_dilation
from netspec.kinds.keras_types import Keras, Lowered
from netspec.kinds.kind import GATHERED, Positions, ShapeError, kind
from netspec.kinds.regularisation import SEED_DOC
from netspec.kinds.sequence import with_states
from netspec.kinds.terms import Sum, WeightTensor, WeightTerms, product
from netspec.kinds.window import ROUNDING_DOC, Windowed, match_rank
from netspec.options import Boolean, Choice, Integer, Nullable, Number, Sizes, Whole, option
from netspec.options.reads import Reads
from netspec.shapes import Shape, show_shape, spatial_shape

_STATES = ("state_h", "state_c")
_GATES = 4
_RANKS = (1, 2, 3)


@kind("conv_lstm")
class ConvLstm(Windowed):
    """Long short-term memory whose steps are images, or signals, or volumes: its products are convolutions (arXiv 1506.04214).

    Input [steps, ..., channels] with one, two or three spatial dimensions, all sizes but the steps known; output [..., filters].
    The state is convolved with a kernel of the same size, padded so that it keeps its size.
    """

    family = "sequence"
    keras_layers = ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
    fuses = True
    several = True
    kernels: ClassVar[tuple[str, ...]] = ("kernel", "recurrent")
    filters: int = width("Number of filters.")
    kernel_size: Whole = option(Sizes(), "Size of the convolution window.")
    strides: Whole = option(Sizes(), "Stride of the convolution over the input.", 1)
    padding: str = option(
        Choice({"valid": "No padding.", "same": "So that the output has size ceil(size / stride)."}),
        "Padding of the input.",
        "valid",
    )
    dilation_rate: Whole = option(Sizes(), "Dilation rate of the convolution over the input.", 1)
    rounding: str = option(
        Choice(
            {
                "exact": "A window that does not tile its input is an error.",
                "floor": "The remainder is dropped, as Keras does silently.",
            }
        ),
        ROUNDING_DOC,
        "exact",
    )
    recurrent_activation: str | None = activation("Activation function of the gates.", "sigmoid")
    activation: str | None = activation("Activation function.", "tanh")
    use_bias: bool = option(Boolean(), "Whether to add biases.", True)
    unit_forget_bias: bool = option(Boolean(), "Whether to initialise the bias of the forget gate to 1.", True)
    return_sequences: bool = option(
        Boolean(), "Whether to return the output of every step, not of the last only.", False
    )
    go_backwards: bool = option(Boolean(), "Whether to process the sequence backwards.", False)
    dropout: float = option(Number(ge=0, le=1), "Fraction of the inputs to drop during training.", 0.0)
    recurrent_dropout: float = option(
        Number(ge=0, le=1), "Fraction of the recurrent state to drop during training.", 0.0
    )
    kernel_initializer: Initializer = initializer("Kernel initializer.")
    recurrent_initializer: Initializer = initializer("Recurrent kernel initializer.", Orthogonal())
    bias_initializer: Initializer = vector_initializer("Bias initializer.", Zeros())
    kernel_regularizer: Regularizer | None = regularizer("Kernel regularizer.")
    recurrent_regularizer: Regularizer | None = regularizer("Recurrent kernel regularizer.")
    bias_regularizer: Regularizer | None = regularizer("Bias regularizer.")
    activity_regularizer: Regularizer | None = activity_regularizer()
    kernel_constraint: Constraint | None = constraint("Kernel constraint.")
    recurrent_constraint: Constraint | None = constraint("Recurrent kernel constraint.")
    bias_constraint: Constraint | None = constraint("Bias constraint.")
    seed: int | None = option(Nullable(Integer(ge=0)), SEED_DOC, None)
    return_state: bool = option(
        Boolean(), "Whether its last state can be read too: `NODE.state_h` and `NODE.state_c`.", False
    )
    initial_state: tuple[str, ...] | None = option(
        Nullable(Reads(2)), "The nodes that hold the state to begin with; null: zeros.", None
    )

    def window_option(self) -> str:
        return "kernel_size"

    def window_strides(self) -> Whole:
        return self.strides

    def check(self) -> None:
        strides_or_dilation(self.strides, self.dilation_rate)

    def positions(self) -> Positions:
        return GATHERED

    def weight_rank(self, constraint: str, *inputs: Shape) -> int:
        return 1 if constraint == "bias_constraint" else len(inputs[0])

    def infer(self, *inputs: Shape) -> Shape:
        (x,), states = self.parted(inputs)
        each = self._each(x)
        if states:
            self._check_states(states, each)
        return (x[0], *each) if self.return_sequences else each

    def _each(self, x: Shape) -> Shape:
        """The output of a step; raises ShapeError."""
        rank = len(x) - 2
        if rank not in _RANKS:
            raise ShapeError(
                "NS404", f"takes [steps, …, channels] with one to three dimensions between, not {show_shape(x)}"
            )
        if None in x[1:]:
            raise ShapeError("NS407", f"needs to know the sizes of each step of its input, which is {show_shape(x)}")
        try:
            return (*self.slide(x[1:], rank, self.filters), self.filters)
        except ShapeError as error:
            whole = (x[0], *error.shape) if self.return_sequences and error.shape is not None else error.shape
            raise ShapeError(error.code, error.message, whole, error.repairs) from None

    def _check_states(self, states: Sequence[Shape], each: Shape) -> None:
        if len(states) != len(_STATES):
            raise ShapeError("NS403", f"has 2 states of {show_shape(each)}, and `initial_state` names {len(states)}")
        for shape in states:
            if len(shape) != len(each) or any(a not in (None, b) for a, b in zip(shape, each, strict=True)):
                raise ShapeError(
                    "NS403", f"has states of {show_shape(each)}, and `initial_state` names one of {show_shape(shape)}"
                )

    def part_names(self) -> tuple[str, ...]:
        return _STATES if self.return_state else ()

    def part_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        return (self._each(inputs[0]),) * len(self.part_names())

    def mask(self, inputs: Sequence[Shape], masked: Sequence[bool]) -> bool:
        each = self._each(inputs[0])
        if masked[0] and each[:-1] != inputs[0][1:-1]:
            steps = f"its steps of {show_shape(inputs[0][1:])} become {show_shape(each)}"
            message = f"takes a mask only if its output has the size of its input: {steps}"
            raise ShapeError("NS411", message, self.infer(*inputs))
        return self.return_sequences and masked[0]

    def skips_masked(self, inputs: Sequence[Shape]) -> bool:
        return True

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {"the sizes of each step": inputs[0][1:]}

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        channels = self.channels_of(inputs[0])
        taps = match_rank("kernel_size", self.kernel_size, len(inputs[0]) - 2)
        gates = (
            product(*taps, channels, self.filters),
            product(*taps, self.filters, self.filters),
            *bias_terms(self.filters, self.use_bias),
        )
        return WeightTerms((product(_GATES, gates),))

    def tensors(self, *inputs: Shape) -> tuple[WeightTensor, ...]:
        taps = match_rank("kernel_size", self.kernel_size, len(inputs[0]) - 2)
        wide = _GATES * self.filters
        kernels = (
            WeightTensor("kernel", (*taps, self.channels_of(inputs[0]), wide)),
            WeightTensor("recurrent_kernel", (*taps, self.filters, wide)),
        )
        return (*kernels, WeightTensor("bias", (wide,))) if self.use_bias else kernels

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        steps, channels = inputs[0][0], inputs[0][-1]
        where = spatial_shape(self._each(inputs[0]))
        if steps is None or channels is None or where is None:
            return None
        taps = match_rank("kernel_size", self.kernel_size, len(inputs[0]) - 2)
        each = product(channels), product(self.filters)
        return (product(_GATES, *taps, each, self.filters, times=(steps, *where)),)

    def lower(self, keras: Keras, name: str, inputs: Sequence[Shape]) -> Lowered:
        rank = len(inputs[0]) - 2
        arguments = self.keras_arguments(keras, "rounding", "initial_state")
        layer: Lowered = getattr(keras.layers, f"ConvLSTM{rank}D")(name=name, **arguments)
        return with_states(self, layer) if self.initial_state else layer
