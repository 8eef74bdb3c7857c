"""Bodies, step by step: what stands alone, what is left out here and there, what is repeated."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from netspec.backends.keras.code.compositions import CompositionWriter
from netspec.backends.keras.code.contexts import Context, Instance, Split, Tensor, Unfit
from netspec.backends.keras.code.nodes import NodeWriter
from netspec.backends.keras.code.reading import Reads
from netspec.backends.keras.code.terms import literal
from netspec.backends.keras.code.translating import Untranslatable
from netspec.graph.elaboration.tracing import Body, Handles, Made
from netspec.kinds.composition import Composition
from netspec.spec.document import Given, Step

if TYPE_CHECKING:
    from netspec.backends.keras.code.functions import Functions


class _Rounds(NamedTuple):
    """The repetitions of a step from one on, in all instances.

    Attributes:
        step: The step.
        rows: What it made, in each instance, each time.
        work: The variable that holds what is at hand.
        listed: That of the list that takes what each makes; "" where nobody reads it.
        start: The number of the first.
        counts: The number after the last, in each instance.
        text: What gives that.
    """

    step: Step
    rows: list[list[Made]]
    work: str
    listed: str
    start: int
    counts: list[int]
    text: str

    @property
    def stop(self) -> int:
        """The number after the last of all."""
        return max(self.counts)


class BodyWriter:
    """Writes bodies down."""

    def __init__(self, nodes: NodeWriter, reads: Reads, both: set[int], defaults: dict[str, dict[str, Given]]) -> None:
        self.nodes = nodes
        self.reads = reads
        self.both = both  # steps that are read by name and go on as what is at hand, too
        self.defaults = defaults
        self.compositions = CompositionWriter(self)
        self.functions: Functions

    def body(self, ctx: Context, bodies: Sequence[Body], work: str) -> list[Handles]:
        """The lines of a body; returns what it ends in.

        Args:
            ctx: Where they are to stand.
            bodies: The body of each instance.
            work: The variable that holds what is at hand.
        """
        cur = [body.entering for body in bodies]
        rows: list[dict[int, list[Made]]] = []
        for body in bodies:
            found: dict[int, list[Made]] = {}
            for made in body.made:
                found.setdefault(id(made.step), []).append(made)
            rows.append(found)
        for step in bodies[0].steps:
            of_step = [row.get(id(step), []) for row in rows]
            if any(of_step):
                cur = self._step(ctx, step, of_step, cur, work)
        return cur

    def _step(self, ctx: Context, step: Step, rows: list[list[Made]], cur: list[Handles], work: str) -> list[Handles]:
        if step.repeat is not None:
            return self._repeated(ctx, step, rows, cur, work)
        present = [bool(row) for row in rows]
        if all(present):
            return self._made(ctx, step, [row[0] for row in rows], cur, work)
        return self._sometimes(ctx, step, [row[0] if row else None for row in rows], cur, work)

    def _sometimes(
        self, ctx: Context, step: Step, mades: list[Made | None], cur: list[Handles], work: str
    ) -> list[Handles]:
        """A step that some instances have."""
        present = [made is not None for made in mades]
        seen = [before if made is None else made.seen for made, before in zip(mades, cur, strict=True)]
        condition = ctx.given(step.when, seen)
        if condition is None or ctx.evaluate(condition) != present:
            raise Split(present)
        goes_on = not _is_side(step)
        if goes_on:
            self.settle(ctx, cur, work)
        there = [made for made in mades if made is not None]
        inside = ctx.subset(present)
        ctx.write(f"if {condition}:")
        before = [handles for handles, each in zip(cur, present, strict=True) if each]
        try:
            ends = self._made(inside, step, there, before, work)
        except Split as split:
            raise split.of_all(present) from None
        if goes_on and (id(step) not in self.reads.own or id(step) in self.both):
            self.settle(inside, ends, work)
        after = iter(ends)
        return [next(after) if each else handles for handles, each in zip(cur, present, strict=True)]

    def settle(self, ctx: Context, cur: list[Handles], work: str) -> None:
        """Have the variable hold what is at hand."""
        if any(len(handles) != 1 for handles in cur):
            raise Unfit("several nodes are at hand")
        handles = [each[0] for each in cur]
        if all(_held(each, work) == h for each, h in zip(ctx.instances, handles, strict=True)):
            return
        text = ctx.tensor(handles, work)
        if text != work:
            ctx.write(f"{work} = {text}")
            ctx.assign(work, handles)

    # --- repetitions ---

    def _repeated(
        self, ctx: Context, step: Step, rows: list[list[Made]], cur: list[Handles], work: str
    ) -> list[Handles]:
        seen = [row[0].seen if row else before for row, before in zip(rows, cur, strict=True)]
        text = ctx.given(step.repeat, seen)
        counts = self._counts(ctx, step, rows, seen, text)
        if text is None:
            if len(set(counts)) > 1:
                raise Split(counts)
            text = literal(counts[0])
        if not counts or max(counts) == 0:
            return cur
        listed = self._list(ctx, step, rows) if id(step) in self.reads.listed else ""
        rounds = _Rounds(step, rows, work, listed, 0, counts, text)
        if id(step) in self.reads.unrolled:
            return self._unrolled(ctx, rounds, cur)
        return self._run(ctx, rounds, cur)

    def _counts(
        self, ctx: Context, step: Step, rows: list[list[Made]], seen: list[Handles], text: str | None
    ) -> list[int]:
        """How often it is repeated, those included that are left out."""
        assert step.repeat is not None
        if not step.repeat.dynamic:
            return [step.repeat.value] * len(rows)
        found = ctx.evaluate(text) if text is not None else None
        least = [max((made.repetition or 0) + 1 for made in row) if row else 0 for row in rows]
        if found is not None and all(
            type(each) is int and each >= n and (step.when is not None or each == n)
            for each, n in zip(found, least, strict=True)
        ):
            return found  # type: ignore[return-value]
        if step.when is not None:
            raise Unfit("how often it is repeated", step)
        if text is not None:
            raise Split(least)
        return least

    def _list(self, ctx: Context, step: Step, rows: list[list[Made]]) -> str:
        name = ctx.frame.variable(("list", id(step)), f"{self._called(step, rows)}s")
        ctx.write(f"{name} = []")
        for each in ctx.instances:
            each.values[name] = []
        return name

    def _run(self, ctx: Context, rounds: _Rounds, cur: list[Handles]) -> list[Handles]:
        """Repetitions from one on as a loop, or as several where they are not alike."""
        if rounds.stop - rounds.start <= 1 and len(set(rounds.counts)) == 1:
            return self._unrolled(ctx, rounds, cur)
        restore = ctx.snapshot()
        without: set[str] = set()
        for _ in range(2):
            try:
                ends, lost = self._loop(ctx, rounds, cur, without)
            except Split as split:
                restore()
                return self._parted(ctx, rounds, cur, split)
            if lost <= without:
                return ends
            restore()
            without = lost
        raise Unfit("a variable changes in a loop", rounds.step)

    def _parted(self, ctx: Context, rounds: _Rounds, cur: list[Handles], split: Split) -> list[Handles]:
        """Repetitions that are not alike: those that are, one after the other."""
        start, counts = rounds.start, rounds.counts
        keys = iter(split.keys)
        sequences: list[list[Hashable]] = [[next(keys) for _ in range(start, count)] for count in counts]
        firsts = [each[0] if each else None for each in sequences]
        if all(key == first for each, first in zip(sequences, firsts, strict=True) for key in each):
            raise Split(firsts)
        if len(set(map(tuple, sequences))) > 1 and len(counts) > 1:
            alike = {_runs(each)[0] for each in sequences}
            if len(alike) > 1:
                raise Split([tuple(_runs(each)) for each in sequences])
        stop = start + _runs(sequences[0])[0]
        if any(count < stop for count in counts):
            raise Split(counts)
        cur = self._run(ctx, rounds._replace(counts=[stop] * len(counts), text=str(stop)), cur)
        if all(count == stop for count in counts):
            return cur
        return self._run(ctx, rounds._replace(start=stop), cur)

    def _unrolled(self, ctx: Context, rounds: _Rounds, cur: list[Handles]) -> list[Handles]:
        step, rows, work, listed = rounds.step, rounds.rows, rounds.work, rounds.listed
        for number in range(rounds.start, rounds.stop):
            mades = [next((made for made in row if made.repetition == number), None) for row in rows]
            there = [made for made in mades if made is not None]
            if not there:
                continue
            symbols = {**ctx.symbols, "index": str(number).__str__}
            inside = Context(ctx.frame, ctx.instances, symbols, ctx.prefix, ctx.lines, ctx.indent)
            if len(there) == len(mades):
                cur = self._made(inside, step, there, cur, work)
            else:
                cur = self._sometimes(inside, step, mades, cur, work)
            if listed and len(there) == len(mades):
                self._append(inside, cur, listed, work)
            elif listed:
                raise Split([made is not None for made in mades])
        return cur

    def _loop(
        self, ctx: Context, rounds: _Rounds, cur: list[Handles], without: set[str]
    ) -> tuple[list[Handles], set[str]]:
        """A loop; returns what it ends in, and the variables that hold something else after its first round."""
        step, rows, work, listed, start, counts, text = rounds
        frame = ctx.frame
        side = _is_side(step)
        follows = step.sources is None or not step.sources.dynamic
        if follows and not side:
            # What its first round reads: what is at hand, or what `from` says.
            cur = [
                next((made.inputs for made in row if (made.repetition or 0) >= start), before)
                for row, before in zip(rows, cur, strict=True)
            ]
            self.settle(ctx, cur, work)
        frame.loops += 1
        index = frame.variable(("index", frame.loops), "index" if frame.loops == 1 else f"index_{frame.loops}")
        inside: list[Instance] = []
        mades: list[Made | None] = []
        before: list[Handles] = []
        for instance, row, first, count in zip(ctx.instances, rows, cur, counts, strict=True):
            by_number = {made.repetition: made for made in row}
            ends = first
            past = instance.members(listed)
            for number in range(start, count):
                made = by_number.get(number)
                each = Instance(
                    instance.graph, instance.prefix, {k: v for k, v in instance.values.items() if k not in without}
                )
                each.values[index] = number
                if follows and not side and len(ends) == 1:
                    each.values[work] = Tensor(instance.graph, ends[0])
                if listed:
                    each.values[listed] = list(past)
                inside.append(each)
                mades.append(made)
                before.append(ends)
                if made is not None:
                    ends = ends if side else made.ends
                    past += [Tensor(instance.graph, handle) for handle in made.ends] if listed else []
        symbols: dict[str, Callable[[], str]] = {**ctx.symbols, "index": lambda: index}
        deeper = Context(frame, inside, symbols, ctx.prefix, ctx.lines, ctx.indent + 1)
        bounds = text if start == 0 else f"{start}, {text}"
        ctx.write(f"for {index} in range({bounds}):")
        frame.assigned.append(set())
        there = [made for made in mades if made is not None]
        if len(there) == len(mades):
            after = self._made(deeper, step, there, before, work)
        elif listed:
            raise Split([made is not None for made in mades])
        else:
            after = self._sometimes(deeper, step, mades, before, work)
        if listed:
            self._append(deeper, after, listed, work)
        if follows and not side:
            self.settle(deeper, after, work)
        assigned = frame.assigned.pop()
        for outer in frame.assigned:
            outer |= assigned
        frame.loops -= 1
        lost = {
            name
            for name in assigned - {work, listed}
            if any(isinstance(each.values.get(name), Tensor) for each in ctx.instances)
        }
        found: list[Handles] = []
        at = 0
        for instance, count, first in zip(ctx.instances, counts, cur, strict=True):
            number = count - start
            if number > 0:
                last = inside[at + number - 1]
                instance.values.update({k: v for k, v in last.values.items() if k != index})
                found.append(after[at + number - 1])
                at += number
            else:
                for name in assigned - {work, listed}:
                    instance.values.pop(name, None)
                found.append(first)
        return found, lost | without

    def _append(self, ctx: Context, ends: list[Handles], listed: str, work: str) -> None:
        if any(len(each) != 1 for each in ends):
            raise Unfit("several ends in a list")
        handles = [each[0] for each in ends]
        ctx.write(f"{listed}.append({ctx.tensor(handles, work)})")
        for each, handle in zip(ctx.instances, handles, strict=True):
            each.values[listed] = [*each.members(listed), Tensor(each.graph, handle)]

    # --- what a step makes once ---

    def _called(self, step: Step, rows: Sequence[Sequence[Made]]) -> str:
        if step.name is not None and not step.name.dynamic:
            return str(step.name.value)
        made = next(made for row in rows for made in row)
        word = made.path.rpartition(".")[2]
        return word.rstrip("0123456789").rstrip("_") or word if step.repeat is not None else word

    def target(self, ctx: Context, step: Step, mades: Sequence[Made], work: str) -> str:
        """The variable for what a step makes."""
        if id(step) not in self.reads.own or id(step) in self.reads.listed:
            return work
        called = self._called(step, [mades])
        around = mades[0].path.rpartition(".")[0] if step.name is None or not step.name.dynamic else id(step)
        key = around if isinstance(around, int) else self._scope(ctx, mades)
        return ctx.frame.variable(("node", key, called), called[:1].lower() + called[1:] if step.block else called)

    def _scope(self, ctx: Context, mades: Sequence[Made]) -> Hashable:
        """What tells the scopes of a function apart, whatever instance is looked at."""
        path = mades[0].path.rpartition(".")[0].replace(".", "_")
        prefix = ctx.instances[0].prefix
        return (ctx.prefix, path[len(prefix) :]) if path.startswith(prefix) else ctx.prefix

    def _made(self, ctx: Context, step: Step, mades: list[Made], cur: list[Handles], work: str) -> list[Handles]:
        target = self.target(ctx, step, mades, work)
        side = _is_side(step)
        if step.block is not None:
            self.functions.use(ctx, step, mades, work, target)
        elif step.cls is not None and step.cls.composition:
            self.compositions.write(ctx, step, mades, target, target)
        else:
            hints = self.hints(ctx, step, [made.seen for made in mades])
            self.nodes.write(ctx, [made.start for made in mades], target, hints, first=work)
        if side:
            return cur
        ends = [made.ends for made in mades]
        if id(step) in self.both and target != work:
            self.settle(ctx, ends, work)
        return ends

    def hints(self, ctx: Context, step: Step, seen: list[Handles]) -> dict[str, list[str]]:
        """The hyperparameters of a node that are expressions, as Python."""
        found = {}
        for name, given in step.values.items():
            text = ctx.given(given, seen)
            if text is not None:
                found[name] = [text]
        return found

    def condition(self, ctx: Context, make: Callable[[], str], present: list[bool]) -> str:
        """A condition that holds where it should. Raises Split where there is none."""
        try:
            text = make()
        except Untranslatable:
            raise Split(present) from None
        if ctx.evaluate(text) != present:
            raise Split(present)
        return text


def _held(instance: Instance, name: str) -> int | None:
    held = instance.values.get(name)
    return held.handle if isinstance(held, Tensor) else None


def _is_side(step: Step) -> bool:
    return step.cls is not None and issubclass(step.cls, Composition) and step.cls.side_chain


def _runs(keys: Sequence[Hashable]) -> list[int]:
    """How long the runs of equal ones are."""
    runs: list[int] = []
    for number, key in enumerate(keys):
        if number and key == keys[number - 1]:
            runs[-1] += 1
        else:
            runs.append(1)
    return runs
