"""Which blocks use which: the call hierarchy. The network itself uses blocks and is used by none."""

from __future__ import annotations

from netspec.diagnostics.problems import Span
from netspec.lsp.features.references import name_at
from netspec.lsp.features.symbols import CLASS, MODULE
from netspec.lsp.page import Page
from netspec.lsp.rpc import INVALID_PARAMS, Params, Refused
from netspec.lsp.workspace import Workspace
from netspec.spec.document import Document
from netspec.syntax.tree import Mapping, Scalar, Tree, span_of, written_span

Item = dict[str, object]


def prepare(page: Page, params: Params) -> object:
    """`textDocument/prepareCallHierarchy`: of a block where it is defined or used, of the network at `layers`."""
    at = name_at(page, params["position"])
    if at is not None:
        found = [_item(page, name.text) for name in at.names if name.kind == "block"]
        return [item for item in found if item is not None] or None
    document = page.shown.document
    root = document.source.tree if document is not None else None
    layers = root.entries.get("layers") if isinstance(root, Mapping) else None
    line, column = page.text.place(params["position"])
    if layers is None or not span_of(layers.key)[:2] <= (line, column) <= span_of(layers.key)[2:]:
        return None
    return [_item(page, None)]


def incoming(workspace: Workspace, params: Params) -> object:
    """`callHierarchy/incomingCalls`: who uses a block, and where."""
    page, block = _asked(workspace, params)
    return [
        {"from": item, "fromRanges": [page.range(span) for span in spans]}
        for user, spans in _uses(page, block).items()
        if (item := _item(page, user)) is not None
    ]


def outgoing(workspace: Workspace, params: Params) -> object:
    """`callHierarchy/outgoingCalls`: which blocks a block, or the network, uses, and where."""
    page, block = _asked(workspace, params)
    names = page.names
    found: dict[str, list[Span]] = {}
    for body in names.bodies.all if names is not None else ():
        if body.block == block:
            for step in body.steps:
                if step.block is not None:
                    found.setdefault(step.block, []).append(step.span)
    return [
        {"to": item, "fromRanges": [page.range(span) for span in sorted(set(spans))]}
        for used, spans in found.items()
        if (item := _item(page, used)) is not None
    ]


def _asked(workspace: Workspace, params: Params) -> tuple[Page, str | None]:
    item = params["item"]
    page = workspace.pages.get(item["uri"])
    if page is None:
        raise Refused(INVALID_PARAMS, "the text is not open")
    return page, (item.get("data") or {}).get("block")


def _uses(page: Page, block: str | None) -> dict[str | None, list[Span]]:
    """Where a block is used, by the block in which that is; None stands for the network."""
    names = page.names
    found: dict[str | None, set[Span]] = {}
    body = names.bodies.blocks.get(block) if names is not None and block is not None else None
    for around, index in body.uses if body is not None else ():
        found.setdefault(around.block, set()).add(around.steps[index].span)
    return {user: sorted(spans) for user, spans in found.items()}


def _item(page: Page, block: str | None) -> Item | None:
    """A block as the protocol wants it, or the network."""
    document: Document | None = page.shown.document
    root = document.source.tree if document is not None else None
    section = root.entries.get("layers" if block is None else "blocks") if isinstance(root, Mapping) else None
    if document is None or section is None:
        return None
    key: Scalar = section.key
    value: Tree = section.value
    if block is not None:
        entry = value.entries.get(block) if isinstance(value, Mapping) else None
        if entry is None:
            return None
        key, value = entry
    start, end = span_of(key), written_span(value)
    whole = start if end[2:] < start[2:] else Span(start.line, start.column, end.end_line, end.end_column)
    count = 0 if block is None else sum(map(len, _uses(page, block).values()))
    return {
        "name": document.name if block is None else block,
        "kind": MODULE if block is None else CLASS,
        "detail": "the network" if block is None else f"{count} use{'s' * (count != 1)}",
        "uri": page.uri,
        "range": page.range(whole),
        "selectionRange": page.range(start),
        "data": {"block": block},
    }
