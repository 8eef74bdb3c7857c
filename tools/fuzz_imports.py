"""Mutated configurations of Keras through the conversion of `netspec import`: each is converted, or refused in a sentence.

`python tools/fuzz_imports.py [COUNT] [--seed SEED] [--seconds S]`: stops at COUNT or after S seconds, and prints what came of them;
the first that ends otherwise ends the run with its number and the traceback. `--partial` leaves nodes for what has no kind.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
SLOW = 1.0  # seconds; what takes longer is told


def main(arguments: list[str]) -> int:
    """Returns 1 where one took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", default="imports")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--partial", action="store_true")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    from netspec.conversion.converting import Converter, Inconvertible
    from netspec.conversion.keras_config import read_config
    from netspec.conversion.lifting import stand_ins
    from netspec.conversion.model import ConversionError
    from netspec.conversion.writing import text_of
    from netspec.diagnostics.problems import SpecError
    from netspec.pipeline import check_text
    from tests.conversion.test_mutations import mutated

    outcomes: Counter[str] = Counter()
    slowest, slow = 0.0, 0
    started = time.perf_counter()
    for number in range(options.count):
        if time.perf_counter() - started > options.seconds:
            break
        config = mutated(Random(f"{options.seed}:{number}"))
        start = time.process_time()
        try:
            flat = Converter(stand_ins, partial=options.partial).convert(read_config(config, partial=options.partial))
            check_text(text_of(flat), repairs=False)
        except Inconvertible as error:
            outcomes[type(error).__name__] += 1
            if error.partial is not None:
                text_of(error.partial)
        except (ConversionError, SpecError) as error:
            outcomes[type(error).__name__] += 1
        except BaseException:
            print(f"number {number} of seed {options.seed}:", file=sys.stderr)
            raise
        else:
            outcomes["converted"] += 1
        taken = time.process_time() - start
        slowest = max(slowest, taken)
        if taken > SLOW:
            slow += 1
            print(f"number {number} took {taken:.2f} s")
    print(f"{sum(outcomes.values()):,} configurations, {dict(outcomes)}; the slowest {slowest:.2f} s of processor time")
    return slow > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
