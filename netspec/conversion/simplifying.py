"""The folding of imports on a spec that somebody wrote, or a program: its comments stay where their nodes are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as TypingMapping

from netspec.conversion.flattening import flat_of
from netspec.conversion.folding import LEVELS, fold
from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.model import ConversionError
from netspec.formatting.text import format_text
from netspec.graph.model import Graph
from netspec.pipeline import Spec, check_text
from netspec.syntax.comments import Comment, comments_in
from netspec.syntax.edits import is_json
from netspec.syntax.tree import Mapping, last_line, lines_of

# What folding writes anew; all else stays as it is.
_ANEW = ("netspec", "name", "input", "inputs", "defaults", "blocks", "layers", "outputs")


class NotSimplified(Exception):
    """A spec is left as it is, for this reason."""


def simplified(spec: Spec, level: str = LEVELS[-1]) -> str:
    """A spec's text with its repetition said once, if that is shorter.

    Args:
        spec: Without errors.
        level: How much is folded, one of `folding.LEVELS`.

    Returns:
        The text, which is the same network with the same comments.

    Raises:
        NotSimplified: It has what folding would lose, or cannot be shorter.
    """
    document, graph = spec.document, spec.graph
    assert document is not None
    assert graph is not None
    root = document.source.tree
    assert isinstance(root, Mapping)
    for key, what in (
        ("params", "params"),
        ("variants", "variants"),
        ("blocks", "blocks"),
        ("use", "blocks of other files"),
    ):
        if key in root.entries:
            raise NotSimplified(f"it has {what}, which would be lost: simplify is for specs that are written out")
    if is_json(spec.text):
        raise NotSimplified("it is JSON; simplify writes YAML")
    try:
        flat = flat_of(graph)
    except ConversionError as error:
        raise NotSimplified(error.text) from None
    lines = lines_of(spec.text)
    new = fold(flat, level).text
    stayed = [
        range(entry.key.start.line, last_line(entry.value) + 1)
        for key, entry in root.entries.items()
        if key not in _ANEW
    ]
    new = _with_sections(new, root, lines, named="name" in root.entries)
    comments = [each for each in comments_in(root, lines) if not any(each.line in section for section in stayed)]
    if comments:  # where they go is looked for in another check
        new = _with_comments(new, comments, graph, root)
    new = format_text(new)
    proved = check_text(new, repairs=False).graph
    if proved is None or isinstance(matched(graph, proved), Mismatch):
        raise NotSimplified("it cannot be proved to be the same network")
    if _length(new.splitlines()) >= _length(lines):
        raise NotSimplified("nothing in it repeats often enough to be shorter")
    return new


def _length(lines: Iterable[str]) -> int:
    """The lines that say something."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines)


def _with_sections(new: str, root: Mapping, lines: Sequence[str], *, named: bool) -> str:
    """The folded text with the sections that folding knows nothing of, as they are written."""
    head: list[str] = []
    tail: list[str] = []
    place = head
    for key, entry in root.entries.items():
        if key in ("input", "inputs", "layers"):
            place = tail if key == "layers" else place
        if key not in _ANEW:
            place += lines[entry.key.start.line : last_line(entry.value) + 1]
    made = [line for line in new.splitlines() if named or not line.startswith("name: ")]
    at = next(index for index, line in enumerate(made) if line.startswith(("input:", "inputs:")))
    return "\n".join((*made[:at], *head, *made[at:], *tail)) + "\n"


def _with_comments(new: str, comments: Iterable[Comment], graph: Graph, root: Mapping) -> str:
    """The comments of the old text at the lines of the same nodes and keys."""
    folded = check_text(new, repairs=False).graph
    assert folded is not None
    pairs = matched(graph, folded)
    if isinstance(pairs, Mismatch):
        raise NotSimplified(f"it cannot be proved to be the same network: `{pairs.path}` {pairs.message}")
    keys = {line.partition(":")[0]: number for number, line in enumerate(new.splitlines(), 1)}
    # Of a line on which a key or a node stands, the new one.
    line_of = {entry.key.start.line + 1: keys[key] for key, entry in root.entries.items() if key in keys}
    for old, index in sorted(pairs.items()):
        if graph.nodes[old].config is not None:
            line_of.setdefault(graph.nodes[old].span.line, folded.nodes[index].span.line)
    above: dict[int, list[str]] = defaultdict(list)
    behind: dict[int, list[str]] = defaultdict(list)
    for comment in comments:
        line = _line(comment, line_of)
        texts = above[line] if comment.alone else behind[line]
        if comment.text not in texts:
            texts.append(comment.text)
    return "\n".join(_merged(new.splitlines(), above, behind)) + "\n"


def _line(comment: Comment, line_of: TypingMapping[int, int]) -> int:
    """The new line that a comment is about: alone it is about what comes next, else about what it stands behind."""
    number = comment.line + 1
    if comment.alone:
        return line_of[min((line for line in line_of if line >= number), default=max(line_of))]
    return line_of[max((line for line in line_of if line <= number), default=min(line_of))]


def _merged(lines: Sequence[str], above: dict[int, list[str]], behind: dict[int, list[str]]) -> Iterable[str]:
    """The lines with their comments; of several that stood behind lines that are one now, each has its own above it."""
    for number, line in enumerate(lines, 1):
        indent = line[: len(line) - len(line.lstrip())]
        texts = behind.get(number, [])
        own = [*above.get(number, ()), *(texts if len(texts) > 1 else ())]
        yield from (f"{indent}{text}" for text in own)
        yield f"{line}   {texts[0]}" if len(texts) == 1 else line
