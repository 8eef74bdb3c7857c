"""Bodies: lists of nodes, each a kind or a block over its hyperparameters and its wiring."""

from __future__ import annotations

import re
from typing import Any

from netspec.diagnostics.problems import Candidate, Edit
from netspec.diagnostics.words import listing, show
from netspec.expressions import is_expression
from netspec.kinds import KINDS, Kind, OptionConflict
from netspec.kinds.composition import Body, Branches, Shortcut
from netspec.options import Boolean, Integer, Invalid, Option
from netspec.spec.decoding.values import ANY, Field, Values, noun
from netspec.spec.document import IDENTIFIER, MAX_NAME, WIRING, Given, Step
from netspec.syntax.edits import indented
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, Unreadable, span_of

NODE_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")
_REPEAT = Integer(ge=0)
_BOOLEAN = Boolean()


class Nodes(Values):
    """The part of the decoder that reads nodes."""

    def body(self, tree: Tree, what: str) -> tuple[Step, ...]:
        """A list of nodes."""
        if isinstance(tree, Scalar) and tree.value is None:
            return ()
        if not isinstance(tree, Sequence):
            hint = ""
            if isinstance(tree, Mapping) and tree.entries:
                first = next(iter(tree.entries))
                hint = f"; put `- ` before `{first}`" if first in KINDS or first in self.block_names else ""
            self.problems.add("NS204", f"`{what}` must be a list of nodes, not {noun(tree)}{hint}", span_of(tree))
            return ()
        steps = []
        for item in tree.items:
            step = self._step(item)
            if step is not None:
                steps.append(step)
        return tuple(steps)

    def _step(self, tree: Tree) -> Step | None:
        if isinstance(tree, Scalar):
            if not isinstance(tree.value, str):
                self.problems.add(
                    "NS206",
                    f"a node is a kind's name or a map with one key, the kind, not {noun(tree)}",
                    span_of(tree),
                )
                return None
            return self._typed(Step(tree.value, tree, None))
        if isinstance(tree, Sequence):
            self.problems.add(
                "NS206", "a node is a kind's name or a map with one key, the kind, not a list", span_of(tree)
            )
            return None
        entries = tree.entries
        if len(entries) == 1:
            for word, (key, value) in entries.items():
                return self._typed(Step(word, key, value))
        return self._not_one_key(tree)

    def _not_one_key(self, tree: Mapping) -> Step | None:
        names = list(tree.entries)
        if not names:
            self.problems.add("NS206", "a node is a map with one key, its kind; this map is empty", span_of(tree))
            return None
        kinds = [name for name in names if name in KINDS or name in self.block_names]
        if len(kinds) == 1:
            word = kinds[0]
            strays = [name for name in names if name != word]
            if word == names[0] and self._is_dedented(tree, word, strays):
                return self._dedented(tree, word, strays)
            verb = "stands" if len(strays) == 1 else "stand"
            message = f"{listing(strays)} {verb} beside `{word}`; a node has one key, its kind, and all else under it"
            self.problems.add("NS206", message, span_of(tree.entries[strays[0]].key))
            return self._typed(Step(word, *tree.entries[word]))
        if len(kinds) > 1:
            second = tree.entries[kinds[1]].key
            self.problems.add(
                "NS206",
                f"a node has one key, its kind; this map has {listing(kinds)}; start each with its own `- `",
                span_of(second),
            )
            return None
        typed = tree.entries.get("type") or tree.entries.get("kind")
        hint = ""
        if typed is not None and isinstance(typed.value, Scalar):
            hint = f"; write `{typed.value.text}: {{…}}`"
        self.problems.add(
            "NS206", f"a node has one key, its kind; this map has {listing(names[:4])}{hint}", span_of(tree)
        )
        return None

    def _is_dedented(self, tree: Mapping, word: str, strays: list[str]) -> bool:
        """Are they the kind's own hyperparameters, on lines that are not indented deeply enough?"""
        value = tree.entries[word].value
        known = (*KINDS[word].options, *WIRING) if word in KINDS else WIRING
        empty = isinstance(value, Scalar) and value.value is None and not value.text
        return not tree.flow and empty and all(name in known for name in strays)

    def _dedented(self, tree: Mapping, word: str, strays: list[str]) -> Step | None:
        entries = {name: tree.entries[name] for name in strays}
        verb = "stands" if len(strays) == 1 else "stand"
        message = (
            f"{listing(strays)} {verb} beside `{word}`; a node's hyperparameters are indented deeper than its kind"
        )
        first = tree.entries[strays[0]].key
        words = "indent them by two more" if len(strays) > 1 else "indent it by two more"
        candidate = Candidate(indented(entries.values()), words)
        self.problems.add("NS206", message, span_of(first), candidates=(candidate,))
        return self._typed(Step(word, tree.entries[word].key, Mapping(entries, False, first.start, tree.end)))

    def _typed(self, step: Step) -> Step | None:
        cls = KINDS.get(step.word)
        if cls is not None:
            step.cls = cls
            self._kind_step(step, cls)
            return step
        if step.word in self.block_names:
            step.block = step.word
            self.blocks_used.add(step.word)
            self._block_step(step)
            return step
        self._unknown_kind(step.key)
        return step  # its cls is None: what follows it reads an unknown shape

    def _kind_step(self, step: Step, cls: type[Kind]) -> None:
        word, tree = step.word, step.tree
        values = step.values
        options = cls.options
        if tree is None or (type(tree) is Scalar and tree.value is None):
            pass
        elif type(tree) is Mapping:
            for name, (key, value) in tree.entries.items():
                opt = options.get(name)
                if opt is not None:
                    given = self._option(word, opt, value)
                    if given is not None:
                        values[name] = given
                elif name in WIRING:
                    self._wire(step, name, value)
                elif tree.flow and name.endswith(")") and isinstance(value, Scalar) and value.value is None:
                    continue  # the end of a `(3, 3)`, whose beginning is reported
                else:
                    self._unknown_option(key, word, tuple(options))
                    step.misspelt = True
        elif cls.principal is None:
            right = _written_out(cls, tree)
            hint = f"; write `{word}: {right}`" if right else ""
            candidates = (Candidate((Edit(span_of(tree), right),), f"{word}: {right}"),) if right else ()
            message = f"`{word}` takes a map of hyperparameters, not {noun(tree)}{hint}"
            self.problems.add("NS204", message, span_of(tree), candidates=candidates)
            step.misspelt = True
        else:
            given = self._option(word, options[cls.principal], tree)
            if given is not None:
                values[cls.principal] = given
            else:
                step.misspelt = True
        self._complete(step, cls)

    def _complete(self, step: Step, cls: type[Kind]) -> None:
        """Look for what is missing, and make the kind's object where nothing depends on an expression."""
        values = step.values
        defaults = self.defaults.get(step.word)
        if defaults:
            values = step.values = {**{n: g for n, g in defaults.items() if n not in values}, **values}
        tree = step.tree
        written = tree.entries if type(tree) is Mapping else ()
        misspelt = step.misspelt
        whole = not misspelt
        for name in cls.required:
            if name not in values:
                whole = False
                reported = name in written or misspelt or (type(tree) is not Mapping and bool(values))
                if not reported and step.share is None:
                    self.problems.add(
                        "NS203", f"`{step.word}` needs `{name}`: {cls.options[name].type.describe()}", step.span
                    )
        if not whole or any(name not in values for name in written if name in cls.options):
            return
        key: list[Any] = [cls]
        for name, given in values.items():
            if given.dynamic:
                return
            key += name, type(given.value), given.value
        try:
            step.config = self.configs.get(tuple(key))
        except TypeError:  # a list or a map among the values
            key = []
        if step.config is not None:
            return
        config = cls(**{name: given.value for name, given in values.items()})
        try:
            config.check()
        except OptionConflict as error:
            self.contradiction(step, error)
            return
        step.config = config
        if key:
            self.configs[tuple(key)] = config

    def contradiction(self, step: Step, error: OptionConflict) -> None:
        """Report hyperparameters that do not go together."""
        given = step.values.get(error.option)
        # The same place and words as elaboration's, which meets the contradiction again: it is said once.
        span = span_of(given.tree) if given is not None else step.span
        self.problems.add("NS209", f"`{step.word}`: {error.message}", span, repairs=error.repairs, step=step.span)

    def _block_step(self, step: Step) -> None:
        tree = step.tree
        if tree is None or (isinstance(tree, Scalar) and tree.value is None):
            return
        if isinstance(tree, Mapping):
            for name, entry in tree.entries.items():
                if name in WIRING:
                    self._wire(step, name, entry.value)
                elif self._param_value(entry.value, f"`{name}`"):
                    step.values[name] = self._given(entry.value, ANY)
                else:
                    step.values[name] = Given(None, entry.value, True)  # given, though wrong: not missing
            return
        if self._param_value(tree, f"the first param of `{step.word}`"):
            step.principal = self._given(tree, ANY)

    def _wire(self, step: Step, name: str, tree: Tree) -> None:
        value = tree.value if isinstance(tree, Scalar) else None
        dynamic = isinstance(value, str) and is_expression(value)
        if name == "from":
            step.sources = self._from(tree)
            if step.sources is None:
                step.cls = step.block = None  # what it reads is unknown, and so is what it yields
        elif name in ("name", "share"):
            pattern = IDENTIFIER if name == "name" else NODE_PATH
            if dynamic:
                parsed = self._parse(tree, str(value))
                if parsed is None:
                    return
                given = Given(parsed, tree, True)
            elif not isinstance(value, str) or not pattern.match(value) or len(value) > MAX_NAME:
                what = "an identifier (letters, digits, _)" if name == "name" else "the name of an earlier node"
                self.problems.add(
                    "NS303" if name == "name" else "NS301",
                    f"`{name}` must be {what}, not {noun(tree)}",
                    span_of(tree),
                )
                return
            elif name == "name" and value == "input":
                self.problems.add(
                    "NS303", "a node cannot be called `input`, which is what enters its body", span_of(tree)
                )
                return
            else:
                given = Given(value, tree, False)
            if name == "name":
                step.name = given
            else:
                step.share = given
        else:
            type_ = _REPEAT if name == "repeat" else _BOOLEAN
            given_or_none = self._checked(tree, type_, Field(f"`{name}`"))
            if given_or_none is not None:
                setattr(step, name, given_or_none)

    def _from(self, tree: Tree) -> Given | None:
        items = tree.items if isinstance(tree, Sequence) else [tree]
        if isinstance(tree, Sequence) and not items:
            self.problems.add("NS301", "`from` names no node", span_of(tree))
            return None
        names: list[Any] = []
        dynamic = False
        for item in items:
            value = item.value if isinstance(item, Scalar) else None
            if isinstance(value, str) and is_expression(value):
                value = self._parse(item, value)
                dynamic = True
                if value is None:
                    return None
            elif not isinstance(value, str) or not NODE_PATH.match(value):
                hint = "; nodes go by name, never by index" if isinstance(value, int) else ""
                self.problems.add(
                    "NS301",
                    f"`from` takes the name of an earlier node, or a list of names, not {noun(item)}{hint}",
                    span_of(item),
                )
                return None
            names.append(value)
        return Given(names, tree, dynamic)

    def _option(self, word: str, opt: Option, tree: Tree) -> Given | None:
        """A hyperparameter's value; None where a problem was reported."""
        type_ = opt.type
        if type(tree) is Scalar and type(tree.value) is not str:
            # The quick way for numbers and the like, which most values are.
            try:
                return Given(type_.check(tree.value), tree, False)
            except Invalid as error:
                if not isinstance(getattr(type_, "inner", type_), Body):
                    self._invalid(error, Field(f"`{opt.name}`", f"`{word}`"), tree)
                    return None
        if isinstance(getattr(type_, "inner", type_), Body):
            return self._bodies(word, opt, tree)
        return self._checked(tree, type_, Field(f"`{opt.name}`", f"`{word}`"))

    def _bodies(self, word: str, opt: Option, tree: Tree) -> Given | None:
        type_ = getattr(opt.type, "inner", opt.type)
        if isinstance(tree, Scalar) and tree.value is None and opt.type is not type_:
            return Given(None, tree, False)
        if isinstance(type_, Branches):
            if not isinstance(tree, Mapping) or not tree.entries:
                found = "an empty map" if isinstance(tree, Mapping) else noun(tree)
                self.problems.add(
                    "NS204", f"`{word}`: `{opt.name}` must be {type_.describe()}, not {found}", span_of(tree)
                )
                return None
            bodies = {}
            for name, (key, value) in tree.entries.items():
                if not IDENTIFIER.match(name) or len(name) > MAX_NAME:
                    self.problems.add(
                        "NS303", f"{show(name)} cannot name a branch; use letters, digits and _", span_of(key)
                    )
                    continue
                bodies[name] = self.body(value, name)
            return Given(bodies, tree, False) if bodies else None
        if isinstance(type_, Shortcut) and isinstance(tree, Scalar):
            return self._checked(tree, Shortcut.choice, Field(f"`{opt.name}`", f"`{word}`"))
        if isinstance(tree, Scalar) and tree.value is None:
            self.problems.add("NS204", f"`{word}`: `{opt.name}` must be a list of nodes, not nothing", span_of(tree))
            return None
        return Given(self.body(tree, opt.name), tree, False)


def _written_out(cls: type[Kind], tree: Tree) -> str:
    """What should stand in `pool: 2` after the colon: the hyperparameter that takes such a value, with it."""
    if not isinstance(tree, Scalar) or isinstance(tree.value, Unreadable):
        return ""
    for name in dict.fromkeys((*cls.required, *cls.options)):
        try:
            cls.options[name].type.check(tree.value)
        except Invalid:
            continue
        return f"{{{name}: {tree.text}}}"
    return ""
