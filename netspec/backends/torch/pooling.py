"""Pools. Padding never counts: it is minus infinity for a maximum, and left out of a mean."""

from __future__ import annotations

from netspec.backends.torch.convolutions import is_even, last_first, padding_of
from netspec.backends.torch.steps import Site, Step, Untranslatable, single
from netspec.backends.torch.table import translates
from netspec.kinds.pooling import TINY, AdaptivePool, Pool
from netspec.kinds.window import match_rank


@translates("pool")
def _pool(site: Site) -> Step:
    config = site.of(Pool)
    size = match_rank("pool_size", config.pool_size, site.rank)
    strides = match_rank("strides", config.window_strides(), site.rank)
    pairs = padding_of(site)
    padded = any(map(any, pairs))
    inside = is_even(pairs) and all(2 * before <= window for (before, _), window in zip(pairs, size, strict=True))
    values: dict[str, object] = {"size": single(size)}
    rest = ", {size}"
    if strides != size:
        values["stride"] = single(strides)
        rest += ", stride={stride}"
    if padded and inside:
        values["padding"] = single([before for before, _ in pairs])
        rest += ", padding={padding}"
    elif padded:
        values["pad"] = last_first(pairs)
    if config.type == "max":
        given = "{0}" if inside or not padded else 'F.pad({0}, {pad}, value=float("-inf"))'
        text = f"F.max_pool{site.rank}d({given}{rest})"
    else:
        text = _mean(site.rank, "{0} ** 2" if config.type == "l2" else "{0}", rest, padded, inside)
    if config.type == "l2":
        text = f"{text}.clamp(min={TINY}).sqrt()"
    return Step(text, True, (True,), values=values)


def _mean(rank: int, given: str, rest: str, padded: bool, inside: bool) -> str:
    function = f"F.avg_pool{rank}d"
    if not padded:
        return f"{function}({given}{rest})"
    if inside:
        return f"{function}({given}{rest}, count_include_pad=False)"
    sizes = rest.replace("stride=", "")
    return f"mean_inside({function}, {given}, {{pad}}{sizes})"


@translates("global_pool")
def _global_pool(site: Site) -> Step:
    first = site.firsts[0]
    dims = single([2 + axis if first else 1 + axis for axis in range(site.rank)])
    keep = ", keepdim=True" if site.get("keepdims") else ""
    text = "{0}.mean({dims}" if site.get("type") == "avg" else "{0}.amax({dims}"
    return Step(f"{text}{keep})", first and bool(keep), (first,), values={"dims": dims})


@translates("adaptive_pool")
def _adaptive_pool(site: Site) -> Step:
    sizes = match_rank("output_size", site.of(AdaptivePool).output_size, site.rank)
    if None in site.x[:-1]:
        raise Untranslatable("needs to know the size of its input")
    word = "avg" if site.get("type") == "avg" else "max"
    return Step(f"F.adaptive_{word}_pool{site.rank}d({{0}}, {{size}})", True, (True,), values={"size": single(sizes)})
