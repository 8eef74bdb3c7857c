"""Where the name under the cursor is defined, and where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.diagnostics.problems import FAR, Span, near
from netspec.lsp.diagnostics import location
from netspec.lsp.names import Name, Place, Role
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.syntax.tree import span_of

READ, WRITE = 2, 3  # how an editor highlights


def name_at(page: Page, position: Params) -> Place | None:
    """The names at a position of the protocol."""
    at = page.shown_at(*page.text.place(position))
    return None if page.names is None or at is None else page.names.at(*at)


def definition(page: Page, params: Params) -> object:
    """`textDocument/definition`: of a node without a name it is the word of its kind."""
    at = name_at(page, params["position"])
    if at is None:
        return None
    elsewhere = [place for name in at.names if name.kind == "block" for place in _elsewhere(page, name.text)]
    return elsewhere or [_location(page, span) for span, role in _ordered(page, at.names) if role == "definition"]


def references(page: Page, params: Params) -> object:
    """`textDocument/references`."""
    at = name_at(page, params["position"])
    if at is None:
        return None
    roles = ["read", "write"]
    if (params.get("context") or {}).get("includeDeclaration"):
        roles.append("definition")
    return [_location(page, span) for span, role in _ordered(page, at.names) if role in roles]


def highlights(page: Page, params: Params) -> object:
    """`textDocument/documentHighlight`: where it gets a value or begins, and where it is read."""
    at = name_at(page, params["position"])
    if at is None:
        return None
    return [
        {"range": page.range(span), "kind": READ if role == "read" else WRITE}
        for span, role in _ordered(page, at.names)
        if role != "derived"
    ]


def _elsewhere(page: Page, block: str) -> Iterator[dict[str, object]]:
    """Where a block of another file is defined."""
    document = page.shown.document
    used = document.used if document is not None else None
    if used is not None and block in used.blocks:
        span = span_of(used.blocks[block].key)
        yield location(page, near(span), used.files[(span.line - 1) // FAR - 1].path)


def _ordered(page: Page, names: Iterable[Name]) -> Iterator[tuple[Span, Role]]:
    """Their places in the order of the text, each once; those that a half-written text does not have are left out."""
    sites = {site.span: site.role for name in names for site in name.sites.values()}
    for shown in sorted(sites):
        span = page.written(shown)
        if span is not None:
            yield span, sites[shown]


def _location(page: Page, span: Span) -> dict[str, object]:
    return {"uri": page.uri, "range": page.range(span)}
