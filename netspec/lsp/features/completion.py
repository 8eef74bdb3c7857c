"""What may be typed at a place: by the declarations, and by what the network is there."""

from __future__ import annotations

import re

from netspec.expressions.functions import FUNCTIONS
from netspec.kinds import FAMILIES, KINDS, Kind, OptionConflict, ShapeError
from netspec.kinds.composition import Body, Branches
from netspec.lsp.context import context
from netspec.lsp.expecting import Expected, expected, items
from netspec.lsp.items import Icon, Items, escaped, lines, place
from netspec.lsp.making import Made, compact, steps
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.lsp.slots import Slot
from netspec.lsp.surroundings import Surroundings
from netspec.lsp.words import Word, words_of
from netspec.options import Declared, Invalid, ListOf, Named, Option, PerName, Type
from netspec.report.pages.kinds import sensible
from netspec.report.pages.options import default_of, paragraphs, written
from netspec.shapes import AXIS_WORDS, Shape
from netspec.spec.document import FORMAT_VERSION, Block
from netspec.spec.keys import SWITCH, TOP_KEYS, WIRING
from netspec.spec.node_patterns import Multipliers, Patterns
from netspec.spec.pretrained import InitOption
from netspec.syntax.tree import plain

FIRST = ("netspec", "input", "layers")  # of a spec's keys, those that it must have
_SHAPE = f"[{place(1, '224')}, {place(2, '224')}, {place(3, '3')}]"
DYNAMIC = frozenset({"setting", "use", "argument", "shape", "param", "word", "wiring", "body"})  # may hold expressions
_OPERATOR = re.compile(r"(?:[-+*/%(,<>=\[]|\b(?:if|else|and|or|not))\s*\Z")  # behind which an operand is missing
EXCLUSIVE = {"input": "inputs", "inputs": "input"}


def completion(page: Page, params: Params) -> object:
    """All that may stand at a place; the editor picks what goes with the word that is typed there."""
    line, column = page.text.index(params["position"])
    found = context([page.text.line(number) for number in range(page.text.line_count)], line, column)
    if found is None:
        return {"isIncomplete": False, "items": []}
    offering = _Offering(page, Items(page, found), expected(found.keys))
    offering.offer()
    return {"isIncomplete": False, "items": offering.items.found}


class _Offering:
    """What is offered at one place."""

    def __init__(self, page: Page, items_: Items, wanted: Expected) -> None:
        self.page = page
        self.items = items_
        self.context = items_.context
        self.wanted = items(wanted) if self.context.expects == "item" else wanted
        self.names_nodes = isinstance(_bare(wanted.slot), (Patterns, Multipliers))
        is_whole = wanted.what == "outputs" or self.names_nodes
        self.around = Surroundings(page, self.context, wanted.within, is_whole=is_whole)
        self.document = page.shown.document

    def offer(self) -> None:
        """Gather the items."""
        expects, what = self.context.expects, self.wanted.what
        if expects == "value" or (expects == "item" and what not in ("body", "branch")):
            self._value()
            return
        is_body = what in ("body", "branch") and (expects == "item" or not self.context.in_flow)
        if is_body or (expects == "key" and what == "node"):
            self._nodes()
        if expects == "key" and what not in ("body", "node"):
            self._keys()

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _keys(self) -> None:
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
                self._key("shape", Icon.KEYWORD, words="The shape of one example, without the batch.", value=_SHAPE)
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
        values = {"netspec": str(FORMAT_VERSION), "input": _SHAPE, "data": f"{{source: {place(1)}}}"}
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

        merges = kind is not None and kind.arity[0] > 1 and not kind.composition and not self.wanted.is_default
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
            for name in self.around.readable():
                self._key(name, Icon.REFERENCE)
        elif isinstance(bare, PerName) and graph is not None:
            known = list(graph.outputs) if bare.noun == "output" else [graph.nodes[i].path for i in graph.inputs]
            for name in known:
                self._key(name, Icon.REFERENCE, detail=bare.noun)

    def _params(self) -> None:
        block = self._block(self.wanted.name)
        params = block.params if block is not None else {}
        for name in sorted(params, key=lambda each: params[each] is not None):
            default = params[name]
            detail = "required" if default is None else f"= {written(plain(default.tree))}"
            self._key(name, Icon.PROPERTY, detail=detail, words=f"Param of the block `{self.wanted.name}`.")
        self._wiring()

    def _block(self, name: str) -> Block | None:
        return self.document.blocks.get(name) if self.document is not None else None

    # --- nodes --------------------------------------------------------------------------------------------------------

    def _nodes(self) -> None:
        blocks = self.document.blocks if self.document is not None and self.wanted.families is None else {}
        for name, block in blocks.items():
            if name != self.wanted.within:
                self._use(name, block)
        for cls in sorted(KINDS.values(), key=lambda cls: FAMILIES.index(cls.family)):
            if self.wanted.families is None or cls.family in self.wanted.families:
                self._node(cls)
        if self.wanted.families is None:
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
        if cls.arity[0] > 1 and not cls.composition:
            value = f"{{{self.items.word('from')}: [{place(1)}, {place(2)}]}}"
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
        if cls.arity[0] > 1:
            return len(self.around.readable()) > 1, ""
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
        """Whole modules, in lines of their own."""
        context = self.context
        if context.in_flow or not self.items.snippets or context.expects != "item" or self.items.is_alone:
            return
        residual = lines(
            "skip:",
            f"shortcut: {place(1, 'identity')}",
            "body:",
            f"  - conv: {{filters: {place(2, '64')}, kernel_size: 3, padding: same, use_bias: false}}",
            "  - batch_norm",
            "  - relu",
            f"  - conv: {{filters: {place(2)}, kernel_size: 3, padding: same, use_bias: false}}",
            "  - batch_norm",
            indent=4,
        )
        self.items.add(
            "residual module",
            Icon.SNIPPET,
            snippet=residual,
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
            snippet=inception,
            detail="inception",
            words="Branches by name over one input.",
            group=1,
        )

    # --- values -------------------------------------------------------------------------------------------------------

    def _value(self) -> None:
        context, wanted = self.context, self.wanted
        if wanted.what == "wiring" and wanted.name in ("from", "share"):
            if "$" not in context.lead:
                self._nodes_by_name()
            return
        if wanted.what == "outputs" or self.names_nodes:
            self._nodes_by_name()
            return
        lead = context.lead.strip()
        typing_name = self.page.text.line(context.line)[context.start : context.end].startswith("$")
        if not lead and not typing_name:
            self._words()
        if lead and not typing_name and not _OPERATOR.search(context.lead):
            return  # behind a whole value
        if wanted.what in DYNAMIC and wanted.name != "name":
            self._dollars()
            if lead and not typing_name:
                for name in FUNCTIONS:
                    self.items.add(name, Icon.FUNCTION, text=f"{name}(", snippet=f"{name}({place(1)})", group=3)

    def _words(self) -> None:
        wanted, at = self.wanted, self.wanted.slot
        if wanted.what == "other" and wanted.name == "netspec":
            self._word(Word(str(FORMAT_VERSION), "The version of the format."))
        elif wanted.what == "input" or (wanted.what == "shape" and self.context.expects == "value"):
            self.items.add("[…]", Icon.SNIPPET, text="[", snippet=_SHAPE, detail="[height, width, channels]")
        elif wanted.what == "use":
            self._map_of(self._block(wanted.name))
        elif wanted.what == "wiring":
            for word in words_of(SWITCH) if wanted.name in ("when", "trainable") else ():
                self._word(word)
        elif wanted.what == "word" and wanted.takes is not None:
            for word in words_of(wanted.takes):
                self._word(word)
        elif at is not None:
            self._setting(at)

    def _setting(self, at: Slot) -> None:
        """The words of an option's value; after a kind those of its principal hyperparameter."""
        option, takes = at.option, at.takes
        kind = self.wanted.kind
        if kind is not None:
            option = kind.options[kind.principal] if kind.principal is not None else None
            takes = option.type if option is not None else None
            entries = [(name, sensible(kind.options[name])) for name in kind.required]
            if len(entries) > (kind.principal is not None) and self.items.snippets:
                self.items.add("{…}", Icon.SNIPPET, snippet=self.items.map(entries), detail=", ".join(kind.required))
        if takes is None:
            return
        if isinstance(takes.bare, InitOption) and self.document is not None:
            for name in self.document.weights:
                self._word(Word(name, "Of the spec's `weights`."))
        default = default_of(option) if option is not None and not option.required else None
        is_list = isinstance(takes.bare, ListOf) and self.context.expects == "value"
        for word in words_of(takes):
            self._word(word, is_default=word.text == default, is_list=is_list)

    def _map_of(self, block: Block | None) -> None:
        required = [name for name, default in block.params.items() if default is None] if block is not None else []
        if len(required) > 1 and self.items.snippets:
            self.items.add(
                "{…}", Icon.SNIPPET, snippet=self.items.map((name, "") for name in required), detail=", ".join(required)
            )

    def _word(self, word: Word, *, is_default: bool = False, is_list: bool = False) -> None:
        left, right = ("[", "]") if is_list else ("", "")
        snippet = ""
        text = self.items.word(word.text) if word.is_text else word.text
        if word.required and not self.items.is_alone:
            snippet = f"{{{text}: {self.items.map((option.name, '') for option in word.required)}}}"
            text = f"{{{text}: "
        self.items.add(
            word.text,
            Icon.MEMBER,
            text=f"{left}{text}{right}",
            snippet=snippet,
            detail="default" if is_default else "",
            words=word.words,
        )

    def _dollars(self) -> None:
        takes = self._takes
        is_alone = not self.context.lead.strip()
        for name, what, value in self.around.dollars(self.wanted.name if self.wanted.what == "param" else ""):
            fits = value is None or takes is None or not is_alone or _takes(takes, value)
            if name == "index" and value is None:
                fits = "repeat" in self.context.given
            text = f"${name}"
            self.items.add(
                text,
                Icon.VARIABLE,
                text=f'"{text}"' if self.items.is_json and not self.context.quote else text,
                detail=what if value is None else f"{written(value)}, {what}",
                group=1 if fits else 2,
            )

    @property
    def _takes(self) -> Type[object] | None:
        """What a value may be there."""
        wanted, at, kind = self.wanted, self.wanted.slot, self.wanted.kind
        if wanted.what == "wiring":
            return WIRING[wanted.name].type
        if wanted.what == "word":
            return wanted.takes
        if kind is not None:
            return kind.options[kind.principal].type if kind.principal is not None else None
        return at.takes if at is not None else None

    def _nodes_by_name(self) -> None:
        lead = self.context.lead.strip()
        if lead.endswith("."):
            for name, made in self.around.inside(lead[:-1]).items():
                self._name(name, made)
            return
        if lead:
            return
        readable = self.around.readable()
        if self.wanted.name == "share":
            own = self.around.spot.step if self.around.spot is not None else None
            kind = str(self.context.keys[-2]) if len(self.context.keys) > 1 else ""
            kind = own.kind_name if own is not None else kind
            readable = {name: made for name, made in readable.items() if self._kind(made) == kind}
        for name, made in readable.items():
            self._name(name, made)
        if self.wanted.what == "wiring" and self.wanted.name == "from":
            self._repeated(readable)
            graph = self.around.graph
            if graph is not None and self.around.input and "input" not in readable:
                shape = graph.nodes[self.around.input[0]].shape
                self.items.add("input", Icon.REFERENCE, detail=f"{compact(shape)}, what enters here")

    def _name(self, name: str, made: Made) -> None:
        assert self.around.made is not None
        kind = self._kind(made)
        detail = f"{self.around.made.label(made)}{f', {kind}' if kind else ''}"
        self.items.add(name, Icon.REFERENCE, text=self.items.word(name), detail=detail)

    def _kind(self, made: Made) -> str:
        whole = self.around.made
        if whole is None:
            return ""
        step = steps(self.page).get(whole.span_of(made))
        return step.kind_name if step is not None else "input" if made.start in whole.graph.inputs else ""

    def _repeated(self, readable: dict[str, Made]) -> None:
        """The names that stand for the last, or for all, of a node's repetitions."""
        made = self.around.made
        written_ = steps(self.page)
        for name, each in list(readable.items()):
            step = written_.get(made.span_of(each)) if made is not None else None
            if step is not None and step.repeat is not None and step.name is not None and name.endswith("_1"):
                stem = name.removesuffix("_1")
                self.items.add(stem, Icon.REFERENCE, text=self.items.word(stem), detail="the last repetition", group=1)
                every = f"{stem}_*"
                self.items.add(every, Icon.REFERENCE, text=self.items.word(every), detail="all repetitions", group=1)


def _bare(at: Slot | None) -> Type[object] | None:
    return at.takes.bare if at is not None and at.takes is not None else None


def _takes(type_: Type[object], value: object) -> bool:
    try:
        type_.check(value)
    except Invalid:
        return False
    return True


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
