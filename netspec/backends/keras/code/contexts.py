"""What is known where a line is to stand, of all instances at once: the variables, and what each holds."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from types import CodeType

from netspec.backends.keras.code.terms import literal
from netspec.backends.keras.code.translating import Untranslatable, atom, in_python
from netspec.graph.elaboration.tracing import Handles
from netspec.graph.model import Graph
from netspec.spec.document import Given
from netspec.spec.names import RECEIVED

_AXES = {"channels": -1, "width": -2, "length": -2, "height": -3, "depth": -4}
_BUILTINS = {each.__name__: each for each in (abs, int, len, max, min, range, round, sum)}
_TAKEN = {
    *_BUILTINS,
    "VARIANTS",
    "build_model",
    "float",
    "keras",
    "layers",
    "make_divisible",
    "math",
    "model",
    "named",
    "netspec",
}
_UNCLEAR = ("I", "O", "l")  # one sees no difference to 1 and 0
_NUMBER = re.compile(r"\d+")


class Split(Exception):
    """Instances of which no one text is true; `keys` tells them apart."""

    def __init__(self, keys: Sequence[Hashable]) -> None:
        super().__init__()
        self.keys = tuple(keys)

    def of_all(self, present: Sequence[bool]) -> Split:
        """The same of all instances, where it is of those that are present; the others go with the first."""
        keys = iter(self.keys)
        return Split([next(keys) if there else self.keys[0] for there in present])


class Unfit(Exception):
    """Something that cannot be said where it is to be said; `why` may name a step that is to be written otherwise."""

    def __init__(self, why: str, step: object = None, handle: int | None = None) -> None:
        super().__init__(why)
        self.step = step
        self.handle = handle  # the node that no variable holds


class Tensor:
    """What a variable holds: the output of a node."""

    __slots__ = ("graph", "handle")

    def __init__(self, graph: Graph, handle: int) -> None:
        self.graph = graph
        self.handle = handle

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Its shape, with that of the batch."""
        return (None, *(self.graph.nodes[self.handle].shape or ()))


class Instance:
    """One going through a text: the graph, and what the variables hold."""

    __slots__ = ("graph", "prefix", "values")

    def __init__(self, graph: Graph, prefix: str, values: dict[str, object]) -> None:
        self.graph = graph
        self.prefix = prefix  # of the names of its layers
        self.values = values

    def members(self, name: str) -> list[Tensor]:
        """What a list of tensors holds; nothing where there is none of that name."""
        held = self.values.get(name)
        return [each for each in held if isinstance(each, Tensor)] if isinstance(held, list) else []


class Frame:
    """A function that is being written: its names, and what of its surroundings it reads."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = {*_TAKEN, *taken}
        self.variables: dict[Hashable, str] = {}
        self.loops = 0  # around the line at hand
        self.shortcuts = 0  # that are open there
        self.assigned: list[set[str]] = []  # the variables that the loops around the line assign

    def variable(self, key: Hashable, wish: str) -> str:
        """The variable for something, with the name that is wished if that is free."""
        if key not in self.variables:
            name = wanted = identifier(wish.lower())
            count = 2
            while name in self.taken:
                name, count = f"{wanted.rstrip('_')}_{count}", count + 1
            self.taken.add(name)
            self.variables[key] = name
        return self.variables[key]


def identifiers(wishes: Iterable[str]) -> dict[str, str]:
    """Names of Python's for what is called so, no two of them the same."""
    found: dict[str, str] = {}
    for wish in wishes:
        name = identifier(wish)
        while name in found.values():
            name += "_"
        found[wish] = name
    return found


def is_name(text: str) -> bool:
    """Is it a variable, and not `True`?"""
    return text.isidentifier() and not keyword.iskeyword(text)


def identifier(wish: str) -> str:
    """A name of Python's for what is called so."""
    name = re.sub(r"\W", "_", wish)
    if not name or name[0].isdigit():
        name = f"_{name}"
    name = name.lstrip("_") if name.startswith("__") else name
    return f"{name}_" if keyword.iskeyword(name) or name in (*_TAKEN, *_UNCLEAR) else name


class Context:
    """Where a line is to stand."""

    def __init__(
        self,
        frame: Frame,
        instances: list[Instance],
        symbols: dict[str, Callable[[], str]],
        prefix: str,
        lines: list[tuple[int, str]],
        indent: int,
    ) -> None:
        self.frame = frame
        self.instances = instances
        self.symbols = symbols  # what `$names` are here
        self.prefix = prefix  # of names, as an f-string holds it
        self.lines = lines
        self.indent = indent

    # --- parts of it ---

    def subset(self, present: Sequence[bool], *, deeper: bool = True) -> Context:
        """Those instances for which a condition holds, in the lines below it."""
        chosen = [each for each, there in zip(self.instances, present, strict=True) if there]
        return Context(self.frame, chosen, self.symbols, self.prefix, self.lines, self.indent + deeper)

    def within(self, paths: Sequence[str], symbols: dict[str, Callable[[], str]] | None = None) -> Context:
        """The inside of something of these paths, whose lines stand here. Their variables are the same."""
        prefix = self.pieces(paths) + "_"
        inside = []
        for each, path in zip(self.instances, paths, strict=True):
            inner = Instance(each.graph, path.replace(".", "_") + "_", each.values)
            inside.append(inner)
        return Context(self.frame, inside, symbols or self.symbols, prefix, self.lines, self.indent)

    def snapshot(self) -> Callable[[], None]:
        """What takes back all that is written after it."""
        frame = self.frame
        values = [dict(each.values) for each in self.instances]
        length, loops, taken, variables = len(self.lines), frame.loops, set(frame.taken), dict(frame.variables)
        shortcuts = frame.shortcuts
        assigned = len(frame.assigned)

        def restore() -> None:
            del self.lines[length:]
            del frame.assigned[assigned:]
            for each, old in zip(self.instances, values, strict=True):
                each.values.clear()
                each.values.update(old)
            frame.loops, frame.shortcuts, frame.taken, frame.variables = loops, shortcuts, taken, variables

        return restore

    def write(self, text: str) -> None:
        """Write a line."""
        self.lines.append((self.indent, text))

    def assign(self, name: str, handles: Sequence[int | list[Tensor]]) -> None:
        """Note what a variable holds from here on."""
        for each in self.frame.assigned:
            each.add(name)
        for instance, handle in zip(self.instances, handles, strict=True):
            instance.values.pop(name, None)  # the latest stands last
            instance.values[name] = handle if isinstance(handle, list) else Tensor(instance.graph, handle)

    # --- values ---

    def evaluate(self, text: str) -> list[object] | None:
        """What an expression gives in each instance; None where it gives nothing in one."""
        code = _compiled(text)
        found = []
        for each in self.instances:
            try:
                found.append(eval(code, {**_FUNCTIONS, **each.values}))
            except (LookupError, TypeError, ValueError, ArithmeticError, NameError, AttributeError):
                return None
        return found

    def given(self, given: Given | None, seen: Sequence[Handles]) -> str | None:
        """What is written at a node, as Python; None where that cannot be said here."""
        if given is None or not given.dynamic:
            return None
        try:
            return in_python(given.value, self.symbol(seen))
        except Untranslatable:
            return None

    def symbol(self, seen: Sequence[Handles]) -> Callable[[str], str]:
        """What `$names` are at nodes that see these."""

        def find(name: str) -> str:
            if name in self.symbols:
                return self.symbols[name]()
            if name not in _AXES or not all(seen):
                raise Untranslatable
            try:
                return f"{self.tensor([handles[0] for handles in seen])}.shape[{_AXES[name]}]"
            except Unfit:
                raise Untranslatable from None

        return find

    def resolve(self, values: Sequence[object], *hints: str | None) -> str:
        """A text that gives these values, those that are proposed first. Raises Split where none is known."""
        for hint in hints:
            if hint is not None:
                found = self.evaluate(hint)
                if found is not None and alike(found, values):
                    return hint if _reads(hint) else literal(fixed(values[0]))
                if found is not None and alike([_whole(each) for each in found], values):
                    return f"int({hint})"
        first = values[0]
        if alike(values, [first] * len(values)):
            return literal(fixed(first))
        if isinstance(first, (list, tuple)) and all(
            type(each) is type(first) and len(each) == len(first) for each in values
        ):
            items = [self.resolve(column) for column in zip(*values, strict=True)]
            inner = ", ".join(items)
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        if all(type(each) is int for each in values):
            for text in self._candidates(values):  # type: ignore[arg-type]
                return text
        raise Split([repr(each) for each in values])

    def _candidates(self, values: Sequence[int]) -> Iterator[str]:
        """Texts that give these numbers: a param or the size of a variable, or a multiple or a part of one."""
        bases = []
        for name in self.symbols:
            try:
                bases.append(self.symbols[name]())
            except (Untranslatable, Split):
                continue
        held = [name for name, value in self.instances[0].values.items() if isinstance(value, Tensor)]
        bases += [f"{name}.shape[-1]" for name in held]
        found = [(base, self.evaluate(base)) for base in bases]
        numbers = [(base, each) for base, each in found if each is not None and all(type(v) is int for v in each)]
        for base, each in numbers:
            if each == list(values):
                yield base
        for base, each in numbers:
            if len(set(each)) == 1:  # what does not change does not make what does
                continue
            if all(each) and each[0] and values[0] and values[0] % each[0] == 0:  # type: ignore[operator]
                factor = values[0] // each[0]  # type: ignore[operator]
                if [factor * v for v in each] == list(values):  # type: ignore[operator]
                    yield f"{factor} * {atom(base)}"
            if values[0] and each[0] % values[0] == 0:  # type: ignore[operator]
                by = each[0] // values[0]  # type: ignore[operator]
                if by and [v // by for v in each] == list(values):  # type: ignore[operator]
                    yield f"{atom(base)} // {by}"

    def tensor(self, handles: Sequence[int], first: str = "") -> str:
        """The text for a node of each instance. Raises Unfit where no variable holds it."""
        names = self.instances[0].values
        for name in (first, *reversed(names)) if first in names else tuple(reversed(names)):
            held = names[name]
            if isinstance(held, Tensor):
                if all(_holds(each, name, h) for each, h in zip(self.instances, handles, strict=True)):
                    return name
            elif isinstance(held, list):
                text = self._in_list(name, handles)
                if text is not None:
                    return text
        held_by = [_holder(each, handle) for each, handle in zip(self.instances, handles, strict=True)]
        if all(held_by):
            raise Split(held_by)
        raise Unfit("no variable holds it", handle=handles[held_by.index(None)])

    def _in_list(self, name: str, handles: Sequence[int]) -> str | None:
        """The text for members of a list of tensors."""
        places = []
        for each, handle in zip(self.instances, handles, strict=True):
            held = each.values.get(name)
            place = _place(held, handle)
            if place is None:
                return None
            places.append((place, place - len(held)))  # type: ignore[arg-type]
        for column in (1, 0):
            found = {place[column] for place in places}
            if len(found) == 1:
                return f"{name}[{found.pop()}]"
        try:
            return f"{name}[{self.counted([place for place, _ in places])}]"
        except Split:
            return None

    def tensors(self, inputs: Sequence[Handles], first: str = "") -> list[str]:
        """The texts for several nodes of each instance; `*each` for those of a list."""
        texts: list[str] = []
        at = [0] * len(inputs)
        while any(place < len(handles) for place, handles in zip(at, inputs, strict=True)):
            for name, held in self.instances[0].values.items():
                if isinstance(held, list) and held and isinstance(held[0], Tensor):
                    lists = [each.values.get(name) for each in self.instances]
                    if all(
                        isinstance(each, list)
                        and tuple(t.handle for t in each if isinstance(t, Tensor)) == handles[p : p + len(each)]
                        for each, handles, p in zip(lists, inputs, at, strict=True)
                    ):
                        texts.append(f"*{name}")
                        at = [p + len(each) for p, each in zip(at, lists, strict=True)]  # type: ignore[arg-type]
                        break
            else:
                if not all(place < len(handles) for place, handles in zip(at, inputs, strict=True)):
                    raise Split([len(handles) for handles in inputs])
                texts.append(self.tensor([handles[p] for handles, p in zip(inputs, at, strict=True)], first))
                at = [p + 1 for p in at]
        return texts

    def counted(self, numbers: Sequence[int]) -> str:
        """A text for numbers that count with a loop. Raises Split."""
        if len(set(numbers)) == 1:
            return str(numbers[0])
        if "index" in self.symbols:
            index = self.symbols["index"]()
            found = self.evaluate(index)
            if found is not None:
                rest = {number - each for number, each in zip(numbers, found, strict=True)}  # type: ignore[operator]
                if len(rest) == 1:
                    by = rest.pop()
                    return index if by == 0 else f"{index} {'+' if by > 0 else '-'} {abs(by)}"
        raise Split(numbers)

    # --- names ---

    def pieces(self, paths: Sequence[str]) -> str:
        """Paths or layers' names as an f-string holds them. Raises Split where one text does not give them."""
        if not all(p.replace(".", "_").startswith(each.prefix) for each, p in zip(self.instances, paths, strict=True)):
            raise Unfit("a name of elsewhere")
        rests = [path.replace(".", "_")[len(each.prefix) :] for each, path in zip(self.instances, paths, strict=True)]
        first = rests[0]
        if all(rest == first for rest in rests):
            return self.prefix + first
        parts = {_NUMBER.sub("\0", rest) for rest in rests}
        if len(parts) > 1:
            raise Split(rests)
        columns = zip(*(map(int, _NUMBER.findall(rest)) for rest in rests), strict=True)
        try:
            numbers = [self.counted(column) for column in columns]
        except Split:
            raise Split(rests) from None
        words = parts.pop().split("\0")
        made = words[0]
        for number, word in zip(numbers, words[1:], strict=True):
            made += (number if number.isdigit() else f"{{{number}}}") + word
        return self.prefix + made

    def name(self, paths: Sequence[str]) -> str:
        """The same as a text of Python."""
        pieces = self.pieces(paths)
        if re.fullmatch(r"\{\w+\}", pieces):
            return pieces[1:-1]
        return f'f"{pieces}"' if "{" in pieces else f'"{pieces}"'


def _holds(instance: Instance, name: str, handle: int) -> bool:
    held = instance.values.get(name)
    return isinstance(held, Tensor) and held.handle == handle


def _holder(instance: Instance, handle: int) -> str | None:
    """The variable of one instance that holds a node."""
    return next((name for name in instance.values if _holds(instance, name, handle)), None)


def _place(held: object, handle: int) -> int | None:
    if not isinstance(held, list):
        return None
    return next((at for at, each in enumerate(held) if isinstance(each, Tensor) and each.handle == handle), None)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def alike(found: Sequence[object], values: Sequence[object]) -> bool:
    """Are they the same, and of the same types? A list is as good as a tuple."""
    return all(_same(a, b) for a, b in zip(found, values, strict=True))


def _same(a: object, b: object) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and bool(a == b)


def fixed(value: object) -> object:
    """A value as people write it: sizes are tuples."""
    return tuple(map(fixed, value)) if isinstance(value, list) else value


def _reads(text: str) -> bool:
    """Does an expression read a name?"""
    words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", text)))
    return bool(words - {"True", "False", "None", "and", "or", "not", "if", "else", *_BUILTINS, *_FUNCTIONS})


def _make_divisible(value: float, divisor: float) -> int:
    from netspec.expressions.functions import FUNCTIONS

    return FUNCTIONS["make_divisible"].call(value, divisor)  # type: ignore[return-value]


_FUNCTIONS: dict[str, object] = {
    "__builtins__": _BUILTINS,
    "math": math,
    "make_divisible": _make_divisible,
}
_CODES: dict[str, CodeType] = {}
assert set(_AXES) <= set(RECEIVED)


def _compiled(text: str) -> CodeType:
    if text not in _CODES:
        if len(_CODES) > 10_000:
            _CODES.clear()
        _CODES[text] = compile(text, "script.py", "eval")
    return _CODES[text]
