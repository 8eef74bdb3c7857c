"""Another name, wherever the old one stands."""

from __future__ import annotations

from netspec.lsp.editing import workspace_edit
from netspec.lsp.page import Page
from netspec.lsp.renaming import Impossible, Renaming
from netspec.lsp.rpc import REQUEST_FAILED, Params, Refused


def prepare(page: Page, params: Params) -> object:
    """`textDocument/prepareRename`: what would be replaced, or why nothing can be."""
    try:
        site = _renaming(page, params).site
    except Impossible as error:
        raise Refused(REQUEST_FAILED, str(error)) from None
    return {"range": page.range(site.span), "placeholder": site.text}


def rename(page: Page, params: Params) -> object:
    """`textDocument/rename`."""
    try:
        edits = _renaming(page, params).edits(str(params["newName"]))
    except Impossible as error:
        raise Refused(REQUEST_FAILED, str(error)) from None
    return workspace_edit(page, edits)


def _renaming(page: Page, params: Params) -> Renaming:
    return Renaming(page.spec, page.variant, *page.text.place(params["position"]))
