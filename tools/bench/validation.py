"""How long `netspec validate` takes: beside bare imports, and by the size of the spec.

All commands run in turn, A B C A B C …, as whole processes; what counts are the ratios of medians of processor time and of
wall time within one run. `python tools/bench/validation.py [rounds]`
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SIZES = (200, 2_000, 20_000)


def spec_of(nodes: int) -> str:
    """A flat spec as a tool would write it: convolutions, normalisations, activations, skips."""
    lines = ["netspec: 1", "input: [64, 64, 16]", "layers:"]
    while len(lines) < nodes + 3:
        lines += [
            "  - conv: {filters: 16, kernel_size: 3, padding: same, use_bias: false}",
            "  - batch_norm: {momentum: 0.9, epsilon: 1e-5}",
            "  - relu",
            "  - 1x1: {filters: 16, activation: relu}",
        ]
    return "\n".join(lines[: nodes + 3]) + "\n"


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one whole process."""
    before = os.times()
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = os.times()
    return wall, after.children_user - before.children_user + after.children_system - before.children_system


def main(arguments: list[str]) -> int:
    """Print the table."""
    rounds = int(arguments[0]) if arguments else 7
    python = sys.executable
    validate = [python, "-m", "netspec", "validate"]
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "import yaml, jsonschema": [python, "-c", "import yaml, jsonschema"],
            "validate resnet.yaml": [*validate, str(ROOT / "specs" / "resnet.yaml")],
            "validate googlenet.yaml": [*validate, str(ROOT / "specs" / "googlenet.yaml")],
            "import keras": [python, "-c", "import keras"],
        }
        for size in SIZES:
            path = Path(folder) / f"{size}.yaml"
            path.write_text(spec_of(size), encoding="utf-8")
            commands[f"validate {size:,} nodes"] = [*validate, str(path)]
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                measured[name].append(timed(command))
    base = statistics.median(wall for wall, _ in measured["import yaml, jsonschema"])
    base_cpu = statistics.median(cpu for _, cpu in measured["import yaml, jsonschema"])
    print(f"{'command':<26} {'wall s':>8} {'cpu s':>8} {'wall ratio':>11} {'cpu ratio':>10}   (medians of {rounds})")
    for name, runs in measured.items():
        wall, cpu = statistics.median(w for w, _ in runs), statistics.median(c for _, c in runs)
        print(f"{name:<26} {wall:>8.3f} {cpu:>8.3f} {wall / base:>11.2f} {cpu / base_cpu:>10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
