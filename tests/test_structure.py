"""Which way imports run: by the order of the packages, and in no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import netspec

ROOT = Path(netspec.__file__).parent

# Each may import what stands above it. A line's packages know nothing of each other.
ORDER = (
    ("memory", "shapes"),
    ("diagnostics",),
    ("files", "expressions", "zoo"),
    ("syntax",),
    ("options",),
    ("kinds",),
    ("data",),
    ("spec",),
    ("graph",),
    ("analysis", "fixes", "schema"),
    ("pipeline",),
    ("report", "backends"),
    ("training",),
    ("api", "cli"),
)
PUBLIC = ("__init__", "__main__", "layers")  # names for users, which nothing inside imports
FRAMEWORKS = ("keras", "tensorflow", "jax", "torch", "sklearn")
MAX_LINES = 500  # of a module; tables may be longer
TABLES: tuple[str, ...] = ()
# What is still upside down; each line goes with the change that mends it, and none may be added.
UPWARD = {
    *(
        f"netspec.data{name} imports netspec.spec.settings"
        for name in ("", ".base", ".corners", ".digits", ".download")
    ),
    *(f"netspec.data.{name} imports netspec.spec.settings" for name in ("folder", "npz", "table")),
    "netspec.kinds.kind imports netspec.backends.keras.layers",
}
CIRCLES = {("netspec.graph.elaboration.walk", "netspec.graph.elaboration.builder", "netspec.graph.elaboration.walk")}
LONG = {"netspec.options", "netspec.report.pages", "netspec.spec.settings"}

RANK = {package: rank for rank, packages in enumerate(ORDER) for package in packages}


def modules() -> dict[str, Path]:
    """All modules of netspec by their dotted names."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or in a function, but for what only a type checker reads."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


EDGES = {name: {i for i in imports(path) if i in MODULES and i != name} for name, path in MODULES.items()}


def package(module: str) -> str:
    """The part of netspec that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


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
        for name in imports(path)
        if name.split(".")[0] in FRAMEWORKS
    }
    assert found <= {"backends", "data", "training", "layers"}


def test_no_module_is_too_long() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name for name, n in lengths.items() if n > MAX_LINES and name not in TABLES} == LONG
