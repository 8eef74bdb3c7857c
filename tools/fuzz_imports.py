"""Mutated models through the conversion of `netspec import`: each is converted, or refused in a sentence.

`python tools/fuzz_imports.py [COUNT] [--onnx FILE…] [--seed SEED] [--seconds S]`: stops at COUNT or after S seconds, and prints
what came of them; the first that ends otherwise ends the run with its number and the traceback. Without `--onnx` they are
configurations of Keras, where `--partial` leaves nodes for what has no kind. With it they are ONNX files: those of the tests of
operators, and those that are named. `--compare` has ONNX Runtime and Keras run what was converted, and tells where they differ.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
SLOW = 1.0  # seconds; what takes longer is told

LARGE = 100_000  # numbers of an input; what has more is not compared

Judge = Callable[[Random], str]  # what came of a mutated model; it raises what nobody foresaw


def main(arguments: list[str]) -> int:
    """Returns 1 where one took too long, or computes something else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", default="imports")
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("--onnx", nargs="*", type=Path)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    with TemporaryDirectory() as folder:
        judge = (
            _configurations(partial=options.partial)
            if options.onnx is None
            else _files(options.onnx, Path(folder) / "mutated.onnx", compared=options.compare)
        )
        outcomes: Counter[str] = Counter()
        slowest, slow = 0.0, 0
        started = time.perf_counter()
        for number in range(options.first, options.first + options.count):
            if time.perf_counter() - started > options.seconds:
                break
            start = time.process_time()
            try:
                outcome = judge(Random(f"{options.seed}:{number}"))
            except BaseException:
                print(f"number {number} of seed {options.seed}:", file=sys.stderr)
                raise
            outcomes[outcome] += 1
            taken = time.process_time() - start
            if outcome == "differs":
                print(f"number {number} is not what it was converted to", flush=True)
            if options.compare:
                continue  # what a framework takes is not the conversion's
            slowest = max(slowest, taken)
            if taken > SLOW:
                slow += 1
                print(f"number {number} took {taken:.2f} s", flush=True)
    print(f"{sum(outcomes.values()):,} models, {dict(outcomes)}; the slowest {slowest:.2f} s of processor time")
    return slow > 0 or outcomes["differs"] > 0


def _configurations(*, partial: bool) -> Judge:
    """Of configurations of Keras."""
    from netspec.conversion.converting import Converter, Inconvertible
    from netspec.conversion.keras_config import read_config
    from netspec.conversion.lifting import stand_ins
    from netspec.conversion.model import ConversionError
    from netspec.conversion.precision import in_single
    from netspec.conversion.writing import text_of
    from netspec.diagnostics.problems import SpecError
    from netspec.pipeline import check_text
    from tests.conversion.test_mutations import mutated

    def judge(random: Random) -> str:
        config = mutated(random)
        try:
            single = in_single(config, partial=partial)
            flat = Converter(stand_ins, partial=partial).convert(read_config(single.config, partial=partial))
            check_text(text_of(flat._replace(precision=single.training)), repairs=False)
        except Inconvertible as error:
            if error.partial is not None:
                text_of(error.partial)
            return type(error).__name__
        except (ConversionError, SpecError) as error:
            return type(error).__name__
        return "converted"

    return judge


def _files(models: Sequence[Path], path: Path, *, compared: bool) -> Judge:
    """Of ONNX files, each of which is written to a path."""
    from netspec.backends.keras.onnx_file import OnnxError, run
    from netspec.backends.keras.programs import OnnxFile, numbers_for
    from netspec.conversion.converting import Inconvertible
    from netspec.conversion.model import ConversionError
    from netspec.conversion.operators.onnx_reading import read_onnx
    from netspec.conversion.paths import paths_of
    from netspec.conversion.writing import text_of
    from netspec.diagnostics.problems import SpecError
    from netspec.pipeline import check_text
    from tests.conversion.operators.building import proto
    from tests.conversion.operators.cases import CASES
    from tests.conversion.operators.mutations import flipped, restructured

    contents = [proto(*case[:3], opset=case.opset).SerializeToString() for case in CASES.values()]
    # Files that somebody's exporter wrote weigh as much as those made by hand, however many there are of each.
    groups = [group for group in ([model.read_bytes() for model in models], contents) if group]

    def judge(random: Random) -> str:
        content = random.choice(random.choice(groups))
        path.write_bytes((flipped if random.random() < 0.2 else restructured)(content, random))
        model = OnnxFile(path, compared=False)
        try:
            flat = model.flat()
            spec = check_text(text_of(flat), repairs=False)
        except (ConversionError, Inconvertible, SpecError) as error:
            return type(error).__name__
        if spec.graph is None or any(problem.is_error for problem in spec.problems):
            return "makes a wrong spec"
        if not compared:
            return "converted"
        given = read_onnx(path).inputs
        if any(math.prod(size or 1 for size in each.sizes) > LARGE for each in given):
            return "too large to be run"
        try:
            run(path, numbers_for(given), "it")
        except OnnxError:
            return "runs nowhere"
        difference = model.comparison(flat, spec.graph, paths_of(flat, spec.graph)).difference()
        if difference is not None:
            print(f"{difference.message}:")
        return "agrees" if difference is None else "differs"

    return judge


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
