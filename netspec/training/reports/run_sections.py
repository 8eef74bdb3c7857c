"""Sections about how a run went and what it was made of."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.data.schema import Feature, Target
from netspec.diagnostics.words import short, short_bytes
from netspec.report.inspection import HEADINGS, NUMERIC, closing_lines, rows
from netspec.shapes import show_shape
from netspec.training.reports.blocks import Block, Code, Facts, Figure, Figures, Folded, Paragraph, Table
from netspec.training.reports.plots import Curve, curves
from netspec.training.reports.story import Story
from netspec.training.stopping import maximises
from netspec.training.tables import duration, figure

MAX_CURVES = 16
MAX_ROWS = 200  # of a table of nodes, and of epochs
VALIDATED = "val_"
NOT_DRAWN = ("epoch", "seconds")
ABBREVIATED = {"iou": "IoU", "auc": "AUC"}  # as people write them


def learning(story: Story) -> Iterator[Block]:
    """Each figure of the history over the epochs; of a single epoch over its steps."""
    history = story.rows
    hidden = {*NOT_DRAWN, *(["learning_rate"] if len({row.get("learning_rate") for row in history}) == 1 else [])}
    names = [name for name in (history[0] if history else {}) if name not in hidden and not name.startswith(VALIDATED)]
    if len(history) > 1:
        found = [_over_epochs(story, name) for name in names[:MAX_CURVES]]
    else:
        found = [each for name in names[:MAX_CURVES] if (each := _over_steps(story, name)) is not None]
    if found:
        yield Figures(found)
    if history:
        columns = [name for name in history[0] if name != "epoch"]
        shown = list(history[-MAX_ROWS:])
        left = len(history) - len(shown)
        yield Folded(
            "All epochs",
            [
                Table(
                    "Figures of each epoch",
                    ("epoch", *columns),
                    [(str(int(row["epoch"])), *(figure(row.get(name)) for name in columns)) for row in shown],
                    frozenset(),
                    f"The first {left:,} epochs are left out; `history.csv` has them." if left else "",
                )
            ],
        )


def _over_epochs(story: Story, name: str) -> Figure:
    history, monitor = story.rows, story.record.get("monitor", "")
    x = [row["epoch"] for row in history]
    lines = [Curve("training", x, [row[name] for row in history])]
    watched = VALIDATED + name
    if watched in history[0]:
        lines.append(Curve("validation", x, [row[watched] for row in history]))
    best, said = None, ""
    if monitor in (name, watched):
        order = sorted(history, key=lambda row: row[monitor], reverse=maximises(monitor, "auto"))
        best = (order[0]["epoch"], order[0][monitor])
        said = f" Best {_words(monitor)} in epoch {int(best[0])}: {figure(best[1])}."
    ends = ", ".join(f"{line.name} {figure(line.y[0])} to {figure(line.y[-1])}" for line in lines)
    alt = f"{title_of(name)} over {len(x)} epochs: {ends}.{said}"
    return Figure(title_of(name), curves(alt, lines, x="epoch", best=best), said.strip())


def _over_steps(story: Story, name: str) -> Figure | None:
    points = [
        (line["step"], line[name])
        for line in story.lines
        if line["kind"] == "step" and line["epoch"] == 1 and isinstance(line.get(name), int | float)
    ]
    if not points:
        return None
    x, y = zip(*points, strict=True)
    alt = f"{title_of(name)} within epoch 1, from {figure(y[0])} to {figure(y[-1])}."
    return Figure(title_of(name), curves(alt, [Curve("training", x, y)], x="step of epoch 1"))


def _words(name: str) -> str:
    """A figure's name for people."""
    validated = name.startswith(VALIDATED)
    words = " ".join(ABBREVIATED.get(word, word) for word in name.removeprefix(VALIDATED).split("_"))
    return f"validation {words}" if validated else words


def title_of(name: str) -> str:
    """A figure's name as the heading of a plot."""
    words = _words(name)
    return words[:1].upper() + words[1:]


def timings(story: Story) -> Iterator[Block]:
    """Where the time went."""
    seconds = [row["seconds"] for row in story.rows if "seconds" in row]
    if not seconds:
        return
    examples = story.record.get("examples", {}).get("train", 0)
    quickest = min(seconds)
    yield Facts(
        [
            ("training in all", duration(sum(seconds))),
            ("an epoch", f"{duration(sum(seconds) / len(seconds))} on average, validation included"),
            ("first epoch", f"{duration(seconds[0])}, with compiling"),
            (
                "examples a second",
                f"{examples / quickest:,.0f} in the quickest epoch" if quickest else "too quick to tell",
            ),
            ("started", story.record.get("started", "")),
            *(("resumed", moment) for moment in story.record.get("resumed", [])),
            ("ended", story.record.get("ended") or "not yet"),
        ]
    )


def network(story: Story) -> Iterator[Block]:
    """The network's figures, as `inspect` has them."""
    graph = story.plan.graph
    yield Facts([(line[:20].strip(), line[21:]) for line in closing_lines(graph)])
    cells = [tuple(row) for row in rows(graph, MAX_ROWS)]
    words = frozenset(i for i, heading in enumerate(HEADINGS) if heading not in NUMERIC)
    left = len(graph.nodes) - len(cells)
    note = f"{left:,} more nodes are left out; `netspec inspect` has them." if left > 0 else ""
    yield Folded("All nodes", [Table("Nodes of the network", HEADINGS, cells, words, note)])


def data(story: Story) -> Iterator[Block]:
    """What it learned from, and how that was read."""
    record = story.record
    counts = record.get("examples", {})
    pairs = [("source", story.plan.data.source.spec_name)]
    if story.plan.data.source.paths:
        pairs.append(("read from", ", ".join(str(story.plan.root / path) for path in story.plan.data.source.paths)))
    pairs += [(f"{part} examples", f"{count:,}") for part, count in counts.items()]
    mark = record.get("fingerprint")
    if isinstance(mark, dict):
        whole = "all of their content" if mark.get("whole") else "names, sizes and pieces of their content"
        pairs.append(("fingerprint", f"{mark.get('digest')}, of {mark.get('count', 0):,} {mark.get('of')}: {whole}"))
    yield Facts(pairs)
    if story.tested is not None:
        schema = story.tested.schema
        yield Table(
            "How the data are read",
            ("name", "what", "shape", "how"),
            [
                *((name, "input", show_shape(each.shape), _feature(each)) for name, each in schema.inputs.items()),
                *(
                    (name, "output", show_shape(each.shape) if each.shape else "one", _target(each))
                    for name, each in schema.outputs.items()
                ),
            ],
            frozenset(range(4)),
        )
    for note in story.notes:
        yield Paragraph(note)


def _feature(feature: Feature) -> str:
    said = f"from {feature.source}" + (f", divided by {feature.divisor:g}" if feature.divisor != 1 else "")
    return said + (f"; columns {_some(feature.columns)}" if feature.columns else "")


def _target(target: Target) -> str:
    what = {"classes": f"{target.class_count} classes", "binary": "yes or no", "signs": "-1 or 1"}.get(
        target.reading, "numbers"
    )
    names = f": {_some(target.names)}" if target.names else ""
    ignored = f"; {target.ignored} counts for nothing" if target.ignored is not None else ""
    return f"{what} from {target.source}{names}{ignored}"


def _some(words: tuple[str, ...], most: int = 12) -> str:
    return ", ".join(words[:most]) + (f", … ({len(words):,} in all)" if len(words) > most else "")


def settings(story: Story) -> Iterator[Block]:
    """All that the run was determined by, and how to have it again."""
    record = story.record
    pairs = [("spec", record.get("spec", "")), ("seed", str(record.get("seed", "")))]
    pairs += [("command", command) for command in record.get("commands", [])]
    yield Facts(pairs)
    if story.resolved:
        yield Code(story.resolved, "The spec with all settings in force")
    host, found = record.get("host", {}), dict(record.get("versions", {}))
    backend = found.pop("backend", "")
    memory = host.get("memory")
    machine = [
        ("host", str(host.get("name", ""))),
        ("system", str(host.get("system", ""))),
        ("device", f"{record.get('devices', 1)} x {record.get('device', '')}"),
        ("cores and memory", f"{host.get('cpus')}, {short_bytes(memory)}" if isinstance(memory, int) else ""),
        ("backend", backend),
        *found.items(),
    ]
    yield Facts([(name, value) for name, value in machine if value])


def headline(story: Story) -> list[tuple[str, str]]:
    """The few figures that one looks for first."""
    tests = story.record.get("results") or {}
    found = []
    for test, figures in tests.items():
        shown = {name: value for name, value in figures.items() if name != "examples"}
        first = [name for name in shown if name != "loss" and not name.endswith("_loss")][:3]
        found += [(f"{test} {_words(name)}", figure(shown[name])) for name in [*first, "loss"] if name in shown]
    epochs = story.record.get("epochs_done", 0)
    found.append(
        ("epochs", f"{epochs} of {story.record['epochs']}" if epochs < story.record.get("epochs", 0) else str(epochs))
    )
    found.append(("parameters", short(story.plan.graph.totals().parameters)))
    return found[:8]
