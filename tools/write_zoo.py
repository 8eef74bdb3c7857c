"""Write the zoo's page, its pictures, its index and its figures, or with `--check` fail where one is not current.

Everything is worked out from the specs, but for what takes Keras: how far each is from its reference (docs/zoo/fidelity.json,
by tools/fidelity.py), and the published figures that the tests compare with (tests/zoo/published.py).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "zoo.md"
IMAGES = ROOT / "docs" / "zoo"
INDEX = ROOT / "specs" / "README.md"
FIDELITY = IMAGES / "fidelity.json"
HIGHEST = 640  # of a picture on the page, in pixels; it leads to itself

sys.path.insert(0, str(ROOT))

from netspec.diagnostics.words import short  # noqa: E402
from netspec.drawing.opening import first_sight  # noqa: E402
from netspec.drawing.picture import picture  # noqa: E402
from netspec.drawing.svg import svg  # noqa: E402
from netspec.graph.model import Graph, Node, multiplies  # noqa: E402
from netspec.graph.receptive_field import receptive_field  # noqa: E402
from netspec.pipeline import check  # noqa: E402
from netspec.shapes import show_shape  # noqa: E402
from netspec.zoo import FIGURES, GROUPS, Figures, folder, specs  # noqa: E402
from tests.support.published import source  # noqa: E402
from tools.generated import write_or_check  # noqa: E402


class Entry(NamedTuple):
    """A spec and what it builds, by variant; `main` is the variant that it builds when none is named."""

    name: str
    path: Path
    description: str
    about: str
    lines: int
    graphs: dict[str | None, Graph]
    main: str | None
    picture: str  # of the main variant, as SVG


def read(name: str, path: Path) -> Entry:
    """A spec with all its variants, of which none may have a problem."""
    spec = check(path, repairs=False)
    assert spec.document is not None
    graphs: dict[str | None, Graph] = {}
    for variant in spec.document.variants or [None]:
        checked = check(path, variant=variant, repairs=False)
        assert not checked.problems, (name, variant, checked.problems)
        assert checked.graph is not None
        graphs[variant] = checked.graph
    assert spec.graph is not None
    (main,) = (variant for variant, graph in graphs.items() if graph.params == spec.graph.params)
    text = spec.text.splitlines()
    lines = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text)
    drawn = picture(spec)
    drawing = svg(drawn, first_sight(drawn))
    return Entry(name, path, spec.document.description, about(text), lines, graphs, main, drawing)


def about(lines: list[str]) -> str:
    """The first paragraph of the comment at the top: the paper and the idea."""
    words: list[str] = []
    for line in lines[3:]:
        if not line.startswith("# "):
            break
        words.append(line.removeprefix("# ").strip())
    return " ".join(words)


# --- figures -------------------------------------------------------------------------------------------------------------


def depth(graph: Graph) -> int:
    """Layers that multiply, on the way that has most of them."""
    return sum(multiplies(graph.nodes[i]) for i in graph.longest() if not graph.nodes[i].is_input)


def field_of(graph: Graph) -> str:
    """The receptive field of what is given up to the classifier; `all` where a gate before it covers the whole input."""
    index = next(iter(graph.outputs.values()))
    while graph.nodes[index].inputs and not has_places(graph.nodes[index].shape or ()):
        index = graph.nodes[index].inputs[0]
    if any(covers_input(graph.nodes[at]) for at in graph.before((index,))):
        return "all"
    field = receptive_field(graph.nodes[index])
    return " x ".join(map(str, field)) if isinstance(field, list) else "" if field is None else str(field)


def has_places(shape: tuple[int | None, ...]) -> bool:
    """Has a tensor rows, or steps, and more than one?"""
    return len(shape) > 1 and shape[0] != 1


def covers_input(node: Node) -> bool:
    """Does each of its outputs depend on every place?"""
    return node.config is not None and node.config.positions().every


def figures(entries: list[Entry]) -> str:
    """The file that `netspec new --list` reads."""
    rows = [
        Figures(
            entry.name,
            variant,
            variant == entry.main,
            entry.description,
            inputs(graph),
            graph.totals().parameters,
            graph.totals().macs,
            depth(graph),
        )._asdict()
        for entry in entries
        for variant, graph in entry.graphs.items()
    ]
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"


def inputs(graph: Graph) -> str:
    """The shapes of the inputs."""
    return ", ".join(show_shape(graph.nodes[i].shape) for i in graph.inputs)


# --- the page --------------------------------------------------------------------------------------------------------------


def page(entries: dict[str, Entry]) -> Iterator[str]:
    """docs/zoo.md."""
    results: dict[str, Any] = json.loads(FIDELITY.read_text(encoding="utf-8"))
    by_spec: dict[tuple[str, str | None], list[tuple[str, dict[str, Any]]]] = {}
    for model, row in results.items():
        by_spec.setdefault((row["spec"], row["variant"]), []).append((model, row))
    versions = ", ".join(sorted({row["versions"] for row in results.values()}))
    yield "# The zoo\n\n"
    yield "<!-- Written by tools/write_zoo.py; do not edit. -->\n\n"
    yield (
        "Networks that made the field, each a page of YAML to read, to start from (`netspec new NAME`) and to change. "
        "`netspec new --list` prints their figures; `netspec inspect` says how they come about.\n\n"
        "**Parameters** are all that the network holds, moving averages included. **MACs** are multiply-accumulates of "
        "convolutions, dense layers and attention for one example (1 MAC = 2 FLOPs). **Depth** counts the layers that multiply "
        "on the longest way. **Receptive field** is that of what the classifier is given, `all` where a gate before it covers "
        "the whole input.\n\n"
        "**Difference** is the largest between the network's outputs, or those at the end of any stage, and the reference's, "
        "relative to the largest number there. All weights are copied from the reference, its moving averages, scales and "
        "biases made random, and the images are random, of the published size, in float32 "
        f"(`python tools/fidelity.py --write`, {versions}). Where no difference is given, what agrees is the count of parameters, "
        "to the last one or to the digits published (`tests/zoo/published.py`).\n\n"
        "The pictures are what `netspec view` draws of the network that stands when no variant is named "
        "([how to read them](howto/pictures.md#what-it-shows)); each leads to itself at its full size.\n"
    )
    for group, names in GROUPS.items():
        yield f"\n## {group}\n"
        for name in names:
            yield from section(entries[name], by_spec)


def section(entry: Entry, by_spec: dict[tuple[str, str | None], list[tuple[str, dict[str, Any]]]]) -> Iterator[str]:
    """A spec's part of the page."""
    yield f"\n### {entry.name}\n\n"
    yield f"**{entry.description}.** [{entry.name}.yaml](../specs/{entry.path.name}), {entry.lines} lines.\n"
    yield f"{entry.about}\n\n"
    place = f"zoo/{entry.name}.svg"
    yield f'<a href="{place}"><img src="{place}" width="{shown_width(entry.picture)}" alt="{entry.name}, drawn"></a>\n\n'
    yield "| variant | input | parameters | MACs | depth | receptive field | reference | difference |\n"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: |\n"
    for variant, graph in entry.graphs.items():
        totals = graph.totals()
        macs = "?" if totals.macs is None else short(totals.macs)
        models = by_spec.get((entry.name, variant)) or by_spec.get((entry.name, None), [])
        reference = ", ".join(f"`keras.applications` {model}" for model, _ in models)
        if not reference:
            reference = source(entry.name, variant)
        apart = ", ".join(f"{row['difference']:.1e}" if row["difference"] else "0" for _, row in models)
        yield (
            f"| {variant or ''} | {inputs(graph)} | {totals.parameters:,} | {macs} | {depth(graph)} | {field_of(graph)} | "
            f"{reference} | {apart} |\n"
        )


def shown_width(picture: str) -> int:
    """How wide a picture is shown, so that it is no higher than is read at once: GitHub heeds it, and no style sheet."""
    size = re.search(r'width="(\d+)" height="(\d+)"', picture)
    assert size is not None
    width, height = map(int, size.groups())
    return round(width * min(1, HIGHEST / height))


def index(entries: dict[str, Entry]) -> Iterator[str]:
    """specs/README.md."""
    yield "# Specs\n\n"
    yield "<!-- Written by tools/write_zoo.py; do not edit. -->\n\n"
    yield "Each is a page to read and a place to start from: `netspec new NAME` writes you a copy. "
    yield "[The zoo's page](../docs/zoo.md) has their figures, diagrams and references.\n"
    for group, names in GROUPS.items():
        yield f"\n## {group}\n\n"
        for name in names:
            yield f"- [{name}]({name}.yaml): {entries[name].description}\n"


# --- writing ---------------------------------------------------------------------------------------------------------------


def generated() -> Iterator[tuple[Path, str]]:
    """Every file and what it should hold."""
    grouped = [name for names in GROUPS.values() for name in names]
    found = specs()
    assert sorted(grouped) == sorted(found), set(grouped) ^ set(found)
    entries = {name: read(name, found[name]) for name in grouped}
    yield folder() / FIGURES, figures(list(entries.values()))
    yield PAGE, "".join(page(entries))
    yield INDEX, "".join(index(entries))
    for entry in entries.values():
        yield IMAGES / f"{entry.name}.svg", entry.picture


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    return write_or_check(generated(), arguments, "write_zoo.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
