"""Convolutions: their channels come first, and padding that is not the same on both sides is done before them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.backends.torch.activations import activated
from netspec.backends.torch.steps import Array, Arrays, Module, Site, Step, Untranslatable, known, single
from netspec.backends.torch.table import translates
from netspec.kinds.convolution import Conv, DepthwiseConv, SeparableConv
from netspec.kinds.operations import Pad
from netspec.kinds.preprocessing import CenterCrop
from netspec.kinds.shape import Crop, ZeroPad
from netspec.kinds.window import Pairs, Windowed, match_sides
from netspec.shapes import per_dimension


def padding_of(site: Site) -> Pairs:
    """What is padded before and after each dimension. Raises Untranslatable."""
    config = site.of(Windowed)
    pairs = config.total_padding(site.x, site.rank)
    if pairs is not None:
        return pairs
    if config.padding == "valid":
        return ((0, 0),) * site.rank
    found: list[tuple[int, int]] = []
    for window, stride in zip(
        config.windows(site.x, site.rank), _each(config.window_strides(), site.rank), strict=True
    ):
        if window is None and stride == 1:  # then it does not hang on the size
            window = config.windows((64,) * site.rank + (1,), site.rank)[len(found)]
        if window is None:
            raise Untranslatable("with `padding: same` and strides needs to know the size of its input")
        found.append((window.before, window.after))
    return tuple(found)


def _each(value: object, rank: int) -> tuple[int, ...]:
    values = per_dimension(value, rank)  # type: ignore[arg-type]
    assert values is not None
    return values


def is_even(pairs: Pairs) -> bool:
    """Is each dimension padded alike on both sides?"""
    return all(before == after for before, after in pairs)


def last_first(pairs: Pairs) -> tuple[int, ...]:
    """Amounts of padding as `F.pad` takes them."""
    return tuple(amount for pair in reversed(pairs) for amount in pair)


def _sizes(site: Site, name: str) -> tuple[int, ...]:
    return _each(site.get(name), site.rank)


def _plain(site: Site) -> None:
    if site.config.spectral_norm:
        raise Untranslatable("with `spectral_norm` has no counterpart that computes the same")


def _options(site: Site, pairs: Pairs, groups: int = 1, bias: object = True) -> dict[str, object]:
    named: dict[str, object] = {}
    strides, dilation = single(_sizes(site, "strides")), single(_sizes(site, "dilation_rate"))
    if strides != 1:
        named["stride"] = strides
    if is_even(pairs) and any(map(any, pairs)):
        named["padding"] = single([before for before, _ in pairs])
    if dilation != 1:
        named["dilation"] = dilation
    if groups != 1:
        named["groups"] = groups
    if not bias:
        named["bias"] = False
    return named


def _step(site: Site, pairs: Pairs, module: Module) -> Step:
    pads = {} if is_even(pairs) else {"pad": last_first(pairs)}
    text = activated(site.get("activation"), "{m}(F.pad({0}, {pad}))" if pads else "{m}({0})", first=True)
    return Step(text, True, (True,), module, pads)


def _turned(kernel: Array) -> Array:
    """[…, in, out] as [out, in, …]."""
    rank = kernel.ndim - 2
    return kernel.transpose(rank + 1, rank, *range(rank))


def _by_channel(kernel: Array) -> Array:
    """[…, channels, multiplier] as [channels * multiplier, 1, …]."""
    rank = kernel.ndim - 2
    turned = kernel.transpose(rank, rank + 1, *range(rank))
    return turned.reshape(-1, 1, *turned.shape[2:])


def with_bias(arrays: Arrays, **found: Array) -> Arrays:
    """Some arrays, and the bias where there is one."""
    return {**found, "bias": arrays["bias"]} if "bias" in arrays else found


_NAMES = ("in_channels", "out_channels", "kernel_size")


@translates("conv", "1x1")
def _conv(site: Site) -> Step:
    _plain(site)
    pairs = padding_of(site)
    module = Module(
        f"nn.Conv{site.rank}d",
        (site.channels, site.get("filters"), single(_sizes(site, "kernel_size"))),
        _NAMES,
        _options(site, pairs, site.of(Conv).groups, site.get("use_bias")),
        lambda w: with_bias(w, weight=_turned(w["kernel"])),
    )
    return _step(site, pairs, module)


@translates("depthwise_conv")
def _depthwise(site: Site) -> Step:
    _plain(site)
    pairs = padding_of(site)
    return _step(site, pairs, _by_channels(site, DepthwiseConv, pairs, "kernel", site.of(DepthwiseConv).use_bias))


def _by_channels(site: Site, cls: type[DepthwiseConv | SeparableConv], pairs: Pairs, kernel: str, bias: bool) -> Module:
    """A convolution of each channel by itself, without a bias of its own where the layer's belongs to another."""
    channels, multiplier = site.channels, site.of(cls).depth_multiplier
    return Module(
        f"nn.Conv{site.rank}d",
        (channels, channels * multiplier, single(_sizes(site, "kernel_size"))),
        _NAMES,
        _options(site, pairs, channels, bias),
        lambda w: {"weight": _by_channel(w[kernel]), **({"bias": w["bias"]} if bias else {})},
    )


@translates("separable_conv")
def _separable(site: Site) -> Step:
    pairs = padding_of(site)
    inner = site.channels * site.of(SeparableConv).depth_multiplier
    point = Module(
        f"nn.Conv{site.rank}d",
        (inner, site.get("filters"), 1),
        _NAMES,
        {} if site.get("use_bias") else {"bias": False},
        lambda w: with_bias(w, weight=_turned(w["pointwise_kernel"])),
    )
    depth = _by_channels(site, SeparableConv, pairs, "depthwise_kernel", False)
    return _step(site, pairs, Module("nn.Sequential", (depth, point), ("depthwise", "pointwise")))


@translates("conv_transpose")
def _transposed(site: Site) -> Step:
    _plain(site)
    if site.get("output_padding") is not None:
        raise Untranslatable("with `output_padding` has no counterpart that netspec knows")
    same = site.get("padding") == "same"
    if not same and site.get("padding") != "valid":
        raise Untranslatable(f"with `padding: {site.get('padding')}` has no counterpart that netspec knows")
    padding, more, over = [], [], []
    for size, stride, dilation in zip(
        _sizes(site, "kernel_size"), _sizes(site, "strides"), _sizes(site, "dilation_rate"), strict=True
    ):
        reach = dilation * (size - 1) + 1
        before = max(reach - stride, 0) // 2 if same else 0
        rest = (stride if same else max(reach, stride)) - reach + 2 * before  # of what Keras makes beyond PyTorch's
        padding.append(before)
        more.append(max(rest, 0))
        over.append(max(-rest, 0))
    named = {"stride": single(_sizes(site, "strides")), "padding": single(padding), "output_padding": single(more)}
    named = {name: value for name, value in named.items() if value != (1 if name == "stride" else 0)}
    if single(_sizes(site, "dilation_rate")) != 1:
        named["dilation"] = single(_sizes(site, "dilation_rate"))
    module = Module(
        f"nn.ConvTranspose{site.rank}d",
        (site.channels, site.get("filters"), single(_sizes(site, "kernel_size"))),
        _NAMES,
        named if site.get("use_bias") else {**named, "bias": False},
        lambda w: with_bias(w, weight=_turned(w["kernel"])),
    )
    cropped = "{m}({0})" + (f"[..., {_ends(over)}]" if any(over) else "")
    return Step(activated(site.get("activation"), cropped, first=True), True, (True,), module)


def _ends(over: Sequence[int]) -> str:
    return ", ".join(f":-{each}" if each else ":" for each in over)


@translates("zero_pad")
def _zero_pad(site: Site) -> Step:
    pairs = match_sides("padding", site.of(ZeroPad).padding, site.rank)
    channels = site.of(ZeroPad).channels
    both = (channels, channels) if isinstance(channels, int) else tuple(channels)
    amounts = (*last_first(pairs), *both) if any(both) else last_first(pairs)
    return Step("F.pad({0}, {pad})", True, (True,), values={"pad": amounts})


@translates("pad")
def _pad(site: Site) -> Step:
    pairs, mode = match_sides("padding", site.of(Pad).padding, site.rank), site.of(Pad).mode
    if mode == "symmetric":
        raise Untranslatable("with `mode: symmetric` has no counterpart in PyTorch")
    if mode == "reflect":
        return Step('F.pad({0}, {pad}, mode="reflect")', True, (True,), values={"pad": last_first(pairs)})
    return Step(
        "F.pad({0}, {pad}, value={value})", True, (True,), values={"pad": last_first(pairs), "value": site.get("value")}
    )


@translates("crop")
def _crop(site: Site) -> Step:
    pairs = match_sides("cropping", site.of(Crop).cropping, site.rank)
    negative = tuple(-amount for amount in last_first(pairs))
    return Step("F.pad({0}, {pad})", True, (True,), values={"pad": negative})


@translates("center_crop")
def _center_crop(site: Site) -> Step:
    height, width = known(site.x[0]), known(site.x[1])
    rows, columns = site.of(CenterCrop).height, site.of(CenterCrop).width
    if height < rows or width < columns:
        raise Untranslatable("enlarges its input, for which there is no counterpart")
    top, left = (height - rows) // 2, (width - columns) // 2
    return Step(f"{{0}}[:, :, {top} : {top + rows}, {left} : {left + columns}]", True, (True,))
