"""Draw netspec's packages, each above what imports it, as `docs/structure.svg`; with `--check`, fail where that is not current.

An arrow leads from a package to one that it imports. What follows from other arrows is left out: if `cli` imports `pipeline`,
and that `graph`, no arrow from `cli` to `graph` is needed to see it.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.imports import EDGES, MODULES, ORDER, PUBLIC, RANK, package  # noqa: E402
from tools.generated import write_or_check  # noqa: E402

DRAWING = ROOT / "docs" / "structure.svg"
WIDTH, BOX, HEIGHT, GAP, ROW = 760, 150, 40, 36, 74

STYLE = """
  .box { fill: #f5f5f2; stroke: #888; }
  text { font: 14px system-ui, sans-serif; fill: #222; text-anchor: middle; }
  .arrow { fill: none; stroke: #5577aa; stroke-width: 1.4; marker-end: url(#head); }
  .head { fill: #5577aa; }
  @media (prefers-color-scheme: dark) {
    .box { fill: #26292c; stroke: #777; }
    text { fill: #ddd; }
    .arrow { stroke: #8fb0e0; }
    .head { fill: #8fb0e0; }
  }
"""


def between() -> dict[str, set[str]]:
    """Which packages each package imports."""
    found: dict[str, set[str]] = {name: set() for name in RANK}
    for module, targets in EDGES.items():
        mine = package(module)
        if mine not in PUBLIC:
            found[mine] |= {package(target) for target in targets if target != "netspec"} - {mine, *PUBLIC}
    return found


def reached(edges: dict[str, set[str]], start: str) -> set[str]:
    """All that a package imports, directly or by way of others."""
    found: set[str] = set()
    stack = [start]
    while stack:
        for target in edges[stack.pop()] - found:
            found.add(target)
            stack.append(target)
    return found


def needed(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that do not follow from others."""
    return {
        name: {
            target
            for target in targets
            if not any(target in reached(edges, other) for other in targets if other != target)
        }
        for name, targets in edges.items()
    }


def drawing() -> str:
    """The whole file."""
    places: dict[str, tuple[float, float]] = {}
    for row, packages in enumerate(ORDER):
        width = len(packages) * BOX + (len(packages) - 1) * GAP
        for column, name in enumerate(packages):
            places[name] = ((WIDTH - width) / 2 + column * (BOX + GAP), 20 + row * ROW)
    height = 20 + len(ORDER) * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-label="The packages of netspec; each imports only what stands above it">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 L10 5 L0 10 z"/></marker></defs>',
    ]
    edges = needed(between())
    parts += [
        arrow(places, name, target) for name in RANK for target in sorted(edges[name], key=lambda t: (RANK[t], t))
    ]
    for name, (x, y) in places.items():
        count = sum(package(module) == name for module in MODULES)
        title = f"{name}: {count} module{'s' * (count > 1)}; imports {', '.join(sorted(between()[name])) or 'nothing'}"
        parts.append(
            f'<g><title>{escape(title)}</title><rect class="box" x="{x:g}" y="{y:g}" width="{BOX}" height="{HEIGHT}" rx="6"/>'
            f'<text x="{x + BOX / 2:g}" y="{y + HEIGHT / 2 + 5:g}">{name}</text></g>'
        )
    return "\n".join([*parts, "</svg>", ""])


def arrow(places: dict[str, tuple[float, float]], name: str, target: str) -> str:
    """From the top of a box to the bottom of one above it; around the boxes of the rows between."""
    (x1, y1), (x2, y2) = places[name], places[target]
    start, end = (x1 + BOX / 2, y1), (x2 + BOX / 2, y2 + HEIGHT)
    rows = RANK[name] - RANK[target]
    if rows == 1:
        return f'<path class="arrow" d="M{start[0]:g} {start[1]:g} L{end[0]:g} {end[1]:g}"/>'
    # Past the boxes of the rows between, on the side to which the boxes lean.
    side = -1 if x1 + x2 < WIDTH - BOX else 1
    start, end = (x1 + BOX * (0.5 + 0.3 * side), y1), (x2 + BOX * (0.5 + 0.3 * side), y2 + HEIGHT)
    bend = WIDTH / 2 + side * (1.5 * BOX + GAP + 12 * rows)
    curve = f"C{bend:g} {start[1] - 40:g} {bend:g} {end[1] + 40:g} {end[0]:g} {end[1]:g}"
    return f'<path class="arrow" d="M{start[0]:g} {start[1]:g} {curve}"/>'


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    return write_or_check([(DRAWING, drawing())], arguments, "write_generated.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
