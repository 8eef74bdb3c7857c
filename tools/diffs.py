"""Hold `netspec diff` to what it says: python tools/diffs.py [pairs | edits | keras | speed] [--count N] [--seed S].

`pairs` takes every pair of variants of a family of the zoo, `edits` random changes of its specs: what a difference lists, done to
the first network, must give the second. `keras` takes random changes of small forms of the specs, builds both networks, copies the
weights that are said to carry over, and compares the outputs of the nodes that are said to be unchanged to the bit. `speed` says
how long NASNet takes against itself with every node called otherwise, and a chain of 20,000 nodes after several changes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from netspec.comparison.differences import Difference
from netspec.comparison.text import as_text
from netspec.diagnostics.problems import SpecError
from tests.support.differing import SPECS, Both, complaints, computed, edited, timed, variants


def main() -> int:
    """Print what is wrong, and how many pairs were looked at; status 1 if something is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", nargs="*", default=["pairs", "edits"], choices=("pairs", "edits", "keras", "speed"))
    parser.add_argument("--count", type=int, default=100, help="random changes (default: 100)")
    parser.add_argument("--seed", default="1", help="where they begin (default: 1)")
    options = parser.parse_args()
    wrong = 0
    for what in options.what:
        if what == "speed":
            for both in timed():
                print(f"{both.name}: {_seconds(both):.3f} s of processor time")
            continue
        start, count, slowest = time.process_time(), 0, (0.0, "")
        for both in _pairs(what, options):
            began = time.process_time()
            try:
                found = [*(computed(both) if what == "keras" else complaints(both))]
            except SpecError as error:  # this backend lacks something
                print(f"{both.name}: left out: {error}".splitlines()[0])
                continue
            slowest = max(slowest, (time.process_time() - began, both.name))
            count += 1
            wrong += len(found)
            for line in found:
                print(line, flush=True)
        spent = time.process_time() - start
        print(f"{what}: {count} pairs, {spent:.0f} s of processor time; the slowest {slowest[0]:.2f} s, {slowest[1]}")
    return 1 if wrong else 0


def _seconds(both: Both) -> float:
    """The least of three times, reading not included."""
    found = []
    for _ in range(3):
        start = time.process_time()
        as_text(Difference(both.first, both.second), "a", "b")
        found.append(time.process_time() - start)
    return min(found)


def _pairs(what: str, options: argparse.Namespace) -> Iterator[Both]:
    if what == "pairs":
        for path in sorted(SPECS.glob("*.yaml")):
            yield from variants(path, every=True)
    else:
        yield from edited(options.seed, options.count, small=what == "keras")


if __name__ == "__main__":
    sys.exit(main())
