"""Several tensors as one."""

from __future__ import annotations

from netspec.backends.torch.steps import Site, Step, Untranslatable, dim
from netspec.backends.torch.table import translates
from netspec.kinds.merge import Arithmetic, Concat, resolve_axis
from netspec.kinds.tensors import Stack

_SIGNS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "equal": "==",
    "not_equal": "!=",
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
}


def _aligned(site: Site) -> tuple[bool, list[str]]:
    """In which layout inputs of several ranks are merged, and what each is then: new axes stand after the batch."""
    ranks = [len(shape) for shape in site.shapes]
    most = max(ranks)
    if all(rank in (most, 1) for rank in ranks):
        first = any(site.firsts)
        # A vector is one of channels.
        axes = ["None"] * (most - 1)
        index = ", ".join([":", ":", *axes] if first else [":", *axes])
    else:
        first = False
        index = ""
    texts = []
    for number, rank in enumerate(ranks):
        missing = most - rank
        own = index or ", ".join([":", *["None"] * missing])
        texts.append(f"{{{number}}}[{own}]" if missing else f"{{{number}}}")
    return first, texts


def _wants(site: Site, first: bool) -> tuple[bool, ...]:
    return tuple(first and len(shape) > 1 for shape in site.shapes)


@translates(*_SIGNS)
def _arithmetic(site: Site) -> Step:
    sign = _SIGNS[site.config.spec_name]
    if site.get("value") is not None:
        first = site.firsts[0]
        return Step(f"{{0}} {sign} {{value}}", first, (first,), values={"value": site.of(Arithmetic).constant()})
    first, texts = _aligned(site)
    return Step(f" {sign} ".join(texts), first, _wants(site, first))


@translates("maximum", "minimum")
def _extreme(site: Site) -> Step:
    word = site.config.spec_name
    if site.get("value") is not None:
        first = site.firsts[0]
        bound = "min" if word == "maximum" else "max"
        return Step(f"{{0}}.clamp({bound}={{value}})", first, (first,), values={"value": site.get("value")})
    first, texts = _aligned(site)
    text = texts[0]
    for other in texts[1:]:
        text = f"torch.{word}({text}, {other})"
    return Step(text, first, _wants(site, first))


@translates("average")
def _average(site: Site) -> Step:
    first, texts = _aligned(site)
    return Step(f"({' + '.join(texts)}) / {len(texts)}", first, _wants(site, first))


@translates("concat")
def _concat(site: Site) -> Step:
    first = any(site.firsts)
    axis = dim(resolve_axis(site.of(Concat).axis, site.x), len(site.x), first)
    texts = ", ".join(f"{{{number}}}" for number in range(len(site.shapes)))
    return Step(f"torch.cat([{texts}], dim={{dim}})", first, _wants(site, first), values={"dim": axis})


@translates("stack")
def _stack(site: Site) -> Step:
    axis = resolve_axis(site.of(Stack).axis, (*site.x, None)) + 1
    texts = ", ".join(f"{{{number}}}" for number in range(len(site.shapes)))
    return Step(f"torch.stack([{texts}], dim={{dim}})", wants=(False,) * len(site.shapes), values={"dim": axis})


@translates("where")
def _where(site: Site) -> Step:
    first, texts = _aligned(site)
    return Step(f"torch.where({texts[0]} != 0, {texts[1]}, {texts[2]})", first, _wants(site, first))


@translates("matmul")
def _matmul(site: Site) -> Step:
    a, b = (len(shape) for shape in site.shapes)
    texts = []
    for number, (rank, turned) in enumerate(((a, site.get("transpose_a")), (b, site.get("transpose_b")))):
        missing = max(a, b) - rank
        text = f"{{{number}}}" + ("[" + ", ".join([":", *["None"] * missing]) + "]" if missing else "")
        texts.append(f"{text}.transpose(-2, -1)" if turned else text)
    return Step(" @ ".join(texts), wants=(False, False))


@translates("dot")
def _dot(site: Site) -> Step:
    if [len(shape) for shape in site.shapes] != [1, 1]:
        raise Untranslatable("of more than vectors has no counterpart that netspec knows")
    if site.get("normalize"):
        return Step("F.cosine_similarity({0}, {1})[:, None]", wants=(False, False))
    return Step("({0} * {1}).sum(1, keepdim=True)", wants=(False, False))
