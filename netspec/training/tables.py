"""What runs came to and what they differ in, in the words of tables and pages. Nothing here needs NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics.words import show
from netspec.training.listing import OF_GRAPH, Listed, differences


def figure(value: float | None) -> str:
    """A number for people."""
    if value is None:
        return "not finite"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def percent(share: float) -> str:
    """A share for people."""
    return f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """A time for people: `1 h 02 min`, `3 min 20 s`, `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


# --- of several runs --------------------------------------------------------------------------------------------------


def letter(number: int) -> str:
    """What a run is called in plots and tables: A to Z, then by number."""
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def figures(runs: Sequence[Listed]) -> dict[str, list[str]]:
    """What each run came to, in the words of a table."""
    best = [run.best for run in runs]
    rows = {
        "name": [run.record["name"] for run in runs],
        "started": [run.record.get("started", "") for run in runs],
        "status": [run.status for run in runs],
        "epochs": [str(run.record.get("epochs_done", 0)) for run in runs],
        "time": [duration(sum(row.get("seconds", 0.0) for row in run.rows)) for run in runs],
        "parameters": [f"{run.record.get('parameters', 0):,}" for run in runs],
        "best": ["" if each is None else f"{each.name} {figure(each.value)} (epoch {each.epoch})" for each in best],
    }
    for name in dict.fromkeys(name for run in runs for name in run.figures):
        rows[f"test {name}" if "." not in name else name] = [
            figure(run.figures[name]) if name in run.figures else "" for run in runs
        ]
    return rows


def settings(runs: Sequence[Listed]) -> dict[str, list[str]]:
    """What differs in the settings of runs, in the words of a table."""
    found = differences(runs)
    return {
        name: ["" if value is None else str(value) if isinstance(value, str) else show(value) for value in values]
        for name, values in found.items()
        if name.partition(".")[0] not in OF_GRAPH
    }
