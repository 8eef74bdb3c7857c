"""Blocks as functions: one for all uses where one text is true of all, else several; and their calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence

from netspec.backends.keras.code.bodies import BodyWriter
from netspec.backends.keras.code.contexts import (
    Context,
    Frame,
    Instance,
    Split,
    Tensor,
    Unfit,
    fixed,
    identifier,
    identifiers,
    is_name,
)
from netspec.backends.keras.code.terms import literal
from netspec.backends.keras.code.translating import Untranslatable
from netspec.graph.elaboration.tracing import Body, Made
from netspec.graph.model import Graph
from netspec.spec.document import Block, Step, names_in, steps_of

_WORD = re.compile(r"[A-Za-z_]\w*")
_PLAIN = re.compile(r'(?<![A-Za-z0-9_])"(?:[^"\\]|\\.)*"')
_FORMATTED = re.compile(r'f"([^"]*)"')
MAX_SHORT = 24  # characters of an argument that is put in the places of a param
OF_SPEC = "$"  # begins what a param of the spec is known as, whatever params a block has


class Function:
    """A function of the script.

    Attributes:
        name: Its name.
        block: The block's.
        entering: The variables of what enters.
        tensors: The params that hold tensors, by the block's names.
        scalars: Those that hold other values, in order, with their defaults in Python.
        globals: Params of the spec, and `index`, that it needs to be given, by the spec's names.
        anchor: The param that holds the network's input, by which nodes that read nothing know how many examples there are.
        lines: Its body.
        named: Is it given the beginning of its layers' names?
    """

    def __init__(self, name: str, block: str) -> None:
        self.name = name
        self.block = block
        self.entering: list[str] = []
        self.tensors: dict[str, str] = {}
        self.scalars: dict[str, tuple[str, str | None]] = {}
        self.globals: dict[str, str] = {}
        self.anchor = ""
        self.lines: list[tuple[int, str]] = []
        self.named = True

    def signature(self) -> str:
        """Its first line."""
        required = [name for name, default in self.scalars.values() if default is None]
        optional = [f"{name}={default}" for name, default in self.scalars.values() if default is not None]
        keywords = [*optional, *(["name"] if self.named else [])]
        anchor = [self.anchor] if self.anchor else []
        plain = [*self.entering, *anchor, *self.tensors.values(), *required, *self.globals.values()]
        if keywords and self.named:
            plain = [*plain, *optional]
            keywords = ["*", "name"]
        return f"def {self.name}({', '.join([*plain, *keywords])}):"


class Functions:
    """The functions of a script."""

    def __init__(self, bodies: BodyWriter, blocks: dict[str, Block], symbols: dict[str, str]) -> None:
        self.bodies = bodies
        bodies.functions = self
        self.blocks = blocks
        self.symbols = symbols  # params of the spec, by the names or numbers that stand for them
        self.uses: dict[str, list[tuple[Graph, Made]]] = {}
        self.of: dict[int, Function] = {}  # by uses
        self.written: list[Function] = []
        self.names: set[str] = {"build_model", "keras", "layers", "make_divisible", "math", "named", "netspec"}
        self.names |= {text for text in symbols.values() if is_name(text)}
        self.names |= {name for block in blocks.values() for name in identifiers(block.params).values()}
        self.frames: list[Frame] = []
        self._reserved: dict[str, str] = {}  # the names of functions, by blocks
        for name in blocks:
            wish = snake(name)
            while wish in self.names:
                wish += "_block"
            self.names.add(wish)
            self._reserved[name] = wish
        self._unused = set(self._reserved.values())
        self._begun: set[str] = set()
        self.values: dict[int, dict[str, object]] = {}  # of the params, by graphs

    def gather(self, graph: Graph, top: Body) -> None:
        """Gather the uses of blocks."""
        for made, _ in top.each():
            if made.step.block is not None:
                self.uses.setdefault(made.step.block, []).append((graph, made))

    def use(self, ctx: Context, step: Step, mades: list[Made], work: str, target: str) -> None:
        """The lines of a use of a block."""
        assert step.block is not None
        if step.block in self.bodies.reads.inlined:
            self._inline(ctx, step, mades, work, target)
            return
        if step.block not in self._begun:
            self._begun.add(step.block)
            self._write(self.blocks[step.block], self.uses[step.block])
        found = [self.of[id(made)] for made in mades]
        if any(each is not found[0] for each in found):
            raise Split([each.name for each in found])
        self._call(ctx, step, mades, found[0], work, target)

    # --- functions ---

    def _write(self, block: Block, uses: list[tuple[Graph, Made]]) -> None:
        try:
            function = self._function(block, uses)
        except Split as split:
            groups: dict[Hashable, list[tuple[Graph, Made]]] = {}
            for key, use in zip(split.keys, uses, strict=True):
                groups.setdefault(key, []).append(use)
            if len(groups) < 2:
                raise Unfit("uses that cannot be told apart", block) from None
            for each in groups.values():
                self._write(block, each)
            return
        except Unfit as unfit:
            raise Unfit(str(unfit), unfit.step or block) from None
        self.names.add(function.name)
        self._unused.discard(function.name)
        self.written.append(function)
        for _, made in uses:
            self.of[id(made)] = function

    def frame(self, taken: Sequence[str]) -> Frame:
        """A frame whose variables are none of the functions."""
        made = Frame([*taken, *self.names])
        self.frames.append(made)
        return made

    def _free(self, wish: str) -> str:
        name, count = wish, 2
        used = {name for frame in self.frames for name in frame.variables.values()}
        while (name in self.names and name not in self._unused) or name in used:
            name, count = f"{wish}_{count}", count + 1
        return name

    def _function(self, block: Block, uses: list[tuple[Graph, Made]]) -> Function:
        bodies = [made.bodies[0] for _, made in uses]
        if len({len(body.entering) for body in bodies}) > 1:
            raise Split([len(body.entering) for body in bodies])
        function = Function(self._free(self._reserved[block.name]), block.name)
        params = identifiers(block.params)
        others = {n: f"{t}_" if t in params.values() else t for n, t in self.symbols.items()}
        frame = self.frame([*params.values(), *(t for t in others.values() if is_name(t)), "name"])
        tensors = self.node_params(block)
        inside: list[Instance] = []
        work = frame.variable("work", "x")
        reads_entering = id(bodies[0].steps) in self.bodies.reads.entering
        many = len(bodies[0].entering)
        function.entering = (
            ([frame.variable("entering", "inputs")] if reads_entering else [work])
            if many == 1
            else [frame.variable(("entering", n), "x" if n == 0 else f"x_{n + 1}") for n in range(many)]
        )
        anchor = frame.variable("anchor", "network_inputs" if reads_entering else "inputs")
        indices = [body.index for body in bodies]
        index = ""
        if all(each is not None for each in indices):
            loops = any(step.repeat is not None for step in steps_of(block.body))
            index = frame.variable("index", "outer_index" if loops else "index")
        for (graph, made), body in zip(uses, bodies, strict=True):
            values: dict[str, object] = {}
            instance = Instance(graph, made.path.replace(".", "_") + "_", values)
            values[anchor] = Tensor(graph, graph.inputs[0])
            for name, handle in zip(function.entering, body.entering, strict=True):
                values[name] = Tensor(graph, handle)
            for param, name in params.items():
                if param in tensors:
                    if param in body.nodes:
                        nodes = [Tensor(graph, handle) for handle in body.nodes[param]]
                        values[name] = nodes if isinstance(made.args[param], list) else nodes[0]
                else:
                    values[name] = made.args[param]
            for param, text in others.items():
                if is_name(text):
                    values[text] = self.values[id(graph)][param]
            if index:
                values[index] = body.index
            inside.append(instance)
        symbols: dict[str, Callable[[], str]] = {
            **spec_symbols(others),
            **{name: _says(text) for name, text in params.items()},
        }
        if index:
            symbols["index"] = _says(index)
        function.anchor = anchor
        ctx = Context(frame, inside, symbols, "{name}_", function.lines, 1)
        ends = self.bodies.body(ctx, bodies, work)
        if any(len(each) != 1 for each in ends):
            raise Unfit("a block that ends in several nodes", block)
        ctx.write(f"return {ctx.tensor([each[0] for each in ends], work)}")
        self._needs(function, frame, block, params, others, tensors, index)
        return function

    def _needs(
        self,
        function: Function,
        frame: Frame,
        block: Block,
        params: dict[str, str],
        others: dict[str, str],
        tensors: set[str],
        index: str,
    ) -> None:
        """What its lines read."""
        words = words_of([text for _, text in function.lines])
        function.anchor = function.anchor if function.anchor in words else ""
        for param, name in params.items():
            if name not in words:
                continue
            if param in tensors:
                function.tensors[param] = name
                continue
            given = block.params[param]
            default = None if given is None or given.dynamic else literal(given.value)
            function.scalars[param] = name, default
        function.globals = {n: t for n, t in others.items() if is_name(t) and t in words}
        if index and index in words:
            function.globals["index"] = index
        function.named = "name" in words

    def node_params(self, block: Block) -> set[str]:
        """The params of a block that name nodes in all its uses."""
        used = self.uses.get(block.name, [])
        return {
            param
            for param in block.params
            if used and all(param in made.bodies[0].nodes for _, made in used) and param in self._paths(block, set())
        }

    def _paths(self, block: Block, seen: set[str]) -> set[str]:
        """The params of a block that its nodes, or those of blocks in it, read nodes by."""
        found: set[str] = set()
        if block.name in seen:
            return found
        for step in steps_of(block.body):
            for given in step.paths():
                if given.dynamic:
                    found.update(names_in(given.value))
            if step.block is not None and step.block in self.blocks:
                inner = self.blocks[step.block]
                wanted = self._paths(inner, seen | {block.name})
                values = dict(step.values)
                if step.principal is not None and inner.params:
                    values[next(iter(inner.params))] = step.principal
                passed = [values[name] for name in wanted if name in values]
                for given in passed:
                    found.update(names_in(given.value) if given.dynamic else ())
        return found

    # --- calls ---

    def _call(self, ctx: Context, step: Step, mades: list[Made], function: Function, work: str, target: str) -> None:
        entering = range(len(function.entering))
        arguments = [ctx.tensor([made.inputs[number] for made in mades], work) for number in entering]
        keywords: list[str] = []
        if function.anchor:
            arguments.append(ctx.tensor([each.graph.inputs[0] for each in ctx.instances]))
        for param, name in function.tensors.items():
            handles = [made.bodies[0].nodes[param] for made in mades]
            if isinstance(mades[0].args[param], list):
                keywords.append(f"{name}=[{', '.join(ctx.tensors(handles))}]")
            else:
                keywords.append(f"{name}={ctx.tensor([each[0] for each in handles])}")
        texts = self._arguments(ctx, step, mades)
        principal = next(iter(self.blocks[step.block or ""].params), None)
        for param, (name, default) in function.scalars.items():
            text = texts[param]()
            if default is not None and text == default:
                continue
            if param == principal and default is None and not keywords and not function.tensors:
                arguments.append(text)
            else:
                keywords.append(f"{name}={text}")
        for param, name in function.globals.items():
            key = param if param == "index" else f"{OF_SPEC}{param}"
            if key not in ctx.symbols:
                raise Unfit("what it reads is not known here", self.blocks[step.block or ""])
            keywords.append(f"{name}={ctx.symbols[key]()}")
        if function.named:
            keywords.append(f"name={ctx.name([made.path for made in mades])}")
        ctx.write(f"{target} = {function.name}({', '.join([*arguments, *keywords])})")
        ctx.assign(target, [made.ends[0] for made in mades])

    def _arguments(self, ctx: Context, step: Step, mades: list[Made]) -> dict[str, Callable[[], str]]:
        """The params' values at a use, as Python."""
        block = self.blocks[step.block or ""]
        given = dict(step.values)
        if step.principal is not None and block.params:
            given[next(iter(block.params))] = step.principal
        seen = [made.seen for made in mades]
        found: dict[str, Callable[[], str]] = {}
        overlay = Context(ctx.frame, ctx.instances, {**ctx.symbols}, ctx.prefix, ctx.lines, ctx.indent)

        def one(param: str) -> Callable[[], str]:
            def text() -> str:
                written = param in given
                source = given.get(param) or block.params[param]
                hint = (ctx if written else overlay).given(source, seen)
                return ctx.resolve([made.args[param] for made in mades], hint)

            return text

        for param in block.params:
            found[param] = one(param)
        for param in given:
            overlay.symbols[param] = _or_unknown(found[param])
        return found

    def _inline(self, ctx: Context, step: Step, mades: list[Made], work: str, target: str) -> None:
        """A block where it is used, without a function."""
        texts = self._arguments(ctx, step, mades)
        around = {name: text for name, text in ctx.symbols.items() if name.startswith(OF_SPEC)}
        params = {name.removeprefix(OF_SPEC): text for name, text in around.items()}
        symbols = {
            **around,
            **params,
            **{n: _or_unknown(_short(t, [m.args[n] for m in mades])) for n, t in texts.items()},
        }
        if "index" in ctx.symbols:
            symbols["index"] = ctx.symbols["index"]
        inside = ctx.within([made.path for made in mades], symbols)
        ends = self.bodies.body(inside, [made.bodies[0] for made in mades], target)
        self.bodies.settle(inside, ends, target)


def spec_symbols(texts: dict[str, str]) -> dict[str, Callable[[], str]]:
    """What the spec's params are called: by their names, and by those under which no block's param hides them."""
    found = {name: _says(text) for name, text in texts.items()}
    return {**found, **{f"{OF_SPEC}{name}": text for name, text in found.items()}}


def _says(text: str) -> Callable[[], str]:
    return lambda: text


def _short(text: Callable[[], str], values: list[object]) -> Callable[[], str]:
    """A text that can stand in the middle of another; where it is long, what it gives."""

    def say() -> str:
        found = text()
        same = all(value == values[0] for value in values)
        return literal(fixed(values[0])) if same and (len(found) > MAX_SHORT or " if " in found) else found

    return say


def _or_unknown(text: Callable[[], str]) -> Callable[[], str]:
    """A text that is not there where none was found."""

    def say() -> str:
        try:
            return text()
        except (Split, Unfit):
            raise Untranslatable from None

    return say


def snake(name: str) -> str:
    """`InvertedResidual` as `inverted_residual`, `MBConv` as `mb_conv`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return identifier(parted.lower())


def words_of(lines: Sequence[str]) -> set[str]:
    """The names that lines of Python read."""
    found: set[str] = set()
    for line in lines:
        for inner in _FORMATTED.findall(line):
            for each in re.findall(r"\{([^{}]*)\}", inner):
                found.update(_WORD.findall(each))
        rest = _PLAIN.sub('""', _FORMATTED.sub('""', line))
        rest = re.sub(r"\b\w+=(?!=)", "", rest)  # keywords
        found.update(_WORD.findall(re.sub(r"\.\s*\w+", "", rest)))
    return found
