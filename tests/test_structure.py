"""Which way imports run: by the order of the packages, and in no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.imports import EDGES, MODULES, PUBLIC, RANK, imports, package

FRAMEWORKS = ("keras", "tensorflow", "jax", "torch", "sklearn")
MAX_LINES = 500  # of a module; tables may be longer
TABLES: tuple[str, ...] = ()
# What is still upside down; each line goes with the change that mends it, and none may be added.
UPWARD: set[str] = set()
CIRCLES: set[tuple[str, ...]] = set()
LONG: set[str] = set()
# Uses of `Any`, imports not counted. What has no types of its own gets a name, once, with a comment that says why; the rest
# has types. A change that needs one more lowers another, or says here why not.
MAX_ANY = 15


def test_every_package_has_its_place() -> None:
    assert {package(module) for module in MODULES} == {*RANK, *PUBLIC}


def test_imports_run_one_way() -> None:
    upward = [
        f"{module} imports {target}"
        for module, targets in EDGES.items()
        if package(module) not in PUBLIC
        for target in sorted(targets)
        if package(target) != package(module)
        and (package(target) in PUBLIC or RANK[package(target)] >= RANK[package(module)])
        and target != "netspec"
    ]
    assert set(upward) == UPWARD


def test_no_circle() -> None:
    state: dict[str, int] = {}
    circles: set[tuple[str, ...]] = set()

    def visit(module: str, way: list[str]) -> None:
        state[module] = 1
        for target in sorted(EDGES[module]):
            # A module of a package brings the package's own `__init__`, which is no circle of theirs.
            if state.get(target) == 1 and not module.startswith(f"{target}."):
                circles.add((*way[way.index(target) :], target))
            elif target not in state:
                visit(target, [*way, target])
        state[module] = 2

    for module in EDGES:
        if module not in state:
            visit(module, [module])
    assert circles == CIRCLES


def test_frameworks_are_imported_at_the_edge_only() -> None:
    found = {
        package(module)
        for module, path in MODULES.items()
        for name in imports(path, MODULES)
        if name.split(".")[0] in FRAMEWORKS
    }
    assert found <= {"backends", "data", "training", "layers"}


def test_no_module_is_too_long() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name for name, n in lengths.items() if n > MAX_LINES and name not in TABLES} == LONG


def uses_of_any(path: Path) -> Iterator[int]:
    """The lines on which `Any` is used: in annotations, written as text or not, in aliases, and imported as something else."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "Any" in node.value:
            try:
                inner = ast.walk(ast.parse(node.value, mode="eval"))
            except SyntaxError:  # a sentence
                continue
            yield from (node.lineno for part in inner if isinstance(part, ast.Name) and part.id == "Any")
        elif (
            (isinstance(node, ast.Name) and node.id == "Any")
            or (isinstance(node, ast.Attribute) and node.attr == "Any")
            or (isinstance(node, ast.alias) and node.name == "Any" and node.asname is not None)
        ):
            yield getattr(node, "lineno", 0)


def test_any_is_counted_wherever_it_hides(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import typing\nfrom typing import Any\nfrom typing import Any as Whatever\n"
        "Alias = 'dict[str, Any]'\nWORDS = 'Any word.'\ndef f(a: Any, b: list[typing.Any]) -> None: ...\n"
    )
    assert sorted(uses_of_any(module)) == [3, 4, 6, 6]


def test_few_things_have_no_type() -> None:
    found = {name: lines for name, path in MODULES.items() if (lines := sorted(uses_of_any(path)))}
    assert sum(map(len, found.values())) <= MAX_ANY, found
