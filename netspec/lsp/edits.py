"""Edits of a text as an editor applies them."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics.problems import Edit
from netspec.lsp.page import Page


def workspace_edit(page: Page, edits: Iterable[Edit]) -> dict[str, object]:
    """Edits of one page, bound to its version where the client can tell."""
    made = [{"range": page.range(edit.span), "newText": edit.text} for edit in edits]
    if page.client.versioned_edits:
        return {"documentChanges": [{"textDocument": {"uri": page.uri, "version": page.version}, "edits": made}]}
    return {"changes": {page.uri: made}}
