"""Half-written specs: how much of them keeps its shapes, and how long that takes.

`python tools/half_written.py [--edits N] [--seed S] [--step C]`: every C-th prefix of every spec of the zoo, as it is written from
top to bottom, N random edits of a character, a line or a node, and N of all the kinds that `tests/support/slips.py` knows, each
with what is remembered of the version before and without.
Prints a table, and every shape that is wrong and not marked; returns 1 if there is one, or a text without a graph.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

if TYPE_CHECKING:
    from tests.support.half_written import Outcome
    from tests.support.slips import State

HEAD = (
    f"{'states':42} {'broken':>7} {'graph':>7} {'exact':>7} {'marked':>7} {'wrong':>6} "
    f"{'ms 50%':>7} {'95%':>6} {'+ check 50%':>12} {'95%':>6}"
)


def row(name: str, found: list[tuple[State, Outcome]]) -> str:
    """A line of the table: shares, and processor time of recovery without and with the check of what is recovered."""
    outcomes = [outcome for _, outcome in found]
    count = max(1, len(outcomes))
    graph, exact = (sum(values) / count for values in ((o.graph for o in outcomes), (o.exact for o in outcomes)))
    marked, wrong = sum(o.marked for o in outcomes) / count, sum(bool(o.wrong) for o in outcomes)
    own, whole = quantiles(o.own for o in outcomes), quantiles(o.seconds for o in outcomes)
    return (
        f"{name:42} {len(outcomes):7,} {graph:7.1%} {exact:7.1%} {marked:7.1%} {wrong:6} "
        f"{own[0]:7.1f} {own[1]:6.1f} {whole[0]:12.1f} {whole[1]:6.1f}"
    )


def quantiles(seconds: Iterable[float]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    times = sorted(each * 1e3 for each in seconds) or [0.0]
    return times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.95))]


def complaints(found: Iterable[tuple[State, Outcome]]) -> Iterator[str]:
    """What must not be."""
    for state, outcome in found:
        if not outcome.graph:
            yield f"no graph: {state.what}: {state.now!r}"
        if outcome.wrong:
            yield f"wrong and not marked: {state.what}: {outcome.wrong[:3]}\n{state.now}"


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    from tests.support.half_written import SPECS, outcomes_of_edits, outcomes_of_prefixes
    from tests.support.slips import SMALL

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--step", type=int, default=29)
    options = parser.parse_args(arguments)
    gc.disable()
    status = 0
    print(HEAD)
    for remembering in (True, False):
        how = "remembering" if remembering else "as it opens"
        prefixes = [
            each for path in SPECS for each in outcomes_of_prefixes(path, options.step, remembering=remembering)
        ]
        small = list(outcomes_of_edits(options.edits, options.seed, SMALL, remembering=remembering))
        edits = list(outcomes_of_edits(options.edits, options.seed, remembering=remembering))
        parts = {"prefixes": prefixes, "a character, a line, a node": small}
        parts |= {"these two": prefixes + small, "all kinds": edits}
        for state, outcome in sorted(edits, key=lambda each: each[0].what):
            parts.setdefault(f"- {state.what}", []).append((state, outcome))
        for name, found in parts.items():
            print(row(f"{name}, {how}", found), flush=True)
        for words in complaints(prefixes + small + edits):
            status = 1
            print(words, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
