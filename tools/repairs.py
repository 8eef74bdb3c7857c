"""How many of the zoo's specs, broken on purpose, get a repair that makes them valid.

`python tools/repairs.py [EACH] [--seed N] [--show]`: breaks every spec in every way up to EACH times (3 unless told) and prints,
by way, how many got a repair, and how long the slowest took. `--show` prints those that got none.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEAST = 0.95


def main(arguments: list[str]) -> int:
    """Returns 1 where fewer than LEAST of all get one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("each", nargs="?", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    from tests.support.broken import corpus, mended

    broken: Counter[str] = Counter()
    repaired: Counter[str] = Counter()
    slowest = 0.0
    for each in corpus(options.each, options.seed):
        start = time.process_time()
        spec, whole = mended(each)
        slowest = max(slowest, time.process_time() - start)
        broken[each.way] += 1
        repaired[each.way] += bool(whole)
        if options.show and not whole:
            first = next(problem for problem in spec.problems if problem.is_error)
            print(f"{each.spec}: {each.way}: {each.title}: {first.code} line {first.span.line}: {first.message[:150]}")
    for way, count in broken.items():
        print(f"{way:26} {count:5}  repaired {repaired[way]:5}  {repaired[way] / count:.1%}")
    share = sum(repaired.values()) / sum(broken.values())
    print(f"{'all':26} {sum(broken.values()):5}  repaired {sum(repaired.values()):5}  {share:.1%}")
    print(f"seed {options.seed}; the slowest, with its repairs tried once more, {slowest:.2f} s of processor time")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
