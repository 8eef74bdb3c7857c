"""Normalisations, what is random while training, and numbers that are brought to another scale."""

from __future__ import annotations

import math

from netspec.backends.torch.steps import Array, Arrays, Module, Site, Step, Untranslatable, dim
from netspec.backends.torch.table import translates
from netspec.kinds.merge import resolve_axes
from netspec.kinds.normalisation import BatchNorm, Lrn, UnitNorm


def _is_along_channels(site: Site) -> bool:
    axis: int | tuple[int, ...] = getattr(site.config, "axis")  # noqa: B009 - each of these kinds has one of its own
    return resolve_axes(axis, site.x) == [site.rank]


def _affine(arrays: Arrays, sizes: int) -> dict[str, Array]:
    """Scale and shift; 1 and 0 where the layer learns none."""
    import numpy as np

    scale = arrays.get("gamma", np.ones(sizes, "float32"))
    return {"weight": scale, "bias": arrays.get("beta", np.zeros(sizes, "float32"))}


def _unlearned(site: Site) -> tuple[str, ...]:
    """Of scale and shift, what does not learn, where one of them does."""
    return tuple(name for name, option in (("weight", "scale"), ("bias", "center")) if not site.get(option))


def _normalised(
    site: Site, call: str, values: tuple[object, ...], first: bool, off: dict[str, object] | None = None
) -> Step:
    """A normalisation with a scale and a shift; `off` is what says that it has neither."""
    named: dict[str, object] = {"eps": site.get("epsilon")}
    unlearned, channels = _unlearned(site), site.channels
    arrays = lambda w: _affine(w, channels)  # noqa: E731
    if len(unlearned) == 2:
        module = Module(call, values, ("groups", "channels")[-len(values) :], {**named, **(off or {})})
    else:
        module = Module(call, values, ("groups", "channels")[-len(values) :], named, arrays, unlearned)
    return Step("{m}({0})", first, (first,), module)


@translates("batch_norm")
def _batch_norm(site: Site) -> Step:
    if site.get("renorm"):
        raise Untranslatable("with `renorm` has no counterpart in PyTorch")
    if not _is_along_channels(site):
        raise Untranslatable("along another axis than the channels has no counterpart in PyTorch")
    if site.rank > 3:
        raise Untranslatable(f"over {site.rank} dimensions has no counterpart in PyTorch")
    channels, unlearned = site.channels, _unlearned(site)

    def arrays(w: Arrays) -> Arrays:
        import numpy as np

        found = {} if len(unlearned) == 2 else _affine(w, channels)
        return {
            **found,
            "running_mean": w["moving_mean"],
            "running_var": w["moving_variance"],
            "num_batches_tracked": np.array(0),
        }

    momentum = 1 - site.of(BatchNorm).momentum
    named: dict[str, object] = {"eps": site.get("epsilon"), "momentum": float(f"{momentum:.12g}")}
    if len(unlearned) == 2:
        named["affine"] = False
    module = Module(
        f"nn.BatchNorm{max(site.rank, 1)}d",
        (channels,),
        ("channels",),
        {name: value for name, value in named.items() if (name, value) not in (("eps", 1e-5), ("momentum", 0.1))},
        arrays,
        unlearned if len(unlearned) < 2 else (),
    )
    first = site.rank > 0
    if site.node.trainable:
        return Step("{m}({0})", first, (first,), module)
    given = "{0}, {m}.running_mean, {m}.running_var, {m}.weight, {m}.bias, eps={m}.eps"
    return Step(f"F.batch_norm({given})", first, (first,), module)  # it keeps its figures while training, too


@translates("layer_norm")
def _layer_norm(site: Site) -> Step:
    if not _is_along_channels(site):
        raise Untranslatable("along other axes than the last has no counterpart that netspec knows")
    return _normalised(site, "nn.LayerNorm", (site.channels,), False, {"elementwise_affine": False})


@translates("group_norm")
def _group_norm(site: Site) -> Step:
    if not _is_along_channels(site):
        raise Untranslatable("along another axis than the channels has no counterpart in PyTorch")
    groups = site.channels if site.get("groups") == -1 else site.get("groups")
    return _normalised(site, "nn.GroupNorm", (groups, site.channels), site.rank > 0, {"affine": False})


@translates("rms_norm")
def _rms_norm(site: Site) -> Step:
    if not _is_along_channels(site):
        raise Untranslatable("along several axes has no counterpart that netspec knows")
    module = Module(
        "nn.RMSNorm",
        (site.channels,),
        ("channels",),
        {"eps": site.get("epsilon")},
        lambda w: {"weight": next(iter(w.values()))},
    )
    return Step("{m}({0})", module=module)


@translates("unit_norm")
def _unit_norm(site: Site) -> Step:
    axes = resolve_axes(site.of(UnitNorm).axis, site.x)
    if len(axes) > 1:
        raise Untranslatable("along several axes has no counterpart in PyTorch")
    first = site.firsts[0]
    along = dim(axes[0], len(site.x), first)
    return Step("F.normalize({0}, dim={dim}, eps=1e-6)", first, (first,), values={"dim": along})


@translates("lrn")
def _lrn(site: Site) -> Step:
    size = 2 * site.of(Lrn).depth_radius + 1
    alpha = float(f"{site.of(Lrn).alpha * size:.12g}")  # PyTorch divides it by the size
    values = {"size": size, "alpha": alpha, "beta": site.get("beta"), "k": site.get("bias")}
    given, after = ("{0}", "") if site.rank else ("{0}[..., None]", "[..., 0]")  # PyTorch's wants positions
    text = f"F.local_response_norm({given}, {{size}}, alpha={{alpha}}, beta={{beta}}, k={{k}}){after}"
    return Step(text, site.rank > 0, (site.rank > 0,), values=values)


@translates("dropout")
def _dropout(site: Site) -> Step:
    first = site.firsts[0]
    return Step("{m}({0})", first, (first,), Module("nn.Dropout", (site.get("rate"),), ("rate",)))


@translates("spatial_dropout")
def _spatial_dropout(site: Site) -> Step:
    return Step("{m}({0})", True, (True,), Module(f"nn.Dropout{site.rank}d", (site.get("rate"),), ("rate",)))


@translates("alpha_dropout")
def _alpha_dropout(site: Site) -> Step:
    first = site.firsts[0]
    return Step("{m}({0})", first, (first,), Module("nn.AlphaDropout", (site.get("rate"),), ("rate",)))


@translates("stochastic_depth")
def _stochastic_depth(site: Site) -> Step:
    first = site.firsts[0]
    return Step("{m}({0})", first, (first,), Module("StochasticDepth", (site.get("rate"),), ("rate",)))


@translates("gaussian_noise")
def _gaussian_noise(site: Site) -> Step:
    first = site.firsts[0]
    return Step("{m}({0})", first, (first,), Module("GaussianNoise", (site.get("stddev"),), ("stddev",)))


@translates("sampling")
def _sampling(site: Site) -> Step:
    first = site.firsts[0]
    return Step("{m}({0}, {1})", first, (first, first), Module("Sampling"))


@translates("activity_regularization")
def _nothing_to_compute(site: Site) -> Step:
    first = site.firsts[0]
    return Step("{0}", first, (first,))


@translates("rescale")
def _rescale(site: Site) -> Step:
    first = site.firsts[0]
    scale, offset = site.get("scale"), site.get("offset")
    if not isinstance(scale, (int, float)) or not isinstance(offset, (int, float)):
        raise Untranslatable("with a number for each channel has no counterpart that netspec knows")
    text = "{0}" + (" * {scale}" if scale != 1 else "") + (" + {offset}" if offset else "")
    return Step(text, first, (first,), values={"scale": scale, "offset": offset})


@translates("normalize")
def _normalize(site: Site) -> Step:
    if site.get("invert") or not _is_along_channels(site):
        raise Untranslatable("inverted, or along another axis than the channels, has no counterpart that netspec knows")
    first = site.firsts[0]
    mean, variance = (
        tuple(value) if isinstance(value, (tuple, list)) else (value,)
        for value in (site.get("mean"), site.get("variance"))
    )
    deviation = tuple(max(float(f"{math.sqrt(each):.12g}"), 1e-7) for each in variance)  # as Keras divides

    def arrays(w: Arrays) -> Arrays:
        import numpy as np

        shape = (-1, *(1,) * site.rank) if first else (-1,)
        return {
            name: np.array(values, "float32").reshape(shape)
            for name, values in (("mean", mean), ("deviation", deviation))
        }

    dims = site.rank if first else 0
    module = Module("Normalize", (mean, deviation), ("mean", "deviation"), {"dims": dims} if dims != 2 else {}, arrays)
    return Step("{m}({0})", first, (first,), module)
