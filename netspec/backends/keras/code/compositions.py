"""Compositions: a shortcut, its body and where they meet; branches; side chains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.backends.keras.code.contexts import Context, Split, Unfit
from netspec.backends.keras.code.nodes import Hints
from netspec.backends.keras.code.translating import Untranslatable, choice_in_python, in_python
from netspec.graph.elaboration.tracing import Body, Handles, Made
from netspec.kinds.composition import Composition, Head, Inception, Skip
from netspec.spec.document import ConditionalBody, Given, Step

if TYPE_CHECKING:
    from netspec.backends.keras.code.bodies import BodyWriter


class CompositionWriter:
    """Writes compositions down."""

    def __init__(self, bodies: BodyWriter) -> None:
        self.bodies = bodies

    def write(self, ctx: Context, step: Step, mades: list[Made], work: str, target: str) -> None:
        """The lines of one; the variable holds what it ends in, or of a side chain nothing."""
        inside = ctx.within([made.path for made in mades])
        cls = step.cls
        assert cls is not None
        if issubclass(cls, Skip):
            self._skip(inside, step, mades, work)
        elif issubclass(cls, Inception):
            self._inception(inside, step, mades, work)
        elif issubclass(cls, Head):
            own = self._name(ctx, mades)
            self.bodies.body(inside, [made.bodies[0] for made in mades], ctx.frame.variable(("head", own), own))
        elif issubclass(cls, Composition):
            self._other(ctx, inside, mades, work)
        if issubclass(cls, (Skip, Inception)):
            if all(self._own(made) for made in mades):
                # The node that bears the composition's own name.
                hints: Hints = {}
                self.bodies.nodes.write(ctx, [made.ends[0] for made in mades], target, hints, first=work)
            elif any(self._own(made) for made in mades):
                raise Split([bool(self._own(made)) for made in mades])
            else:  # a single branch
                self.bodies.settle(ctx, [made.ends for made in mades], target)

    @staticmethod
    def _name(ctx: Context, mades: Sequence[Made]) -> str:
        return mades[0].path.rpartition(".")[2]

    def _own(self, made: Made) -> list[int]:
        """The nodes of a composition that stand in none of its bodies."""
        return [
            index
            for index in range(made.start, made.stop)
            if not any(body.start <= index < body.stop for body in made.bodies)
        ]

    def _skip(self, ctx: Context, step: Step, mades: list[Made], work: str) -> None:
        entering = [made.inputs for made in mades]
        if any(len(each) != 1 for each in entering):
            raise Unfit("a shortcut of several nodes")
        depth = ctx.frame.shortcuts = ctx.frame.shortcuts + 1
        name = ctx.frame.variable(("shortcut", depth), "shortcut" if depth == 1 else f"shortcut_{depth}")
        handles = [each[0] for each in entering]
        ctx.write(f"{name} = {ctx.tensor(handles, work)}")
        ctx.assign(name, handles)
        ends = self.bodies.body(ctx, [made.bodies[0] for made in mades], work)
        self.bodies.settle(ctx, ends, work)
        shortcuts = [self._shortcut(made) for made in mades]
        there = [bool(nodes) or body is not None for nodes, body in shortcuts]
        if any(there):
            inner = ctx
            if not all(there):
                given = step.values["shortcut"]
                words = {"project"} if not any(body is not None for _, body in shortcuts) else set()
                if not words:
                    raise Split(there)
                seen = ctx.symbol(entering)
                condition = self.bodies.condition(ctx, lambda: choice_in_python(given.value, "project", seen), there)
                ctx.write(f"if {condition}:")
                inner = ctx.subset(there)
            try:
                self._bypass(inner, [each for each, has in zip(shortcuts, there, strict=True) if has], name, work)
            except Split as split:
                raise split.of_all(there) from None
        ctx.frame.shortcuts -= 1

    def _hints(self, ctx: Context, handles: Sequence[int]) -> Hints:
        """What `defaults` say, as Python, of nodes of a composition's own making."""
        graphs = [each.graph for each in ctx.instances]
        nodes = [graph.nodes[handle] for graph, handle in zip(graphs, handles, strict=True)]
        given = self.bodies.defaults.get(nodes[0].kind_name, {})
        seen = [node.inputs for node in nodes]
        texts = {name: ctx.given(each, seen) for name, each in given.items()}
        return {name: [text] for name, text in texts.items() if text is not None}

    def _shortcut(self, made: Made) -> tuple[list[int], Body | None]:
        """The nodes of a shortcut's own making, or its body."""
        body = made.bodies[1] if len(made.bodies) > 1 else None
        if body is not None and not body.made:
            body = None
        nodes = self._own(made)[:-1]
        return nodes, body

    def _bypass(self, ctx: Context, shortcuts: Sequence[tuple[list[int], Body | None]], name: str, work: str) -> None:
        """What stands on a shortcut."""
        bodies = [body for _, body in shortcuts if body is not None]
        if bodies:
            if len(bodies) != len(shortcuts):
                raise Split([body is not None for _, body in shortcuts])
            inside = ctx.within([body.path.rstrip(".") for body in bodies])
            ends = self.bodies.body(inside, bodies, name)
            self.bodies.settle(inside, ends, name)
            return
        numbers = [len(nodes) for nodes, _ in shortcuts]
        if len(set(numbers)) > 1:
            raise Split(numbers)
        for at in range(numbers[0]):
            hints = self._hints(ctx, [nodes[at] for nodes, _ in shortcuts])
            hints["filters"] = [f"{work}.shape[-1]"]
            if "strides" in ctx.symbols:  # as a block's param for them is mostly called
                hints["strides"] = [ctx.symbols["strides"]()]
            self.bodies.nodes.write(ctx, [nodes[at] for nodes, _ in shortcuts], name, hints, first=name)

    # --- branches ---

    def _inception(self, ctx: Context, step: Step, mades: list[Made], work: str) -> None:
        config_branches = step.values.get("branches")
        if config_branches is None:
            self._row(ctx, step, mades, work)
        else:
            self._branches(ctx, config_branches, mades, work)

    def _branches(self, ctx: Context, given: Given, mades: list[Made], work: str) -> None:
        for name, steps in given.value.items():
            suffix = f".{name}."
            found = [next((b for b in made.bodies if b.path.endswith(suffix)), None) for made in mades]
            present = [body is not None for body in found]
            if not any(present):
                continue
            if not all(present):
                assert isinstance(steps, ConditionalBody)
                raise Split(present)
            bodies = [body for body in found if body is not None]
            inside = ctx.within([body.path.rstrip(".") for body in bodies])
            variable = ctx.frame.variable(("branch", ctx.prefix, name), name)
            if any(body.made for body in bodies):
                ends = self.bodies.body(inside, bodies, variable)
                if any(end == body.entering for end, body in zip(ends, bodies, strict=True)):
                    self.bodies.settle(inside, ends, variable)

    def _row(self, ctx: Context, step: Step, mades: list[Made], work: str) -> None:
        owned = [[node for node in self._own(made) if node not in made.ends] for made in mades]
        if len({len(nodes) for nodes in owned}) > 1:
            raise Split([len(nodes) for nodes in owned])
        seen = [made.seen for made in mades]
        texts: list[str] = []
        for each in step.values.values():
            texts += _leaves(ctx, each, seen)
        for at in range(len(owned[0])):
            handles = [nodes[at] for nodes in owned]
            words = {
                instance.graph.nodes[handle].path.rpartition(".")[2]
                for instance, handle in zip(ctx.instances, handles, strict=True)
            }
            if len(words) > 1:
                raise Split([i.graph.nodes[h].path for i, h in zip(ctx.instances, handles, strict=True)])
            word = words.pop()
            own = word.removesuffix("_reduce").removesuffix("_project")
            variable = ctx.frame.variable(("row", ctx.frame.loops, own), own)
            hints = self._hints(ctx, handles)
            hints |= {name: [*texts, *hints.get(name, ())] for name in ("filters", "activation", "use_bias")}
            self.bodies.nodes.write(ctx, handles, variable, hints, first=variable)

    def _other(self, outer: Context, ctx: Context, mades: list[Made], work: str) -> None:
        """Nodes and bodies, one after the other."""
        parts = [
            sorted(
                [*((index, None) for index in self._own(made)), *((body.start, body) for body in made.bodies)],
                key=_place,
            )
            for made in mades
        ]
        if len({len(each) for each in parts}) > 1:
            raise Split([len(each) for each in parts])
        for column in zip(*parts, strict=True):
            bodies = [body for _, body in column if body is not None]
            if bodies and len(bodies) < len(column):
                raise Split([body is None for _, body in column])
            if bodies:
                ends: list[Handles] = self.bodies.body(ctx, bodies, work)
                self.bodies.settle(ctx, ends, work)
            else:
                last = all(index == made.ends[0] for (index, _), made in zip(column, mades, strict=True))
                where = outer if last else ctx
                self.bodies.nodes.write(where, [index for index, _ in column], work, {}, first=work)


def _place(part: tuple[int, Body | None]) -> tuple[int, bool]:
    return part[0], part[1] is None


def _leaves(ctx: Context, given: Given, seen: list[Handles]) -> list[str]:
    """The expressions in what is given, as Python."""
    if not given.dynamic:
        return []
    items = given.value if isinstance(given.value, list) else [given.value]
    found = []
    for item in items:
        try:
            if hasattr(item, "tree"):
                found.append(in_python(item, ctx.symbol(seen)))
        except Untranslatable:
            continue
    return found
