"""Half-written texts, and how much of what they say is kept."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from netspec.pipeline import Spec, check_text
from netspec.recovery import History, Recovered, needs_recovery, provisional, recover
from netspec.recovery.places import steps_in
from netspec.recovery.standing import faults
from netspec.shapes import Shape
from netspec.syntax.tree import last_line
from tests.support.imports import ROOT
from tests.support.slips import State, slips

SPECS = sorted((ROOT.parent / "specs").glob("*.yaml"))

Key = tuple[object, ...]  # the lines of a node and of the uses of blocks around it, and which of those it is


class Outcome(NamedTuple):
    """What became of a state.

    Attributes:
        graph: Is there a graph?
        exact: Have all untouched nodes the shapes that they had, but for what reads new ones? Or those that they will have, once a
            node that is begun is written to its end.
        marked: The share of untouched nodes that are marked as provisional.
        wrong: Nodes whose shapes are others than they were, with no new node to tell why, and that are not marked.
        seconds: Processor time of recovery, the check of what is recovered included.
        own: And without one such check, which any text costs.
    """

    graph: bool
    exact: bool
    marked: float
    wrong: tuple[str, ...]
    seconds: float
    own: float
    recovered: Recovered


def shapes_of(spec: Spec) -> dict[Key, tuple[int, Shape | None]]:
    """The nodes of a graph by where they are written, each with its index and shape."""
    found: dict[Key, tuple[int, Shape | None]] = {}
    counts: dict[Key, int] = {}
    graph = spec.graph
    assert graph is not None
    for index, node in enumerate(graph.nodes):
        parts = node.path.split(".")
        around = [graph.uses.get(".".join(parts[:n])) for n in range(1, len(parts))]
        key: Key = (*(span.line for span in around if span is not None), node.span.line)
        counts[key] = counts.get(key, 0) + 1
        found[(*key, -counts[key])] = index, node.shape
    return found


def lines_kept(before: str, now: str) -> Iterator[dict[int, int]]:
    """The lines, from 1, that two texts have in common at their beginning and end: those of the first by the second.

    Where a line is written twice that stood there once, either may be the new one: one way after the other.
    """
    old, new = before.split("\n"), now.split("\n")
    most = min(len(old), len(new))
    start = next((n for n in range(most) if old[n] != new[n]), most)
    end = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    for first, last in dict.fromkeys([(start, min(end, most - start)), (min(start, most - end), end)]):
        kept = {n + 1: n + 1 for n in range(first)}
        kept |= {len(new) - n: len(old) - n for n in range(last)}
        yield kept


def _new(recovered: Recovered, kept: set[int]) -> set[int]:
    """The nodes on lines that are others than before and can be said, with what reads them: they are as the text says."""
    graph = recovered.spec.graph
    assert graph is not None
    kept = kept.union(number for hole in recovered.holes for number in range(hole.start, hole.end))
    found: set[int] = set()
    for index, node in enumerate(graph.nodes):
        parts = node.path.split(".")
        uses = [graph.uses.get(".".join(parts[:n])) for n in range(1, len(parts))]
        written = {span.line - 1 for span in (*uses, node.span) if span is not None}
        read = node.inputs or (() if node.is_input else (index - 1,))
        if not written <= kept or not found.isdisjoint(read):
            found.add(index)
    return found


def outcome(state: State, history: History | None, before: Spec | None = None) -> Outcome | None:
    """What becomes of a state with what is remembered; None where there is nothing to recover.

    Nothing is also recovered, where nothing is remembered, of a text of which every node can be said, and whose shapes do not
    fit: that it was another network before, nobody can know.
    """
    spec = check_text(state.now, repairs=False)
    if not needs_recovery(spec) or (history is None and spec.graph is not None and not any(faults(spec))):
        return None
    started = time.process_time()
    recovered = recover(state.now, history, spec)
    seconds = time.process_time() - started
    started = time.process_time()
    again = check_text(recovered.text, repairs=False)
    alone = max(0.0, seconds - (time.process_time() - started))
    assert recovered.text.count("\n") == state.now.count("\n")
    if again.graph is None:
        return Outcome(False, False, 0, (), seconds, alone, recovered)
    right = before if before is not None else check_text(state.before, repairs=False)
    says = {} if spec.graph is None or any(faults(spec)) else shapes_of(spec)  # a network, if not the one before
    own = {key: shape for key, (index, shape) in says.items() if not spec.graph.nodes[index].tainted}  # type: ignore[union-attr]
    found = [_compared(state, right, recovered, own, kept) for kept in lines_kept(state.before, state.now)]
    exact, share, wrong = min(found, key=lambda each: (not each[0], len(each[2])))
    if not exact and state.meant is not None:
        meant = check_text(state.meant, repairs=False)
        if meant.graph is not None and not any(faults(meant)) and not any(node.tainted for node in meant.graph.nodes):
            later = state._replace(before=state.meant)
            exact = any(_compared(later, meant, recovered, own, kept)[0] for kept in lines_kept(state.meant, state.now))
    return Outcome(True, exact, share, wrong, seconds, alone, recovered)


def _compared(
    state: State, right: Spec, recovered: Recovered, own: dict[Key, Shape | None], kept: dict[int, int]
) -> tuple[bool, float, tuple[str, ...]]:
    """Are all untouched nodes as they were, what share of them is marked, and which are wrong and not marked?"""
    marked = provisional(recovered.spec, recovered)
    truth = shapes_of(right)
    mine = {}
    for key, found in shapes_of(recovered.spec).items():
        lines = [kept.get(line) for line in key[:-1]]  # type: ignore[call-overload]
        if None not in lines:
            mine[(*lines, key[-1])] = found
    back = set(kept.values())
    wanted = {key: shape for key, (_, shape) in truth.items() if back.issuperset(key[:-1])}  # type: ignore[arg-type]
    if state.before.startswith(state.now):  # a node that goes on below is not there yet
        cut = state.now.count("\n") + 1
        assert right.document is not None
        unfinished = {
            step.span.line
            for step in steps_in(right.document)
            if step.tree is not None and step.span.line <= cut <= last_line(step.tree) + 1
        }
        wanted = {key: shape for key, shape in wanted.items() if unfinished.isdisjoint(key[:-1])}
        mine = {key: found for key, found in mine.items() if unfinished.isdisjoint(key[:-1])}
    new = _new(recovered, {line - 1 for line in kept})
    exact = all(key in mine and (mine[key][1] == shape or mine[key][0] in new) for key, shape in wanted.items())
    written = {index: key for key, (index, _) in shapes_of(recovered.spec).items()}
    wrong = tuple(
        f"{recovered.spec.graph.nodes[index].path} {shape}, not {wanted.get(key)}"  # type: ignore[union-attr]
        for key, (index, shape) in mine.items()
        if index not in marked | new
        and (key not in wanted or wanted[key] != shape)
        and own.get(written[index]) != shape
    )
    share = sum(mine[key][0] in marked for key in wanted if key in mine) / max(1, len(wanted))
    return exact, share, wrong


def texts() -> list[str]:
    """The specs of the zoo."""
    return [path.read_text(encoding="utf-8") for path in SPECS]


def remembered(text: str) -> History:
    """What is remembered of a text that is right."""
    return recover(text).history


def prefixes(path: Path, step: int = 1) -> Iterator[State]:
    """A spec as it is written from top to bottom."""
    text = path.read_text(encoding="utf-8")
    for end in range(0, len(text), step):
        yield State(text, text[:end], f"{path.stem}[:{end}]")


def outcomes_of_edits(
    count: int, seed: int, kinds: Collection[str] = (), *, remembering: bool
) -> Iterator[tuple[State, Outcome]]:
    """Random edits of the zoo, of all kinds or some, that leave something to recover, and what becomes of each."""
    checked = {text: check_text(text, repairs=False) for text in texts()}
    known = {text: recover(text, None, spec).history for text, spec in checked.items()}
    for state in slips([*checked], count, seed, kinds):
        history, before = known[state.before], checked[state.before]
        if state.between is not None:
            between = check_text(state.between, repairs=False)
            history = recover(state.between, history, between).history
            if between.graph is not None and not any(
                faults(between)
            ):  # another network, of which nobody can know that it was not meant
                state, before = state._replace(before=state.between), between
        found = outcome(state, history if remembering else None, before)
        if found is not None:
            yield state, found


def outcomes_of_prefixes(path: Path, step: int, *, remembering: bool) -> Iterator[tuple[State, Outcome]]:
    """The prefixes of a spec that leave something to recover, and what becomes of each: of the one before, what is remembered."""
    before = check_text(path.read_text(encoding="utf-8"), repairs=False)
    history: History | None = None
    for state in prefixes(path, step):
        found = outcome(state, history, before)
        if found is not None:
            yield state, found
        if remembering:
            history = found.recovered.history if found is not None else recover(state.now, history).history
