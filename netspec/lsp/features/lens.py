"""Lines above a spec's sections: what the network comes to, its variants to choose from, how often blocks are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netspec.diagnostics.problems import is_far
from netspec.diagnostics.words import short, short_bytes
from netspec.lsp.making import Making, making, steps
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.spec.document import Document
from netspec.syntax.tree import Mapping, Tree, span_of

VARIANT = "netspec.variant"  # the command that shows another variant: its uri, its name or null


def lenses(page: Page, params: Params) -> object:
    """All lenses of a page."""
    document = page.shown.document
    made = making(page)
    return [] if document is None or made is None else list(_lenses(page, document, made))


def _lenses(page: Page, document: Document, made: Making) -> Iterator[dict[str, object]]:
    tree = document.source.tree
    layers = tree.entries.get("layers") if isinstance(tree, Mapping) else None
    if layers is not None:
        yield _lens(page, layers.key, totals(page, made))
        for title, name in _variants(page, document):
            yield _lens(page, layers.key, title, VARIANT, page.uri, name)
    written = Counter(step.block for step in steps(page).values())
    by_span = steps(page)
    times = Counter(step.block for span in made.graph.uses.values() if (step := by_span.get(span)) is not None)
    for name, block in document.blocks.items():
        if is_far(span_of(block.key)):
            continue
        yield _lens(page, block.key, _uses(written[name], times[name]))


def _uses(written: int, made: int) -> str:
    if not written:
        return "not used"
    count = f"{written} use{'s' * (written != 1)}"
    if not made:
        return f"{count}, left out"
    return count if made == written else f"{count}, made {made} time{'s' * (made != 1)}"


def totals(page: Page, made: Making) -> str:
    """What the network comes to, in words; about, where something of it is wrong or not sure."""
    graph = made.graph
    if not graph.outputs:
        return "no output yet"
    found = graph.totals()
    sure = page.shown.ok and not page.provisional
    macs = "MACs not known" if found.macs is None else f"{short(found.macs)} MACs"
    size = found.activation_bytes
    memory = "activations not known" if size is None else f"{short_bytes(size)} of activations"
    return f"{'' if sure else '≈ '}{found.parameters:,} parameters, {macs}, {memory}"


def _variants(page: Page, document: Document) -> Iterator[tuple[str, str | None]]:
    """What may be shown, each with its name for the command; none where there is no choice."""
    if document.variants:
        shown = page.variant if page.variant in document.variants else None
        for name in (None, *document.variants):
            yield f"{'●' if name == shown else '○'} {'as written' if name is None else name}", name


def _lens(page: Page, key: Tree, title: str, command: str = "", *arguments: object) -> dict[str, object]:
    """A lens at a key; with no command it only says something."""
    action: dict[str, object] = {"title": title, "command": command}
    return {"range": page.range(span_of(key)), "command": {**action, "arguments": arguments} if command else action}
