"""Small specs that make large work, each with every command that reads one: seconds, megabytes, what is above its bound.

`python tools/attacks.py [PART OF A NAME …] [--seconds 2] [--megabytes 300]`. Seconds are of processor time, the interpreter's start
included. The list is `tests/safety/attacks.py`; with `--random 300 --seed 1`, 300 texts of the generator in
`tests/safety/amplified.py`, of which those above are printed, and the slowest.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.safety.amplified import amplified  # noqa: E402
from tests.safety.attacks import ATTACKS  # noqa: E402

COMMANDS = {  # `{}` stands for the spec's path
    "validate": ["validate", "{}"],
    "inspect": ["inspect", "{}"],
    "sizes": ["inspect", "--sizes", "{}"],
    "explain": ["explain", "{}", "input"],
    "schema": ["schema", "--check", "{}"],
    "fix": ["validate", "--fix", "{}"],
}
STOP = 30  # seconds of processor time, after which a command is stopped


def limited(memory: int) -> Callable[[], None]:
    """What limits a process before it begins."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (STOP, STOP))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return limit


def measured(arguments: list[str], memory: int) -> tuple[float, float, int, str]:
    """Seconds, megabytes, exit status and last line of a command."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "netspec", *arguments],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            preexec_fn=limited(memory),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = out.read()[-400:].decode(errors="replace").strip().splitlines()
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, lines[-1] if lines else ""


class Measured(NamedTuple):
    """What a command took for a text."""

    seconds: float
    megabytes: float
    status: int
    command: str
    name: str
    last: str  # line that was printed

    def line(self, mark: str) -> str:
        """A row of the table."""
        figures = f"{self.seconds:6.2f} s {self.megabytes:6.0f} MB {self.status:3d}"
        return f"{mark:5} {figures} {self.command:8} {self.name}: {self.last[-90:]}"


def texts(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """The texts that are measured, each with its name."""
    if options.random:
        for seed in range(options.seed, options.seed + options.random):
            yield amplified(seed)
    else:
        for name, make in ATTACKS.items():
            if not options.names or any(part in name for part in options.names):
                yield name, make()


def main() -> int:
    """Returns 1 where one is above its bound."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--commands", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--megabytes", type=float, default=300.0)
    parser.add_argument("--random", type=int, default=0, metavar="N", help="measure N texts of the generator instead")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    options = parser.parse_args()
    every: list[Measured] = []
    above = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts(options):
            for command in options.commands:
                path = Path(folder) / ("spec.json" if text.startswith("{") else "spec.yaml")
                path.write_bytes(text.encode())
                arguments = [each.format(path) for each in COMMANDS[command]]
                seconds, megabytes, status, last = measured(arguments, 4 * 2**30)
                found = Measured(seconds, megabytes, status, command, name, last)
                wrong = seconds > options.seconds or megabytes > options.megabytes or status not in (0, 1, 2)
                wrong = wrong or "internal error" in last or "This is a bug" in last
                above += wrong
                every.append(found)
                if wrong or not options.random:
                    print(found.line("ABOVE" if wrong else ""), flush=True)
    if options.random:
        print("the slowest:")
        for found in sorted(every, key=lambda each: each.seconds, reverse=True)[:10]:
            print(found.line(""))
        print("the largest:")
        for found in sorted(every, key=lambda each: each.megabytes, reverse=True)[:3]:
            print(found.line(""))
    print(f"{above} of {len(every)} above {options.seconds:g} s or {options.megabytes:g} MB")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
