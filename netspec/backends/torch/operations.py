"""Functions of each number, and operations along axes."""

from __future__ import annotations

from netspec.backends.torch.steps import Module, Name, Site, Step, Untranslatable, dim, single
from netspec.backends.torch.table import translates
from netspec.kinds.merge import resolve_axes, resolve_axis
from netspec.kinds.operations import Cumsum, Gather, Reduce, Roll

_FUNCTIONS = {
    "absolute": "abs",
    "negative": "neg",
    "sign": "sign",
    "round": "round",
    "floor": "floor",
    "square": "square",
    "sqrt": "sqrt",
    "log": "log",
    "sin": "sin",
    "cos": "cos",
}
_REDUCED = {"mean": "mean", "sum": "sum", "max": "amax", "min": "amin"}


@translates(*_FUNCTIONS)
def _function(site: Site) -> Step:
    first = site.firsts[0]
    return Step(f"torch.{_FUNCTIONS[site.config.spec_name]}({{0}})", first, (first,))


@translates("clip")
def _clip(site: Site) -> Step:
    first = site.firsts[0]
    values = {"least": site.get("min"), "most": site.get("max")}
    return Step("{0}.clamp({least}, {most})", first, (first,), values=values)


@translates("cast")
def _cast(site: Site) -> Step:
    first = site.firsts[0]
    to = str(site.get("to"))
    if to in ("uint16", "uint32"):
        raise Untranslatable(f"to {to} has no counterpart in PyTorch")
    if to in ("float16", "bfloat16"):
        raise Untranslatable(
            f"to {to} has no counterpart: layers of PyTorch do not turn it back to float32, as Keras's do"
        )
    return Step(f"{{0}}.to(torch.{to})", first, (first,))


@translates("one_hot")
def _one_hot(site: Site) -> Step:
    # A class more before and behind, for numbers that are none, at which PyTorch fails; then both are taken away.
    text = "F.one_hot({0}.long().clamp(-1, {classes}) + 1, {classes} + 2)[..., 1:-1].float()"
    return Step(text, values={"classes": site.get("classes")})


@translates("reduce")
def _reduce(site: Site) -> Step:
    first = site.firsts[0]
    if not site.x:  # of each example it is one number already
        return Step({"l2": "{0}.abs()", "variance": "{0} - {0}"}.get(site.of(Reduce).type, "{0}"))
    said = site.of(Reduce).axis
    axes = list(range(len(site.x))) if said is None else resolve_axes(said, site.x)
    keep = ", keepdim=True" if site.get("keepdims") else ""
    # Without its channels, or with no positions left, there is no layout in which they come first.
    stays = bool(keep) and first
    where = single([dim(axis, len(site.x), first) for axis in sorted(axes)])
    kind = site.of(Reduce).type
    if kind in _REDUCED:
        text = f"{{0}}.{_REDUCED[kind]}({{dims}}{keep})"
    elif kind == "variance":
        text = f"{{0}}.var({{dims}}, correction=0{keep})"
    elif kind == "l2":
        text = f"torch.linalg.vector_norm({{0}}, dim={{dims}}{keep})"
    else:
        raise Untranslatable(f"with `type: {kind}` has no counterpart that netspec knows")
    if not keep and first and len(site.out) > 1:
        first = False
        where = single([axis + 1 for axis in sorted(axes)])
    return Step(text, stays, (first,), values={"dims": where})


@translates("cumsum")
def _cumsum(site: Site) -> Step:
    first = site.firsts[0]
    axis = dim(resolve_axis(site.of(Cumsum).axis, site.x), len(site.x), first)
    return Step("{0}.cumsum({dim})", first, (first,), values={"dim": axis})


@translates("roll")
def _roll(site: Site) -> Step:
    first = site.firsts[0]
    axes = single([dim(axis, len(site.x), first) for axis in resolve_axes(site.of(Roll).axis, site.x)])
    shift = site.of(Roll).shift
    if isinstance(axes, int) and not isinstance(shift, int):
        (shift,) = shift
    return Step("{0}.roll({shift}, {dims})", first, (first,), values={"shift": shift, "dims": axes})


@translates("gather")
def _gather(site: Site) -> Step:
    config = site.of(Gather)
    indices = config.indices
    if indices is None:
        raise Untranslatable("of places that another node says has no counterpart that netspec knows")
    first = site.firsts[0]
    axis = dim(resolve_axis(config.axis, site.x), len(site.x), first)
    size = site.x[resolve_axis(config.axis, site.x)]
    places = tuple(index + (size or 0) if index < 0 else index for index in indices)

    def arrays(weights: object) -> dict[str, object]:
        import numpy as np

        return {"": np.array(places, "int64")}

    zeros = Module("torch.zeros", (len(places),), ("places",), {"dtype": Name("torch.long")})
    module = Module("nn.Buffer", (zeros,), ("places",), arrays=arrays)  # type: ignore[arg-type]
    return Step("{0}.index_select({dim}, {m})", first, (first,), module, {"dim": axis})


@translates("top_k")
def _top_k(site: Site) -> Step:
    return Step("{0}.topk({k})", values={"k": site.get("k")}, targets="{0}, {1}")
