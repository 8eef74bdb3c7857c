"""Dense layers, embeddings, and tensors that a network holds itself."""

from __future__ import annotations

from collections.abc import Callable

from netspec.backends.torch.activations import activated
from netspec.backends.torch.convolutions import with_bias
from netspec.backends.torch.steps import Arrays, Module, Site, Step, Untranslatable, known
from netspec.backends.torch.table import translates
from netspec.kinds.learned import Constant


@translates("dense")
def _dense(site: Site) -> Step:
    if site.config.spectral_norm:
        raise Untranslatable("with `spectral_norm` has no counterpart that computes the same")
    module = Module(
        "nn.Linear",
        (site.channels, site.get("units")),
        ("in_features", "out_features"),
        {} if site.get("use_bias") else {"bias": False},
        lambda w: with_bias(w, weight=w["kernel"].T),
    )
    return Step(activated(site.get("activation"), "{m}({0})", first=False), module=module)


@translates("flatten")
def _flatten(site: Site) -> Step:
    if site.firsts[0] and set(site.x[:-1]) == {1}:
        return Step("{0}.flatten(1)", wants=(True,))
    return Step("{0}.flatten(1)") if site.x else Step("{0}[:, None]")


@translates("embedding")
def _embedding(site: Site) -> Step:
    module = Module(
        "nn.Embedding",
        (site.get("input_dim"), site.get("output_dim")),
        ("tokens", "width"),
        arrays=lambda w: {"weight": w["embeddings"]},
    )
    (source,) = site.node.inputs
    whole = "" if "float" not in site.graph.nodes[source].dtype else ".long()"
    return Step(f"{{m}}({{0}}{whole})", module=module)


@translates("position_embedding")
def _position_embedding(site: Site) -> Step:
    length = site.get("max_length")
    sizes = site.x if length is None else (length, site.channels)
    cut = "" if length is None or length == site.x[0] else "[: {0}.shape[1]]"
    module = _parameter("nn.Parameter", sizes)
    return Step("{0} + {m}" + cut, module=module)


@translates("layer_scale")
def _layer_scale(site: Site) -> Step:
    module = _parameter("nn.Parameter", (site.channels,))
    if site.firsts[0]:
        return Step("{0} * {m}[:, " + ", ".join(["None"] * site.rank) + "]", True, (True,), module)
    return Step("{0} * {m}", module=module)


def _parameter(call: str, sizes: tuple[object, ...], arrays: Callable[[Arrays], Arrays] | None = None) -> Module:
    """A tensor of the module's own; without `arrays` it is the only weight of its layer."""
    tensor = Module("torch.zeros", sizes, ("width",) * len(sizes))
    return Module(call, (tensor,), ("tensor",), arrays=arrays or (lambda w: {"": next(iter(w.values()))}))


@translates("learned")
def _learned(site: Site) -> Step:
    return _for_each_example(site, _parameter("nn.Parameter", site.out))


@translates("constant")
def _constant(site: Site) -> Step:
    config = site.of(Constant)
    sizes = tuple(known(size) for size in site.out)

    def numbers(arrays: Arrays) -> Arrays:
        import numpy as np

        values = np.array(config.value, "float32")
        return {"": values.reshape(sizes) if values.ndim else np.full(sizes, values)}

    return _for_each_example(site, _parameter("nn.Buffer", site.out, numbers))


def _for_each_example(site: Site, module: Module) -> Step:
    """A tensor, stretched over the batch of what says how many examples there are."""
    free = ", ".join(["-1"] * len(site.out))
    return Step(f"{{m}}.expand(len({{0}}), {free})", wants=(site.firsts[0],), module=module)
