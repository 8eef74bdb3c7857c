"""What stands under the mouse: its page, with the numbers of this very spec, and the problems there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.data import Data
from netspec.diagnostics.codes import CODES
from netspec.diagnostics.problems import Problem, Span
from netspec.diagnostics.words import printable
from netspec.expressions import build, is_built, parse
from netspec.expressions.tree import comprehensions
from netspec.kinds import KINDS
from netspec.lsp import explaining
from netspec.lsp.evaluating import evaluating
from netspec.lsp.making import Made, making, steps
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.lsp.slots import Path, slot
from netspec.options import Declared
from netspec.report.pages.codes import code_summary
from netspec.report.pages.kinds import kind_summary
from netspec.report.pages.parts import Page as Text
from netspec.report.pages.parts import Paragraph, as_markdown, as_text
from netspec.report.pages.settings import section_summary
from netspec.spec.document import Block, Document, Step, steps_of
from netspec.spec.index import Found, Index
from netspec.spec.keys import TOP_KEYS, WIRING
from netspec.spec.limits import Limits
from netspec.spec.training_settings import Train
from netspec.syntax.tree import Scalar, part_of, span_of

SECTIONS: dict[str, type[Declared]] = {"data": Data, "train": Train, "limits": Limits}


def hover(page: Page, params: Params) -> object:
    """What there is to say of a place; None where there is nothing."""
    line, column = page.text.place(params["position"])
    index = page.kept(_written)
    is_recovered = page.spec.document is None
    at = page.shown_at(line, column) if is_recovered else (line, column)
    found = index.at(*at) if index is not None and at is not None else None
    text = _Hovering(page).text(found, line, column) if found is not None else []
    problems = [problem for problem in page.problems if _holds(problem.span, line, column)]
    if not text and not problems:
        return None
    span: Span | None = problems[0].span if problems else None
    if found is not None and text:
        span = page.written(found.span) if is_recovered else found.span
    said = [text, *map(_problem, problems)]
    contents = (
        {"kind": "markdown", "value": "\n---\n\n".join(as_markdown(each, None) for each in said if each)}
        if page.client.markdown
        else {"kind": "plaintext", "value": "\n".join(as_text(each) for each in said if each)}
    )
    return {"contents": contents} if span is None else {"contents": contents, "range": page.range(span)}


def _written(page: Page) -> Index | None:
    """What stands where in the text as it is, or as it was recovered where it cannot be read."""
    document = page.spec.document
    return page.index if document is None or document is page.shown.document else Index(document)


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _problem(problem: Problem) -> Text:
    return [
        Paragraph(f"{problem.severity} {problem.code}: {printable(problem.message)}"),
        *code_summary(CODES[problem.code]),
    ]


class _Hovering(NamedTuple):
    page: Page

    def text(self, found: Found, line: int, column: int) -> Text:
        """What there is to say of what stands at a place."""
        document = self.page.shown.document
        assert document is not None
        step = found.step
        given = self._variable(found, line, column)
        if given:
            return given
        if found.name is not None:
            text = self._dollar(document, found.name, step)
            if text:
                return text
        if step is None:
            return self._outside(document, found)
        if not found.path:
            return self._node(step) if found.is_key else self._value(document, found, step)
        return self._in_step(document, found, step)

    def _variable(self, found: Found, line: int, column: int) -> Text:
        """What the `for` of an expression gives."""
        place = self.page.shown_at(line, column)
        at = self.page.names.at(*place) if self.page.names is not None and place is not None else None
        worked_out = evaluating(self.page)
        if at is None or at.names[0].kind != "variable" or worked_out is None or not isinstance(found.tree, Scalar):
            return []
        scalar = found.tree
        definition = at.names[0].definitions[0].span
        text = scalar.text
        expression = build(text) if is_built(text) else parse(text)
        for each in comprehensions(expression.tree):
            if part_of(scalar, each.variable.start, each.variable.end) == definition:
                through = text[each.values.start : each.values.end]
                return explaining.variable(worked_out, at.names[0].text, through, found.step, self._times(found.step))
        return []

    # --- in nodes -----------------------------------------------------------------------------------------------------

    def _times(self, step: Step | None) -> list[Made]:
        made = making(self.page)
        return made.by_span.get(step.span, []) if made is not None and step is not None else []

    def _node(self, step: Step) -> Text:
        made, times = making(self.page), self._times(step)
        worked_out = evaluating(self.page)
        if made is not None and worked_out is not None and times and made.is_known(times[0]):
            if step.block is not None and times[0].path in made.graph.groups:
                return explaining.use(made, worked_out, step, times)
            if step.cls is not None:
                return explaining.node(made, step, times)
        if step.cls is not None:
            return kind_summary(step.cls)
        return self._block(step.block) if step.block is not None else []

    def _block(self, name: str) -> Text:
        document = self.page.shown.document
        block = document.blocks.get(name) if document is not None else None
        if block is None:
            return []
        made, written = making(self.page), steps(self.page)
        uses = made.graph.uses if made is not None else {}
        times = [
            made.by_path[path]
            for path, span in uses.items()
            if made is not None and path in made.by_path and span in written and written[span].block == name
        ]
        return explaining.block(made, block, sorted(times, key=lambda each: each.start))

    def _dollar(self, document: Document, name: str, step: Step | None) -> Text | None:
        worked_out = evaluating(self.page)
        if worked_out is None:
            return None
        return explaining.dollar(worked_out, name, _block_of(self.page, document, step), step, self._times(step))

    def _value(self, document: Document, found: Found, step: Step) -> Text:
        """What follows a kind or a block: its first hyperparameter or param."""
        if step.cls is not None and step.cls.principal is not None:
            return self._hyperparameter(step, (step.cls.principal,), found)
        if step.block is not None and document.blocks.get(step.block) and document.blocks[step.block].params:
            return self._argument(
                document.blocks[step.block], next(iter(document.blocks[step.block].params)), found, step
            )
        return self._node(step)

    def _in_step(self, document: Document, found: Found, step: Step) -> Text:
        first = str(found.path[0])
        if first in WIRING and not (step.cls is not None and first in step.cls.options):
            if first in ("from", "share") and not found.is_key and isinstance(found.tree, Scalar):
                return self._path(found.tree.text, step) or [
                    *explaining.wiring(first, WIRING[first].words),
                    *self._result(found, step),
                ]
            if first == "name" and not found.is_key:
                return self._node(step)
            return [
                *explaining.wiring(first, WIRING[first].words),
                *([] if found.is_key else self._result(found, step)),
            ]
        if step.cls is not None:
            return self._hyperparameter(step, found.path, found)
        if step.block is not None and step.block in document.blocks:
            return self._argument(document.blocks[step.block], first, found, step)
        return []

    def _hyperparameter(self, step: Step, path: Path, found: Found) -> Text:
        assert step.cls is not None
        text = _setting(step.cls, path, found)
        return text if found.is_key or not text else [*text, *self._result(found, step)]

    def _result(self, found: Found, step: Step | None) -> Text:
        worked_out = evaluating(self.page)
        if worked_out is None or not isinstance(found.tree, Scalar) or not isinstance(found.tree.value, str):
            return []
        return explaining.expression(worked_out, found.tree.text, step, self._times(step))

    def _argument(self, block: Block, name: str, found: Found, step: Step) -> Text:
        """A param of a block that is given at one of its uses."""
        if name not in block.params:
            return []
        text = explaining.param(block, name)
        return text if found.is_key else [*text, *self._result(found, step)]

    def _path(self, path: str, step: Step | None) -> Text:
        """A node that is read by its name."""
        made, times = making(self.page), self._times(step)
        if made is None:
            return []
        scope = times[0].scope if times else ""
        while True:
            known = made.named(f"{scope}.{path}" if scope else path)
            if known and made.is_known(known[0]):
                read = steps(self.page).get(made.span_of(known[0]))
                if read is not None and read.block is not None:
                    worked_out = evaluating(self.page)
                    return [] if worked_out is None else explaining.use(made, worked_out, read, known)
                return explaining.node(made, read, known)
            if not scope:
                return []
            scope = scope.rpartition(".")[0]

    # --- outside of nodes ---------------------------------------------------------------------------------------------

    def _outside(self, document: Document, found: Found) -> Text:
        top, *rest = map(str, found.path) if found.path else ("",)
        if top not in TOP_KEYS:
            return []
        if top in SECTIONS and (rest or found.is_key):
            if not rest:
                return section_summary(SECTIONS[top])
            return [
                *_setting(SECTIONS[top], found.path[1:], found),
                *([] if found.is_key else self._result(found, None)),
            ]
        if rest:
            text = self._entry(document, top, rest, found)
            return text if found.is_key or not text else [*text, *self._result(found, None)]
        return explaining.heading(top, "", TOP_KEYS[top])

    def _entry(self, document: Document, top: str, rest: list[str], found: Found) -> Text:
        worked_out = evaluating(self.page)
        if top == "defaults" and rest[0] in KINDS:
            return _setting(KINDS[rest[0]], rest[1:], found) if rest[1:] else kind_summary(KINDS[rest[0]])
        if top == "params" and worked_out is not None:
            return explaining.dollar(worked_out, rest[0], None, None, ()) or []
        if top == "variants" and rest[1:] and worked_out is not None:
            return explaining.dollar(worked_out, rest[1], None, None, ()) or []
        if top == "variants":
            return explaining.variant(document, rest[0])
        if top == "blocks" and rest[0] in document.blocks:
            if rest[1:2] == ["params"] and rest[2:]:
                return explaining.param(document.blocks[rest[0]], rest[2])
            return self._block(rest[0])
        if top in ("input", "inputs"):
            return self._input(document, rest[0] if top == "inputs" else None)
        if top == "outputs":
            of_key = (each.node.tree for each in document.outputs or () if found.is_key and each.name == rest[0])
            tree = next(of_key, found.tree)
            return self._path(tree.text, None) if isinstance(tree, Scalar) else []
        return []

    def _input(self, document: Document, name: str | None) -> Text:
        made = making(self.page)
        for declared in document.inputs:
            if name in (None, declared.name) and made is not None:
                times = made.by_span.get(span_of(declared.key), [])
                return explaining.entering(made, times) if times else []
        return []


def _block_of(page: Page, document: Document, step: Step | None) -> Block | None:
    """The block in whose body a node is written."""
    return None if step is None else page.kept(_blocks).get(step.span)


def _blocks(page: Page) -> dict[Span, Block]:
    document = page.shown.document
    blocks: Iterator[Block] = iter(document.blocks.values() if document is not None else ())
    return {step.span: block for block in blocks for step in steps_of(block.body)}


def _setting(declared: type[Declared], path: Path, found: Found) -> Text:
    """An option that is declared, or what is chosen by name as its value."""
    at = slot(declared, path)
    while at is None and path and isinstance(path[-1], int):  # an item of a list that is declared as a whole
        path = path[:-1]
        at = slot(declared, path)
    if at is None or at.option is None:
        return []
    word = found.tree.text if isinstance(found.tree, Scalar) and not found.is_key else ""
    if found.is_key and at.declared is not None and len(path) > 1 and at.option.name != path[-1]:
        return explaining.named(at.declared)
    return [*explaining.option(at), *(explaining.chosen(at, word) if word else [])]
