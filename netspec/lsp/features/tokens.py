"""What each word is: a kind, a block, a param, a name, a part of an expression."""

from __future__ import annotations

from netspec.diagnostics.problems import Span
from netspec.expressions import ExpressionError, is_built, is_expression
from netspec.expressions.functions import FUNCTIONS
from netspec.expressions.lexer import tokens_within
from netspec.kinds import KINDS
from netspec.lsp.features import TOKEN_MODIFIERS, TOKEN_TYPES
from netspec.lsp.names import BUILT_IN, NameKind, Names
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.options import Choice, Declared
from netspec.spec.document import Document, Given, Step
from netspec.spec.index import Index
from netspec.spec.keys import WIRING
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, part_of, span_of

_OF_NAMES: dict[NameKind, str] = {
    "node": "variable",
    "block": "class",
    "param": "parameter",
    "input": "variable",
    "output": "variable",
    "branch": "namespace",
    "variant": "enumMember",
    "weights": "variable",
    "variable": "variable",
}
_OF_TOKENS = {"number": "number", "sign": "operator", "text": "string", "part": "string"}
Token = tuple[str, tuple[str, ...]]  # type and modifiers
FREE = ("description",)  # sections that are text and nothing else


def whole(page: Page, params: Params) -> object:
    """`textDocument/semanticTokens/full`."""
    return {"data": _encoded(page, 1, page.text.line_count)}


def part(page: Page, params: Params) -> object:
    """`textDocument/semanticTokens/range`."""
    span = page.text.span(params["range"])
    return {"data": _encoded(page, span.line, span.end_line)}


def _encoded(page: Page, first: int, last: int) -> list[int]:
    """The tokens of some lines, each by what it is further than the one before."""
    document, index, names = page.shown.document, page.index, page.names
    if document is None or index is None or names is None:
        return []
    data: list[int] = []
    before = 0, 0  # where the token before begins
    ended = 0, 0
    for shown, (kind, modifiers) in sorted(_Tokens(document, index, names).found.items()):
        if not first <= shown.line <= last or shown.line != shown.end_line:
            continue
        span = page.written(shown)
        if span is None:
            continue  # a text that is half-written does not have it
        at, end = page.text.position(span.line, span.column), page.text.position(span.end_line, span.end_column)
        start = at["line"], at["character"]
        length = end["character"] - at["character"]
        if length <= 0 or start < ended:
            continue  # it is part of the one before
        bits = sum(1 << TOKEN_MODIFIERS.index(each) for each in modifiers)
        same = start[0] == before[0]
        data += [start[0] - before[0], start[1] - before[1] * same, length, TOKEN_TYPES.index(kind), bits]
        before, ended = start, (end["line"], end["character"])
    return data


class _Tokens:
    """The tokens of a document by their places; what is found first stays."""

    def __init__(self, document: Document, index: Index, names: Names) -> None:
        self.found: dict[Span, Token] = {}
        self._names(names)
        for step in index.steps:
            self._step(step)
        for settings in (document.limits, document.data, document.train):
            if settings is not None:
                self._choices(settings.declared, settings.values)
        root = document.source.tree
        defaults = root.entries["defaults"].value if isinstance(root, Mapping) and "defaults" in root.entries else None
        for key, _ in defaults.entries.values() if isinstance(defaults, Mapping) else ():
            if key.text in KINDS:
                self._add(part_of(key, 0, len(key.text)), "function", "defaultLibrary")
        for key, value in root.entries.values() if isinstance(root, Mapping) else ():
            self._add(part_of(key, 0, len(key.text)), "keyword")
            if key.text not in FREE:
                self._values(value)

    def _add(self, span: Span, kind: str, *modifiers: str) -> None:
        self.found.setdefault(span, (kind, modifiers))

    def _names(self, names: Names) -> None:
        for name in sorted(names.all, key=lambda each: each.automatic):
            for site in name.sites.values():
                if site.role == "derived" or (name.automatic and site.role == "definition"):
                    continue
                if name.kind == "input" and site.text == "input":
                    continue  # the key of the top
                start = site.span._replace(column=site.span.column - site.lead)
                self._add(start, _OF_NAMES[name.kind], *(["definition"] * (site.role == "definition")))

    def _step(self, step: Step) -> None:
        if step.cls is not None:
            self._add(part_of(step.key, 0, len(step.key.text)), "function", "defaultLibrary")
            self._choices(step.cls, step.values)
        if isinstance(step.tree, Mapping):
            for key, _ in step.tree.entries.values():
                if key.text in WIRING:
                    self._add(part_of(key, 0, len(key.text)), "keyword")

    def _choices(self, declared: type[Declared], values: dict[str, Given]) -> None:
        for name, given in values.items():
            option = declared.options.get(name)
            tree = given.tree
            if option is None or given.dynamic or not isinstance(option.type.bare, Choice):
                continue
            if isinstance(tree, Scalar) and isinstance(tree.value, str):
                self._add(part_of(tree, 0, len(tree.text)), "enumMember")

    def _values(self, tree: Tree) -> None:
        """All keys that are nothing else, and the parts of expressions."""
        stack = [tree]
        seen: set[int] = set()  # an alias is the same tree again
        while stack:
            tree = stack.pop()
            if isinstance(tree, Scalar):
                if isinstance(tree.value, str) and (is_expression(tree.text) or is_built(tree.text)):
                    self._expression(tree)
            elif id(tree) not in seen:
                seen.add(id(tree))
                if isinstance(tree, Sequence):
                    stack += tree.items
                    continue
                for key, value in tree.entries.values():
                    self._add(part_of(key, 0, len(key.text)), "property")
                    stack.append(value)

    def _expression(self, scalar: Scalar) -> None:
        try:
            tokens = tokens_within(scalar.text)
        except ExpressionError:
            return
        for token in tokens:
            span = part_of(scalar, token.start, token.end)
            if span == span_of(scalar) and len(tokens) > 1:
                return  # it is written with escapes
            if token.kind == "name":
                self._add(span, "parameter", *(["defaultLibrary"] * (token.text.lstrip("$") in BUILT_IN)))
            elif token.kind == "word":
                self._add(span, "function" if token.text in FUNCTIONS else "keyword")
            elif token.kind in _OF_TOKENS:
                inner = part_of(scalar, token.start + 1, token.end - 1)
                if token.kind != "text" or inner not in self.found:  # a text may name a node
                    self._add(span, _OF_TOKENS[token.kind])
