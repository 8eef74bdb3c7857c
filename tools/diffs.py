"""Hold `netspec diff` to what it says: python tools/diffs.py [pairs | edits | keras] [--count N] [--seed S].

`pairs` takes every pair of variants of a family of the zoo, `edits` random changes of its specs: what a difference lists, done to
the first network, must give the second. `keras` takes random changes of small forms of the specs, builds both networks, copies the
weights that are said to carry over, and compares the outputs of the nodes that are said to be unchanged to the bit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from netspec.diagnostics.problems import SpecError
from tests.support.differing import SPECS, Both, complaints, computed, edited, variants


def main() -> int:
    """Print what is wrong, and how many pairs were looked at; status 1 if something is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", nargs="*", default=["pairs", "edits"], choices=("pairs", "edits", "keras"))
    parser.add_argument("--count", type=int, default=100, help="random changes (default: 100)")
    parser.add_argument("--seed", default="1", help="where they begin (default: 1)")
    options = parser.parse_args()
    wrong = 0
    for what in options.what:
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
                print(line)
        spent = time.process_time() - start
        print(f"{what}: {count} pairs, {spent:.0f} s of processor time; the slowest {slowest[0]:.2f} s, {slowest[1]}")
    return 1 if wrong else 0


def _pairs(what: str, options: argparse.Namespace) -> Iterator[Both]:
    if what == "pairs":
        for path in sorted(SPECS.glob("*.yaml")):
            yield from variants(path, every=True)
    else:
        yield from edited(options.seed, options.count, small=what == "keras")


if __name__ == "__main__":
    sys.exit(main())
