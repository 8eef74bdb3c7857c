"""A text's layout, and the proof that nothing but layout has changed."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Edit, Problems, Span, SpecError
from netspec.formatting.compact import json_layout
from netspec.formatting.parts import Collection, Leaf, Unformattable, parts
from netspec.formatting.printing import WIDTH, printed
from netspec.memory import gc_paused
from netspec.syntax.comments import comments_in
from netspec.syntax.edits import apply, between, is_json
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, lines_of, plain


def format_text(text: str, name: str = "<text>") -> str:
    r"""A spec's text in the layout of the zoo's.

    Every value and every comment stays, in its order; what may change is the white space between them, and whether a list or
    a map stands in brackets. The text with its new layout is read again and compared.

    Args:
        text: The text, YAML or JSON. Whether it is a right spec does not matter.
        name: What messages call it.

    Returns:
        The text with its new layout, which has that layout already if it is given again.

    Raises:
        SpecError: The text cannot be read; with its problems.
        Unformattable: It has something in it for which no layout is known that is sure to mean the same.

    Examples:
        >>> format_text("netspec:   1\ninput: [8,8,3]\nlayers:\n- conv: {filters: 4,kernel_size: 3} # first\n")
        'netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - conv: {filters: 4, kernel_size: 3}   # first\n'
    """
    with gc_paused():
        before = _read(text, name)
        unix = "\n".join(lines_of(text))
        new = f"{json_layout(unix, WIDTH)}\n" if is_json(unix) else _laid_out(unix)
        if new != unix:
            _compare(before, new, name)
    return new.replace("\n", "\r\n") if "\r\n" in text else new


def as_json(text: str, name: str = "<text>") -> str:
    """A spec's text as JSON in the layout that JSON has; comments, for which that has no place, are left out.

    Args:
        text: The text.
        name: What messages call it.

    Raises:
        SpecError: The text cannot be read; with its problems.
    """
    import json  # few ask for it

    return f"{json_layout(json.dumps(plain(_read(text, name)), ensure_ascii=False), WIDTH)}\n"


def format_lines(text: str, first: int, last: int, name: str = "<text>") -> tuple[Edit, ...]:
    """The edits that give some lines the layout that `format_text` gives them, and leave the others as they are.

    Args:
        text: The whole text.
        first: The first of the lines, from 1.
        last: The last.
        name: What messages call the text.

    Returns:
        Edits of whole lines; none where the lines cannot have their layout without the others.

    Raises:
        SpecError: The text cannot be read.
        Unformattable: As `format_text` raises it.
    """
    whole = tuple(part for edit in between(text, format_text(text, name)) for part in _by_line(edit))
    edits = tuple(edit for edit in whole if first <= edit.span.line and edit.span.end_line <= last + 1)
    if edits != whole:
        tree, new = _read(text, name), apply(text, edits)
        try:
            after = _compare(tree, new, name)
        except Unformattable:
            return ()
        if _comments(tree, text) != _comments(after, new):  # one that moves from or to the other lines
            return ()
    return edits


def _comments(tree: Tree, text: str) -> list[str]:
    return [each.text for each in comments_in(tree, lines_of(text))]


def _by_line(edit: Edit) -> Iterator[Edit]:
    """An edit of whole lines as one of each, where it makes as many of them as there were."""
    span, new = edit
    lines = new.splitlines(keepends=True)
    if len(lines) != span.end_line - span.line:
        yield edit
        return
    for number, line in enumerate(lines, span.line):
        yield Edit(Span(number, 1, number + 1, 1), line)


def _read(text: str, name: str) -> Tree:
    problems = Problems()
    tree = read_text(text, name, problems).tree
    if tree is None or problems.has_errors:
        raise SpecError(name, problems.ordered(), text)
    return tree


def _laid_out(text: str) -> str:
    page = parts(text)
    new, comments = printed(page)
    if comments != page.comments:
        raise Unformattable(f"of {page.comments} comments {comments} would be left")
    return new if _ends_in_a_block(page.root) and not text.endswith("\n") else f"{new}\n"


def _ends_in_a_block(part: object) -> bool:
    """Is the last value a text after `|` or `>`, of which the last line's end is a part?"""
    while isinstance(part, Collection) and part.entries and not part.flow:
        part = part.entries[-1].value
    return isinstance(part, Leaf) and part.is_block


def _compare(before: Tree, new: str, name: str) -> Tree:
    """What another text says; raises Unformattable where it means something else."""
    try:
        after = _read(new, name)
    except SpecError as error:
        raise Unformattable(f"with its new layout it could not be read: {error}") from error
    if not _same(before, after):
        raise Unformattable("with its new layout it would mean something else")
    return after


def _same(first: Tree, second: Tree) -> bool:
    """Do two trees hold the same values, in the same order, written with the same characters?"""
    if isinstance(first, Scalar):
        return (
            isinstance(second, Scalar)
            and first.text == second.text
            and first.plain == second.plain
            and type(first.value) is type(second.value)
        )
    if isinstance(first, Sequence):
        return (
            isinstance(second, Sequence)
            and len(first.items) == len(second.items)
            and all(map(_same, first.items, second.items))
        )
    return (
        isinstance(second, Mapping)
        and [*first.entries] == [*second.entries]
        and all(map(_same, _values(first), _values(second)))
    )


def _values(mapping: Mapping) -> list[Tree]:
    return [entry.value for entry in mapping.entries.values()]
