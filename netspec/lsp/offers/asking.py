"""A place of which it is asked what may stand there, with all that is known of it."""

from __future__ import annotations

from netspec.kinds import Kind
from netspec.lsp.context import Context
from netspec.lsp.expecting import Expected, expected, items
from netspec.lsp.items import Items, place
from netspec.lsp.making import Made, steps
from netspec.lsp.page import Page
from netspec.lsp.surroundings import Surroundings
from netspec.options import Type
from netspec.options.reads import Reads
from netspec.spec.document import Block
from netspec.spec.node_patterns import Multipliers, Patterns

SHAPE = f"[{place(1, '224')}, {place(2, '224')}, {place(3, '3')}]"  # in a snippet


class Asked:
    """What is known of a place.

    Args:
        page: The page.
        context: The place.

    Attributes:
        wanted: What belongs there; of a list its items.
        names_nodes: Are they nodes' names, or patterns of them?
        around: What the network is there.
        items: Those that are offered.
    """

    def __init__(self, page: Page, context: Context) -> None:
        wanted = expected(context.keys)
        at = wanted.slot
        bare: Type[object] | None = at.takes.bare if at is not None and at.takes is not None else None
        self.page = page
        self.context = context
        self.items = Items(page, context)
        self.document = page.shown.document
        self.wanted: Expected = items(wanted) if context.expects == "item" else wanted
        self.names_nodes = isinstance(bare, (Patterns, Multipliers, Reads))
        is_whole = wanted.what == "outputs" or isinstance(bare, (Patterns, Multipliers))
        self.around = Surroundings(page, context, wanted.within, is_whole=is_whole)

    def block(self, name: str) -> Block | None:
        """A block of the spec."""
        return self.document.blocks.get(name) if self.document is not None else None

    def kind_of(self, made: Made) -> str:
        """The kind of a node, or the block that it is a use of."""
        whole = self.around.made
        if whole is None:
            return ""
        step = steps(self.page).get(whole.span_of(made))
        return step.kind_name if step is not None else "input" if made.start in whole.graph.inputs else ""


def reads_several(cls: type[Kind]) -> bool:
    """Does a kind take several inputs only, as long as no hyperparameter stands for one?"""
    return not cls.composition and cls().takes()[0] > 1
