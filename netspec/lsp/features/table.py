"""One row per node, for a table beside the text: what `netspec inspect` prints."""

from __future__ import annotations

from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.report.inspection import as_dict


def shapes(page: Page, params: Params) -> object:
    """The network as `netspec inspect --format json` describes it, and which shapes may be wrong; None without a graph."""
    graph = page.shown.graph
    if graph is None or not graph.outputs:
        return None
    described = as_dict(graph)
    made = [index for index, node in enumerate(graph.nodes) if not node.is_input]
    unsure = [row["name"] for index, row in zip(made, described["nodes"], strict=True) if index in page.provisional]
    return {"version": page.version, "variant": page.variant, "provisional": unsure, **described}
