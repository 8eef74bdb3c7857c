"""Nodes of bodies: kinds, blocks, whole modules."""

from __future__ import annotations

from netspec.kinds import FAMILIES, KINDS, Kind, OptionConflict, ShapeError
from netspec.kinds.composition import Body
from netspec.lsp.items import Icon, lines, place
from netspec.lsp.offers.asking import Asked, reads_several
from netspec.report.pages.kinds import sensible
from netspec.report.pages.options import paragraphs, written
from netspec.shapes import AXIS_WORDS, Shape, compact
from netspec.spec.document import Block
from netspec.syntax.tree import plain


class Nodes:
    """The nodes that may stand in a body; those first that take what enters there."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.page = asked.page
        self.items = asked.items
        self.context = asked.context
        self.wanted = asked.wanted
        self.around = asked.around
        self.document = asked.document

    def offer(self) -> None:
        """Gather the items."""
        blocks = self.document.blocks if self.document is not None and self.wanted.families is None else {}
        used = self.document.used if self.document is not None else None
        for name, block in blocks.items():
            if name != self.wanted.within and (used is None or name not in used.blocks or name in used.listed):
                self._use(name, block)
        families = self.wanted.families
        kinds = [
            cls for cls in KINDS.values() if (not cls.mixes_labels if families is None else cls.family in families)
        ]
        for cls in sorted(kinds, key=lambda cls: (families or FAMILIES).index(cls.family)):
            self._node(cls)
        if families is None:
            self._modules()

    def _use(self, name: str, block: Block) -> None:
        required = [param for param, default in block.params.items() if default is None]
        if required == [*block.params][:1]:
            value = place(1)
        else:
            value = self.items.map((param, "") for param in required) if required else ""
        params = ", ".join(
            param if default is None else f"{param} = {written(plain(default.tree))}"
            for param, default in block.params.items()
        )
        self._item(name, Icon.MODULE, value, detail=f"block ({params})" if params else "block", words="")

    def _node(self, cls: type[Kind]) -> None:
        fits, detail = self._fits(cls)
        required = [name for name in cls.required if name not in self._inherited(cls)]
        entries = [(name, sensible(cls.options[name])) for name in required]
        if reads_several(cls):
            more = "".join(f", {self.items.word(name)}: {place(3 + n, text)}" for n, (name, text) in enumerate(entries))
            value = f"{{{self.items.word('from')}: [{place(1)}, {place(2)}]{more}}}"
        elif required == [cls.principal]:
            value = place(1, entries[0][1])
        else:
            value = self.items.map(entries) if entries else ""
        if cls.principal is not None and isinstance(cls.options[cls.principal].type, Body):
            value = f"[{place(1)}]"
        if cls.spec_name == "head":
            value = f"{{name: {place(1, 'aux')}, body: [{place(2)}]}}"
        if cls.spec_name == "inception":
            value = self.items.map((("1x1", "64"), ("3x3", "[96, 128]"), ("5x5", "[16, 32]"), ("pool", "32")))
        self._item(cls.spec_name, Icon.CLASS, value, detail=detail, words=paragraphs(cls)[0], group=0 if fits else 2)

    def _inherited(self, cls: type[Kind]) -> dict[str, object]:
        return {**self.document.defaults.get(cls.spec_name, {})} if self.document is not None else {}

    def _item(self, name: str, icon: Icon, value: str, *, detail: str, words: str, group: int = 0) -> None:
        """Offer a node: a word alone, or a map with it."""
        is_item = self.context.expects == "item" or self.wanted.what != "node"
        braces = is_item and (self.context.in_flow or self.items.is_json)
        has_dash = self.context.expects != "key" or self.wanted.what == "node"
        dash = "" if has_dash else "- "
        if self.items.is_alone:
            texts = {"text": self.items.word(name)}
        elif value:
            texts = self.items.key(name, "", value, braces=braces)
            texts["text"] = name if braces else f"{self.items.word(name)}: "
        elif is_item:
            texts = {"text": self.items.word(name)}
        else:
            texts = self.items.key(name, "", f"{{{place(1)}}}")
        texts = {key: f"{dash}{text}" if text else "" for key, text in texts.items()}
        self.items.add(name, icon, detail=detail, words=words, group=group, **texts)

    def _fits(self, cls: type[Kind]) -> tuple[bool, str]:
        """Does a kind take what enters, and what does it then yield, where that is known?"""
        shape = self.around.entering
        if self.wanted.families is not None:
            return True, ""
        if reads_several(cls):
            return len(self.around.readable) > 1, ""
        if cls.arity[1] == 0:
            return True, ""
        if shape is None:
            return True, ""
        if cls.ranks is not None and len(shape) - 1 not in cls.ranks:
            return False, f"takes {_wanted(cls)}"
        try:
            cls().dtype(*self._dtypes())  # which no kind's hyperparameters change
        except ShapeError as error:
            return False, error.message
        if cls.required or cls.composition or self._inherited(cls):
            return True, ""
        return _yields(cls, shape)

    def _dtypes(self) -> list[str]:
        graph, spot = self.around.graph, self.around.spot
        return (
            [graph.nodes[handle].dtype for handle in spot.handles[:1]] if graph is not None and spot is not None else []
        )

    def _modules(self) -> None:
        """Whole modules, in lines of their own, or in braces."""
        context = self.context
        if not self.items.snippets or context.expects != "item" or self.items.is_alone:
            return
        written = self.items.in_braces if context.in_flow else str
        shape = self.around.entering
        channels = str(shape[-1] if shape and shape[-1] is not None else 64)  # to which the shortcut can be added
        residual = lines(
            "skip:",
            f"shortcut: {place(1, 'identity')}",
            "body:",
            f"  - conv: {{filters: {place(2, channels)}, kernel_size: 3, padding: same, use_bias: false}}",
            "  - batch_norm",
            "  - relu",
            f"  - conv: {{filters: {place(2)}, kernel_size: 3, padding: same, use_bias: false}}",
            "  - batch_norm",
            indent=4,
        )
        self.items.add(
            "residual module",
            Icon.SNIPPET,
            snippet=written(residual),
            detail="skip",
            words="Two convolutions, and a shortcut around them.",
            group=1,
        )
        inception = lines(
            "inception:",
            "branches:",
            f"  {place(1, 'narrow')}:",
            f"    - 1x1: {place(2, '64')}",
            f"  {place(3, 'wide')}:",
            f"    - 1x1: {place(4, '96')}",
            f"    - conv: {{filters: {place(5, '128')}, kernel_size: 3, padding: same}}",
            indent=4,
        )
        self.items.add(
            "inception module",
            Icon.SNIPPET,
            snippet=written(inception),
            detail="inception",
            words="Branches by name over one input.",
            group=1,
        )


def _yields(cls: type[Kind], shape: Shape) -> tuple[bool, str]:
    """Does a kind without hyperparameters take a shape, and what comes of it?"""
    try:
        made = cls()
        made.check()
        return True, f"→ {compact(made.infer(shape))}"
    except (ShapeError, OptionConflict) as error:
        return False, error.message


def _wanted(cls: type[Kind]) -> str:
    """The shapes that a kind takes, in words."""
    forms = [[*AXIS_WORDS.get(rank, ()), "channels"] for rank in cls.ranks or ()]
    return " or ".join(f"[{', '.join(form)}]" for form in forms)
