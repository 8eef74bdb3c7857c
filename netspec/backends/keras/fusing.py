"""A network with fewer layers that computes the same when it is applied: for use after training.

A normalisation behind a convolution or a dense layer is a factor and a shift for each of its channels, which its weights can
take up. Convolutions that read the same and are added, a normalisation alone or the identity among them, are one convolution
with a window as large as the largest of theirs (arXiv 2101.03697).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from netspec.backends.keras.types import Keras, KerasLayer, KerasModel, KerasObject, KerasTensor
from netspec.shapes import per_dimension

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

Pairs = tuple[tuple[int, int], ...]  # zeros before and behind, for each dimension


class Fused(NamedTuple):
    """A network that was fused.

    Attributes:
        network: the model; with the one before it shares the layers that stayed.
        normalisations: how many of them are no more.
        sums: how many of them are no more.
        layers: how many took them up.
    """

    network: KerasModel
    normalisations: int
    sums: int
    layers: int


class _Call(NamedTuple):
    """A layer or an operation, where it is called."""

    layer: KerasObject
    inputs: tuple[KerasTensor, ...]
    outputs: tuple[KerasTensor, ...]


class _Part(NamedTuple):
    """What some calls compute together: a convolution or dense layer, or only a factor and a shift for each channel.

    Attributes:
        places: the calls; the result is that of the last.
        source: the tensor that the first reads.
        layer: the layer whose class and settings are taken; None where there is only a factor and a shift.
        kernel: its weights; the factors where there is no layer.
        bias: the shifts.
        windows: the weights of a separable convolution's windows, which come before the kernel.
        pairs: zeros around the input, where they are no longer the layer's own.
    """

    places: tuple[int, ...]
    source: KerasTensor
    layer: KerasLayer | None
    kernel: Array
    bias: Array
    windows: tuple[Array, ...] = ()
    pairs: Pairs | None = None


def fuse(keras: Keras, model: KerasModel) -> Fused:
    """The network with each normalisation taken up by the layer before it, and each sum of convolutions made one.

    A layer that is called more than once stays as it is, and so does one whose output something else reads, too.
    """
    return _Fusing(keras, model).fused()


class _Fusing:
    def __init__(self, keras: Keras, model: KerasModel) -> None:
        self.keras = keras
        self.model = model
        self.calls: list[_Call] = []
        layers = keras.layers
        # The dimensions that a window slides along, by the layers' classes.
        self.convolutions = {getattr(layers, f"Conv{rank}D"): rank for rank in (1, 2, 3)}
        self.depthwise = {getattr(layers, f"DepthwiseConv{rank}D"): rank for rank in (1, 2)}
        self.separable = {getattr(layers, f"SeparableConv{rank}D"): rank for rank in (1, 2)}
        self.transposed = {getattr(layers, f"Conv{rank}DTranspose"): rank for rank in (1, 2, 3)}
        self.paddings = {getattr(layers, f"ZeroPadding{rank}D"): rank for rank in (1, 2, 3)}
        self.windowed = {**self.convolutions, **self.depthwise}
        self.weighted = {*self.windowed, *self.separable, *self.transposed, layers.Dense}
        copy = keras.models.clone_model(model, clone_function=_same, call_function=self._record)
        self.made_at = {id(tensor): place for place, call in enumerate(self.calls) for tensor in call.outputs}
        self.uses = Counter(id(call.layer) for call in self.calls)
        self.readers = Counter(id(tensor) for call in self.calls for tensor in call.inputs)
        self.readers.update(id(tensor) for tensor in copy.outputs)

    def fused(self) -> Fused:
        """The parts are found in the order of the calls; what a larger part has taken up is none of its own."""
        parts: dict[int, _Part] = {}
        for place, call in enumerate(self.calls):
            if self.uses[id(call.layer)] == 1 and len(call.outputs) == 1:
                part = self._part(parts, place, call)
                if part is not None:
                    parts[id(call.outputs[0])] = part
        inner = {place for part in parts.values() for place in part.places[:-1]}
        ends = {
            part.places[-1]: part
            for part in parts.values()
            if part.layer is not None and part.places[-1] not in inner and len(part.places) > 1
        }
        gone = {place for part in ends.values() for place in part.places}
        names = Counter(type(self.calls[place].layer).__name__ for place in gone)
        return Fused(self._built(ends, gone), names["BatchNormalization"], names["Add"], len(ends))

    # --- what there is ---

    def _tensors(self, *structures: object) -> tuple[KerasTensor, ...]:
        found = self.keras.tree.flatten(structures)
        return tuple(value for value in found if isinstance(value, self.keras.KerasTensor))

    def _record(self, layer: KerasObject, *values: object, **named: object) -> KerasTensor:
        output = layer(*values, **named)
        self.calls.append(_Call(layer, self._tensors(values, named), self._tensors(output)))
        return output

    def _taken(self, parts: dict[int, _Part], tensor: KerasTensor) -> _Part | None:
        """The part that makes a tensor, which nothing else reads."""
        return parts.get(id(tensor)) if self.readers[id(tensor)] == 1 else None

    def _part(self, parts: dict[int, _Part], place: int, call: _Call) -> _Part | None:
        layer, read = call.layer, call.inputs
        if type(layer) is self.keras.layers.Add:
            return self._sum(place, [self._summand(parts, tensor) for tensor in read])
        if type(layer) is self.keras.layers.BatchNormalization:
            return self._normalised(self._taken(parts, read[0]), place, call)
        if type(layer) not in self.weighted or layer.activation is not self.keras.activations.linear:
            return None
        if layer.activity_regularizer is not None:
            return None
        weights = layer.get_weights()
        kernel = weights[int(type(layer) in self.separable)]
        shape = self._of_outputs(layer, kernel)
        bias = weights[-1] if layer.use_bias else _zeros(*shape).ravel()
        return _Part(
            (place,), read[0], layer, kernel, bias, tuple(weights[:1]) if type(layer) in self.separable else ()
        )

    def _of_outputs(self, layer: KerasLayer, kernel: Array) -> tuple[int, ...]:
        """The sizes of the kernel's last axes that run through the outputs, one for each that comes after."""
        if type(layer) in self.depthwise:
            return tuple(kernel.shape[-2:])
        return (kernel.shape[-2], 1) if type(layer) in self.transposed else (kernel.shape[-1],)

    def _normalised(self, before: _Part | None, place: int, call: _Call) -> _Part | None:
        import numpy as np

        norm, (source, *_) = call.layer, call.inputs
        if norm.axis not in (-1, len(source.shape) - 1) or len(call.inputs) > 1:
            return None
        mean, variance, gamma, beta = (
            None if weight is None else self.keras.ops.convert_to_numpy(weight).astype("float64")
            for weight in (norm.moving_mean, norm.moving_variance, norm.gamma, norm.beta)
        )
        factor = (1.0 if gamma is None else gamma) / np.sqrt(variance + norm.epsilon)
        shift = (0.0 if beta is None else beta) - mean * factor
        if before is None or before.layer is None:
            return _Part((place,), source, None, factor.astype("float32"), shift.astype("float32"))
        kernel = before.kernel * factor.reshape(self._of_outputs(before.layer, before.kernel))
        bias = before.bias * factor + shift
        return before._replace(
            places=(*before.places, place), kernel=kernel.astype("float32"), bias=bias.astype("float32")
        )

    # --- sums ---

    def _summand(self, parts: dict[int, _Part], tensor: KerasTensor) -> _Part:
        """A tensor of a sum as a part of it; what is none is the identity of itself."""
        part = self._taken(parts, tensor)
        if part is not None and part.layer is None:
            return part
        if part is not None and type(part.layer) in self.windowed:
            return self._with_padding(part)
        channels = tensor.shape[-1]
        return _Part((), tensor, None, _zeros(channels) + 1, _zeros(channels))

    def _with_padding(self, part: _Part) -> _Part:
        """A convolution as a part whose zeros are its own, those of a layer before it included, as far as they are known."""
        layer = part.layer
        assert layer is not None
        rank = self.windowed[type(layer)]
        pairs = part.pairs
        if pairs is None and layer.padding == "valid":
            pairs = ((0, 0),) * rank
        elif pairs is None and layer.padding == "same":
            each = zip(part.source.shape[1:-1], part.kernel.shape, *_slides(layer, rank), strict=False)
            found = tuple(_same_padding(*sizes) for sizes in each)
            pairs = None if None in found else found  # type: ignore[assignment]
        at = self.made_at.get(id(part.source))
        if pairs is None or at is None or self.readers[id(part.source)] > 1:
            return part._replace(pairs=pairs)
        zeros = self.calls[at]
        if type(zeros.layer) not in self.paddings or self.uses[id(zeros.layer)] > 1:
            return part._replace(pairs=pairs)
        outer = (zeros.layer.padding,) if rank == 1 else zeros.layer.padding
        pairs = tuple((a + c, b + d) for (a, b), (c, d) in zip(pairs, outer, strict=True))
        return part._replace(places=(at, *part.places), source=zeros.inputs[0], pairs=pairs)

    def _sum(self, place: int, parts: Sequence[_Part]) -> _Part | None:
        """One convolution for all that is added, where all of it reads the same and slides alike."""
        windows = [part for part in parts if part.layer is not None]
        if not windows or any(part.pairs is None for part in windows) or len({id(part.source) for part in parts}) > 1:
            return None
        main = max(windows, key=lambda part: part.kernel.size)
        assert main.layer is not None
        rank = self.windowed[type(main.layer)]
        strides, dilation = _slides(main.layer, rank)
        whole = [part if part.layer is not None else self._as_window(part, main, rank) for part in parts]
        for part in windows:
            assert part.layer is not None
            own_strides, own_dilation = _slides(part.layer, rank)
            points = all(size == 1 for size in part.kernel.shape[:rank])
            if (
                type(part.layer) is not type(main.layer)
                or own_strides != strides
                or not (points or own_dilation == dilation)
            ):
                return None
        if len(windows) < len(parts) and max(strides) > 1:
            return None
        if any(part is None or part.kernel.shape[rank:] != main.kernel.shape[rank:] for part in whole):
            return None
        return _joined(place, [part for part in whole if part is not None], main, rank)

    def _as_window(self, part: _Part, main: _Part, rank: int) -> _Part | None:
        """Factors as a window of a single position; None where there are not as many outputs as channels."""
        *_, inside, outputs = main.kernel.shape
        channels = len(part.kernel)
        kernel = _zeros(*(1,) * rank, inside, outputs)
        if type(main.layer) in self.depthwise:
            if outputs > 1:
                return None
            kernel[..., 0] = part.kernel
        elif outputs != channels:
            return None
        else:
            for channel in range(channels):
                kernel[..., channel % inside, channel] = part.kernel[channel]
        return part._replace(kernel=kernel, pairs=((0, 0),) * rank)

    # --- the network anew ---

    def _built(self, ends: dict[int, _Part], gone: set[int]) -> KerasModel:
        places = count()

        def call(layer: KerasObject, *values: object, **named: object) -> KerasTensor:
            place = next(places)
            if place not in gone:
                return layer(*values, **named)
            source, *_ = self._tensors(values, named)  # of all calls of a part it is the same one
            return self._made(ends[place], source) if place in ends else source

        return self.keras.models.clone_model(self.model, clone_function=_same, call_function=call)

    def _made(self, part: _Part, x: KerasTensor) -> KerasTensor:
        assert part.layer is not None
        settings = {**part.layer.get_config(), "use_bias": True}
        if part.pairs is not None:
            rank = self.windowed[type(part.layer)]
            sizes = tuple(part.kernel.shape[:rank])
            same = tuple(_same_padding(None, *each) for each in zip(sizes, *_slides(part.layer, rank), strict=True))
            settings |= {"kernel_size": sizes, "padding": "same" if part.pairs == same else "valid"}
            if part.pairs != same and any(map(any, part.pairs)):
                zeros = part.pairs[0] if rank == 1 else part.pairs
                x = getattr(self.keras.layers, f"ZeroPadding{rank}D")(zeros, name=f"{part.layer.name}_zeros")(x)
        layer = type(part.layer).from_config(settings)
        output = layer(x)
        layer.set_weights([*part.windows, part.kernel, part.bias])
        return output


def _same(layer: KerasLayer) -> KerasLayer:
    return layer


def _zeros(*shape: int) -> Array:
    import numpy as np

    return np.zeros(shape, "float32")


def _slides(layer: KerasLayer, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A window's strides and dilation, one for each dimension."""
    strides, dilation = per_dimension(layer.strides, rank), per_dimension(layer.dilation_rate, rank)
    assert strides is not None
    assert dilation is not None
    return strides, dilation


def _same_padding(width: int | None, size: int, stride: int, dilation: int) -> tuple[int, int] | None:
    """The zeros of `same`; None where they depend on a width that is not known."""
    reach = dilation * (size - 1) + 1
    if stride == 1:
        total = reach - 1
    elif width is None:
        return None
    else:
        total = max((-(-width // stride) - 1) * stride + reach - width, 0)
    return total // 2, total - total // 2


def _joined(place: int, parts: Sequence[_Part], main: _Part, rank: int) -> _Part | None:
    """The sum of convolutions that slide alike, as one whose window holds all of theirs."""
    assert main.layer is not None
    strides, dilation = _slides(main.layer, rank)
    pairs, sizes, starts = [], [], []
    for axis, width in enumerate(main.source.shape[1:-1]):
        step, spread = strides[axis], dilation[axis]
        before = [part.pairs[axis][0] for part in parts if part.pairs is not None]
        lengths = [part.kernel.shape[axis] for part in parts]
        first = max(before)
        if any((first - each) % spread for each in before):
            return None
        begins = [(first - each) // spread for each in before]
        size = max(begin + length for begin, length in zip(begins, lengths, strict=True))
        # How many more positions there are than `width` if the stride is 1: where all agree, the sizes always do.
        gains = {
            sum(part.pairs[axis]) - spread * (length - 1)
            for part, length in zip(parts, lengths, strict=True)
            if part.pairs is not None
        }
        if len(gains) == 1:
            last = gains.pop() + spread * (size - 1) - first
        elif width is None or len({(width + gain - 1) // step for gain in gains}) > 1:
            return None
        else:
            last = (width + gains.pop() - 1) // step * step + spread * (size - 1) + 1 - width - first
        if last < 0:
            return None
        pairs.append((first, last))
        sizes.append(size)
        starts.append(begins)
    kernel = _zeros(*sizes, *main.kernel.shape[rank:])
    for number, part in enumerate(parts):
        at = tuple(slice(starts[axis][number], starts[axis][number] + part.kernel.shape[axis]) for axis in range(rank))
        kernel[at] += part.kernel
    places = tuple(sorted(each for part in parts for each in part.places))
    bias = sum((part.bias for part in parts), _zeros(len(main.bias)))
    return _Part((*places, place), main.source, main.layer, kernel, bias, pairs=tuple(pairs))
