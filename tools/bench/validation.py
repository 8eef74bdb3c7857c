"""How long `netspec validate` takes and how much memory: beside bare imports, and by the size of the spec.

All commands run in turn, A B C A B C …, as whole processes; what counts are the ratios of medians of wall time and of
processor time within one run. `python tools/bench/validation.py [start|growth] [--rounds N]`
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
SPECS = ROOT / "specs"
SIZES = (200, 2_000, 20_000, 45_000)  # nodes; more than 50,000 are refused
REPEATS = 1_000

# Each unit keeps its input's shape, so that any number of them make a network.
FLAT = """
- conv: {filters: 16, kernel_size: 3, padding: same, use_bias: false}
- batch_norm: {momentum: 0.9, epsilon: 1e-5}
- relu
- 1x1: {filters: 16, activation: relu}
"""
NESTED = """
- skip:
    - inception:
        branches:
          a: [1x1: 8]
          b:
            - 1x1: 8
            - skip: [{conv: {filters: 8, kernel_size: 3, padding: same, use_bias: false}}, batch_norm, relu]
    - skip:
        - inception:
            branches:
              a: [1x1: 8]
              b: [{pool: {type: max, pool_size: 3, strides: 1, padding: same}}, 1x1: 8]
        - skip: [{conv: {filters: 16, kernel_size: 3, padding: same, use_bias: false}}, batch_norm, relu]
    - relu
"""


class Run(NamedTuple):
    """Of one whole process: seconds by the clock, seconds of processor time, the most memory it held."""

    wall: float
    cpu: float
    mebibytes: float


def timed(command: list[str]) -> Run:
    """One whole process; raises RuntimeError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turn(commands: dict[str, list[str]], rounds: int) -> dict[str, Run]:
    """Medians of commands that ran in turn."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(timed(command))
    return {name: Run(*map(median, zip(*found, strict=True))) for name, found in runs.items()}


def spec_of(form: str, units: int) -> str:
    """A spec of so many units: one after the other, or in a block that is repeated a thousand times."""
    unit = (NESTED if form == "nested" else FLAT).strip("\n")
    body = "\n".join([unit] * units)
    head = "netspec: 1\ninput: [64, 64, 16]\n"
    if form != "repeated":
        return f"{head}layers:\n{body}\n"
    inner = body.replace("\n", "\n    ")
    return f"{head}blocks:\n  Unit:\n    layers:\n    {inner}\nlayers:\n- Unit: {{repeat: {REPEATS}}}\n"


def nodes_of(path: Path) -> int:
    """How many nodes a spec has, inputs not counted; asked of another process, whose memory is not this one's."""
    command = [sys.executable, "-m", "netspec", "inspect", str(path), "--format", "json"]
    return len(json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["nodes"])


def start(rounds: int) -> None:
    """Print what the zoo's largest specs take, beside what bare Python and the libraries' imports take."""
    python = sys.executable
    commands = {
        "python": [python, "-c", "pass"],
        "import yaml": [python, "-c", "import yaml"],
        "import yaml, jsonschema": [python, "-c", "import yaml, jsonschema"],
        "netspec --version": [python, "-m", "netspec", "--version"],
    }
    longest = sorted(SPECS.glob("*.yaml"), key=lambda path: path.stat().st_size)[-1]
    for name in dict.fromkeys(("lenet5", "resnet", "inception_v3", "efficientnet", longest.stem)):
        commands[f"validate {name}.yaml"] = [python, "-m", "netspec", "validate", str(SPECS / f"{name}.yaml")]
    commands["import keras"] = [python, "-c", "import keras"]
    found = in_turn(commands, rounds)
    base = found["import yaml, jsonschema"]
    print(f"{'command':<30} {'wall s':>8} {'cpu s':>8} {'wall ratio':>11} {'cpu ratio':>10} {'MiB':>6}")
    for name, run in found.items():
        ratios = f"{run.wall / base.wall:>11.2f} {run.cpu / base.cpu:>10.2f}"
        print(f"{name:<30} {run.wall:>8.3f} {run.cpu:>8.3f} {ratios} {run.mebibytes:>6.0f}")


def growth(rounds: int) -> None:
    """Print how time and memory grow with the nodes, beside the same command without any."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for form in ("flat", "nested", "repeated"):
            times = REPEATS if form == "repeated" else 1
            path = Path(folder) / "unit.yaml"
            path.write_text(spec_of(form, 1), encoding="utf-8")
            unit = nodes_of(path) // times
            for size in SIZES:
                units = max(1, round(size / unit / times))
                if units * unit * times > 2 * size:
                    continue  # a thousand repetitions are more than that
                path = Path(folder) / f"{form}_{size}.yaml"
                path.write_text(spec_of(form, units), encoding="utf-8")
                commands[f"{form} {units * unit * times:,}"] = [python, "-m", "netspec", "validate", str(path)]
        empty = Path(folder) / "empty.yaml"
        empty.write_text("netspec: 1\ninput: [8]\nlayers: [relu]\n", encoding="utf-8")
        found = in_turn({"empty 1": [python, "-m", "netspec", "validate", str(empty)], **commands}, rounds)
    base = found["empty 1"]
    print(f"{'nodes':<20} {'wall s':>8} {'cpu s':>8} {'MiB':>6} {'µs a node':>10} {'KiB a node':>11}")
    for name, run in found.items():
        count = int(name.split()[1].replace(",", ""))
        each = f"{(run.cpu - base.cpu) / count * 1e6:>10.1f} {(run.mebibytes - base.mebibytes) / count * 1024:>11.2f}"
        print(f"{name:<20} {run.wall:>8.3f} {run.cpu:>8.3f} {run.mebibytes:>6.0f} {each if count > 1 else ''}")


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("start", "growth"), help="both where it is not given")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    for bench in (start, growth):
        if options.what in (None, bench.__name__):
            bench(options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
