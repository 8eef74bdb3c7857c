"""The outline of a spec: its sections, what they name, and the nodes with their shapes."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics.problems import Span
from netspec.kinds.composition import Body, Branches
from netspec.lsp.making import Making, making
from netspec.lsp.page import Page
from netspec.lsp.rpc import Params
from netspec.spec.document import Document, Step
from netspec.spec.index import Index
from netspec.spec.keys import TOP_KEYS
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, Tree, span_of, written_span

MODULE, NAMESPACE, CLASS, PROPERTY, FIELD, FUNCTION, VARIABLE = 2, 3, 5, 7, 8, 12, 13
OBJECT, KEY, ENUM_MEMBER, STRUCT, EVENT, TYPE_PARAMETER = 19, 20, 22, 23, 24, 26
_KINDS = {"params": VARIABLE, "variants": ENUM_MEMBER, "inputs": FIELD, "defaults": KEY, "outputs": EVENT}
_LONGEST = 60  # characters of a value beside its name

Symbol = dict[str, object]


def symbols(page: Page, params: Params) -> object:
    """`textDocument/documentSymbol`."""
    document, index = page.shown.document, page.index
    root = document.source.tree if document is not None else None
    if document is None or index is None or not isinstance(root, Mapping):
        return None
    return _Outline(page, document, index).sections(root)


class _Outline:
    def __init__(self, page: Page, document: Document, index: Index) -> None:
        self.page = page
        self.document = document
        self.index = index
        self.making = making(page)

    def sections(self, root: Mapping) -> list[Symbol]:
        return [self._section(entry) for name, entry in root.entries.items() if name in TOP_KEYS]

    def _section(self, entry: Entry) -> Symbol:
        key, value = entry
        children: list[Symbol] = []
        if key.text == "blocks" and isinstance(value, Mapping):
            children = [self._block(each) for each in value.entries.values()]
        elif key.text == "layers":
            children = self._nodes(self.document.body)
        elif isinstance(value, Mapping):
            children = [self._entry(each, _KINDS.get(key.text, PROPERTY)) for each in value.entries.values()]
        elif key.text == "outputs" and isinstance(value, Sequence):
            children = [
                self._symbol(item.text, EVENT, "", span_of(item), span_of(item))
                for item in value.items
                if isinstance(item, Scalar)
            ]
        kind = NAMESPACE if isinstance(value, (Mapping, Sequence)) and key.text != "input" else PROPERTY
        detail = _shape(self.making, span_of(key)) if key.text == "input" else _words(value)
        return self._symbol(key.text, kind, detail, _whole(entry), span_of(key), children)

    def _entry(self, entry: Entry, kind: int) -> Symbol:
        key, value = entry
        detail = (_shape(self.making, span_of(key)) if kind == FIELD else "") or _words(value)
        children = []
        augment = self.document.train.values.get("augment") if self.document.train is not None else None
        if augment is not None and augment.tree is value and isinstance(augment.value, tuple):
            children = self._nodes(augment.value)
        return self._symbol(key.text, kind, detail, _whole(entry), span_of(key), children)

    def _block(self, entry: Entry) -> Symbol:
        key, value = entry
        block = self.document.blocks.get(key.text)
        children: list[Symbol] = []
        if block is not None and isinstance(value, Mapping):
            params = value.entries["params"].value if "params" in value.entries else None
            if isinstance(params, Mapping):
                children += [self._entry(each, TYPE_PARAMETER) for each in params.entries.values()]
            children += self._nodes(block.body)
        return self._symbol(key.text, CLASS, "", _whole(entry), span_of(key), children)

    def _nodes(self, steps: Iterable[Step]) -> list[Symbol]:
        return [self._node(step) for step in steps]

    def _node(self, step: Step) -> Symbol:
        children: list[Symbol] = []
        for option, given in step.values.items():
            declared = step.cls.options.get(option) if step.cls is not None else None
            if declared is None or given.from_defaults or not isinstance(declared.type.bare, Body):
                continue
            if isinstance(declared.type.bare, Branches) and isinstance(given.tree, Mapping):
                bodies = given.value if isinstance(given.value, dict) else {}
                for name, entry in given.tree.entries.items():
                    inner = self._nodes(bodies.get(name, ()))
                    children.append(self._symbol(name, NAMESPACE, "", _whole(entry), span_of(entry.key), inner))
            elif isinstance(given.value, tuple):
                children += self._nodes(given.value)
        name, detail = self._called(step), _shape(self.making, step.span)
        if name != step.kind_name and not name.startswith(f"{step.kind_name}_"):
            detail = f"{step.kind_name} {detail}".rstrip()
        composition = step.cls is not None and step.cls.composition
        kind = OBJECT if step.block is not None else STRUCT if composition else FUNCTION
        return self._symbol(name, kind, detail, self.index.span(step), step.span, children)

    def _called(self, step: Step) -> str:
        """Its name, or the number that it gets; of several repetitions none has it."""
        if step.name is not None:
            return step.name.value if isinstance(step.name.value, str) else step.kind_name
        names = self.page.names if step.repeat is None else None
        for body, at in names.bodies.standing.get(id(step), ()) if names is not None else ():
            if body.unnamed[at].name.is_numbered:
                return body.unnamed[at].name.text
        return step.kind_name

    def _symbol(
        self, name: str, kind: int, detail: str, span: Span, selection: Span, children: list[Symbol] | None = None
    ) -> Symbol:
        found: Symbol = {"name": name or "''", "kind": kind}
        if detail:
            found["detail"] = detail
        # What an alias brings is written elsewhere; the protocol wants the name in the whole, and clients refuse another.
        whole = span if span[:2] <= selection[:2] and selection[2:] <= span[2:] else selection
        found["range"], found["selectionRange"] = self.page.range(whole), self.page.range(selection)
        if children:
            found["children"] = children
        return found


def _shape(found: Making | None, span: Span) -> str:
    """The shape of what is written at a place: of a repeated node, and of one in a block, the first and the last."""
    made = found.by_span.get(span) if found is not None else None
    if found is None or not made:
        return ""
    first, last = found.label(made[0]), found.label(made[-1])
    return first if first == last else f"{first} → {last}"


def _words(tree: Tree) -> str:
    """A value on one line, where it is short."""
    if isinstance(tree, Scalar):
        text = tree.text
    elif isinstance(tree, Sequence):
        words = [_words(item) for item in tree.items]
        text = f"[{', '.join(words)}]" if all(words) else ""
    else:
        words = [f"{key.text}: {_words(value)}" for key, value in tree.entries.values()]
        text = ", ".join(words)
    return text if len(text) <= _LONGEST and "\n" not in text else ""


def _whole(entry: Entry) -> Span:
    """From a key to the end of its value; what an alias stands for is written elsewhere."""
    key, value = span_of(entry.key), written_span(entry.value)
    if value[2:] < key[2:]:
        return key
    return Span(key.line, key.column, value.end_line, value.end_column)
