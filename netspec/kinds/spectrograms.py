"""Features of sounds: samples into spectrograms."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

from netspec.kinds.features import Feature
from netspec.kinds.kind import GATHERED, OptionConflict, Positions, Reach, ShapeError, kind
from netspec.kinds.terms import Sum, WeightTerms, product
from netspec.options import Boolean, Choice, Integer, Nullable, Number, option
from netspec.shapes import Shape, show_shape


@kind("stft_spectrogram")
class StftSpectrogram(Feature):
    """The spectrum of a sound, frame by frame: [samples, channels] becomes [frames, frequencies * channels].

    It is a convolution whose kernels are sines and cosines under a window; they are trained unless it says `trainable: false`.
    """

    keras_layers = ("STFTSpectrogram",)
    takes_integers = False
    ranks = (1,)
    mode: str = option(
        Choice(("log", "magnitude", "psd", "real", "imag", "angle", "stft")),
        "What is said of each frequency: the logarithm of its magnitude, the magnitude, its power, a part of the number, both.",
        "log",
    )
    frame_length: int = option(Integer(ge=2), "Samples of a frame.", 256)
    frame_step: int | None = option(Nullable(Integer(ge=1)), "Samples between frames; null: half a frame.", None)
    fft_length: int | None = option(
        Nullable(Integer(ge=2)), "Length of the transform; null: the power of 2 that a frame fits into.", None
    )
    window: str = option(Choice(("hann", "hamming", "blackman", "bartlett", "boxcar")), "Window of a frame.", "hann")
    periodic: bool = option(Boolean(), "Whether the window is periodic.", False)
    scaling: str | None = option(
        Nullable(Choice(("density", "spectrum"))), "Scale of the window; null: none.", "density"
    )
    padding: str = option(Choice(("valid", "same")), "`valid`, or `same`, which pads with zeros.", "valid")
    expand_dims: bool = option(Boolean(), "Whether to make an image of it: [frames, frequencies, channels].", False)

    def check(self) -> None:
        if self.frame_step is not None and self.frame_step > self.frame_length:
            raise OptionConflict("`frame_step` must be at most `frame_length`", "frame_step")
        if self.fft_length is not None and self.fft_length < self.frame_length:
            raise OptionConflict("`fft_length` must be at least `frame_length`", "fft_length")

    def _bins(self) -> int:
        return (self.fft_length or 2 ** ceil(log2(self.frame_length))) // 2 + 1

    def _step(self) -> int:
        return self.frame_step or self.frame_length // 2

    def _kernels(self) -> int:
        return 1 if self.mode in ("real", "imag") else 2

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        self.spatial(x)
        channels = self.channels_of(x)
        samples = x[0]
        bins = self._bins() * (2 if self.mode == "stft" else 1)
        frames = None
        if samples is not None:
            if self.padding == "valid" and samples < self.frame_length:
                raise ShapeError("NS402", f"a frame of {self.frame_length} does not fit into {samples} samples")
            least = samples if self.padding == "same" else samples - self.frame_length + 1
            frames = -(-least // self._step())
        return (frames, bins, channels) if self.expand_dims else (frames, bins * channels)

    def positions(self) -> Positions:
        return Positions(added=1) if self.expand_dims else super().positions()

    def reach(self, rank: int) -> tuple[Reach, ...] | None:
        return (Reach(self.frame_length, self._step()),) if rank == 1 else None

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        return {}

    def weight_terms(self, *inputs: Shape) -> WeightTerms:
        size, bins = self.frame_length, self._bins()
        names = (self.mode,) if self._kernels() == 1 else ("real", "imag")
        return WeightTerms(tuple(product(size, bins, name=f"{name}_kernel", shape=(size, 1, bins)) for name in names))

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        frames, channels = output[0], inputs[0][-1]
        if frames is None or channels is None:
            return None
        return (product(self.frame_length, self._bins(), channels, times=(frames,)),) * self._kernels()


@kind("mel_spectrogram")
class MelSpectrogram(Feature):
    """The spectrum of a sound as it is heard, frame by frame: [samples] becomes [num_mel_bins, frames]."""

    keras_layers = ("MelSpectrogram",)
    fft_length: int = option(Integer(ge=2), "Length of the transform.", 2048)
    sequence_stride: int = option(Integer(ge=1), "Samples between frames.", 512)
    sequence_length: int | None = option(Nullable(Integer(ge=1)), "Samples of a frame; null: `fft_length`.", None)
    window: str | None = option(Nullable(Choice(("hann", "hamming"))), "Window of a frame; null: none.", "hann")
    sampling_rate: int = option(Integer(ge=1), "Samples a second.", 16000)
    num_mel_bins: int = option(Integer(ge=1), "How many bands.", 128)
    min_freq: float = option(Number(ge=0), "Lowest frequency.", 20.0)
    max_freq: float | None = option(Nullable(Number(gt=0)), "Highest frequency; null: half of `sampling_rate`.", None)
    power_to_db: bool = option(Boolean(), "Whether to give decibels.", True)
    top_db: float = option(Number(ge=0), "How far below the loudest of a batch is cut off, in decibels.", 80.0)
    mag_exp: float = option(Number(gt=0), "Exponent of the magnitudes: 1, or 2 for the power.", 2.0)
    min_power: float = option(Number(gt=0), "Least power.", 1e-10)
    ref_power: float = option(Number(gt=0), "Power of 0 decibels.", 1.0)

    def check(self) -> None:
        if self.sequence_length is not None and self.sequence_length > self.fft_length:
            raise OptionConflict("`sequence_length` must be at most `fft_length`", "sequence_length")
        if self.min_freq >= (self.max_freq or self.sampling_rate / 2):
            raise OptionConflict("`min_freq` must be below `max_freq`, or half of `sampling_rate`", "min_freq")

    def positions(self) -> Positions:
        return GATHERED

    def infer(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 1:
            raise ShapeError("NS404", f"takes [samples], not the shape {show_shape(x)}")
        samples, stride, margin = x[0], self.sequence_stride, self.fft_length // 2
        if samples is None:
            return (self.num_mel_bins, None)
        if samples <= margin:
            message = f"`fft_length` (={self.fft_length}) needs more than {margin} samples, and its input has {samples}"
            raise ShapeError("NS402", message, (self.num_mel_bins, None))
        frames = (samples + 2 * margin - self.fft_length) // stride + 1
        if frames != (samples + stride + 1) // stride:
            message = (
                f"Keras promises {(samples + stride + 1) // stride} frames of {samples} samples and makes {frames}; pad or crop "
                f"them by a few samples"
            )
            raise ShapeError("NS402", message, (self.num_mel_bins, None))
        return (self.num_mel_bins, frames)

    def mac_terms(self, inputs: Sequence[Shape], output: Shape) -> Sum | None:
        frames = output[-1]
        return None if frames is None else (product(self.fft_length // 2 + 1, self.num_mel_bins, times=(frames,)),)
