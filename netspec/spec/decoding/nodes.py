"""Bodies: lists of nodes, each a kind or a block over its hyperparameters and its wiring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from netspec.diagnostics.problems import Candidate, Edit
from netspec.diagnostics.words import show, suggest
from netspec.kinds import KINDS, Configs, Kind, OptionConflict
from netspec.kinds.composition import Body, Branches, Shortcut
from netspec.kinds.window import USUAL_WINDOW
from netspec.options import Amounts, Declared, Invalid, Option
from netspec.options.types import is_int
from netspec.spec.decoding.calls import as_hyperparameters
from netspec.spec.decoding.forms import Params, dashed, misformed
from netspec.spec.decoding.params import is_param_value
from netspec.spec.decoding.unknown import beside, put_in_place, under_empty, unknown_kind, unknown_option
from netspec.spec.decoding.values import ANY, ValueReader, is_null, noun
from netspec.spec.decoding.wiring import read_wiring
from netspec.spec.document import ConditionalBody, Given, Step
from netspec.spec.keys import WIRING
from netspec.spec.names import is_identifier
from netspec.syntax.tree import (
    Entry,
    Mapping,
    Scalar,
    Sequence,
    Tree,
    Unreadable,
    lists_in,
    span_of,
)

if TYPE_CHECKING:
    from netspec.spec.decoding.keeping import KeptSteps


class NodeReader:
    """Reads bodies; it gathers the blocks that their nodes use.

    Args:
        values: Reads the values of hyperparameters and wiring.
        blocks: The spec's blocks with the names of their params.
        kept: What was read of the text before, if it is kept.
    """

    def __init__(self, values: ValueReader, blocks: Params, kept: KeptSteps | None = None) -> None:
        self.values = values
        self.problems = values.problems
        self.blocks = blocks
        self.kept = kept
        self.kept_count = 0  # nodes that were read before
        self.blocks_used: set[str] = set()
        self.kinds_used: set[str] = set()  # whose `defaults` were asked for
        self.missing: tuple[str, ...] = ()  # packages of kinds that the spec requires and that are not loaded
        self.defaults: dict[str, dict[str, Given]] = {}  # set once `defaults` have been read
        self._configs = Configs()
        self._augments = False  # is it `train: augment` that is being read?
        self._read: dict[int, Step | None] = {}  # what each tree is, by its identity: an alias is the same tree again

    @property
    def count(self) -> int:
        """How many nodes have been read; what aliases bring again is read once."""
        return len(self._read) + self.kept_count

    @cached_property
    def words(self) -> dict[str, list[Scalar]]:
        """The words of all items of lists, which nodes are, and where they stand; gathered for the first fix that asks."""
        found: dict[str, list[Scalar]] = {}
        for held in lists_in(self.values.source.tree):
            for item in held.items:
                for word in (entry.key for entry in item.entries.values()) if isinstance(item, Mapping) else (item,):
                    if isinstance(word, Scalar):
                        found.setdefault(word.text, []).append(word)
        return found

    @contextmanager
    def augmenting(self) -> Iterator[None]:
        """Inside, bodies are those of `train: augment`, where labels are at hand."""
        self._augments = True
        try:
            yield
        finally:
            self._augments = False

    def body(self, tree: Tree, what: str) -> tuple[Step, ...]:
        """A list of nodes."""
        if is_null(tree):
            return ()
        if not isinstance(tree, Sequence):
            hint = ""
            candidates: tuple[Candidate, ...] = ()
            first = next(iter(tree.entries), "") if isinstance(tree, Mapping) else ""
            if isinstance(tree, Mapping) and (first in KINDS or first in self.blocks):
                hint = f"; put `- ` before `{first}`"
                candidates = dashed(tree, self.values.lines)
            message = f"`{what}` must be a list of nodes, not {noun(tree)}{hint}"
            self.problems.add("NS204", message, span_of(tree), candidates=candidates)
            return ()
        steps = []
        read, kept = self._read, self.kept
        for item in tree.items:
            if kept is not None:
                step = kept.node(item, self, self._new)
            else:
                at = id(item)
                if at not in read:
                    read[at] = self._node(item)
                step = read[at]
            if step is not None:
                steps.append(step)
        return tuple(steps)

    def _new(self, tree: Tree) -> Step | None:
        """A node that was not read before."""
        step = self._read[id(tree)] = self._node(tree)
        return step

    def option(self, kind_name: str, opt: Option, tree: Tree) -> Given | None:
        """A hyperparameter's value; None where a problem was reported."""
        type_ = opt.type
        if type(tree) is Scalar and type(tree.value) is not str:
            # The quick way for numbers and the like, which most values are.
            try:
                return Given(type_.check(tree.value), tree, False)
            except Invalid as error:
                if not isinstance(type_.bare, Body):
                    for each in error.all():
                        self.values.report(each, tree, f"`{opt.name}`", f"`{kind_name}`")
                    return None
        if isinstance(type_.bare, Body):
            return self._bodies(kind_name, opt, tree)
        return self.values.checked(tree, type_, f"`{opt.name}`", f"`{kind_name}`")

    def _node(self, tree: Tree) -> Step | None:
        if isinstance(tree, Scalar):
            if not isinstance(tree.value, str):
                self._no_node(tree)
                return None
            return self._typed(Step(tree.value, tree, None))
        if isinstance(tree, Sequence):
            self._no_node(tree)
            return None
        entries = tree.entries
        if len(entries) == 1:
            for kind_name, (key, value) in entries.items():
                return self._typed(Step(kind_name, key, value))
        wrong = misformed(tree, self.blocks, self.values.lines)
        self.problems.add("NS206", wrong.message, wrong.span, candidates=wrong.candidates)
        return None if wrong.step is None else self._typed(wrong.step)

    def _no_node(self, tree: Tree) -> None:
        message = f"a node is a kind's name or a map with one key, the kind, not {noun(tree)}"
        self.problems.add("NS206", message, span_of(tree))

    def _typed(self, step: Step) -> Step:
        cls = KINDS.get(step.kind_name)
        if cls is not None and cls.mixes_labels and not self._augments:
            message = f"`{step.kind_name}` mixes the labels of a batch, which a node does not see; write it under `train: augment`"
            self.problems.add("NS206", message, step.span)  # its cls stays None: what follows it reads an unknown shape
        elif cls is not None:
            step.cls = cls
            self._kind(step, cls)
        elif step.kind_name in self.blocks:
            step.block = step.kind_name
            self.blocks_used.add(step.kind_name)
            self._block(step)
        else:  # its cls is None: what follows it reads an unknown shape
            unknown_kind(self.problems, step.key, step.tree, tuple(self.blocks), self.missing)
            if isinstance(step.tree, Mapping):
                for name, entry in step.tree.entries.items():
                    if name in WIRING:
                        read_wiring(self.values, step, name, entry.value)
        return step

    def _kind(self, step: Step, cls: type[Kind]) -> None:
        kind_name, tree = step.kind_name, step.tree
        values = step.values
        options = cls.options
        if tree is None or (type(tree) is Scalar and tree.value is None):
            pass
        elif type(tree) is Mapping:
            under: dict[str, Entry] = {}  # what has been taken as standing under another key
            for name, (key, value) in tree.entries.items():
                opt = options.get(name)
                if opt is not None:
                    if type(value) is Scalar and value.value is None and not tree.flow:
                        strays = under_empty(tree, name, opt, options)
                        if strays:
                            under |= strays
                            value = beside(self.problems, "NS202", name, strays)
                    if name == "padding" and type(value) is Scalar and value.value == "causal" and not _causal(opt):
                        self._no_causal(kind_name, opt, tree, value)
                        continue
                    given = self.option(kind_name, opt, value)
                    if given is not None:
                        values[name] = given
                elif name in WIRING:
                    read_wiring(self.values, step, name, value)
                elif name not in under and not self.values.holds(key):
                    meant = unknown_option(self.problems, key, kind_name, options)
                    step.misspelt = True
                    if meant is not None and meant not in {*tree.entries, *values} and not is_null(value):
                        self._as_meant(step, cls, meant, value)
        elif isinstance(tree, Sequence) and _are_inputs(cls, tree):
            written = ", ".join(item.text for item in tree.items if isinstance(item, Scalar))
            right = f"{{from: [{written}]}}"
            message = f"`{kind_name}` takes a map of hyperparameters, not a list; write `{kind_name}: {right}`"
            fix = Candidate((Edit(span_of(tree), right),), f"{kind_name}: {right}")
            self.problems.add("NS204", message, span_of(tree), candidates=(fix,))
            read_wiring(self.values, step, "from", tree)
            step.misspelt = True
        elif isinstance(tree, Scalar) and (right := _called(cls, tree)):
            message = f"`{kind_name}` takes a map of hyperparameters, not {noun(tree)}; write `{kind_name}: {right}`"
            fix = Candidate((Edit(span_of(tree), right),), f"{kind_name}: {right}")
            self.problems.add("NS204", message, span_of(tree), candidates=(fix,))
            step.misspelt = True
        elif cls.principal is None:
            right = _written_out(cls, tree)
            hint = f"; write `{kind_name}: {right}`" if right else ""
            fix = Candidate((Edit(span_of(tree), right),), f"{kind_name}: {right}")
            message = f"`{kind_name}` takes a map of hyperparameters, not {noun(tree)}{hint}"
            candidates = (fix,) if right and "…" not in right else ()
            self.problems.add("NS204", message, span_of(tree), candidates=candidates)
            step.misspelt = True
        else:
            given = self.option(kind_name, options[cls.principal], tree)
            if given is not None:
                values[cls.principal] = given
            else:
                step.misspelt = True
        self._complete(step, cls)

    def _no_causal(self, kind_name: str, opt: Option, tree: Mapping, value: Scalar) -> None:
        """Report a padding that Keras has a word for: as much before the sequence as the window reaches back."""
        given = (
            tree.entries[name].value if name in tree.entries else None for name in ("kernel_size", "dilation_rate")
        )
        size, rate = (each.value if isinstance(each, Scalar) else None if each is not None else 1 for each in given)
        message = f"`{kind_name}`: `padding` must be {opt.type.describe()}, not 'causal'"
        candidates: tuple[Candidate, ...] = ()
        if "kernel_size" in tree.entries and is_int(size) and is_int(rate) and size >= 1 and rate >= 1:
            meant = f"[[{int((size - 1) * rate)}, 0]]"
            message += f"; before a sequence alone it is padded by `{meant}`"
            candidates = (Candidate((Edit(span_of(value), meant),), meant),)
        self.problems.add("NS205", message, span_of(value), candidates=candidates)

    def _as_meant(self, step: Step, cls: type[Kind], name: str, tree: Tree) -> None:
        """Take a misspelt hyperparameter as the one that was meant, so that nothing need be said of its absence."""
        if name in WIRING:
            read_wiring(self.values, step, name, tree)
            return
        given = self.option(step.kind_name, cls.options[name], tree)
        if given is not None:
            step.values[name] = given

    def _complete(self, step: Step, cls: type[Kind]) -> None:
        """Look for what is missing, and make the kind's object where nothing depends on an expression."""
        values = own = step.values
        self.kinds_used.add(step.kind_name)
        defaults = self.defaults.get(step.kind_name)
        if defaults:
            inherited = {n: g for n, g in defaults.items() if n not in values}
            step.inherits = bool(inherited)
            values = step.values = {**inherited, **values}
        misspelt = step.misspelt
        tree = step.tree
        written = tree.entries if type(tree) is Mapping else ()
        whole = not misspelt
        for name in cls.required:
            if name not in values:
                whole = False
                reported = name in written or misspelt or (type(tree) is not Mapping and bool(own))
                if not reported and step.share is None:
                    self.problems.add(
                        "NS203", f"`{step.kind_name}` needs `{name}`: {cls.options[name].type.describe()}", step.span
                    )
        if not whole or any(name not in values for name in written if name in cls.options):
            return
        if True in [given.dynamic for given in values.values()]:
            return
        if cls.reads and not values.keys().isdisjoint(cls.reads):
            return  # which nodes those are is found where the node stands
        try:
            step.config = self._configs.make(cls, {name: given.value for name, given in values.items()})
        except OptionConflict as error:
            self._conflict(step, error)

    def _conflict(self, step: Step, error: OptionConflict) -> None:
        """Report hyperparameters that do not go together."""
        given = step.values.get(error.option)
        # The same place and words as elaboration's, which meets the conflict again: it is said once.
        span = span_of(given.tree) if given is not None else step.span
        self.problems.add("NS209", f"`{step.kind_name}`: {error.message}", span, repairs=error.repairs, step=step.span)

    def _block(self, step: Step) -> None:
        tree = step.tree
        if tree is None or is_null(tree):
            return
        if isinstance(tree, Mapping):
            for name, entry in tree.entries.items():
                if name in WIRING:
                    read_wiring(self.values, step, name, entry.value)
                elif self.values.holds(entry.key):
                    continue
                elif is_param_value(self.problems, entry.value, f"`{name}`"):
                    step.values[name] = self.values.given(entry.value, ANY)
                else:
                    step.values[name] = Given(None, entry.value, True)  # given, though wrong: not missing
        elif is_param_value(self.problems, tree, f"the first param of `{step.kind_name}`"):
            step.principal = self.values.given(tree, ANY)

    def _bodies(self, kind_name: str, opt: Option, tree: Tree) -> Given | None:
        type_ = opt.type.bare
        if is_null(tree) and opt.type is not type_:
            return Given(None, tree, False)
        if isinstance(type_, Branches):
            return self._branches(kind_name, opt, tree)
        if isinstance(type_, Shortcut) and isinstance(tree, Scalar):
            return self.values.checked(tree, Shortcut.choice, f"`{opt.name}`", f"`{kind_name}`")
        if is_null(tree):
            self.problems.add(
                "NS204", f"`{kind_name}`: `{opt.name}` must be a list of nodes, not nothing", span_of(tree)
            )
            return None
        return Given(self.body(tree, opt.name), tree, False)

    def _branches(self, kind_name: str, opt: Option, tree: Tree) -> Given | None:
        if not isinstance(tree, Mapping) or not tree.entries:
            found = "an empty map" if isinstance(tree, Mapping) else noun(tree)
            message = f"`{kind_name}`: `{opt.name}` must be {opt.type.bare.describe()}, not {found}"
            self.problems.add("NS204", message, span_of(tree))
            return None
        bodies = {}
        for name, (key, value) in tree.entries.items():
            if is_identifier(name):
                bodies[name] = self._branch(kind_name, name, value)
            else:
                self.problems.add(
                    "NS303", f"{show(name)} cannot name a branch; use letters, digits and _", span_of(key)
                )
        return Given(bodies, tree, False) if bodies else None

    def _branch(self, kind_name: str, name: str, tree: Tree) -> tuple[Step, ...]:
        """The nodes of a branch, written alone or beside a `when`."""
        if not isinstance(tree, Mapping) or not ("when" in tree.entries or "body" in tree.entries):
            return self.body(tree, name)
        values: dict[str, Tree] = {key: tree.entries[key].value for key in ("when", "body") if key in tree.entries}
        for key, entry in tree.entries.items():
            if key not in values:
                meant = suggest(key, [each for each in ("when", "body") if each not in values])
                message = f"`{kind_name}`: the branch `{name}` takes `when` and `body`, not {show(key)}"
                if meant is not None:
                    message += meant.question()
                    values[meant.meant] = entry.value
                self.problems.add(
                    "NS202", message, span_of(entry.key), candidates=put_in_place(meant, span_of(entry.key))
                )
        for key in ("when", "body"):
            if key not in values:
                message = f"`{kind_name}`: the branch `{name}` needs `{key}` too, or is a list of nodes alone"
                self.problems.add("NS203", message, span_of(tree))
        steps = self.body(values["body"], name) if "body" in values else ()
        if "when" not in values:
            return steps
        when = self.values.checked(values["when"], WIRING["when"].type, "`when`")
        return ConditionalBody(steps, when or Given(None, values["when"], True))  # wrong, so what it says is not known


def _written_out(cls: type[Kind], tree: Tree) -> str:
    """What should stand in `pool: 2` after the colon: the hyperparameter that takes such a value, with it.

    What else must be given stands after it, the usual value or `…`; of a list each value is one that must be given.
    """
    if isinstance(tree, Sequence) and len(tree.items) == len(cls.required) > 1:
        values = {name: item for name, item in zip(cls.required, tree.items, strict=True) if takes(cls, name, item)}
        written = [f"{name}: {item.text}" for name, item in values.items() if isinstance(item, Scalar)]
        return f"{{{', '.join(written)}}}" if len(written) == len(cls.required) else ""
    for name in dict.fromkeys((*cls.required, *cls.options)):
        if isinstance(tree, Scalar) and takes(cls, name, tree):
            others = [f"{each}: {_USUAL.get(each, '…')}" for each in cls.required if each != name]
            return f"{{{', '.join([f'{name}: {tree.text}', *others])}}}"
    return ""


def _called(cls: type[Kind], tree: Scalar) -> str:
    """The map that should stand in `conv: filters=8` after the colon; empty where it is no list of arguments."""
    if not isinstance(tree.value, str) or not ("=" in tree.text or (cls.principal is None and "," in tree.text)):
        return ""
    return as_hyperparameters(cls, tree.text)


def _causal(opt: Option) -> bool:
    """Is `causal` one of the words for this padding?"""
    return isinstance(opt.type, Amounts) and "causal" in opt.type.names


def _are_inputs(cls: type[Kind], tree: Sequence) -> bool:
    """Does a list stand where the inputs of a merge should be named by `from`?"""
    named = all(isinstance(item, Scalar) and isinstance(item.value, str) for item in tree.items)
    return cls.arity[0] > 1 and not cls.composition and bool(tree.items) and named


_USUAL = {"kernel_size": str(USUAL_WINDOW)}  # what is written for a hyperparameter that must be given, and is not


def takes(declared: type[Declared], name: str, tree: Tree) -> bool:
    """Does a hyperparameter take a plain value as it is written?"""
    if not isinstance(tree, Scalar) or isinstance(tree.value, Unreadable):
        return False
    try:
        declared.options[name].type.check(tree.value)
    except Invalid:
        return False
    return True
