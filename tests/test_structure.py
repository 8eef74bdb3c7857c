"""Which way imports run: by the order of the packages, and in no circle."""

from __future__ import annotations

from tests.support.imports import EDGES, MODULES, PUBLIC, RANK, imports, package

FRAMEWORKS = ("keras", "tensorflow", "jax", "torch", "sklearn")
MAX_LINES = 500  # of a module; tables may be longer
TABLES: tuple[str, ...] = ()
# What is still upside down; each line goes with the change that mends it, and none may be added.
UPWARD: set[str] = set()
CIRCLES: set[tuple[str, ...]] = set()
LONG: set[str] = set()


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
