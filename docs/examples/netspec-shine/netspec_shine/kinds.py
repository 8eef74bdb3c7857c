"""The kind `shine`. It is imported to validate a spec, so it must not import Keras."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kind import (
    Boolean,
    Integer,
    Kind,
    Repair,
    Shape,
    ShapeError,
    Sum,
    WeightTerms,
    kind,
    option,
    positions,
    product,
)


@kind("shine", principal="rays")
class Shine(Kind):
    """Scales groups of channels, each by a learned number of its own.

    Input [..., n]; output of the same shape; a weight for each of `rays` groups of channels, and with `bias` another.
    """

    keras_layers = ("netspec_shine.layers.Shine",)
    rays: int = option(Integer(ge=1), "Number of groups of channels; it divides the channels.")
    bias: bool = option(Boolean(), "Whether to add a learned number, too.", False)

    def infer(self, *inputs: Shape) -> Shape:
        """The input's shape. Raises ShapeError where the groups do not divide the channels."""
        (x,) = inputs
        channels = self.channels_of(x)
        if channels % self.rays:
            below = max(rays for rays in range(1, min(self.rays, channels) + 1) if channels % rays == 0)
            message = f"the {channels} channels of its input must be divisible by `rays` (={self.rays})"
            raise ShapeError("NS405", message, x, [Repair("rays", str(below))])
        return x

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        """A weight for each group, and one more for its bias."""
        return WeightTerms((product(self.rays),) * (2 if self.bias else 1))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        """A multiplication for each number."""
        count = positions(output)
        return None if count is None or output[-1] is None else (product(output[-1], times=(count,)),)
