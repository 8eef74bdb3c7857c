"""What changes shapes: the values stay in Keras's order, in which channels come last, unless a kind looks at channels."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.backends.torch.steps import Site, Step, Untranslatable, dim, known, single
from netspec.backends.torch.table import translates
from netspec.kinds.merge import resolve_axis
from netspec.kinds.shape import ChannelShuffle, Permute, Slice, Upsample
from netspec.kinds.window import match_rank
from netspec.kinds.windows import WindowPartition, WindowReverse
from netspec.shapes import Size


def _sizes(sizes: Sequence[Size]) -> str:
    """Sizes of a reshape, of which one may be open."""
    if sum(size is None for size in sizes) > 1:
        raise Untranslatable("leaves several sizes open")
    return ", ".join("-1" if size is None else str(size) for size in sizes)


def _reshaped(text: str, sizes: Sequence[Size], given: str = "{0}") -> str:
    batch = "-1" if None not in sizes else f"len({given})"
    return f"{text}.reshape({batch}, {_sizes(sizes)})" if sizes else f"{text}.reshape({batch})"


@translates("reshape")
def _reshape(site: Site) -> Step:
    return Step(_reshaped("{0}", site.out))


@translates("FoldSteps")
def _fold(site: Site) -> Step:
    return Step("{0}.flatten(0, 1)")


@translates("UnfoldSteps")
def _unfold(site: Site) -> Step:
    return Step("{0}.unflatten(0, {1}.shape[:2])", wants=(False, False))


@translates("permute")
def _permute(site: Site) -> Step:
    dims = ", ".join(map(str, (0, *site.of(Permute).dims)))
    return Step(f"{{0}}.permute({dims})")


@translates("slice")
def _slice(site: Site) -> Step:
    axis = dim(resolve_axis(site.of(Slice).axis, site.x), len(site.x), site.firsts[0])
    start, stop, step = site.get("start"), site.get("stop"), site.get("step")
    values = {"start": start, "stop": stop, "step": step}
    text = ("{start}" if start else "") + ":" + ("{stop}" if stop is not None else "")
    text = ":, " * axis + text + (":{step}" if step != 1 else "")
    return Step(f"{{0}}[{text}]", site.firsts[0], (site.firsts[0],), values=values)


@translates("channel_shuffle")
def _channel_shuffle(site: Site) -> Step:
    first = site.rank > 0
    groups = site.of(ChannelShuffle).groups
    if site.rank == 2:
        return Step("F.channel_shuffle({0}, {groups})", True, (True,), values={"groups": groups})
    axis = 1
    text = f"{{0}}.unflatten({axis}, ({{groups}}, -1)).transpose({axis}, {axis + 1}).flatten({axis}, {axis + 1})"
    return Step(text, first, (first,), values={"groups": groups})


@translates("upsample")
def _upsample(site: Site) -> Step:
    mode = site.get("interpolation")
    if mode not in ("nearest", "bilinear"):
        raise Untranslatable(f"with `interpolation: {mode}` computes other numbers in PyTorch")
    factors = single(match_rank("size", site.of(Upsample).size, site.rank))
    text = "F.interpolate({0}, scale_factor={factor}" + (', mode="bilinear")' if mode == "bilinear" else ")")
    return Step(text, True, (True,), values={"factor": factors})


@translates("resize")
def _resize(site: Site) -> Step:
    mode = site.get("interpolation")
    if mode not in ("nearest", "bilinear") or site.get("antialias"):
        raise Untranslatable("with an interpolation other than plain `bilinear` or `nearest` computes other numbers")
    if site.get("crop_to_aspect_ratio") or site.get("pad_to_aspect_ratio"):
        raise Untranslatable("that keeps the aspect ratio has no counterpart in PyTorch")
    word = "bilinear" if mode == "bilinear" else "nearest-exact"
    size = (site.get("height"), site.get("width"))
    return Step(f'F.interpolate({{0}}, size={{size}}, mode="{word}")', True, (True,), values={"size": size})


@translates("repeat_vector")
def _repeat_vector(site: Site) -> Step:
    return Step("{0}[:, None].expand(-1, {n}, -1)", values={"n": site.get("n")})


@translates("space_to_depth", "depth_to_space")
def _blocks_of_pixels(site: Site) -> Step:
    return Step(f"{site.config.spec_name}({{0}}, {{block}})", values={"block": site.get("block_size")})


@translates("window_partition")
def _window_partition(site: Site) -> Step:
    size = match_rank("size", site.of(WindowPartition).size, 2)
    return Step("window_partition({0}, {window})", values={"window": size})


@translates("window_reverse")
def _window_reverse(site: Site) -> Step:
    values = {
        "window": match_rank("size", site.of(WindowReverse).size, 2),
        "rows": known(site.out[0]),
        "columns": known(site.out[1]),
    }
    return Step("window_reverse({0}, {window}, {rows}, {columns})", values=values)
