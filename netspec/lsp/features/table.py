"""One row per node, for a table beside the text: what `netspec inspect` prints."""

from __future__ import annotations

from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.report.inspection import as_dict


def shapes(page: Page, params: Params) -> object:
    """The network as `netspec inspect --format json` describes it, with the variant shown; None without a graph."""
    graph = page.shown.graph
    if graph is None or not graph.outputs:
        return None
    return {"version": page.version, "variant": page.variant, "errors": not page.shown.ok, **as_dict(graph)}
