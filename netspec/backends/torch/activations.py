"""Activation functions."""

from __future__ import annotations

from netspec.backends.torch.steps import Module, Site, Step, Untranslatable, dim
from netspec.backends.torch.table import translates
from netspec.kinds.activation import Prelu, Softmax
from netspec.kinds.merge import resolve_axes

# By Keras's names; `{0}` is what is activated.
FUNCTIONS = {
    "celu": "F.celu({0})",
    "elu": "F.elu({0})",
    "exponential": "torch.exp({0})",
    "gelu": "F.gelu({0})",
    "hard_shrink": "F.hardshrink({0})",
    "hard_sigmoid": "F.hardsigmoid({0})",
    "hard_silu": "F.hardswish({0})",
    "hard_tanh": "F.hardtanh({0})",
    "leaky_relu": "F.leaky_relu({0}, 0.2)",
    "linear": "{0}",
    "log_sigmoid": "F.logsigmoid({0})",
    "mish": "F.mish({0})",
    "relu": "F.relu({0})",
    "relu6": "F.relu6({0})",
    "selu": "F.selu({0})",
    "sigmoid": "torch.sigmoid({0})",
    "silu": "F.silu({0})",
    "soft_shrink": "F.softshrink({0})",
    "softplus": "F.softplus({0})",
    "softsign": "F.softsign({0})",
    "swish": "F.silu({0})",
    "tanh": "torch.tanh({0})",
    "tanh_shrink": "F.tanhshrink({0})",
}
_ALONG_CHANNELS = {"softmax": "F.softmax({0}, dim=%d)", "log_softmax": "F.log_softmax({0}, dim=%d)"}


def activated(name: object, text: str, first: bool) -> str:
    """An expression with an activation around it. Raises Untranslatable."""
    if name is None:
        return text
    if name in _ALONG_CHANNELS:
        return (_ALONG_CHANNELS[str(name)] % (1 if first else -1)).replace("{0}", text)
    if name not in FUNCTIONS:
        raise Untranslatable(f"with the activation `{name}` has no counterpart in PyTorch that netspec knows")
    return FUNCTIONS[str(name)].replace("{0}", text)


def _elementwise(site: Site, text: str, **values: object) -> Step:
    return Step(text, site.firsts[0], (site.firsts[0],), values=values)


@translates(*FUNCTIONS, "activation", "log_softmax")
def _plain(site: Site) -> Step:
    name = getattr(site.config, "activation", None) or site.config.spec_name
    return _elementwise(site, activated(name, "{0}", site.firsts[0]))


@translates("relu")
def _relu(site: Site) -> Step:
    if site.get("threshold"):
        raise Untranslatable("with a `threshold` has no counterpart in PyTorch")
    most, slope = site.get("max_value"), site.get("negative_slope")
    if slope:
        text = "F.leaky_relu({0}, {slope})" if most is None else "F.leaky_relu({0}, {slope}).clamp(max={most})"
        return _elementwise(site, text, slope=slope, most=most)
    if most is None:
        return _elementwise(site, "F.relu({0})")
    return _elementwise(site, "F.hardtanh({0}, 0.0, {most})", most=most)


@translates("leaky_relu")
def _leaky_relu(site: Site) -> Step:
    return _elementwise(site, "F.leaky_relu({0}, {slope})", slope=site.get("negative_slope"))


@translates("elu")
def _elu(site: Site) -> Step:
    alpha = site.get("alpha")
    return _elementwise(site, "F.elu({0})" if alpha == 1 else "F.elu({0}, {alpha})", alpha=alpha)


@translates("softmax")
def _softmax(site: Site) -> Step:
    axes = resolve_axes(site.of(Softmax).axis, site.x)
    if len(axes) > 1:
        raise Untranslatable("over several axes has no counterpart in PyTorch")
    along = -1 if axes[0] == site.rank and not site.firsts[0] else dim(axes[0], len(site.x), site.firsts[0])
    return _elementwise(site, "F.softmax({0}, dim={dim})", dim=along)


@translates("prelu")
def _prelu(site: Site) -> Step:
    shared = {axis - 1 for axis in site.of(Prelu).shared_axes or ()}
    if shared != set(range(site.rank)):
        raise Untranslatable("has a slope for each position; PyTorch's has one for each channel")
    module = Module("nn.PReLU", (site.channels,), ("channels",), arrays=lambda w: {"weight": w["alpha"].reshape(-1)})
    return Step("{m}({0})", site.rank > 0, (site.rank > 0,), module)
