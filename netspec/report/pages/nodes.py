"""The page of a node of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics.problems import FAR, is_far, near
from netspec.diagnostics.words import printable
from netspec.graph.model import Graph, Node
from netspec.kinds.window import Windowed
from netspec.report.pages.options import written_options
from netspec.report.pages.parts import CodeBlock, Definitions, Heading, Page, Paragraph, Title

if TYPE_CHECKING:
    from netspec.pipeline import Spec


def node_page(spec: Spec, graph: Graph, node: Node, *, drawn: bool = True) -> Page:
    """How a node's shape, weights and costs are computed, with its own numbers; its window, drawn; and its problems."""
    from netspec.report.sliding.geometry import sliding
    from netspec.report.sliding.words import slides

    page: Page = [Title(node.path, f"{node.kind_name}, {_where(spec, node)}")]
    page += node_facts(graph, node)
    window = sliding(graph, node) if drawn else None
    page += [] if window is None else slides(window)
    for problem in spec.problems:
        if problem.node == node.path:
            page.append(Paragraph(f"{problem.severity} {problem.code}: {problem.message}"))
            fixes = tuple((fix.title, fix.result) for fix in problem.fixes)
            page += [Heading("Verified fixes"), Definitions(fixes)] if fixes else []
    return page


def _where(spec: Spec, node: Node) -> str:
    used = spec.document.used if spec.document is not None else None
    file = used.files[(node.span.line - 1) // FAR - 1].path if used is not None and is_far(node.span) else spec.path
    return f"line {near(node.span).line} of {printable(file)}"


def node_facts(graph: Graph, node: Node) -> Page:
    """A node as it is written out, and how its shape, weights and costs are computed."""
    from netspec.report.arithmetic import figures

    page: Page = []
    config = node.config
    if config is not None:
        given = written_options(config)
        page.append(CodeBlock(f"{config.spec_name}: {{{given}}}" if given else config.spec_name, "yaml"))
        if isinstance(config, Windowed):
            page.append(
                Paragraph(
                    "A window of size F with stride S over an input of size W, padded by P on each side, has "
                    "(W - F + 2*P) / S + 1 positions."
                )
            )
    return [*page, Definitions(tuple(figures(graph, node)))]
