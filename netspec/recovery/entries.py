"""Entries of maps: those that are taken out of lines, and those that a node needs and has not."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from netspec.kinds import KINDS
from netspec.recovery.lines import indent_of
from netspec.recovery.places import Spot, Unit, needed_params, written_at
from netspec.syntax.tree import Mapping, Tree, entry_ending, last_line


class Reading(NamedTuple):
    """What was read, and where it stands.

    Attributes:
        tree: What the lines say.
        lines: The lines.
        units: Their nodes.
    """

    tree: Tree
    lines: list[str]
    units: list[Unit]


def completed(read: Reading, unit: Unit, lines: list[str], gone: Collection[str] = ()) -> list[str] | None:
    """Lines with what a node needs and has not, as the nearest other one of its kind has it.

    Args:
        read: What the node was read from.
        unit: The node.
        lines: Lines in which it stands where it did.
        gone: The hyperparameters that it has there no more.

    Returns:
        None where that is not known.
    """
    mine = written_at(unit.item)
    if mine is None or (mine.tree is not None and not isinstance(mine.tree, Mapping)):
        return lines
    cls = KINDS.get(mine.kind_name)
    wanted = cls.required if cls is not None else needed_params(read.tree, mine.kind_name)
    own = [] if mine.tree is None else [name for name in mine.tree.entries if name not in gone]
    lacking = [name for name in wanted if name not in own]
    if "from" in gone and cls is not None and cls.arity[0] > 1:
        return None
    if not lacking:
        return lines
    if unit.end != unit.start + 1:
        return None
    principal = cls.principal if cls is not None else next(iter(wanted), None)
    others = [each for each in map(written_at, (each.item for each in read.units)) if each is not None]
    like = [each for each in others if each.kind_name == mine.kind_name and each.key is not mine.key]
    like.sort(key=lambda each: abs(each.key.start.line - mine.key.start.line))
    entries: list[str] = []
    for name in lacking:
        values = (each.value_of(name, name == principal, read.lines) for each in like)
        value = next((each for each in values if each is not None), None)
        if value is None:
            return None
        entries.append(f"{name}: {value}")
    written, line = ", ".join(entries), lines[unit.start]
    head, bracket, tail = line.rpartition("}")
    if mine.tree is not None and bracket:
        line = f"{head}{', ' if own else ''}{written}{bracket}{tail}"
    elif not own:
        line = f"{line[: mine.key.end.column]}: {{{written}}}"
    else:
        return None
    return [*lines[: unit.start], line, *lines[unit.end :]]


def without(lines: list[str], spots: Collection[Spot]) -> list[str] | None:
    """Lines without some entries of maps; None where they cannot be taken out of them."""
    cuts: list[tuple[tuple[int, int], tuple[int, int]]] = []
    lines = list(lines)
    for mapping in {id(spot.mapping): spot.mapping for spot in spots}.values():
        entries = [*mapping.entries.values()]
        out = {spot.number for spot in spots if spot.mapping is mapping}
        for number in out:
            key, value = entries[number]
            start, end = key.start, entry_ending(entries[number]).tree.end
            if not mapping.flow:
                last = max(last_line(value) if isinstance(value, Mapping) else end.line, start.line)
                if indent_of(lines[start.line]) != start.column:  # after a dash, or in the line of another
                    return None
                lines[start.line : last + 1] = [""] * (last + 1 - start.line)
            elif number + 1 < len(entries):
                following = entries[number + 1].key.start
                cuts.append(((start.line, start.column), (following.line, following.column)))
            else:
                kept = next((each for each in range(number - 1, -1, -1) if each not in out), None)
                first = start if kept is None else entry_ending(entries[kept]).tree.end
                cuts.append(((first.line, first.column), (end.line, end.column)))
    done: tuple[int, int] | None = None
    for begin, until in sorted(cuts, reverse=True):
        if begin[0] != until[0]:
            return None
        line = lines[begin[0]]
        stop = until if done is None or done[0] != begin[0] else min(until, done)
        lines[begin[0]] = line[: begin[1]] + line[stop[1] :]
        done = begin
    return lines
