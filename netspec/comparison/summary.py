"""What matters of a difference, in few lines: what changed everywhere is said once, what is new by blocks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netspec.comparison.blocks import told
from netspec.comparison.data import tensors_of, weights_of
from netspec.comparison.describing import Plain
from netspec.comparison.differences import Change, Difference
from netspec.comparison.items import INPUT, base_of
from netspec.comparison.sections import MISSING, Missing, Pair
from netspec.comparison.units import Unit, units
from netspec.diagnostics.words import printable, short
from netspec.shapes import show_shape

MOST_VALUES = 4  # of one hyperparameter that are written out
FEW = 2  # that are told one by one
MOST_PLACES = 3  # patterns of paths that have a line each
LONGEST = 60  # letters of a value


class Line(NamedTuple):
    """One thing that is another: `+` is new, `-` gone, `~` changed; `=` is what is not. What stands in backquotes is a name."""

    sign: str
    text: str


def lines_of(difference: Difference) -> list[Line]:
    """What is another in the network, the most general first."""
    found = [*_interface(difference)]
    if difference.has_little_in_common:
        found.insert(0, Line("=", _in_common(difference)))
        one, other = difference.written
        found += [Line("+", text) for text in told(other, set(difference.added))]
        found += [Line("-", text) for text in told(one, set(difference.removed))]
    else:
        added, removed = units(difference)
        found += _grown(added, removed)
        found += [Line("+", _unit(group)) for group in _grouped(added)]
        found += [Line("-", _unit(group)) for group in _grouped(removed)]
    found += [Line("~", text) for text in _kinds(difference)]
    found += [Line("~", text) for text in _options(difference)]
    if not difference.has_little_in_common:  # else all that is left reads something else
        found += [Line("~", text) for text in _wiring(difference)]
    return [*found, *_sections(difference)]


def _in_common(difference: Difference) -> str:
    """How much has a counterpart."""
    carried, new = tensors_of(weights_of(difference))
    tensors = f", {carried:,} of {carried + new:,} tensors of weights" if carried + new else ""
    nodes = f"{len(difference.pairs):,} of {len(difference.second.nodes):,} nodes"
    return f"little in common; with a counterpart: {nodes}{tensors}"


def _sections(difference: Difference) -> Iterator[Line]:
    """What differs beside the layers, a few keys a line; of what only one has, what it says."""
    for section, keys in difference.sections.items():
        sign = "~"
        texts = [_option(key, [pair]) for key, pair in keys.items()]
        for side, its_sign in ((0, "+"), (1, "-")):
            if getattr((difference.first, difference.second)[side], section) is None:
                sign, texts = its_sign, [f"{key} {shown(pair[1 - side])}" for key, pair in keys.items()]
        for start in range(0, len(texts), MOST_VALUES):
            yield Line(sign, f"`{section}`: {', '.join(texts[start : start + MOST_VALUES])}")


# --- inputs and outputs -----------------------------------------------------------------------------------------------------


def _interface(difference: Difference) -> Iterator[Line]:
    if difference.inputs is not None:
        was, now = ([f"`{name}`" for name in names] for names in difference.inputs)
        yield Line("~", f"inputs: {', '.join(was)} -> {', '.join(now)}")
    for change in difference.changes.values():
        if difference.second.nodes[change.other].is_input:
            node, before = difference.second.nodes[change.other], difference.first.nodes[change.one]
            shapes = [show_shape(each.shape) for each in (before, node)]
            shapes = (
                [f"{shape} of {each.dtype}" for shape, each in zip(shapes, (before, node), strict=True)]
                if ("dtype" in change.fields)
                else shapes
            )
            if change.fields:
                yield Line("~", f"input `{node.path}`: {shapes[0]} -> {shapes[1]}")
    if difference.outputs is not None:
        texts = [
            ", ".join(f"`{name}`" if name == path else f"`{name}` ({path})" for name, path in names.items())
            for names in difference.outputs
        ]
        if texts[0] != texts[1]:  # else a new node has an old one's name, which is said
            yield Line("~", f"outputs: {texts[0]} -> {texts[1]}")


# --- nodes that are new or gone ---------------------------------------------------------------------------------------------


def _grown(added: list[Unit], removed: list[Unit]) -> Iterator[Line]:
    """Repetitions that are more or fewer now; their units are taken out of the lists."""
    for sign, these in (("+", added), ("-", removed)):
        runs: dict[tuple[str, str], list[Unit]] = defaultdict(list)
        for unit in these:
            if unit.is_repeated and unit.among != unit.others and unit.others:
                runs[unit.outer, unit.base].append(unit)
        for (outer, base), found in runs.items():
            was, now = found[0].others, found[0].among
            if sign == "-":
                was, now = now, was
            nodes, parameters = (sum(getattr(unit, name) for unit in found) for name in ("nodes", "parameters"))
            place = f"`{outer}`: " if outer else ""
            yield Line("~", f"{place}{base} x {was} -> x {now} ({_amount(nodes, parameters, sign)})")
            for unit in found:
                these.remove(unit)


def _amount(nodes: int, parameters: int, sign: str = "") -> str:
    text = f"{sign}{nodes:,} node{'s' * (nodes != 1)}"
    return f"{text}, {sign}{short(parameters)} parameters" if parameters else text


def _grouped(found: Sequence[Unit]) -> list[list[Unit]]:
    """Units that are alike, and stand equally deep."""
    groups: dict[object, list[Unit]] = defaultdict(list)
    for unit in found:
        groups[unit.outer.count("."), bool(unit.outer), unit.base, unit.words].append(unit)
    parts = [
        part for group in groups.values() for part in ([group] if len(group) > FEW else [[each] for each in group])
    ]
    order = {unit.path: place for place, unit in enumerate(found)}
    return sorted(parts, key=lambda part: order[part[0].path])


def _unit(group: list[Unit]) -> str:
    unit = group[0]
    parameters = sum(each.parameters for each in group)
    if len(group) == 1:
        if not unit.is_node:
            return f"`{unit.path}`: {_amount(unit.nodes, parameters)}"
        behind = f" after `{unit.after}`" if unit.after else ""
        size = f", {short(parameters)} parameters" if parameters else ""
        return f"`{unit.path}`: {unit.kind}{behind}, {unit.shape}{size}"
    place = pattern([each.path for each in group])
    size = f", {short(parameters)} parameters together" if parameters else ""
    if unit.is_node:
        return f"{len(group)} {unit.kind}: {place}{size}"
    return f"{len(group)} {unit.base}: {place}, {_amount(unit.nodes, 0)} each{size}"


# --- nodes that both have ---------------------------------------------------------------------------------------------------


def _kinds(difference: Difference) -> Iterator[str]:
    """Kinds that stand in the place of others."""
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in difference.changes.values():
        if change.kind is not None:
            groups[change.kind].append(change)
    every = Counter(difference.first.nodes[one].kind_name for one in difference.pairs.values())
    for (was, now), changes in groups.items():
        paths = [difference.first.nodes[change.one].path for change in changes]
        yield f"{_which(was, paths, every[was])} -> {now}"


def _options(difference: Difference) -> Iterator[str]:
    """Hyperparameters: what is another in all nodes of a kind first, then by where they stand."""
    words = difference.written[1].words
    every = Counter(words[other] for other in difference.pairs)
    found: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in difference.changes.values():
        if words[change.other] != INPUT:
            for name in _changed(change):
                found[words[change.other], name].append(change)
    whole: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    by_place: dict[tuple[str, tuple[int, ...]], list[str]] = defaultdict(list)
    known = {change.other: change for change in difference.changes.values()}
    for (word, name), changes in found.items():
        nodes = tuple(change.other for change in changes)
        groups = _by_place(difference, changes)
        if len(nodes) > 1 and (len(nodes) == every[word] or len(groups) > MOST_PLACES):
            whole[word, nodes].append(name)
            continue
        for group in groups:
            by_place[word, tuple(change.other for change in group)].append(name)
    for (word, nodes), names in [*whole.items(), *by_place.items()]:
        changes = [known[node] for node in nodes]
        texts = [_option(name, [_value(difference, change, name) for change in changes]) for name in names]
        paths = [difference.second.nodes[node].path for node in nodes]
        yield f"{_which(word, paths, every[word])}: {', '.join(texts)}"


def _changed(change: Change) -> Iterator[str]:
    """The hyperparameters of a node that are others, and what else was said at it; of another kind, those that both have."""
    for name, pair in change.options.items():
        if change.kind is None or MISSING not in pair:
            yield name
    yield from (name for name in ("trainable", "share") if name in change.fields)


def _value(difference: Difference, change: Change, name: str) -> Pair:
    """A hyperparameter's values; what a kind's name says instead, such as the window of a `1x1`, is asked of the kind."""
    pair = change.options.get(name) or change.fields[name]
    configs = difference.first.nodes[change.one].config, difference.second.nodes[change.other].config
    one, other = (
        getattr(config, name, None) if isinstance(value, Missing) else value
        for config, value in zip(configs, pair, strict=True)
    )
    return one, other


def _by_place(difference: Difference, changes: Sequence[Change]) -> list[list[Change]]:
    groups: dict[object, list[Change]] = defaultdict(list)
    for change in changes:
        *outer, name = difference.second.nodes[change.other].path.split(".")
        groups[len(outer), name if outer else base_of(name)].append(change)
    return list(groups.values())


def _which(word: str, paths: Sequence[str], every: int) -> str:
    """Some nodes of a kind: one by its path, all by their number, others by a pattern of their paths."""
    if len(paths) == 1:
        return f"{word} `{paths[0]}`"
    if len(paths) == every:
        return f"both {word}" if every == 2 else f"all {every:,} {word}"
    return f"{len(paths):,} of {every:,} {word} ({pattern(paths)})"


def _option(name: str, pairs: Sequence[Pair]) -> str:
    """A hyperparameter's values before and after, in one or several nodes."""
    counts = Counter(f"{shown(was)} -> {shown(now)}" for was, now in pairs)
    if len(counts) == 1:
        return f"{name} {next(iter(counts))}"
    factor = _factor(pairs)
    if factor and len(counts) > MOST_VALUES // 2:
        first, *_, last = counts
        return f"{name} x {factor:.3g} ({first} to {last})"
    some = [f"{text} ({count})" for text, count in list(counts.items())[:MOST_VALUES]]
    return f"{name} {', '.join(some)}{', …' * (len(counts) > MOST_VALUES)}"


def _factor(pairs: Iterable[Pair]) -> float:
    """The number that all values were multiplied by; 0 if there is none."""
    factors = set()
    for was, now in pairs:
        if type(was) not in (int, float) or type(now) not in (int, float) or not was:
            return 0.0
        factors.add(round(now / was, 6))  # type: ignore[operator]  # both are numbers
    return factors.pop() if len(factors) == 1 else 0.0


def _wiring(difference: Difference) -> Iterator[str]:
    """What nodes read, where that does not follow from those that came or went."""
    groups: dict[object, list[Change]] = defaultdict(list)
    for change in difference.changes.values():
        if change.inputs is not None and not difference.is_led_around(change.other):
            path = difference.second.nodes[change.other].path
            groups[tuple(map(base_of, path.split(".")))].append(change)
    for changes in groups.values():
        for change in changes[: 1 if len(changes) > MOST_PLACES else None]:
            assert change.inputs is not None
            was, now = (", ".join(f"`{name}`" for name in names) or "nothing" for names in change.inputs)
            more = f"; so do {len(changes) - 1:,} more of its kind" if len(changes) > MOST_PLACES else ""
            yield f"`{difference.second.nodes[change.other].path}` reads {now} instead of {was}{more}"


# --- words ------------------------------------------------------------------------------------------------------------------


def pattern(paths: Sequence[str]) -> str:
    """Several paths as one, with `*` for what differs; the first of those that are not equally deep."""
    parts = [path.split(".") for path in paths]
    if len(set(map(len, parts))) == 1:
        return f"`{'.'.join(map(_one_name, zip(*parts, strict=True)))}`"
    return f"`{paths[0]}` and {len(paths) - 1:,} more"


def _one_name(names: tuple[str, ...]) -> str:
    if len(set(names)) == 1:
        return names[0]
    bases = set(map(base_of, names))
    return f"{bases.pop()}_*" if len(bases) == 1 else "*"


def shown(value: Plain | Missing) -> str:
    """A value as a spec would write it."""
    if isinstance(value, Missing):
        return "nothing"
    text = _flow(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _flow(value: Plain) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value[:9]))}{', …' * (len(value) > 9)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_flow(each)}' for name, each in value.items())}}}"
    return printable(str(value)).replace("`", "'")  # which stand around names
