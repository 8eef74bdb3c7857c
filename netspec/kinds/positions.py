"""Positions that are computed, not learned."""

from __future__ import annotations

from netspec.kinds.kind import Kind, ShapeError, kind
from netspec.kinds.merge import resolve_axis
from netspec.options import Integer, Number, declare, option
from netspec.shapes import Shape, show_shape

WAVELENGTH_DOC = "Longest wavelength of the sines, in steps over 2 pi."


@declare("computed positions")
class _Computed(Kind):
    """Base of the kinds that put the positions of steps into their channels."""

    family = "sequence"
    keeps_mask = True
    max_wavelength: float = option(Number(gt=0), WAVELENGTH_DOC, 10_000.0)

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) < 2:
            raise ShapeError("NS404", f"takes [steps, …, channels], not the shape {show_shape(x)}")
        self.channels_of(x)
        return x


@kind("sinusoidal_embedding")
class SinusoidalEmbedding(_Computed):
    """Adds to each step sines and cosines of its position, of wavelengths from 2 pi to `max_wavelength` x 2 pi.

    Even channels get sines, odd ones cosines (arXiv 1706.03762, section 3.5).
    """

    keras_layers = ("netspec.layers.SinusoidalEmbedding",)
    ranks = (1,)

    def infer(self, *inputs: Shape) -> Shape:
        self.spatial(inputs[0])
        return super().infer(*inputs)


@kind("rotary_embedding")
class RotaryEmbedding(_Computed):
    """Turns pairs of channels by angles that grow with the position, so that a product of two steps tells how far apart they are.

    For queries and keys, [steps, heads, channels] or [steps, channels], before their product (arXiv 2104.09864). Channel i is
    paired with channel i + channels/2.
    """

    keras_layers = ("netspec.layers.RotaryEmbedding",)
    axis: int = option(Integer(), "Axis of the steps, counted as in Keras: 1 is the first after the batch.", 1)

    def infer(self, *inputs: Shape) -> Shape:
        x = super().infer(*inputs)
        if resolve_axis(self.axis, x) == len(x) - 1:
            raise ShapeError("NS408", f"`axis` (={self.axis}) is that of the channels; it must be that of the steps", x)
        channels = self.channels_of(x)
        if channels % 2:
            raise ShapeError("NS405", f"turns pairs of channels, and its input has {channels}", x)
        return x
