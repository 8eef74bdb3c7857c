"""How long a check takes after each keystroke in an editor, with what was found before kept and without.

Somebody goes through a spec at random: takes a number back digit by digit and types another as long, types a node on a line of
its own and takes it out again. The text is checked after each key as an editor has it checked, with one `Memory` for the whole
time, and again without; both are timed in processor time, one after the other.
`python tools/bench/keystrokes.py [--keys N] [--seed N] [--nodes 2000,20000] [WORD in a spec's name …]`
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from netspec.keeping import Memory  # noqa: E402
from netspec.pipeline import Spec, check_text  # noqa: E402
from tools.bench.validation import spec_of  # noqa: E402

NODES_OF_UNIT = 4  # of `validation.FLAT`
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_ITEM = re.compile(r"^ *- ", re.MULTILINE)
_TYPED = ("relu", "dropout: 0.1", "conv: {filters: 8, kernel_size: 3, padding: same}", "dense: 10")


def keystrokes(text: str, random: Random, count: int) -> Iterator[str]:
    """The text after each of so many keys."""
    while count > 0:
        for each in _edit(text, random):
            count -= 1
            yield each
            if count == 0:
                return


def _edit(text: str, random: Random) -> Iterator[str]:
    """One thing that somebody does and takes back."""
    if random.random() < 0.5:
        found = random.choice(list(_NUMBER.finditer(text)))
        before, after = text[: found.start()], text[found.end() :]
        typed = [*_prefixes(str(random.randrange(1, 10 ** min(len(found[0]), 3))))]
        for number in (*_prefixes(found[0])[::-1][1:], *typed, *typed[::-1][1:], *_prefixes(found[0])[1:]):
            yield f"{before}{number}{after}"
        return
    found = random.choice(list(_ITEM.finditer(text)))
    before, after = text[: found.start()], text[found.start() :]
    for typed in (*_prefixes(found[0] + random.choice(_TYPED)), ""):
        yield f"{before}{typed}\n{after}" if typed else text


def _prefixes(text: str) -> list[str]:
    return [text[:end] for end in range(len(text) + 1)]


def timed(check: Callable[[], Spec]) -> tuple[Spec, float]:
    """What a check returns, and the milliseconds of processor time that it takes."""
    start = time.process_time_ns()
    spec = check()
    return spec, (time.process_time_ns() - start) / 1e6


def measure(name: str, text: str, keys: int, seed: str, *, variants: bool) -> None:
    """Print a line on one spec."""
    memory = Memory()
    opening = timed(partial(check_text, text, name, repairs=False, memory=memory))[1]
    kept, plain, of_all = [], [], []
    for now in keystrokes(text, Random(f"{seed} {name}"), keys):
        again = partial(check_text, now, name, repairs=False)
        with_memory, spent = timed(partial(again, memory=memory))
        without, whole = timed(again)
        if with_memory.problems != without.problems:
            raise AssertionError(f"{name}: the problems differ")
        kept.append(spent)
        plain.append(whole)
        if variants:
            of_all.append(timed(partial(again, variants=True, memory=memory))[1])
    ratio = sum(kept) / sum(plain)
    figures = f"{opening:>8.1f} {median(kept):>8.2f} {_last(kept):>8.2f} {median(plain):>8.2f} {_last(plain):>8.2f} {ratio:>6.2f}"
    print(f"{name:<26} {figures}" + (f" {median(of_all):>8.1f} {_last(of_all):>8.1f}" if of_all else ""), flush=True)


def _last(figures: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(figures, n=100, method="inclusive")[98] if len(figures) > 1 else figures[0]


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of names of specs of the zoo; all where none is given")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--seed", default="1")
    parser.add_argument(
        "--nodes", default="2000,20000", help="sizes of flat specs, with commas between; none where empty"
    )
    parser.add_argument("--variants", action="store_true", help="time the errors of all variants too")
    options = parser.parse_args(arguments)
    print(f"{'ms of processor time':<26} {'first':>8} {'median':>8} {'99 %':>8} {'plain':>8} {'99 %':>8} {'ratio':>6}")
    for path in sorted((ROOT / "specs").glob("*.yaml")):
        if not options.words or any(word in path.stem for word in options.words):
            measure(path.stem, path.read_text(encoding="utf-8"), options.keys, options.seed, variants=options.variants)
    for size in map(int, options.nodes.split(",") if options.nodes else ()):
        text = spec_of("flat", size // NODES_OF_UNIT)
        measure(f"{size:,} nodes", text, max(1, min(options.keys, 200_000 // size)), options.seed, variants=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
