"""Validation here against another checkout of netspec, in turn, as ratios of processor time.

`git worktree add ../before COMMIT`, then `python tools/bench/against.py ../before`. Both sides run in processes of their own,
A B A B …; of each workload the smallest time of a side counts, because whatever else the machine does only adds to it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent.parent

# Run on either side: its public functions only, which both have.
CHECKING = """
import sys, time
import netspec
from pathlib import Path

specs = [(path.name, path.read_text(encoding="utf-8")) for path in sorted(Path(sys.argv[1]).glob("*.yaml"))]
unit = '''
  - conv: {filters: 16, kernel_size: 3, padding: same, use_bias: false}
  - batch_norm: {momentum: 0.9, epsilon: 1e-5}
  - relu
  - 1x1: {filters: 16, activation: relu}'''
large = f"netspec: 1\\ninput: [32, 32, 16]\\nlayers:{unit * 5000}\\n"

def spent(work, rounds):
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best

def zoo():
    for name, text in specs:
        netspec.check_text(text, name, repairs=False)

zoo()
print(spent(zoo, 3), spent(lambda: netspec.check_text(large, "large.yaml", repairs=False), 2))
"""


def checking(root: Path, specs: Path) -> list[float]:
    """Seconds for all specs of the zoo, and for 20,000 nodes, in a process that has been warmed up."""
    done = subprocess.run(
        [sys.executable, "-c", CHECKING, str(specs)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in done.stdout.split()]


def starting(root: Path, spec: Path) -> float:
    """Seconds of a whole process that validates one spec."""
    command = [sys.executable, "-m", "netspec", "validate", str(spec)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Print one row per workload; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("other", type=Path, help="a checkout of another commit")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sides = (options.other.resolve(), HERE)
    specs = sides[0] / "specs"  # what both can read
    found: dict[str, tuple[list[float], list[float]]] = {}
    for _ in range(options.rounds):
        for side, root in enumerate(sides):
            zoo, large = checking(root, specs)
            rows = {"zoo, in one process": zoo, "20,000 nodes, in one process": large}
            for name in ("lenet5", "resnet", "efficientnet"):
                rows[f"netspec validate {name}.yaml"] = min(starting(root, specs / f"{name}.yaml") for _ in range(3))
            for name, seconds in rows.items():
                found.setdefault(name, ([], []))[side].append(seconds)
    print(f"{'workload':<32} {'before':>9} {'here':>9} {'ratio':>6}")
    for name, (before, here) in found.items():
        print(f"{name:<32} {min(before):>8.3f}s {min(here):>8.3f}s {min(here) / min(before):>6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
