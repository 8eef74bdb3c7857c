"""Specs of the zoo, broken on purpose: one edit each, in the ways in which people break shapes.

Every way is a generator of edits, found in the graph of the sound spec and made in its text; what does not break the spec in the
way it is meant to is left out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from netspec.diagnostics.problems import Candidate, Edit, Fix
from netspec.fixes.candidates import Search
from netspec.fixes.candidates.search import largest_stride
from netspec.graph.model import Node
from netspec.kinds.window import Windowed
from netspec.pipeline import Spec, check_text
from netspec.syntax.edits import apply
from netspec.syntax.tree import Sequence, span_of

SPECS = Path(__file__).parent.parent.parent / "specs"


class Broken(NamedTuple):
    """A spec that was sound before one edit."""

    spec: str
    way: str
    title: str
    text: str
    code: str


Way = Callable[[Search], Iterator[Candidate | None]]


def _windows(search: Search) -> Iterator[tuple[Node, Windowed]]:
    used = search.graph.used()
    for index, node in enumerate(search.graph.nodes):
        if index in used and isinstance(node.config, Windowed) and search.own(node) is not None:
            yield node, node.config


def does_not_tile(search: Search) -> Iterator[Candidate | None]:
    """Another stride, without a word on what is left."""
    for node, config in _windows(search):
        for stride in (2, 3, 4):
            if stride != largest_stride(node) and config.padding != "same":
                yield search.change_here(node, strides=stride, rounding="exact")
        if config.rounding != "exact":
            yield search.change_here(node, rounding="exact")


def too_large(search: Search) -> Iterator[Candidate | None]:
    """A window that its input has no room for."""
    for node, config in _windows(search):
        before = search.graph.nodes[node.inputs[0]].shape
        if config.window_option() in config.options and before and before[0] is not None:
            yield search.change_here(node, **{config.window_option(): 2 * before[0] + 1}, padding="valid")


def sizes_differ(search: Search) -> Iterator[Candidate | None]:
    """A stride or a padding on one of the ways into a merge."""
    for _, way in _ways(search):
        for node in way:
            if isinstance(node.config, Windowed):
                if largest_stride(node) == 1:
                    yield search.change_here(node, strides=2, rounding="floor")
                if node.config.padding != "valid":
                    yield search.change_here(node, padding="valid")


def channels_differ(search: Search) -> Iterator[Candidate | None]:
    """Another width on one of the ways into a sum."""
    for word, way in _ways(search):
        if word != "concat":
            for node in way:
                if node.config is not None and "filters" in node.config.options and node.shape:
                    yield search.change_here(node, filters=(node.shape[-1] or 8) + 8)


def groups_do_not_divide(search: Search) -> Iterator[Candidate | None]:
    """A number of groups that the channels are not a multiple of."""
    for node, config in _windows(search):
        before = search.graph.nodes[node.inputs[0]].shape
        if "groups" in config.options and before and before[-1]:
            yield search.change_here(node, groups=next(n for n in range(3, 99) if before[-1] % n))
    for node in search.graph.nodes:
        if node.kind_name == "channel_shuffle" and node.shape and node.shape[-1]:
            yield search.change_here(node, groups=next(n for n in range(3, 99) if node.shape[-1] % n))


def reshape_does_not_fit(search: Search) -> Iterator[Candidate | None]:
    """A reshape with a size too many, in the place of a flatten or before the last layer."""
    for node in search.graph.nodes:
        step = search.own(node)
        if node.kind_name in ("flatten", "global_pool") and step is not None and node.shape and node.shape[-1]:
            edit = search.places.after(step, f"reshape: [{node.shape[-1] + 1}]")
            yield None if edit is None else Candidate((edit,), "reshape")


def flatten_of_unknown_size(search: Search) -> Iterator[Candidate | None]:
    """Images of any size before a dense layer that needs one."""
    flattened = [search.own(node) for node in search.graph.nodes if node.kind_name in ("flatten", "global_pool")]
    shape = search.document.inputs[0].shape.tree
    if not isinstance(shape, Sequence):
        return
    unknown = tuple(Edit(span_of(item), "null") for item in shape.items[:-1])
    for step in flattened:
        if step is None:
            continue
        if step.kind_name == "flatten":
            yield Candidate(unknown, "unknown input")
        elif step.tree is None:
            yield Candidate((*unknown, Edit(step.span, "flatten")), "flatten of an unknown input")


def _ways(search: Search) -> Iterator[tuple[str, list[Node]]]:
    used = search.graph.used()
    for index, node in enumerate(search.graph.nodes):
        if index in used and len(node.inputs) > 1 and node.config is not None:
            for way in search.ways(index):
                yield node.config.spec_name, way


WAYS: dict[str, tuple[str, Way]] = {
    "does not tile": ("NS401", does_not_tile),
    "window too large": ("NS402", too_large),
    "merge sizes differ": ("NS403", sizes_differ),
    "merge channels differ": ("NS403", channels_differ),
    "groups do not divide": ("NS405 NS209", groups_do_not_divide),
    "reshape does not fit": ("NS406", reshape_does_not_fit),
    "flatten of unknown size": ("NS407", flatten_of_unknown_size),
}


def corpus(each: int, seed: int = 0, names: str = "*") -> Iterator[Broken]:
    """Up to so many breakages of every spec, or of those whose names match, in every way, at random."""
    rng = random.Random(seed)
    for path in sorted(SPECS.glob(f"{names}.yaml")):
        text = path.read_text(encoding="utf-8")
        spec = check_text(text, path.name, repairs=False)
        assert spec.document is not None
        assert spec.graph is not None
        search = Search(spec.document, spec.graph, None)
        for way, (codes, edits) in WAYS.items():
            found = {each.edits: each for each in edits(search) if each is not None}
            fixes = list(found.values())
            rng.shuffle(fixes)
            kept = 0
            for fix in fixes:
                if kept == each:
                    break
                broken = apply(text, fix.edits)
                code = breaks(broken, path.name, codes)
                if code is not None:
                    kept += 1
                    yield Broken(path.stem, way, fix.title, broken, code)


def breaks(text: str, name: str, codes: str) -> str | None:
    """The code of the first problem, where all are of the kind that was meant."""
    found = [problem.code for problem in check_text(text, name, repairs=False).problems if problem.is_error]
    return found[0] if found and found[0] in codes else None


def mended(broken: Broken) -> tuple[Spec, list[Fix]]:
    """The broken spec with its proven repairs, and those of them after which nothing is wrong."""
    spec = check_text(broken.text, f"{broken.spec}.yaml")
    fixes = [fix for problem in spec.problems if problem.is_error for fix in problem.fixes]
    whole = []
    for fix in fixes:
        after = check_text(apply(broken.text, fix.edits), spec.path, repairs=False)
        if after.ok:
            whole.append(fix)
    return spec, whole
