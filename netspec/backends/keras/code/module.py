"""The whole script: its functions, `build_model`, and what it imports."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from netspec.backends.keras.code.bodies import BodyWriter
from netspec.backends.keras.code.contexts import (
    Context,
    Frame,
    Instance,
    Split,
    Unfit,
    fixed,
    identifiers,
    is_name,
)
from netspec.backends.keras.code.functions import Function, Functions, spec_symbols, words_of
from netspec.backends.keras.code.layout import WIDTH, laid_out
from netspec.backends.keras.code.nodes import NodeWriter
from netspec.backends.keras.code.proof import Ledger, expected, frozen_layers, made_by
from netspec.backends.keras.code.reading import Reads, opened, reads_of
from netspec.backends.keras.code.terms import Signatures, literal
from netspec.backends.keras.code.translating import Untranslatable, in_python
from netspec.backends.keras.naming import NAMED
from netspec.backends.tracing import Traced, traced
from netspec.diagnostics.words import printable
from netspec.graph.model import Graph
from netspec.outputs import SCRIPT_HEAD
from netspec.spec.document import Block, Document

if TYPE_CHECKING:
    from netspec.pipeline import Spec

MAX_NODES = 20_000  # of a network that is written with functions; of a larger one it takes too long
TRIES = 200

_MAKE_DIVISIBLE = '''def make_divisible(value, divisor):
    """The multiple of a number nearest to a value, never less than nine tenths of it."""
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * value else nearest'''


def code(spec: Spec, signatures: Signatures) -> str | None:
    """The script of a spec without errors, proven to make its graph; None where only a flat one does."""
    document, graph = spec.document, spec.graph
    if document is None or graph is None or len(graph.nodes) > MAX_NODES:
        return None
    main = traced(document, spec.request.params, spec.request.variant)
    if main is None:
        return None
    free = set(main.graph.params)
    frozen: set[str] = set()
    while True:
        script = _Script(spec.path, document, main, free - frozen, signatures)
        text = script.text()
        if text is None or not script.proven(text, main.graph, {}):
            return None
        wrong = {name for name in script.arguments if not script.follows(text, name, spec)}
        if not wrong:
            break
        frozen |= wrong
    script.variants = script.provable(text, spec)
    with_variants = script.text() if script.variants else None
    return with_variants if with_variants and script.proven(with_variants, main.graph, {}) else text


class _Script:
    """A script that is being made, with those params as arguments that are free."""

    def __init__(self, path: str, document: Document, main: Traced, free: set[str], signatures: Signatures) -> None:
        self.path = path
        self.document = document
        self.main = main
        self.signatures = signatures
        names = identifiers(main.graph.params)
        self.symbols = {
            name: names[name] if name in free else literal(value) for name, value in main.graph.params.items()
        }
        self.nodes = NodeWriter(signatures)
        self.arguments: list[str] = []
        self.variants: dict[str, dict[str, object]] = {}  # those that the script makes, too, by what it is given

    def text(self) -> str | None:
        """Its text; None where there is none."""
        reads = Reads(set(), set(), set(), set(), set())
        reads_of(self.main.graph, self.main.top, reads)
        both: set[int] = set()
        for _ in range(TRIES):
            self.nodes.reset()
            bodies = BodyWriter(self.nodes, reads, both, self.document.defaults)
            functions = Functions(bodies, self.document.blocks, self.symbols)
            functions.values[id(self.main.graph)] = dict(self.main.graph.params)
            functions.gather(self.main.graph, self.main.top)
            try:
                lines, frame = self._build_model(functions)
            except Unfit as unfit:
                if unfit.handle is not None and self._held(unfit.handle, reads):
                    continue
                if isinstance(unfit.step, Block) and unfit.step.name not in reads.inlined:
                    reads.inlined.add(unfit.step.name)
                elif unfit.step is not None and id(unfit.step) not in reads.unrolled:
                    reads.unrolled.add(id(unfit.step))
                else:
                    return None
                continue
            except Split:
                return None
            return self._module(functions, lines, frame)
        return None

    def _held(self, handle: int, reads: Reads) -> bool:
        """Have a variable of its own hold a node, or what stands around it written where it stands; False if it is so."""
        before = [len(each) for each in reads]
        steps = {id(made.step) for made, _ in self.main.top.each() if handle in made.ends and made.start <= handle}
        if steps <= reads.own:
            opened(handle, self.main.top, reads)
        reads.own.update(steps)
        return before != [len(each) for each in reads]

    def _build_model(self, functions: Functions) -> tuple[list[tuple[int, str]], Frame]:
        graph, top = self.main
        taken = [text for text in self.symbols.values() if is_name(text)]
        frame = functions.frame(taken)
        lines: list[tuple[int, str]] = []
        values: dict[str, object] = {text: graph.params[name] for name, text in self.symbols.items() if is_name(text)}
        ctx = Context(frame, [Instance(graph, "", values)], spec_symbols(self.symbols), "", lines, 1)
        work = frame.variable("work", "x")
        single = len(graph.inputs) == 1
        for handle, declared in zip(graph.inputs, self.document.inputs, strict=True):
            node = graph.nodes[handle]
            shape = node.shape or ()
            sizes = [literal(size) for size in shape]
            if declared.shape.dynamic and isinstance(declared.shape.value, list):
                for at, template in enumerate(declared.shape.value):
                    try:
                        text = in_python(template, ctx.symbol([()]))
                    except Untranslatable:
                        continue
                    if ctx.evaluate(text) == [shape[at]]:
                        sizes[at] = ctx.resolve([shape[at]], text)
            inner = ", ".join(sizes) + ("," if len(sizes) == 1 else "")
            dtype = "" if node.dtype == "float32" else f", dtype={literal(node.dtype)}"
            wish = f"{node.layer}_input" if node.layer in frame.taken else node.layer
            name = frame.variable(("input", node.layer), "inputs" if single else wish)
            ctx.write(f"{name} = keras.Input(({inner}){dtype}, name={literal(node.layer)})")
            ctx.assign(name, [handle])
        functions.bodies.body(ctx, [top], work)
        held = {node: ctx.tensor([node], work) for node in {*graph.inputs, *graph.outputs.values()}}
        inputs = {graph.nodes[i].path: held[i] for i in graph.inputs}
        outputs = {name: held[i] for name, i in graph.outputs.items()}
        given = ", ".join(held_of(each) for each in (inputs, outputs))
        if self.nodes.names_operations:
            given = f"*named({given})"
        made = f"keras.Model({given}, name={literal(graph.model_name)})"
        freeze = list(frozen_layers(graph))
        if freeze:
            ctx.write(f"model = {made}")
            for name in freeze:
                ctx.write(f"model.get_layer({literal(name)}).trainable = False")
            made = "model"
        ctx.write(f"return {made}")
        return lines, frame

    def _module(self, functions: Functions, lines: list[tuple[int, str]], frame: Frame) -> str:
        graph = self.main.graph
        words = words_of([text for _, text in lines])
        self.arguments = [
            name for name, text in self.symbols.items() if is_name(text) and text in words and name in graph.params
        ]
        arguments = ", ".join(f"{self.symbols[name]}={literal(fixed(graph.params[name]))}" for name in self.arguments)
        parts = [_function_text(each) for each in functions.written]
        about = "Build the model."
        if self.variants:
            parts.append("\n".join(laid_out(f"VARIANTS = {literal(self.variants)}", 0)))
            name = next(each for each in reversed(self.variants) if self.variants[each])
            about = f"Build the model; `build_model(**VARIANTS['{name}'])` is another."
        parts.append("\n".join([*laid_out(f"def build_model({arguments}):", 0), f'    """{about}"""', *_body(lines)]))
        if self.nodes.names_operations:
            parts.insert(0, NAMED)
        text = "\n\n\n".join(parts)
        if "make_divisible(" in text:
            parts.insert(0, _MAKE_DIVISIBLE)
            text = "\n\n\n".join(parts)
        head = [SCRIPT_HEAD.format(name=graph.name, source=printable(PurePath(self.path).name)), ""]
        head += [*self._about(), ""]
        if "math." in text:
            head += ["import math", ""]
        head += sorted(["import keras", *(f"import {module}" for module in self.nodes.modules)])
        if "layers." in text.replace("netspec.layers.", ""):
            head.append("from keras import layers")
        end = 'if __name__ == "__main__":\n    build_model().summary()\n'
        return "\n".join(head) + f"\n\n\n{text}\n\n\n{end}"

    def provable(self, text: str, spec: Spec) -> dict[str, dict[str, object]]:
        """The variants that the text makes, by what `build_model` is given for each."""
        found = {}
        for variant in self.document.variants:
            made = traced(self.document, spec.request.params, variant)
            if made is None:
                continue
            changed = {n: v for n, v in made.graph.params.items() if v != self.main.graph.params[n]}
            given = {self.symbols[name]: value for name, value in changed.items()}
            if set(changed) <= set(self.arguments) and self.proven(text, made.graph, given):
                found[variant] = {name: fixed(value) for name, value in given.items()}
        return found if any(found.values()) else {}

    def _about(self) -> list[str]:
        """What the network is, if that can be said in a text without signs that Python takes for its own."""
        words = " ".join(self.document.description.split())
        if not words or not words.isprintable() or '"' in words or "\\" in words:
            words = f"The network `{self.main.graph.name}`"
        return textwrap.wrap(f'"""{words.removesuffix(".")}."""', WIDTH, break_long_words=False)

    def proven(self, text: str, graph: Graph, arguments: Mapping[str, object]) -> bool:
        """Does the text make the graph, given these arguments?"""
        ledger = Ledger(self.signatures)
        wanted = expected(graph, ledger)
        try:
            return made_by(text, ledger, arguments) == wanted
        except (ArithmeticError, AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError):
            return False

    def follows(self, text: str, name: str, spec: Spec) -> bool:
        """Does the text make the spec's network for other values of a param, too? At least one other has to be right."""
        tried = 0
        for value in others(self.main.graph.params[name]):
            probe = traced(self.document, {**spec.request.params, name: value}, spec.request.variant)
            if probe is None:
                continue
            changed = {n for n, v in probe.graph.params.items() if v != self.main.graph.params[n]}
            given = {self.symbols[n]: probe.graph.params[n] for n in changed & set(self.arguments)}
            if changed - set(self.arguments) or not self.proven(text, probe.graph, given):
                return False
            tried += 1
            if tried == 2:
                break
        return tried > 0


def others(value: object) -> list[object]:
    """Other values that a param of this one may have."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value * 2, value + 1, value * 3, value // 2, value + 32, value - 1, 0, 1]
    if isinstance(value, float):
        return [value / 2, value * 0.75, value * 2]
    if isinstance(value, list):
        grown = [each + 1 if type(each) is int else each for each in value]
        doubled = [each * 2 if type(each) in (int, float) else each for each in value]
        return [each for each in (grown, doubled, value[:-1], [*value, *value[-1:]]) if each != value]
    return []


def held_of(found: dict[str, str]) -> str:
    """One tensor, or several by their names."""
    if len(found) == 1:
        return next(iter(found.values()))
    return "{" + ", ".join(f"{literal(name)}: {text}" for name, text in found.items()) + "}"


def _function_text(function: Function) -> str:
    about = f'    """Build the block `{function.block}`."""'
    return "\n".join([*laid_out(function.signature(), 0), about, *_body(function.lines)])


_LOOP = re.compile(r"for (\w+) in range")
_SAVED = re.compile(r"(shortcut\w*) = ")


def _body(lines: list[tuple[int, str]]) -> list[str]:
    """The lines of a function, without what is not read."""
    words = words_of([text.partition(" = ")[2] or text for _, text in lines])
    lines = [each for each in lines if not (saved := _SAVED.match(each[1])) or saved[1] in words]
    for at, (indent, text) in enumerate(lines):
        loop = _LOOP.match(text)
        if loop is not None:
            stop = next((n for n in range(at + 1, len(lines)) if lines[n][0] <= indent), len(lines))
            if loop[1] not in words_of([each for _, each in lines[at + 1 : stop]]):
                lines[at] = indent, text.replace(loop[1], "_", 1)
    *rest, before, (_, last) = [(0, ""), *lines]
    name = last.removeprefix("return ")
    if before[0] == 1 and before[1].startswith(f"{name} = "):
        lines = [*rest[1:], (1, f"return {before[1].removeprefix(f'{name} = ')}")]
    return [line for indent, text in lines for line in laid_out(text, indent)]
