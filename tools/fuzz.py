"""Random documents, judged by netspec and by Keras; and sound ones with an edit, which must never end in a traceback.

`python tools/fuzz.py keras [N] [--seed S] [--macs]`: N documents; prints every disagreement as JSON to be kept, then how many
were accepted, refused by both, and how varied they were. They are judged in another process, and a document that ends it is a
disagreement like others. `--macs` counts multiply-accumulates too: with KERAS_BACKEND=jax from the traced operations, with
KERAS_BACKEND=torch by PyTorch's own counter, which does not see into attention and recurrent layers.
`python tools/fuzz.py edits [N] [--seed S]`: N random edits of the zoo and of random documents; each must end in problems or a
graph, in bounded time and memory.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MAX_SECONDS = 2.0  # of processor time, for one edited document
MAX_MEMORY = 2 * 2**30  # bytes of address space; beyond it Python raises a MemoryError, which is told like any other


def judged(options: argparse.Namespace) -> int:
    """Returns 1 where one document is judged differently, or ends the process that judges it."""
    from tests.support.apart import Apart, Died
    from tests.support.documents import Maker, features, words

    kinds: Counter[str] = Counter()
    traits: Counter[str] = Counter()
    pairs: set[tuple[str, str]] = set()
    verdicts: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    disagreements = 0
    start = time.perf_counter()
    judges = Apart()
    for number in range(options.count):
        document = Maker(random.Random(f"{options.seed}-{number}")).document()
        found = words(document)
        kinds.update(found)
        traits.update(features(document))
        pairs.update((kind, trait) for kind in found for trait in features(document))
        try:
            verdict, refused, disagreement = judges.call(judge_one, number, document, options.macs)
        except Died:
            verdict, refused, disagreement = "ended the process", "", "the process ended"
        if disagreement:
            disagreements += 1
            print(f"{number}: {disagreement}\n  {json.dumps(document)}", flush=True)
        verdicts[verdict] += 1
        codes[refused] += 1
        if number % 5000 == 4999:
            print(f"… {number + 1:,} documents, {disagreements} disagreements", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - start
    print(f"{options.count:,} documents, seed {options.seed}, {seconds:.0f} s; {judges.call(framework)}")
    judges.close()
    print(", ".join(f"{word} {count:,}" for word, count in verdicts.most_common()))
    print(f"kinds: {len(kinds)}; the rarest: {', '.join(f'{k} {n}' for k, n in kinds.most_common()[:-6:-1])}")
    print(
        f"features: {', '.join(f'{trait} {count:,}' for trait, count in traits.most_common())}; with kinds {len(pairs):,} pairs"
    )
    print(f"refused: {', '.join(f'{code} {count:,}' for code, count in codes.most_common(13) if code)}")
    print(f"disagreements: {disagreements}")
    return int(disagreements > 0)


def judge_one(number: int, document: dict[str, Any], macs: bool) -> tuple[str, str, str]:
    """What came of a document, netspec's code if it was refused, and how the two disagree; called in another process."""
    from netspec.backends.keras.importing import import_keras

    keras = import_keras()
    from tests.support.judge import forward, judge

    if number % 500 == 499:
        keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(number)  # initial values too are the same when it is judged again
    try:
        verdict = judge(document, compiled=number % 10 == 0, run=counting() if macs else forward)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next document is judged
        return "not judged", "", f"the judge fails: {type(error).__name__}: {error}"
    what = "accepted" if verdict.accepted else "stricter" if verdict.stricter else "refused by both"
    return what, "" if verdict.accepted else verdict.refused, verdict.disagreement


def framework() -> str:
    """The backend and the version of Keras that judge; called in another process."""
    import keras

    return f"{keras.backend.backend()}, keras {keras.__version__}"


def counting() -> Any:
    """A forward pass whose multiply-accumulates are counted: by PyTorch, or from the operations that JAX traces."""
    import keras

    if keras.backend.backend() == "jax":
        from tests.support.products import traced

        return traced
    from torch.utils.flop_counter import FlopCounterMode

    from tests.support.judge import BATCH, forward

    def run(model: Any, batch: list[Any]) -> tuple[list[Any], float]:
        with FlopCounterMode(display=False) as mode:
            outputs, _ = forward(model, batch)
        return outputs, mode.get_total_flops() / (2 * BATCH)

    return run


def edited(options: argparse.Namespace) -> int:
    """Returns 1 where an edit ends in a traceback, or takes too long."""
    from netspec.pipeline import check_text
    from tests.support.documents import Maker
    from tests.support.edits import edit

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    rng = random.Random(options.seed)
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").glob("*.yaml"))]
    short = [text for text in texts if len(check_text(text, repairs=False).graph.nodes) < 120]  # type: ignore[union-attr]
    wrong = 0
    slowest = (0.0, "")
    verdicts: Counter[str] = Counter()
    start = time.perf_counter()
    for number in range(options.count):
        dice = rng.random()
        text = rng.choice(short) if dice < 0.1 else json.dumps(Maker(rng).document(), indent=1)
        changed = edit(text, rng)
        before = time.process_time()
        try:
            spec = check_text(changed, repairs=number % 50 == 0)
            verdicts["accepted" if spec.ok else "refused"] += 1
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            wrong += 1
            print(f"{number}: {type(error).__name__}: {error}\n{changed!r}", flush=True)
        took = time.process_time() - before
        if took > slowest[0]:
            slowest = (took, changed)
        if took > MAX_SECONDS:
            wrong += 1
            print(f"{number}: {took:.1f} s\n{changed!r}", flush=True)
        if number % 50_000 == 49_999:
            print(f"… {number + 1:,} edits, {wrong} wrong", file=sys.stderr, flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.perf_counter() - start
    print(
        f"{options.count:,} edits, seed {options.seed}, {seconds:.0f} s; {dict(verdicts)}; tracebacks or too slow: {wrong}"
    )
    print(f"the slowest took {slowest[0] * 1000:.0f} ms; at most {memory:.0f} MiB in all")
    return int(wrong > 0)


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("keras", "edits"))
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--macs", action="store_true")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    return judged(options) if options.what == "keras" else edited(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
