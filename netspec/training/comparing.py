"""Runs on one page: their curves in the same plots, their figures, and what their specs differ in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netspec.files import write_whole
from netspec.training.listing import Listed, changes
from netspec.training.reports.blocks import Block, Code, Facts, Figure, Figures, Paragraph, Table
from netspec.training.reports.page import render
from netspec.training.reports.plots import Curve, curves
from netspec.training.reports.run_sections import MAX_CURVES, NOT_DRAWN, title_of
from netspec.training.reports.writing import check_installed
from netspec.training.tables import figure, figures, letter, settings


def write_comparison(runs: Sequence[Listed], to: Path) -> None:
    """Write the page of some runs. Raises SpecError."""
    check_installed()
    sections: list[tuple[str, list[Block]]] = [
        ("Runs", [Facts([(letter(n), str(run.path)) for n, run in enumerate(runs)])]),
        ("Learning curves", _curves(runs)),
        ("Figures", [_table("Figures of each run", runs, figures(runs))]),
        ("What differs", _differing(runs)),
    ]
    names = list(dict.fromkeys(run.record["name"] for run in runs))
    text = render(
        title=", ".join(names),
        over=f"Comparison of {len(runs)} runs",
        said=[],
        place=", ".join(str(run.path) for run in runs),
        headline=[],
        sections=[(title, blocks) for title, blocks in sections if blocks],
    )
    write_whole(to, text)


def _table(caption: str, runs: Sequence[Listed], rows: dict[str, list[str]]) -> Table:
    columns = ("", *(letter(number) for number in range(len(runs))))
    return Table(caption, columns, [(name, *cells) for name, cells in rows.items()], frozenset(range(len(columns))))


def _curves(runs: Sequence[Listed]) -> list[Block]:
    names = dict.fromkeys(name for run in runs if run.rows for name in run.rows[0] if name not in NOT_DRAWN)
    shown = []
    for name in list(names)[:MAX_CURVES]:
        lines = [
            Curve(letter(number), [row["epoch"] for row in run.rows], [row[name] for row in run.rows])
            for number, run in enumerate(runs)
            if run.rows and name in run.rows[0]
        ]
        ends = ", ".join(f"{line.name} ends at {figure(line.y[-1])}" for line in lines)
        title = title_of(name)
        shown.append(Figure(title, curves(f"{title} over the epochs: {ends}.", lines, x="epoch")))
    return [Figures(shown)] if shown else []


def _differing(runs: Sequence[Listed]) -> list[Block]:
    rows = settings(runs)
    blocks: list[Block] = [_table("Settings that differ", runs, rows)] if rows else []
    for number, run in enumerate(runs[1:], 1):
        lines = changes(runs[0], run)
        if lines:
            blocks.append(Code("\n".join(lines), f"The networks of A and {letter(number)}"))
    return blocks or [Paragraph("Nothing: their specs and settings are the same.")]
