"""The page: which sections it has, and how they become HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec import __version__
from netspec.training.reports import outcome_sections, run_sections
from netspec.training.reports.blocks import Block
from netspec.training.reports.story import Story

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
MAX_CODE = 100_000  # characters of a spec that are shown


class Section(NamedTuple):
    """A part of the page; one that yields no blocks is left out."""

    title: str
    blocks: Callable[[Story], Iterable[Block]]


# In the order of the page. A further section is a line here.
SECTIONS = (
    Section("Learning curves", run_sections.learning),
    Section("Test", outcome_sections.outcome),
    Section("Worst examples", outcome_sections.mistakes),
    Section("Timings", run_sections.timings),
    Section("Network", run_sections.network),
    Section("Data", run_sections.data),
    Section("Settings and versions", run_sections.settings),
)


def page(story: Story) -> str:
    """The report of a run as HTML."""
    sections = [(each.title, list(each.blocks(story))) for each in SECTIONS]
    record = story.record
    status = str(record.get("status", ""))
    said = [status if status != "failed" else f"failed: {record.get('error')}"]
    if story.tested is not None:
        said.append(f"{story.tested.weights} weights")
    versions = record.get("versions", {})
    backend = versions.get("backend", "")
    said += [
        f"{backend} {versions.get(backend, '')} on {str(record.get('device', '')).upper()}",
        str(record.get("started", "")),
    ]
    return render(
        title=str(record["name"]),
        over="Training run",
        said=[each for each in said if each.strip()],
        place=story.folder,
        headline=run_sections.headline(story),
        sections=[(title, blocks) for title, blocks in sections if blocks],
        description=(story.plan.spec.document.description if story.plan.spec.document is not None else None) or "",
    )


def render(
    *,
    title: str,
    over: str,
    said: Sequence[str],
    place: str,
    headline: Sequence[tuple[str, str]],
    sections: Sequence[tuple[str, Sequence[Block]]],
    description: str = "",
) -> str:
    """A page of sections.

    Args:
        title: its heading.
        over: what kind of page it is.
        said: short facts that stand under the heading.
        place: which folder it is about.
        headline: figures in large type.
        sections: titles and blocks.
        description: a few words by the spec's author.
    """
    text: str = (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=title,
            over=over,
            said=said,
            place=place,
            headline=headline,
            sections=sections,
            description=description,
            version=__version__,
        )
    )
    return text


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["kind"] = lambda block: type(block).__name__
    made.filters["anchor"] = lambda text: "".join(c if c.isalnum() else "-" for c in text.lower())
    made.filters["cut"] = lambda text: text if len(text) <= MAX_CODE else f"{text[:MAX_CODE]}\n…"
    return made
