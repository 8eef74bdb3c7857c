"""What may be typed at a place: by the declarations, and by what the network is there."""

from __future__ import annotations

from netspec.lsp.context import context
from netspec.lsp.offers.asking import Asked
from netspec.lsp.offers.keys import Keys
from netspec.lsp.offers.nodes import Nodes
from netspec.lsp.offers.values import Values
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params


def completion(page: Page, params: Params) -> object:
    """All that may stand at a place; the editor picks what goes with the word that is typed there."""
    line, column = page.text.index(params["position"])
    found = context([page.text.line(number) for number in range(page.text.line_count)], line, column)
    if found is None:
        return {"isIncomplete": False, "items": []}
    asked = Asked(page, found)
    expects, what = found.expects, asked.wanted.what
    is_body = what in ("body", "branch") and (expects == "item" or (expects == "key" and not found.in_flow))
    if is_body or (expects == "key" and what == "node"):
        Nodes(asked).offer()
    if expects == "key" and what not in ("body", "node"):
        Keys(asked).offer()
    if expects == "value" or (expects == "item" and not is_body):
        Values(asked).offer()
    return {"isIncomplete": False, "items": asked.items.found}
