"""Keys of maps."""

from __future__ import annotations

from netspec.kinds import KINDS
from netspec.kinds.composition import Body, Branches
from netspec.lsp.items import Icon, escaped, lines, place
from netspec.lsp.offers.asking import SHAPE, Asked, reads_several
from netspec.options import Declared, Named, Option, PerName, Type
from netspec.report.pages.options import default_of, paragraphs, written
from netspec.spec.document import FORMAT_VERSION
from netspec.spec.keys import TOP_KEYS, WIRING
from netspec.spec.node_patterns import Multipliers
from netspec.syntax.tree import plain

FIRST = ("netspec", "input", "layers")  # of a spec's keys, those that it must have
EXCLUSIVE = {"input": "inputs", "inputs": "input"}


class Keys:
    """The keys that a map may have and has not yet."""

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
        match self.wanted.what:
            case "top":
                self._top()
            case "setting":
                self._options()
            case "use":
                self._params()
            case "defaults":
                for name, cls in KINDS.items():
                    if not all(isinstance(option.type.bare, Body) for option in cls.options.values()):
                        self._key(name, Icon.CLASS, words=paragraphs(cls)[0], value=f"{{{place(1)}}}")
            case "variant":
                for name, given in (self.document.params if self.document is not None else {}).items():
                    self._key(name, Icon.PROPERTY, detail=f"= {written(plain(given.tree))}")
            case "block":
                self._key("params", Icon.KEYWORD, words="Names to defaults; one without a value must be given.")
                self._key("layers", Icon.KEYWORD, words="The nodes, in order.", below="- $0")
                self._key("description", Icon.KEYWORD, words="Free text.")
            case "blocks":
                body = lines(
                    f"{place(1, 'Block')}:", f"  params: {{{place(2, 'filters: ')}}}", "  layers:", "    - $0", indent=0
                )
                self.items.add("Block", Icon.SNIPPET, text="Block:", snippet=body, detail="a new block")
            case "input":
                self._key("shape", Icon.KEYWORD, words="The shape of one example, without the batch.", value=SHAPE)
                self._key("dtype", Icon.KEYWORD, words="The type of its numbers; float32 by default.")
                if self.context.keys[0] == "input":
                    self._key("name", Icon.KEYWORD, words="Its name; `input` by default.")
            case "branch":
                self._key("when", Icon.KEYWORD, words="The branch is absent where false.")
                self._key("body", Icon.KEYWORD, words="The nodes of the branch.", below="- $0")

    def _key(
        self,
        name: str,
        icon: Icon,
        *,
        value: str = "",
        below: str = "",
        detail: str = "",
        words: str = "",
        group: int = 0,
    ) -> None:
        """Offer a key that is not given yet.

        Args:
            name: The key.
            icon: Its picture.
            value: What follows it in a snippet.
            below: What stands below it in a snippet, where it is not in brackets.
            detail: See `Items.add`, as of the others.
            words: Likewise.
            group: Likewise.
        """
        if name in self.context.given:
            return
        texts = self.items.key(name, "", value)
        if below and not self.context.in_flow and not self.items.is_alone:
            texts = {"text": f"{name}:", "snippet": f"{escaped(name)}:\n  {below}"}
        self.items.add(name, icon, detail=detail, words=words, group=group, **texts)

    def _top(self) -> None:
        values = {"netspec": str(FORMAT_VERSION), "input": SHAPE, "data": f"{{source: {place(1)}}}"}
        below = {"layers": "- $0", "params": "$0", "train": "$0", "variants": "$0", "defaults": "$0"}
        for name in sorted(TOP_KEYS, key=lambda each: each not in FIRST):
            if EXCLUSIVE.get(name) not in self.context.given:
                value, inner = values.get(name, ""), below.get(name, "")
                self._key(name, Icon.KEYWORD, value=value, below=inner, words=TOP_KEYS[name])

    def _options(self) -> None:
        at = self.wanted.slot
        if at is None:
            return
        if at.declared is not None:
            self._hyperparameters(at.declared)
        elif at.takes is not None:
            self._names_as_keys(at.takes)

    def _hyperparameters(self, declared: type[Declared]) -> None:
        kind = self.wanted.kind
        inherited = self.document.defaults.get(declared.spec_name, {}) if self.document is not None and kind else {}
        options = [
            option
            for option in declared.options.values()
            if not (self.wanted.is_default and isinstance(option.type.bare, Body))
        ]

        def is_required(option: Option) -> bool:
            return option.required and option.name not in inherited and not self.wanted.is_default

        merges = kind is not None and not self.wanted.is_default and reads_several(kind)
        if merges:
            self._key("from", Icon.PROPERTY, value=f"[{place(1)}]", detail="required", words=WIRING["from"].words)
        for option in sorted(options, key=lambda each: not is_required(each)):
            below = "- $0" if isinstance(option.type.bare, Body) and not isinstance(option.type.bare, Branches) else ""
            detail = "required" if is_required(option) else "" if option.required else f"= {default_of(option)}"
            self._key(
                option.name,
                Icon.PROPERTY,
                value=f"[{place(1)}]" if below and self.context.in_flow else "",
                below=below,
                detail=detail,
                words=f"{option.doc} Takes {option.type.describe()}.",
            )
        if kind is not None and not self.wanted.is_default:
            self._wiring()

    def _wiring(self) -> None:
        for name, key in WIRING.items():
            self._key(name, Icon.KEYWORD, words=key.words, group=1)

    def _names_as_keys(self, type_: Type[object]) -> None:
        """What a map may have as keys, of which one is chosen, or each names something of the network."""
        bare = type_.bare
        graph = self.around.graph
        if isinstance(bare, Named):
            for name, cls in bare.table.items():
                self._key(name, Icon.CLASS, value=f"{{{place(1)}}}", words=paragraphs(cls)[0])
        elif isinstance(bare, Multipliers):
            for name in self.around.readable:
                self._key(name, Icon.REFERENCE)
        elif isinstance(bare, PerName) and graph is not None:
            known = list(graph.outputs) if bare.noun == "output" else [graph.nodes[i].path for i in graph.inputs]
            for name in known:
                self._key(name, Icon.REFERENCE, detail=bare.noun)

    def _params(self) -> None:
        block = self.asked.block(self.wanted.name)
        params = block.params if block is not None else {}
        for name in sorted(params, key=lambda each: params[each] is not None):
            default = params[name]
            detail = "required" if default is None else f"= {written(plain(default.tree))}"
            self._key(name, Icon.PROPERTY, detail=detail, words=f"Param of the block `{self.wanted.name}`.")
        self._wiring()
