"""How long the structural check takes beside validators of JSON Schema, on the schema that netspec generates.

netspec's takes a tree with positions and makes the document that shapes are inferred from; theirs take bare values and say
whether they fit. All run in turn, in one process; what counts are the ratios of medians of processor time.
`python tools/bench/structure.py [--rounds N]` needs `pip install -e ".[bench]"`.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import fastjsonschema
import jsonschema
import jsonschema_rs
from validation import spec_of

from netspec.diagnostics.problems import Problems
from netspec.schema.generation import make
from netspec.spec.decoding import decode
from netspec.syntax.reading import read_text
from netspec.syntax.tree import SourceText, plain

SIZES = (200, 2_000, 20_000)
UNIT = 4  # nodes of a flat unit


def structure(source: SourceText) -> None:
    """Raises ValueError where the spec has a problem."""
    problems = Problems()
    decode(source, problems)
    if problems.ordered():
        raise ValueError(problems.ordered())


def timed(run: Callable[[], Any]) -> float:
    """Processor seconds of one run; garbage of the one before is collected in nobody's time, and none during it."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    run()
    took = time.process_time() - start
    gc.enable()
    return took


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    rules = make()
    start = time.process_time()
    compiled = fastjsonschema.compile(rules)
    compiling = time.process_time() - start
    plain_python = jsonschema.Draft7Validator(rules)
    rust = jsonschema_rs.validator_for(rules)
    print(f"fastjsonschema compiles the schema in {compiling:.2f} s")
    print(
        f"{'ms for so many nodes':<22} {'netspec':>9} {'jsonschema':>11} {'fastjsonschema':>15} {'jsonschema-rs':>14}"
    )
    for size in SIZES:
        source = read_text(spec_of("flat", size // UNIT), "spec.yaml", Problems())
        assert source.tree is not None
        value = plain(source.tree)
        runs: dict[str, Callable[[], Any]] = {
            "netspec": lambda source=source: structure(source),
            "jsonschema": lambda value=value: plain_python.validate(value),
            "fastjsonschema": lambda value=value: compiled(value),
            "jsonschema-rs": lambda value=value: rust.validate(value),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                times[name].append(timed(run) * 1000)
        found = {name: median(values) for name, values in times.items()}
        cells = [f"{found['netspec']:>9.1f}"]
        for name, width in (("jsonschema", 11), ("fastjsonschema", 15), ("jsonschema-rs", 14)):
            cells.append(f"{found[name]:.1f} ({found[name] / found['netspec']:.2f})".rjust(width + 3))
        print(f"{size:<22,} {' '.join(cells)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
