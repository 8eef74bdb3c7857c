"""A difference for people: a line for each thing that matters, then what it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from netspec.comparison.data import OwnWeights, tensors_of, totals_of, weights_of
from netspec.comparison.differences import Difference
from netspec.comparison.summary import Line, lines_of
from netspec.diagnostics.words import listing, printable, short, short_bytes
from netspec.shapes import show_shape

MOST_LINES = 60  # of what is another; nobody reads more
MOST_KINDS = 4  # of weights that are named one by one
MUCH = 9  # times what it was: more is said as a factor, not in per cent
TOTALS = {"parameters": "parameters", "macs": "MACs", "activation_bytes": "activations"}


def headline(difference: Difference, a: str, b: str) -> str:
    """Whether they are the same, in a line."""
    counts = len(difference.first.nodes), len(difference.second.nodes)
    if difference.same:
        return f"{printable(a)} and {printable(b)}: the same network, {counts[1]:,} nodes{_otherwise(difference)}"
    nodes = f"{counts[0]:,} -> {counts[1]:,}" if counts[0] != counts[1] else f"{counts[1]:,}"
    return f"{printable(a)} -> {printable(b)}: {nodes} nodes"


def _otherwise(difference: Difference) -> str:
    renamed = len(difference.renamed_by_somebody)
    spelled = sum(not change.is_one for change in difference.changes.values())
    parts = []
    if renamed:
        parts.append(f"{renamed:,} ha{'ve other names' if renamed > 1 else 's another name'}")
    if spelled:
        parts.append(f"{spelled:,} sa{'y' if spelled > 1 else 'ys'} the same in other words")
    return f"; {' and '.join(parts)}" if parts else ""


def changes_of(difference: Difference) -> list[Line]:
    """What is another, cut off where it is too long to be read."""
    lines = lines_of(difference)
    if len(lines) <= MOST_LINES:
        return lines
    left = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], Line("…", f"{left:,} more, which `--format json` has")]


def facts(difference: Difference, *, renames: bool = False) -> Iterator[tuple[str, str]]:
    """What it comes to, each fact under its word."""
    others = [change for change in difference.changes.values() if "shape" in change.fields]
    if others and not difference.has_little_in_common:
        first = others[0]
        was, now = difference.first.nodes[first.one], difference.second.nodes[first.other]
        among = f"{len(others):,} of {len(difference.pairs):,} nodes"
        yield "shapes", f"{among}, the first `{now.path}`: {show_shape(was.shape)} -> {show_shape(now.shape)}"
    yield from _totals(difference)
    yield from _weights(difference)
    if renames:
        yield from names(difference)
    elif difference.renamed_by_somebody:
        count = len(difference.renamed_by_somebody)
        yield "names", f"{count:,} node{'s have other names' if count > 1 else ' has another name'} (`--renames`)"


def names(difference: Difference) -> Iterator[tuple[str, str]]:
    """The nodes that have other names."""
    for was, now in difference.renamed.items():
        yield "names", f"`{was}` is now `{now}`"


def _totals(difference: Difference) -> Iterator[tuple[str, str]]:
    for name, (was, now) in totals_of(difference).items():
        if name not in TOTALS:
            continue
        one, other = (_amount(name, value) for value in (was, now))
        if was == now:
            yield TOTALS[name], f"{one}, as before"
            continue
        if one == other:
            unit = " B" if name == "activation_bytes" else ""
            one, other = f"{was:,}{unit}", f"{now:,}{unit}"
        change = f" ({_percent(now / was - 1)})" if was and now is not None else ""
        yield TOTALS[name], f"{one} -> {other}{change}"


def _amount(name: str, value: int | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:,}" if name == "parameters" else short_bytes(value) if name == "activation_bytes" else short(value)


def _percent(share: float) -> str:
    if share >= MUCH:
        return f"x {1 + share:,.0f}"
    return f"{100 * share:+.1f} %" if abs(share) >= 0.001 else f"{100 * share:+.1g} %"


def _weights(difference: Difference) -> Iterator[tuple[str, str]]:
    found = weights_of(difference)
    every = sum(sum(node.weights) for node in difference.second.nodes if node.share is None)
    if not every:
        return
    kept = found["carried_parameters"]
    tensors, new = tensors_of(found)
    if not new:
        yield "weights", "all carry over"
    elif not kept:
        yield "weights", "none carries over"
    else:
        share = 100 * kept / every
        shown = f"{share:.1f} %" if 0.05 < share < 99.95 else "less than 0.1 %" if share < 50 else "more than 99.9 %"
        amount = f"{kept:,} of {every:,} parameters, {tensors:,} of {tensors + new:,} tensors"
        yield "weights", f"{shown} carry over: {amount}"
        if not difference.has_little_in_common:  # else nearly all is new
            yield "", f"new: {_own(difference, found['new'])}"
    if difference.used_otherwise:
        yield "", f"carried over and used differently: {_used(difference)}"


def _own(difference: Difference, found: Sequence[OwnWeights]) -> str:
    words = {node.path: word for node, word in zip(difference.second.nodes, difference.written[1].words, strict=True)}
    describer = difference.describers[1]
    counts = {node.path: len(describer.weights(node)) for node in difference.second.nodes}
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in found:
        whole = len(each["weights"]) == counts[each["node"]]
        parts = "all" if whole and len(each["weights"]) > 2 else listing(each["weights"], quote=False)
        groups[words[each["node"]], parts].append(each["node"])
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    some = [f"{names} of {_some(word, nodes)}" for (word, names), nodes in ordered[:MOST_KINDS]]
    more = len(groups) - MOST_KINDS
    return "; ".join(some) + (f"; and of {more} more kind{'s' if more > 1 else ''}" if more > 0 else "")


def _some(word: str, names: Sequence[str]) -> str:
    """Nodes of a kind by their number; one by its name."""
    return f"`{names[0]}`" if len(names) == 1 else f"{len(names):,} {word}"


def _used(difference: Difference) -> str:
    words = difference.written[1].words
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for index, why in difference.used_otherwise.items():
        groups[words[index], listing(why, quote=False)].append(difference.second.nodes[index].path)
    some = [f"{_some(word, names)} ({why})" for (word, why), names in list(groups.items())[:MOST_KINDS]]
    more = len(groups) - MOST_KINDS
    return ", ".join(some) + (f" and {more} more" if more > 0 else "")


def as_text(difference: Difference, a: str, b: str, *, renames: bool = False) -> str:
    """All of it."""
    lines = [headline(difference, a, b)]
    lines += [f"  {line.sign} {printable(line.text)}" for line in changes_of(difference)]
    found = [*facts(difference, renames=renames)] if not difference.same else [*names(difference)] if renames else []
    width = max((len(word) for word, _ in found), default=0)
    lines += [f"  {word:<{width}}  {printable(text)}" for word, text in found]
    return "\n".join(lines) + "\n"
