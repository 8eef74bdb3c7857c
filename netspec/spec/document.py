"""What a spec says, its structure checked. `netspec.spec.decoding` makes it of the text's tree.

The steps of its bodies have the tree still attached, so that later stages can point at places and write edits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.diagnostics.words import show
from netspec.expressions import Expression, ExpressionError, Lookup, Value, bounded_list
from netspec.kinds import Kind
from netspec.options import Choice, Declared
from netspec.spec.names import SIZES
from netspec.spec.pretrained import Places
from netspec.syntax.tree import Scalar, Sequence, SourceText, Tree, part_of, span_of

FORMAT_VERSION = 1
DTYPES = Choice(
    (
        "float32",
        "float16",
        "bfloat16",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "bool",
        "string",
    )
)


# A value with expressions in it, which are not worked out yet.
Template: TypeAlias = "Expression | bool | int | float | str | list[Template] | dict[str, Template] | None"


class Given:
    """A value as written: checked already, or a template with expressions in it.

    Attributes:
        value: What the option's type makes of it, if it is checked, so that only the option can say its type; a `Template`
            where it is dynamic, None where an expression in it does not parse; what a param holds is a `Value`.
        tree: Where it stands.
        dynamic: Is it a template?
    """

    __slots__ = ("dynamic", "tree", "value")

    from_defaults = False  # a class attribute, which costs the many values of a node nothing

    def __init__(self, value: Any, tree: Tree, dynamic: bool) -> None:
        self.value = value
        self.tree = tree
        self.dynamic = dynamic


class DefaultGiven(Given):
    """A value that `defaults` give to all nodes of a kind, and not the node itself."""

    __slots__ = ()

    from_defaults = True


class Step:
    """An entry of a list of nodes."""

    __slots__ = (
        "block",
        "cls",
        "config",
        "inherits",
        "key",
        "kind_name",
        "misspelt",
        "name",
        "principal",
        "repeat",
        "share",
        "sources",
        "span",
        "trainable",
        "tree",
        "values",
        "when",
    )

    def __init__(self, kind_name: str, key: Scalar, tree: Tree | None) -> None:
        self.kind_name = kind_name
        self.key = key
        self.tree = tree  # what follows the key; None of a bare word
        self.span = span_of(key)
        self.cls: type[Kind] | None = None
        self.block: str | None = None
        self.values: dict[str, Given] = {}
        self.principal: Given | None = None  # what a block is given for its first param, which has a name elsewhere
        self.inherits = False  # are some of its values those of `defaults`?
        self.misspelt = False  # something given is not among `values`, and may be what is missing
        self.config: Kind | None = None  # made once where nothing in it is an expression
        self.name: Given | None = None
        self.sources: Given | None = None
        self.repeat: Given | None = None
        self.when: Given | None = None
        self.share: Given | None = None
        self.trainable: Given | None = None

    def givens(self) -> Iterator[Given]:
        """All that is given at the node: hyperparameters, the conditions of its bodies, wiring."""
        for given in self.values.values():
            yield given
            if isinstance(given.value, dict):
                yield from (body.when for body in given.value.values() if isinstance(body, ConditionalBody))
        for wiring in (self.name, self.sources, self.repeat, self.when, self.share, self.trainable):
            if wiring is not None:
                yield wiring

    def paths(self) -> Iterator[Given]:
        """What is given at the node that names other nodes: those that it reads, and the one whose weights it uses."""
        reads = self.cls.reads if self.cls is not None else ()
        for given in (self.sources, self.share, *(self.values.get(name) for name in reads)):
            if given is not None:
                yield given


class ConditionalBody(tuple[Step, ...]):
    """A body inside a node that is there only where its own `when` is true."""

    when: Given

    def __new__(cls, steps: tuple[Step, ...], when: Given) -> ConditionalBody:
        """The nodes of a body, and its condition."""
        made = super().__new__(cls, steps)
        made.when = when
        return made


def steps_of(body: tuple[Step, ...]) -> Iterator[Step]:
    """The nodes of a body as they are written, and those in them."""
    stack = list(body)
    while stack:
        step = stack.pop()
        yield step
        stack += steps_in(step)


def steps_in(step: Step) -> Iterator[Step]:
    """The nodes of the bodies that a node holds."""
    for given in step.values.values():
        bodies = given.value.values() if isinstance(given.value, dict) else (given.value,)
        for body in bodies:
            if isinstance(body, tuple):
                yield from (item for item in body if isinstance(item, Step))


def holds_steps(value: object) -> bool:
    """Is a hyperparameter's value a body, or are there some in it?"""
    if isinstance(value, dict):
        return any(map(holds_steps, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(holds_steps, value))
    return isinstance(value, Step)


class Block(NamedTuple):
    """A named body with params; a param whose default is None must be given at each use."""

    name: str
    key: Scalar
    params: dict[str, Given | None]
    param_keys: dict[str, Scalar]
    body: tuple[Step, ...]


class UsedFile(NamedTuple):
    """A file whose blocks a spec uses."""

    path: str  # as messages name it
    text: str
    key: Scalar  # where the spec says so, or says the file by which this one is used


class Used(NamedTuple):
    """What a spec uses of other files."""

    files: tuple[UsedFile, ...]  # in the order in which their lines are counted on
    listed: dict[str, Scalar]  # the blocks that its own nodes may use, and where `use` names them
    blocks: dict[str, Block]  # these, and those that they use in their files
    written: dict[str, Value]  # the same as they would stand under `blocks`


class Input(NamedTuple):
    """An input of the network; sizes may be expressions."""

    name: str
    shape: Given
    dtype: str
    tree: Tree
    key: Scalar


class Output(NamedTuple):
    """An output as `outputs` names it; its own name is empty where it is called as its node is."""

    name: str
    node: Given


class Settings(NamedTuple):
    """`data`, `train` or `limits` as written."""

    declared: type[Declared]
    values: dict[str, Given]
    key: Scalar


class Document(NamedTuple):
    """A spec whose structure has been checked."""

    source: SourceText
    name: str
    description: str
    params: dict[str, Given]
    param_keys: dict[str, Scalar]
    variants: dict[str, dict[str, Given]]
    inputs: tuple[Input, ...]
    defaults: dict[str, dict[str, Given]]  # DefaultGivens
    blocks: dict[str, Block]
    body: tuple[Step, ...]
    outputs: tuple[Output, ...] | None  # None where the spec does not name them
    weights: Places  # where pretrained weights are
    limits: Settings | None
    data: Settings | None
    train: Settings | None
    names_used: frozenset[str]  # every `$name` that an expression anywhere reads
    blocks_used: frozenset[str]
    used: Used | None = None  # None where it uses no other file
    steps: int = 0  # nodes that are written, those in blocks included, each as often as it stands in the text


def expression_problem(error: ExpressionError, tree: Tree) -> tuple[str, Span]:
    """What to say of an expression somewhere in a value, and where: at the part of it that is wrong.

    Args:
        error: What the expression raised.
        tree: The value in which it is written. Where the same text stands in it twice, the first is meant: it is worked
            out first.
    """
    if error.text is None:
        return error.message, span_of(tree)
    message = f"in {show(error.text)}: {error.message}"
    written = _scalar_of(tree, error.text)
    if written is None or error.part is None:
        return message, span_of(written or tree)
    return message, part_of(written, *error.part)


def expression_fix(error: ExpressionError, tree: Tree) -> tuple[Candidate, ...]:
    """What was surely meant by the part of an expression that is wrong, in its place."""
    written = _scalar_of(tree, error.text) if error.text is not None else None
    if not error.meant or written is None or error.part is None:
        return ()
    return (Candidate((Edit(part_of(written, *error.part), error.meant),), error.meant),)


def _scalar_of(tree: Tree, text: str) -> Scalar | None:
    """The first text in a tree that is this one."""
    if isinstance(tree, Scalar):
        return tree if tree.text == text else None
    parts = tree.items if isinstance(tree, Sequence) else [entry.value for entry in tree.entries.values()]
    return next((found for part in parts if (found := _scalar_of(part, text)) is not None), None)


def resolve(template: Template, lookup: Lookup, spend: Callable[[int], None] | None = None) -> Value:
    """A template with every expression replaced by its value; raises ExpressionError. `spend` is as `Expression.evaluate`'s."""
    if isinstance(template, Expression):
        return template.evaluate(lookup, spend)
    if isinstance(template, list):
        values = [resolve(item, lookup, spend) for item in template]
        return bounded_list(values) if any(type(value) is list for value in values) else values
    if isinstance(template, dict):
        return {name: resolve(item, lookup, spend) for name, item in template.items()}
    return template


def sees_sizes(given: Given) -> bool:
    """May its value hang on the sizes of what the node reads?"""
    return given.dynamic and any(name in SIZES for name in names_in(given.value))


def names_in(template: Template) -> list[str]:
    """The names that the expressions of a template read."""
    if isinstance(template, list):
        return [name for item in template for name in names_in(item)]
    if isinstance(template, dict):
        return [name for item in template.values() for name in names_in(item)]
    return list(template.names) if isinstance(template, Expression) else []
