"""Coverage-guided fuzzing of what strangers' text meets first: reading, and the grammar of expressions.

`python tools/fuzz_reading.py reading|expression [--seconds N] [--seed N]` needs atheris (`pip install -e ".[fuzz]"`). Whatever
the bytes are, reading must return a spec with its problems, and an expression must yield a value or an ExpressionError,
each in time. The first input that does otherwise is printed with the traceback, and the status is 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST = 4_096  # bytes of an input; a fault that needs more needs them only to be slow
SLOW = 5.0  # seconds of processor time for one input, with every branch being counted
MEMORY = 2_048  # MiB that the process may reach
NODES = 2_000  # of a graph, fewer than netspec allows: a spec at that limit takes seconds, and is not wrong for it
WORDS = re.compile(r"[A-Za-z_$][A-Za-z0-9_]*|[^\sA-Za-z0-9]+|\d+")
EXPRESSIONS = (
    "2 if $index == 0 else 4 * $filters // 2",
    "$widths[$index % len($widths)] ** 2",
    "not $flag or $filters >= 3.5e2 and 'a' != \"b\"",
    "make_divisible(max($widths), 8) + round(sum([1, 2.5, -3]))",
    "[2 ** $i for i in range(1, $index + 3, 2) if $i % 2 or $flag]",
    "count(unique(sorted($widths)), log(8, 2)) if $name == 'a_${index}' else ['e_${$i + 1}' for i in [1, 2]]",
    "[$filters, [int(abs(-1.5)), floor(.5), ceil(1.)], true]",
)
VALUES: dict[str, Any] = {
    "index": 0,
    "filters": 64,
    "ratio": 0.25,
    "flag": True,
    "name": "x",
    "widths": [8, 2**53, -1.5],
}


# --- what is tried ----------------------------------------------------------------------------------------------------


def reading(data: bytes) -> None:
    """Bytes to a checked spec; problems are returned."""
    from netspec.pipeline import check_text

    check_text(data)


def expression(data: bytes) -> None:
    """Text to a value."""
    from netspec.expressions import ExpressionError, parse, unknown_name

    def look(name: str) -> Any:
        if name not in VALUES:
            raise unknown_name(name, list(VALUES))
        return VALUES[name]

    try:
        parse(data.decode(errors="replace")).evaluate(look)
    except ExpressionError as error:
        if "cannot be worked out" in error.message:  # what Python said; every case has words of its own
            raise AssertionError(error.message) from error


TARGETS: dict[str, Callable[[bytes], None]] = {"reading": reading, "expression": expression}


def corpus(target: str) -> Iterator[bytes]:
    """What is changed at the start: the zoo and the fixtures of every problem, or expressions."""
    if target == "expression":
        yield from (text.encode() for text in EXPRESSIONS)
        return
    for folder, pattern in (("specs", "*.yaml"), ("tests/problems", "*.yaml"), ("tests/problems", "*.json")):
        for path in sorted((ROOT / folder).glob(pattern)):
            if path.stat().st_size <= LONGEST:
                yield path.read_bytes()


# --- the fuzzer -------------------------------------------------------------------------------------------------------


def fuzz(target: str, flags: list[str]) -> None:
    """Fuzz until libFuzzer's own flags end it, which also ends the process."""
    import atheris

    with atheris.instrument_imports(include=["netspec"]):
        import netspec.api
        import netspec.expressions  # noqa: F401 - what is imported here has its branches counted
        from netspec.graph.elaboration import walk

    walk.MAX_NODES = NODES
    attempt = TARGETS[target]

    def one(data: bytes) -> None:
        began = time.process_time()
        attempt(data)
        took = time.process_time() - began
        if took > SLOW:
            raise AssertionError(f"it took {took:.1f} s")

    atheris.Setup([sys.argv[0], *flags], one)
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Fuzz in a process of its own, and print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=tuple(TARGETS))
    parser.add_argument("--seconds", type=int, default=3_600, help="how long (default: an hour)")
    parser.add_argument("--seed", type=int, help="of the fuzzer's choices; default: a new one")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install -c constraints.txt -e '.[fuzz]'")
        return 2
    seed = random.SystemRandom().randrange(1, 2**31) if options.seed is None else options.seed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = list(corpus(options.target))
        (folder / "corpus").mkdir()
        for number, data in enumerate(seeds):
            (folder / "corpus" / str(number)).write_bytes(data)
        words = sorted({word for data in seeds for word in WORDS.findall(data.decode(errors="ignore"))})
        (folder / "words").write_text("".join(f'"{_escaped(word)}"\n' for word in words))
        flags = [
            str(folder / "corpus"),
            f"-dict={folder / 'words'}",
            f"-artifact_prefix={folder}/",
            f"-max_total_time={options.seconds}",
            f"-seed={seed}",
            f"-max_len={LONGEST}",
            f"-rss_limit_mb={MEMORY}",
            f"-timeout={int(4 * SLOW)}",
        ]
        command = [sys.executable, __file__, "--child", options.target, *flags]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        log = done.stdout.decode(errors="replace")
        found = [path for path in folder.iterdir() if path.name.startswith(("crash-", "timeout-", "oom-"))]
        _report(options.target, seed, log, done.returncode, len(list((folder / "corpus").iterdir())))
        for path in found:
            print(f"\n{path.name.partition('-')[0]} on {path.read_bytes()!r}")
        return 1 if found or done.returncode else 0


def _report(target: str, seed: int, log: str, status: int, size: int) -> None:
    """The figures of libFuzzer's last line; where it broke off, also what was said last."""
    progress = re.findall(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+)", log, re.MULTILINE)
    runs, branches, features = progress[-1] if progress else ("0", "0", "0")
    done = re.search(r"Done (\d+) runs in (\d+) second", log)
    print(
        f"{target}: {int(done[1] if done else runs):,} executions{f' in {int(done[2]):,} s' if done else ''}, coverage "
        f"{int(branches):,} ({int(features):,} features), corpus {size:,} inputs, seed {seed}"
    )
    if status:
        print("\n".join(log.splitlines()[-60:]))


def _escaped(word: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "".join(f"\\x{b:02x}" for b in c.encode()) for c in word)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        fuzz(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(sys.argv[1:]))
