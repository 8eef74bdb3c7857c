"""Who imports whom in netspec, and the order in which the packages stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import netspec

ROOT = Path(netspec.__file__).parent

# Each package may import what stands above it; those of one row know nothing of each other.
ORDER = (
    ("memory", "shapes", "streams"),
    ("diagnostics",),
    ("configuration", "files", "outputs", "expressions", "zoo"),
    ("syntax",),
    ("options", "formatting", "revisions"),
    ("kinds",),
    ("data",),
    ("spec",),
    ("graph",),
    ("analysis", "fixes", "schema"),
    ("keeping",),
    ("pipeline",),
    ("conversion", "upgrading"),
    ("report", "backends", "recovery", "refactoring", "comparison"),
    ("drawing",),
    ("training", "lsp", "playground"),
    ("api", "cli"),
)
PUBLIC = ("__init__", "__main__", "kind", "layers")  # names for users, which nothing inside imports
RANK = {package: rank for rank, packages in enumerate(ORDER) for package in packages}


def modules() -> dict[str, Path]:
    """All modules of netspec by their dotted names."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """What a file imports, at its top or in a function, but for what only a type checker reads."""
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
                yield inner if inner in known else node.module


def package(module: str) -> str:
    """The part of netspec that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


MODULES = modules()
EDGES = {
    name: frozenset(target for target in imports(path, MODULES) if target in MODULES and target != name)
    for name, path in MODULES.items()
}
