"""Mutation testing of the core: small changes of the code, one at a time, each of which a test should notice.

`pip install -c constraints.txt -e ".[tensorflow,mutation]"`, then `python tools/mutants.py 300 --seed 1 --workers 2`. A
sample of all mutants that cosmic-ray's operators make of the core is drawn: first a place, then one of the changes at it, so
that a comparison, which has ten, does not count tenfold. The draw goes by the text of the line, so that a change of the code
elsewhere leaves the sample as it was. Annotations are left alone: no test runs them. The tests are run once to see which lines each
of them runs; a mutant then meets the tests that run its statement, the quickest first. What only an import runs, as the declaration
of a kind, meets the tests of its own package, those of the whole core, then those of the kinds. Survivors are printed as
differences, to be killed by a test or explained in `tools/equal_mutants.txt`. `--record FILE` keeps what was killed: run again with
it, only the others are tried.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, takewhile
from pathlib import Path
from queue import Queue
from types import MappingProxyType
from typing import Any, NamedTuple, cast

ROOT = Path(__file__).resolve().parent.parent
CORE = ("diagnostics", "syntax", "expressions", "options", "kinds", "spec", "graph", "analysis", "fixes")
MODULES = ("shapes.py", "pipeline.py")
LIGHT = (
    "diagnostics",
    "syntax",
    "expressions",
    "spec",
    "options",
    "graph",
    "analysis",
    "fixes",
    "schema",
    "report",
    "data",
    "cli",
    "problems",
    "safety",
)
OWN = {
    "diagnostics": ("diagnostics", "problems", "analysis", "syntax"),
    "shapes.py": ("kinds/test_shapes.py", "graph", "problems"),
    "kinds": ("graph", "report"),
}
LAST = ("kinds", "test_articles.py", "test_specs.py")
EQUAL = Path(__file__).with_name("equal_mutants.txt")
TIMEOUT = 600  # seconds of one run; what loops for ever is noticed too
FIRST_SECONDS = 5.0  # of the tests that a mutant meets first
FAILED = (1, 2)  # the status of a run in which a test failed, or could not be imported
COPIED = (
    "netspec",
    "tests",
    "specs",
    "docs",
    "tools",
    "pyproject.toml",
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)


class Mutant(NamedTuple):
    """One change: the n-th place that an operator finds in a module."""

    module: Path  # relative to the root
    operator: str
    occurrence: int
    line: int
    place: str  # the module, the line's text, and which place of that text it is
    change: str  # the operator, and which of its changes at the place

    @property
    def name(self) -> str:
        """What it is called in records, whatever the line's number."""
        return f"{self.place} {self.change}"


def annotations(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations and type aliases stand, which nothing runs."""
    found: list[ast.AST] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found += [node.returns] if node.returns else []
        elif isinstance(node, ast.arg):
            found += [node.annotation] if node.annotation else []
        elif isinstance(node, ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Subscript, ast.BinOp)):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper():
                found.append(node.value)  # an alias: `Size = int | None`
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found.append(node)
    return [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in found]  # type: ignore[attr-defined]


def mutants_of(module: Path) -> Iterator[list[Mutant]]:
    """The mutants of a module, those of one place together."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path
    from cosmic_ray.plugins import get_operator, operator_names

    path = ROOT / module
    lines = path.read_text(encoding="utf-8").splitlines()
    skipped = annotations(path)
    tree = get_ast_from_path(path)
    by_place: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for name in sorted(operator_names()):
        operator_class = get_operator(name)
        if operator_class.arguments() or name.endswith("NoOp"):
            continue
        operator = operator_class()
        occurrence = 0
        for node in ast_nodes(tree):
            for start, _ in operator.mutation_positions(node):
                if not any(first <= start < last for first, last in skipped):
                    by_place.setdefault(start, []).append((name, occurrence))
                occurrence += 1
    repeated: Counter[str] = Counter()
    for (line, _), found in sorted(by_place.items()):
        text = f"{module}: {lines[line - 1].strip()}"
        repeated[text] += 1
        yield [
            Mutant(module, name, occurrence, line, f"{text} ({repeated[text]})", f"{name} ({number})")
            for number, (name, occurrence) in enumerate(found)
        ]


def sample(count: int, seed: int, only: str) -> list[Mutant]:
    """So many mutants, drawn by their names: a place, then a change."""
    paths = [path for package in CORE for path in sorted((ROOT / "netspec" / package).rglob("*.py"))]
    paths += [ROOT / "netspec" / name for name in MODULES]
    places = [
        place
        for path in paths
        if "codes" not in path.parts and only in str(path)  # the catalogue is prose
        for place in mutants_of(path.relative_to(ROOT))
    ]

    def drawn(*words: str) -> bytes:
        return hashlib.sha256(f"{seed} {words}".encode()).digest()

    places.sort(key=lambda place: drawn(place[0].place))
    print(f"{len(places):,} places, of which {min(count, len(places))} are tried")
    return [min(place, key=lambda mutant: drawn(mutant.place, mutant.change)) for place in places[:count]]


class Witnesses:
    """Which tests run a line, and how long each takes: what the tests of the core show when they are run once."""

    def __init__(self, copies: Sequence[Path]) -> None:
        parts = [LIGHT, LAST]
        with ThreadPoolExecutor(len(copies)) as pool:
            found = list(pool.map(self._recorded, [copies[i % len(copies)] for i in range(len(parts))], parts))
        self.seconds: dict[str, float] = {}
        self.tests: list[dict[str, dict[str, list[str]]]] = []
        for record in found:
            self.seconds |= record["seconds"]
            self.tests.append(record["tests"])

    @staticmethod
    def _recorded(copy: Path, part: Sequence[str]) -> dict[str, Any]:
        file = copy / f"witnesses-{part[0]}.json"
        run = pytest_run(copy, existing(part), ["-p", "witnesses"], {"WITNESSES": str(file)}, timeout=None)
        if run.returncode:
            raise SystemExit(f"the tests fail before anything is changed:\n{run.stdout.decode()[-2000:]}")
        return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))

    def stages(self, mutant: Mutant) -> Iterator[list[str]]:
        """The tests that a mutant meets, in turn: of the core, the quickest of them first, then of the kinds."""
        lines = [str(line) for line in statement(ROOT / mutant.module, mutant.line)]
        for tests in self.tests:
            by_line = tests.get(str(mutant.module), {})
            met = {test for line in lines for test in by_line.get(line, ())}
            ordered = sorted(met, key=lambda test: self.seconds[test])
            total = accumulate(self.seconds[test] for test in ordered)
            quick = sum(1 for _ in takewhile(lambda seconds: seconds < FIRST_SECONDS, total))
            yield from (part for part in (ordered[:quick], ordered[quick:]) if part)


def statement(module: Path, line: int) -> range:
    """The lines of the innermost statement around a line; of a compound one, those before its body."""
    best = range(line, line + 1)
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            end = (body[0].pattern if isinstance(node, ast.Match) else body[0]).lineno - 1 if body else node.end_lineno
            if line <= max(end or line, node.lineno):
                best = range(node.lineno, max(end or line, node.lineno) + 1)
    return best


def existing(names: Sequence[str]) -> list[str]:
    """Those tests that there are, as pytest takes them."""
    return [f"tests/{name}" for name in names if (ROOT / "tests" / name).exists()]


def all_tests(mutant: Mutant) -> Iterator[list[str]]:
    """The tests that a mutant meets which only an import runs, or which changes what tests there are."""
    part = mutant.module.parts[1]
    own = OWN.get(part, (part,))
    yield existing(own)
    yield existing([name for name in LIGHT if name not in own])
    yield existing(LAST)


def pytest_run(
    copy: Path,
    tests: Sequence[str],
    options: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    *,
    timeout: float | None = TIMEOUT,
) -> subprocess.CompletedProcess[bytes]:
    """A run of pytest in a copy of the project; the tests stand in a file, since they may be thousands."""
    listed = copy / "tests.txt"
    listed.write_text("\n".join(tests), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *options, f"@{listed}"],
        cwd=copy,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "tools"), os.environ.get("PYTHONPATH", "")]),
            "CUDA_VISIBLE_DEVICES": "-1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def killed(copy: Path, tests: Sequence[str]) -> bool | None:
    """Does one of the tests fail? None where they are not the same tests any more."""
    try:
        status = pytest_run(copy, tests).returncode
    except subprocess.TimeoutExpired:
        return True
    return None if status not in (0, *FAILED) else status in FAILED


def judged(mutant: Mutant, copy: Path, witnesses: Witnesses) -> tuple[bool, str]:
    """Was it killed, and the difference that the mutant makes."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    path = copy / mutant.module
    before = path.read_text(encoding="utf-8")
    after = mutate_code(before, get_operator(mutant.operator)(), mutant.occurrence)
    if after is None:
        raise RuntimeError(f"{mutant} is no mutant")
    difference = "".join(changed(before, after, str(mutant.module)))
    path.write_text(after, encoding="utf-8")
    try:
        verdicts = []
        for tests in witnesses.stages(mutant):
            verdicts.append(killed(copy, tests))
            if verdicts[-1]:
                return True, difference
        if verdicts and None not in verdicts:
            return False, difference
        return any(killed(copy, tests) is not False for tests in all_tests(mutant)), difference
    finally:
        path.write_text(before, encoding="utf-8")


def lines_of(path: Path) -> set[str]:
    """The lines of a list of mutants' names."""
    return set(path.read_text(encoding="utf-8").splitlines())


def copied(copy: Path) -> Path:
    """A copy of the project, in which one worker changes the code."""
    copy.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, copy / name)
    return copy


def changed(before: str, after: str, name: str) -> Iterator[str]:
    """A unified difference without context."""
    from difflib import unified_diff

    return unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name, n=0)


def main() -> int:
    """Print survivors and the share that was killed; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", default="", help="modules whose path holds this")
    parser.add_argument("--least", type=float, default=0.95, help="the share that must be killed")
    parser.add_argument("--record", type=Path, help="a file that keeps what was killed; it is not tried again")
    options = parser.parse_args()
    mutants = sample(options.count, options.seed, options.only)
    recorded = lines_of(options.record) if options.record and options.record.exists() else set()
    equal = [mutant for mutant in mutants if mutant.name in lines_of(EQUAL)]
    mutants = [mutant for mutant in mutants if mutant not in equal]
    tried = [mutant for mutant in mutants if mutant.name not in recorded]
    print(f"{len(equal)} do what the original does, {len(mutants) - len(tried)} are recorded as killed")
    start = time.monotonic()
    alive = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = [copied(Path(folder) / str(number)) for number in range(options.workers)]
        witnesses = Witnesses(paths)
        print(f"{len(witnesses.seconds):,} tests, {(time.monotonic() - start) / 60:.0f} minutes", flush=True)
        copies: Queue[Path] = Queue()
        for path in paths:
            copies.put(path)

        def attempt(mutant: Mutant) -> tuple[bool, str]:
            copy = copies.get()
            try:
                return judged(mutant, copy, witnesses)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.workers) as pool:
            for mutant, (dead, difference) in zip(tried, pool.map(attempt, tried), strict=True):
                alive += not dead
                if not dead:
                    print(f"survived: {mutant.module}:{mutant.line} {mutant.operator}\n{difference}", flush=True)
                elif options.record:
                    with options.record.open("a", encoding="utf-8") as file:
                        file.write(f"{mutant.name}\n")
    share = 1 - alive / len(mutants)
    minutes = (time.monotonic() - start) / 60
    print(
        f"{len(mutants) - alive} of {len(mutants)} killed ({share:.1%}), {len(equal)} equal to the original, "
        f"seed {options.seed}, {minutes:.0f} minutes"
    )
    return 0 if share >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
