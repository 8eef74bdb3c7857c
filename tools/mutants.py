"""Mutation testing of the core: small changes of the code, one at a time, each of which a test should notice.

`pip install -c constraints.txt -e ".[tensorflow,mutation]"`, then `python tools/mutants.py 300 --seed 1 --workers 2`. A
sample of all mutants that cosmic-ray's operators make of the core is drawn: first a place, then one of the changes at it, so
that a comparison, which has ten, does not count tenfold. Annotations are left alone: no test runs them. Each mutant meets the
tests of its own package first and, if it lives, those of the whole core, then those of the kinds. Survivors are printed as
differences, to be killed by a test or explained.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

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
TIMEOUT = 300  # seconds of one run; what loops for ever is noticed too
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
    arguments: dict[str, Any]
    occurrence: int
    line: int


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
    skipped = annotations(path)
    tree = get_ast_from_path(path)
    by_place: dict[tuple[int, int], list[Mutant]] = {}
    for name in sorted(operator_names()):
        operator_class = get_operator(name)
        if operator_class.arguments() or name.endswith("NoOp"):
            continue
        operator = operator_class()
        occurrence = 0
        for node in ast_nodes(tree):
            for start, _ in operator.mutation_positions(node):
                if not any(first <= start < last for first, last in skipped):
                    mutant = Mutant(module, name, {}, occurrence, start[0])
                    by_place.setdefault(start, []).append(mutant)
                occurrence += 1
    yield from by_place.values()


def sample(count: int, seed: int, only: str) -> list[Mutant]:
    """So many mutants, drawn at random: a place, then a change."""
    paths = [path for package in CORE for path in sorted((ROOT / "netspec" / package).rglob("*.py"))]
    paths += [ROOT / "netspec" / name for name in MODULES]
    places = [
        place
        for path in paths
        if "codes" not in path.parts and only in str(path)  # the catalogue is prose
        for place in mutants_of(path.relative_to(ROOT))
    ]
    draw = random.Random(seed)
    chosen = draw.sample(places, min(count, len(places)))
    print(f"{len(places):,} places, of which {len(chosen)} are tried")
    return [draw.choice(place) for place in chosen]


def stages(mutant: Mutant) -> Iterator[list[str]]:
    """The tests that it meets, in turn."""
    part = mutant.module.parts[1]
    own = [name for name in OWN.get(part, (part,)) if (ROOT / "tests" / name).exists()]
    yield [f"tests/{name}" for name in own]
    yield [f"tests/{name}" for name in LIGHT if name not in own and (ROOT / "tests" / name).exists()]
    yield [f"tests/{name}" for name in LAST]


def judged(mutant: Mutant, copy: Path) -> tuple[str, str]:
    """`killed` or `survived`, and the difference that the mutant makes."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    path = copy / mutant.module
    before = path.read_text(encoding="utf-8")
    after = mutate_code(before, get_operator(mutant.operator)(**mutant.arguments), mutant.occurrence)
    if after is None:
        raise RuntimeError(f"{mutant} is no mutant")
    difference = "".join(changed(before, after, str(mutant.module)))
    path.write_text(after, encoding="utf-8")
    try:
        for tests in stages(mutant):
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
            environment = {
                **os.environ,
                "PYTHONPATH": str(copy),
                "CUDA_VISIBLE_DEVICES": "-1",
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            try:
                done = subprocess.run(
                    command, cwd=copy, env=environment, capture_output=True, timeout=TIMEOUT, check=False
                )
            except subprocess.TimeoutExpired:
                return "killed", difference
            if done.returncode:
                return "killed", difference
    finally:
        path.write_text(before, encoding="utf-8")
    return "survived", difference


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
    options = parser.parse_args()
    mutants = sample(options.count, options.seed, options.only)
    start = time.monotonic()
    killed = 0
    with tempfile.TemporaryDirectory() as folder:
        copies: Queue[Path] = Queue()
        for number in range(options.workers):
            copy = Path(folder) / str(number)
            for name in COPIED:
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
                elif source.exists():
                    copy.mkdir(exist_ok=True)
                    shutil.copy(source, copy / name)
            copies.put(copy)

        def attempt(mutant: Mutant) -> tuple[str, str]:
            copy = copies.get()
            try:
                return judged(mutant, copy)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.workers) as pool:
            for mutant, (verdict, difference) in zip(mutants, pool.map(attempt, mutants), strict=True):
                killed += verdict == "killed"
                if verdict == "survived":
                    print(f"survived: {mutant.module}:{mutant.line} {mutant.operator}\n{difference}", flush=True)
    share = killed / len(mutants)
    print(
        f"{killed} of {len(mutants)} killed ({share:.1%}), seed {options.seed}, {(time.monotonic() - start) / 60:.0f} minutes"
    )
    return 0 if share >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
