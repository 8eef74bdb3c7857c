"""Kinds that are made of other nodes: `inception`, `skip`, `head`.

A composition has no shape rule and no weights of its own. It says, through the builder that elaboration hands it, which
nodes it stands for; they are checked, counted and lowered like any others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, TypeAlias

from netspec.diagnostics.words import show
from netspec.kinds.arguments import activation
from netspec.kinds.kind import Kind, OptionConflict, Repair, ShapeError, kind
from netspec.kinds.merge import MERGES
from netspec.options import (
    IS_EXPRESSION,
    OFFERS,
    Boolean,
    Choice,
    Integer,
    Invalid,
    Nullable,
    Option,
    Schema,
    Type,
    Whole,
    offers,
    option,
)
from netspec.shapes import Shape

# The nodes of a body: `Step`s of `netspec.spec`, which stands above. A kind hands them on and never looks at one.
Steps: TypeAlias = Any


class Builder(Protocol):
    """What elaboration offers to a composition; a handle stands for a node of the graph."""

    entering: tuple[int, ...]

    def body(self, steps: Steps, scope: str | None = None, *, emptied: str | None = None) -> tuple[int, ...]:
        """The nodes of a body over what enters; their scope is this node's, or one of that name inside it.

        Of one that its own `when` leaves out there is nothing. `emptied` is what is wrong where `when` or `repeat: 0`
        leaves out all that is written there: the body turns into the identity without a word. None where that may be.
        """

    def inside(self, scope: str, make: Callable[[Builder], tuple[int, ...]]) -> tuple[int, ...]:
        """What `make` makes in a scope of that name inside this node's; the name stands for what it returns."""

    def node(self, kind_name: str, name: str, inputs: tuple[int, ...], **hyperparameters: object) -> int:
        """One node of this composition's own making; it starts from the kind's `defaults`, as written ones do."""

    def finish(self, kind_name: str, inputs: tuple[int, ...], repairs: tuple[Repair, ...] = ()) -> int:
        """The node that bears the composition's own name; `repairs` may mend it where its inputs differ."""

    def each_step(self, steps: Steps, fold: Kind, unfold: Kind, *, emptied: str) -> int:
        """A body over each step of what enters, which `fold` makes examples and `unfold` puts together again."""

    def refuse(self, problem: ShapeError, *because: int) -> int:
        """Report a problem of this node, unless it follows from what is wrong with the nodes `because`; stands for a node."""

    def shape(self, handle: int) -> Shape | None:
        """A node's shape; None where it is not known because something is wrong."""

    def channels(self, handle: int) -> int | None:
        """The last size of a node's shape; None where it is not known, or there is none."""

    def is_known(self, handle: int) -> bool:
        """Is a node's shape known?"""

    def strides(self, before: int, after: int) -> Whole | None:
        """The strides from one node to another: one number or one a dimension, None where they are not whole."""

    def holds(self, kind_name: str, since: int) -> bool:
        """Has a node of that kind been made since the graph had `since` nodes?"""

    def size(self) -> int:
        """How many nodes the graph has so far."""


class Body(Type[Steps]):
    """A list of nodes."""

    def describe(self) -> str:
        return "a list of nodes"

    def schema(self) -> Schema:
        return {"type": "array", "allOf": [{"$ref": "#/definitions/body"}]}


class Branches(Body):
    """Bodies by name, each alone or with a `when`."""

    def describe(self) -> str:
        return "a map of names to lists of nodes"

    def schema(self) -> Schema:
        branch = {
            "type": ["array", "object"],
            "if": {"type": "array"},
            "then": {"$ref": "#/definitions/body"},
            "else": {
                "properties": {
                    "when": {**Boolean().schema(), "description": "The branch is absent where false."},
                    "body": {"$ref": "#/definitions/body", "description": "The nodes of the branch."},
                },
                "required": ["when", "body"],
                "additionalProperties": False,
            },
        }
        return {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "patternProperties": {"^[A-Za-z_][A-Za-z0-9_]*$": branch},
        }


class Shortcut(Body):
    """A word, or a list of nodes."""

    choice = Choice(
        {
            "identity": "The input as it is.",
            "project": "A 1x1 convolution to the body's channels and strides, with batch_norm where the body has one.",
        }
    )

    def check(self, value: object) -> str:
        try:
            return self.choice.check(value)
        except Invalid as error:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", error.code) from None

    def describe(self) -> str:
        return f"{self.choice.describe()}, or a list of nodes".replace(" or ", ", ", 1)

    def schema(self) -> Schema:
        choice = {k: v for k, v in self.choice.schema().items() if k not in ("type", OFFERS)}
        return {
            "type": ["string", "array"],
            **offers(self.choice.choices),
            "if": {"type": "array"},
            "then": {"$ref": "#/definitions/body"},
            "else": choice,
        }


class Row(Type[tuple[int, ...]]):
    """A cell of GoogLeNet's table: filters, or [reduce, filters]."""

    def check(self, value: object) -> tuple[int, ...]:
        values = value if isinstance(value, list) else [value]
        if not 1 <= len(values) <= 2:
            raise Invalid(f"must be {self.describe()}, not a list of {len(values)}", "NS205")
        checked = []
        for index, item in enumerate(values):
            try:
                checked.append(Integer(ge=1).check(item))
            except Invalid as error:
                path = (index,) if isinstance(value, list) else ()
                raise Invalid(f"must be {self.describe()}, not {show(item)}", error.code, path) from None
        return tuple(checked)

    def describe(self) -> str:
        return "a whole number of filters, or [reduce, filters]"

    def schema(self) -> Schema:
        number = Integer(ge=1).schema()
        return {
            **number,
            "type": ["string", "integer", "array"],
            "allOf": [{"items": number, "minItems": 1, "maxItems": 2}],
            **self.message(),
        }


class PoolCell(Type[int | str]):
    """The pooling cell: filters of the 1x1 after it, or `max` or `avg` for a pool with none."""

    def check(self, value: object) -> int | str:
        if value in ("max", "avg"):
            return str(value)
        try:
            return Integer(ge=1).check(value)
        except Invalid as error:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", error.code) from None

    def describe(self) -> str:
        return "a whole number of filters for the 1x1 after it, or `max` or `avg` for a pool with none"

    def schema(self) -> Schema:
        return {
            "type": ["string", "integer"],
            "minimum": 1,
            **offers(("max", "avg")),
            "if": {"type": "integer"},
            "else": {"if": IS_EXPRESSION, "else": {"enum": ["max", "avg"]}},
        }


# What is wrong where all nodes of a body are left out.
_EMPTIED = "every node of {} is left out, so that {}; put `when` on {}, or write `[]`"
_EMPTIED_BODY = _EMPTIED.format("its body", "it would merge its input with itself", "the skip")
_EMPTIED_HEAD = _EMPTIED.format("its body", "its output would be its input", "the head")
_EMPTIED_BRANCH = _EMPTIED.format(
    "the branch `{0}`", "the branch would be its input", "the branch: `{0}: {{when: …, body: […]}}`"
)

WINDOW = re.compile(r"([1-9][0-9]?)x\1\Z")


class Composition(Kind):
    """Base of the kinds that are made of other nodes."""

    family = "composition"
    composition = True
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    side_chain: ClassVar[bool] = False  # the node after it reads what entered, and its own end is an output

    def compose(self, build: Builder) -> tuple[int, ...]:
        """Make the nodes; the handles returned are what the node after this one reads."""
        raise NotImplementedError(self.spec_name)  # every composition has its own


@kind("inception")
class Inception(Composition):
    """Parallel branches over one input, concatenated along the channels (arXiv 1409.4842).

    A row of GoogLeNet's table, `{1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}`, where a pair is [reduce, filters] and
    `pool` a 3x3 pool with stride 1 and a 1x1 after it; or `branches`, any bodies by name, an empty one the identity.
    """

    keras_note = "the branches' layers, and the layer of `merge`"
    pool: int | str | None = option(Nullable(PoolCell()), "Pooling branch of a row.", None)
    activation: str | None = activation("Activation function of a row's convolutions; null: as in `defaults`.")
    use_bias: bool | None = option(
        Nullable(Boolean()), "Whether a row's convolutions have biases; null: as in `defaults`.", None
    )
    branches: dict[str, Steps] | None = option(
        Nullable(Branches()),
        "Branches by name, instead of a row; `{when: …, body: […]}` for one that may be absent.",
        None,
    )
    merge: str = option(Choice(MERGES), "How to merge the branches.", "concat")

    def rows(self) -> dict[str, tuple[int, ...]]:
        """The cells of a row by window, in the order of the file."""
        return {name: value for name, value in self.given().items() if WINDOW.match(name)}

    def check(self) -> None:
        row = [name for name in self.given() if WINDOW.match(name) or name in ("pool", "activation", "use_bias")]
        if self.branches is not None and row:
            raise OptionConflict(f"`{row[0]}` and `branches` exclude each other", row[0])
        if self.branches is None and not self.rows() and self.pool is None:
            raise OptionConflict("`branches` or a row such as {1x1: 64, 3x3: [96, 128], pool: 32} is required", "")

    def compose(self, build: Builder) -> tuple[int, ...]:
        if self.branches is not None:
            ends = tuple(
                handle
                for name, steps in self.branches.items()
                for handle in build.body(steps, name, emptied=_EMPTIED_BRANCH.format(name))
            )
            if not ends:
                return (build.refuse(ShapeError("NS309", "every branch is left out; put `when` on the node itself")),)
        else:
            ends = self._row(build)
        if len(ends) == 1:
            return ends
        return (build.finish(self.merge, ends),)

    def _row(self, build: Builder) -> tuple[int, ...]:
        common = {
            name: value
            for name, value in (("activation", self.activation), ("use_bias", self.use_bias))
            if value is not None
        }
        ends = []
        for window, (*reduce, filters) in self.rows().items():
            x = build.entering
            size = int(window.split("x")[0])
            if reduce:
                x = (build.node("1x1", f"conv{window}_reduce", x, filters=reduce[0], **common),)
            if size == 1:
                ends.append(build.node("1x1", f"conv{window}", x, filters=filters, **common))
            else:
                ends.append(
                    build.node(
                        "conv",
                        f"conv{window}",
                        x,
                        filters=filters,
                        kernel_size=size,
                        strides=1,
                        padding="same",
                        **common,
                    )
                )
        if self.pool is not None:
            pooling = self.pool if isinstance(self.pool, str) else "max"
            x = (build.node("pool", "pool", build.entering, type=pooling, pool_size=3, strides=1, padding="same"),)
            if isinstance(self.pool, int):
                x = (build.node("1x1", "pool_project", x, filters=self.pool, **common),)
            ends.extend(x)
        return tuple(ends)


# A row's windows are hyperparameters like others, and the first; any odd square up to 11x11 may stand in one.
_ROW = {
    f"{_size}x{_size}": Option(Row(), f"The {_size}x{_size} branch of a row: filters, or [reduce, filters].", None)
    for _size in (1, 3, 5, 7, 9, 11)
}
for _name, _cell in _ROW.items():
    _cell.name = _name
Inception.options = {**_ROW, **Inception.options}


@kind("skip", principal="body")
class Skip(Composition):
    """A body, and a shortcut around it (arXiv 1512.03385).

    `merge: concat`, the shortcut's channels first, makes DenseNet's connection (arXiv 1608.06993); `merge: multiply`
    squeeze-and-excitation's gate (arXiv 1709.01507).
    """

    keras_note = "the layers of body and shortcut, and the layer of `merge`"
    body: Steps = option(Body(), "Nodes that the shortcut bypasses.")
    shortcut: str | Steps = option(Shortcut(), "What the input passes through on the shortcut.", "identity")
    merge: str = option(Choice(MERGES), "How to merge shortcut and body.", "add")

    def compose(self, build: Builder) -> tuple[int, ...]:
        start = build.size()
        body = build.body(self.body, emptied=_EMPTIED_BODY)
        with_batch_norm = build.holds("batch_norm", start)
        repairs: tuple[Repair, ...] = ()
        if self.shortcut == "identity":
            shortcut = build.entering
            repairs = (Repair("shortcut", "project"),)
        elif self.shortcut == "project":
            shortcut = build.inside("shortcut", lambda inner: self._project(inner, body[-1], with_batch_norm))
        else:
            shortcut = build.body(self.shortcut, "shortcut")
        return (build.finish(self.merge, (*shortcut, *body), repairs),)

    def _project(self, build: Builder, onto: int, with_batch_norm: bool) -> tuple[int, ...]:
        """A 1x1 convolution of what enters to the channels and strides of a body's end."""
        source = build.entering[0]
        channels = build.channels(onto)
        if channels is None or not build.is_known(source):
            unknown = ShapeError("NS407", "`shortcut: project` needs to know the channels of the body")
            return (build.refuse(unknown, source, onto),)
        strides = build.strides(source, onto)
        if strides is None:
            message = "`shortcut: project` cannot follow a body that enlarges or reshapes; write the shortcut's nodes"
            return (build.refuse(ShapeError("NS403", message)),)
        end = build.node(
            "1x1",
            "conv1x1_1",
            build.entering,
            filters=channels,
            strides=strides,
            padding="valid",
            rounding="floor",
        )
        if with_batch_norm:
            end = build.node("batch_norm", "batch_norm_1", (end,))
        return (end,)


@kind("head")
class Head(Composition):
    """A side chain that ends in an output of its own, while the main chain goes on from where it left."""

    keras_note = "the body's layers"
    side_chain = True
    body: Steps = option(Body(), "Nodes of the side chain.")

    def compose(self, build: Builder) -> tuple[int, ...]:
        return build.body(self.body, emptied=_EMPTIED_HEAD)
