"""Whole networks of a grammar of architectures, accepted by `validate`, held against Keras: built, called, written, saved, loaded.

`python tools/agree.py [N] [--seed S]`: documents until N are accepted, on the backend that KERAS_BACKEND names; prints every
disagreement with its document, then how many there were, how varied, and what was refused. What this backend lacks and `build`
tells of (NS712) is counted and not built. `--only NUMBER` prints one document and what comes of it. Interrupted, it
says what there was until then.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
THOROUGH = 10  # each so many documents, what takes long is compared too
TRIED = 5  # each so many refused documents, it is tried whether Keras would take the node


def main(arguments: list[str]) -> int:
    """Returns 1 where one promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--start", type=int, default=0, help="the first document's number")
    parser.add_argument("--only", type=int)
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    warnings.simplefilter("ignore")
    from netspec.backends.keras.importing import import_keras

    keras = import_keras()
    from netspec.kinds import KINDS
    from tests.support.agreement import agree, taken_by_keras
    from tests.support.architectures import make

    if options.only is not None:
        made = make(f"{options.seed}-{options.only}")
        print(made.text)
        found = agree(made, random.Random(options.only), thorough=True)
        for problem in found.spec.problems if found.spec is not None else ():
            print(f"{problem.code} {problem.message}")
        print(found.gap or found.disagreement or found.refused or "of one mind")
        return int(bool(found.disagreement))
    codes: Counter[str] = Counter()
    gaps: Counter[str] = Counter()
    words: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    number = options.start
    start = time.perf_counter()
    try:
        while totals["accepted"] < options.count:
            made = make(f"{options.seed}-{number}")
            found = agree(made, random.Random(number), thorough=number % THOROUGH == 0)
            totals["documents"] += 1
            if found.disagreement:
                totals["disagreements"] += 1
                print(f"{number}: {found.disagreement}\n{made.text}", flush=True)
            if found.refused and found.spec is not None:
                codes[found.refused] += 1
                taken = taken_by_keras(found.spec) if number % TRIED == 0 else ""
                if taken:
                    print(f"{number}: refused, and taken by Keras: {taken}", flush=True)
            elif found.spec is not None and found.spec.graph is not None:
                totals["accepted"] += 1
                gaps[found.gap] += bool(found.gap)
                totals["called"] += found.run
                totals["nodes"] += len(found.spec.graph.nodes)
                words.update({node.kind_name for node in found.spec.graph.nodes if not node.is_input})
                if totals["accepted"] % 100 == 0:
                    seconds = time.perf_counter() - start
                    print(
                        f"… {totals['accepted']:,} accepted, {totals['disagreements']} disagreements, {seconds:.0f} s",
                        file=sys.stderr,
                        flush=True,
                    )
            number += 1
            if number % 200 == 0:
                keras.utils.clear_session(free_memory=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    seconds = time.perf_counter() - start
    lacking = sum(gaps.values())
    where = f"{keras.backend.backend()}, keras {keras.__version__}"
    print(f"{totals['documents']:,} documents, seed {options.seed}, {seconds:.0f} s; {where}")
    print(
        f"accepted {totals['accepted']:,} of {totals['nodes']:,} nodes: {totals['called']:,} called, {lacking} of told gaps"
    )
    print(f"kinds: {len(words)} of {len(KINDS)}; never: {', '.join(sorted(set(KINDS) - set(words))) or 'none'}")
    print(f"gaps: {'; '.join(f'{gap} {count}' for gap, count in gaps.most_common() if gap) or 'none'}")
    print(f"refused: {', '.join(f'{code} {count:,}' for code, count in codes.most_common())}")
    print(f"disagreements: {totals['disagreements']}")
    return int(totals["disagreements"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
