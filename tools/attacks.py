"""Small specs that make large work, each with every command that reads one: seconds, megabytes, what is above its bound.

`python tools/attacks.py [PART OF A NAME …] [--seconds 2] [--megabytes 300]`. Seconds are of processor time, the interpreter's start
included. The list is `tests/safety/attacks.py`.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

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


def main() -> int:
    """Returns 1 where one is above its bound."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--commands", nargs="*", default=list(COMMANDS), choices=list(COMMANDS))
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--megabytes", type=float, default=300.0)
    options = parser.parse_args()
    above = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, make in ATTACKS.items():
            if options.names and not any(part in name for part in options.names):
                continue
            text = make()
            for command in options.commands:
                path = Path(folder) / ("spec.json" if text.startswith("{") else "spec.yaml")
                path.write_text(text, encoding="utf-8")
                seconds, megabytes, code, last = measured([each.format(path) for each in COMMANDS[command]], 4 * 2**30)
                wrong = seconds > options.seconds or megabytes > options.megabytes or code not in (0, 1, 2)
                above += wrong
                mark = "ABOVE" if wrong else "     "
                print(
                    f"{mark} {seconds:6.2f} s {megabytes:6.0f} MB {code:3d} {command:8} {name}: {last[-90:]}",
                    flush=True,
                )
    print(f"{above} above {options.seconds:g} s or {options.megabytes:g} MB")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
