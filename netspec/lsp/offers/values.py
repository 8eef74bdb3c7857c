"""Values: words, `$names`, names of nodes."""

from __future__ import annotations

import re

from netspec.expressions.functions import FUNCTIONS
from netspec.kinds.composition import Body
from netspec.lsp.items import Icon, place
from netspec.lsp.making import Made, steps
from netspec.lsp.offers.asking import SHAPE, Asked
from netspec.lsp.slots import Slot
from netspec.lsp.words import Word, words_of
from netspec.options import Invalid, ListOf, Type
from netspec.report.pages.kinds import sensible
from netspec.report.pages.options import default_of, written
from netspec.shapes import compact
from netspec.spec.document import FORMAT_VERSION, Block
from netspec.spec.keys import SWITCH, WIRING
from netspec.spec.losses import history_names
from netspec.spec.names import BLOCK_NAME
from netspec.spec.naming import naming_params
from netspec.spec.pretrained import InitOption
from netspec.spec.training_settings import Monitored, Train

DYNAMIC = frozenset({"setting", "use", "argument", "shape", "param", "word", "wiring", "body"})  # may hold expressions
_FOR = re.compile(r"\bfor\s+([A-Za-z_]\w*)\s+in\b")
_OPERATOR = re.compile(r"(?:[-+*/%(,<>=\[]|\b(?:if|else|and|or|not|in))\s*\Z")  # behind which an operand is missing


class Values:
    """What may stand behind a key, or in a list of such values."""

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
        context, wanted = self.context, self.wanted
        if self.asked.names_nodes or (wanted.what == "wiring" and wanted.name in ("from", "share")):
            if "$" in context.lead or self.page.text.line(context.line)[context.start : context.end].startswith("$"):
                self._dollars()  # a param may name a node
            else:
                self._nodes_by_name()
            return
        if wanted.what == "outputs":
            self._nodes_by_name()
            return
        lead = context.lead.strip()
        typing_name = self.page.text.line(context.line)[context.start : context.end].startswith("$")
        if not lead and not typing_name:
            self._words()
            if self._is_naming:
                self._nodes_by_name()
        if lead and not typing_name and not _OPERATOR.search(context.lead):
            return  # behind a whole value
        inside = typing_name and wanted.declared is not None  # an item of a hyperparameter's list, say
        if self._is_body and not (self._takes and words_of(self._takes)):
            return  # for a list of nodes no expression stands
        if (wanted.what in DYNAMIC or inside) and (wanted.name != "name" or typing_name):
            self._dollars()
            if lead and not typing_name:
                for name in FUNCTIONS:
                    self.items.add(name, Icon.FUNCTION, text=f"{name}(", snippet=f"{name}({place(1)})", group=3)

    @property
    def _is_body(self) -> bool:
        """Is it for a list of nodes?"""
        takes = self._takes
        return self.wanted.what == "body" or (takes is not None and isinstance(takes.bare, Body))

    @property
    def _is_naming(self) -> bool:
        """Is it for a param of a block, by which nodes read others?"""
        block = next((key for key in reversed(self.context.keys) if isinstance(key, str) and BLOCK_NAME.match(key)), "")
        document = self.document
        if document is None or block not in document.blocks or self.wanted.what not in ("argument", "use"):
            return False
        param = self.wanted.name if self.wanted.what == "argument" else next(iter(document.blocks[block].params), "")
        return (block, param) in naming_params(document)

    def _words(self) -> None:
        wanted, at = self.wanted, self.wanted.slot
        if wanted.what == "other" and wanted.name == "netspec":
            self._word(Word(str(FORMAT_VERSION), "The version of the format."))
        elif wanted.what == "input" or (wanted.what == "shape" and self.context.expects == "value"):
            self.items.add("[…]", Icon.SNIPPET, text="[", snippet=SHAPE, detail="[height, width, channels]")
        elif wanted.what == "use":
            self._map_of(self.asked.block(wanted.name))
        elif wanted.what == "wiring":
            for word in words_of(SWITCH) if wanted.name in ("when", "trainable") else ():
                self._word(word)
        elif wanted.what == "word" and wanted.takes is not None:
            for word in words_of(wanted.takes):
                self._word(word)
        elif at is not None:
            self._setting(at)
        if self._is_body:
            self.items.add("[…]", Icon.SNIPPET, text="[", snippet=f"[{place(1)}]", detail="nodes")

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
        if isinstance(takes.bare, Monitored):
            for name in self._history_names():
                self._word(Word(name))
        default = default_of(option) if option is not None and not option.required else None
        is_list = isinstance(takes.bare, ListOf) and self.context.expects == "value"
        for word in words_of(takes):
            self._word(word, is_default=word.text == default, is_list=is_list)

    def _history_names(self) -> list[str]:
        """What a history of the spec's training has: each of the validation, and of the training."""
        graph = self.around.graph
        train = self.document.train if self.document is not None else None
        if graph is None or not graph.outputs:
            return ["val_loss", "loss"]
        given = train.values.get("metrics") if train is not None else None
        chosen = given.value if given is not None else Train.options["metrics"].default
        metrics = [name for name in chosen if isinstance(name, str)] if isinstance(chosen, (list, tuple)) else []
        losses = train.values["loss"].value if train is not None and "loss" in train.values else None
        learning = [name for name in graph.outputs if not isinstance(losses, dict) or losses.get(name, "") is not None]
        names = history_names(dict.fromkeys(learning, metrics), is_alone=len(graph.outputs) == 1)
        return [f"{split}{name}" for split in ("val_", "") for name in names]

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

        for name in self._variables():
            text = f"${name}"
            self.items.add(text, Icon.VARIABLE, text=text, detail="given by `for`", group=1)

    def _variables(self) -> list[str]:
        """What the `for` of the expression gives, which may stand behind what is being written."""
        context = self.context
        rest = context.rest.partition(context.quote)[0] if context.quote else context.rest
        return list(dict.fromkeys(_FOR.findall(f"{context.lead} {rest}")))

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
        readable = self.around.readable
        if self.wanted.name == "share":
            own = self.around.spot.step if self.around.spot is not None else None
            kind = str(self.context.keys[-2]) if len(self.context.keys) > 1 else ""
            kind = own.kind_name if own is not None else kind
            readable = {name: made for name, made in readable.items() if self.asked.kind_of(made) == kind}
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
        kind = self.asked.kind_of(made)
        detail = f"{self.around.made.label(made)}{f', {kind}' if kind else ''}"
        self.items.add(name, Icon.REFERENCE, text=self.items.word(name), detail=detail)

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


def _takes(type_: Type[object], value: object) -> bool:
    try:
        type_.check(value)
    except Invalid:
        return False
    return True
