"""Comments that suppress warnings.

`# netspec: ignore NS801` stands at a problem's line or alone above it, `# netspec: ignore-file NS801` before the
first key. A comment that suppresses nothing is itself a warning, so that none outlives what it was written for. JSON
has no comments, and YAML's parser drops them: they are looked for in the text, and only where the text holds the
words at all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from netspec.diagnostics.codes import CODES
from netspec.diagnostics.problems import FAR, Candidate, Edit, Problem, Problems, Span
from netspec.diagnostics.words import nearest, show
from netspec.syntax.comments import quoted_places
from netspec.syntax.tree import Mapping, SourceText, Tree, lines_of

_END = (2**31, 0)
WORDS = "netspec: ignore"  # what a text without such comments does not hold
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*netspec: ignore(?P<file>-file)?(?![-\w])[ \t]*")
_CODE_LIST = re.compile(r"\w+(?:[ \t]*,[ \t]*\w*\d\w*)*")  # what follows is the reason, in any words


class Suppression(NamedTuple):
    """One code of one comment."""

    code: str
    span: Span
    line: int  # whose problems it suppresses; 0: the file's
    comment: Span | None  # the whole comment, where it names no other code


def suppress(
    source: SourceText, problems: Problems, elsewhere: Callable[[], Iterable[Problem] | None] | None
) -> tuple[Suppression, ...]:
    """Take away the warnings that comments suppress, and add one for each comment that suppresses nothing.

    Args:
        source: The spec.
        problems: Its problems.
        elsewhere: Gives the problems of the spec's other variants: a comment may be there for one of them. It gives None
            where there are too many variants to tell. None: they are looked at later.

    Returns:
        The comments that suppress nothing as far as is known, where the others are looked at later.
    """
    meant: dict[tuple[str, int], list[Suppression]] = {}
    for each in _suppressions(source, problems):
        meant.setdefault((each.code, each.line), []).append(each)
    useless = dict.fromkeys(each for some in meant.values() for each in some)
    for problem in problems.ordered():
        for key in _keys(problem):
            if key in meant:
                problems.remove(problem)
                for each in meant[key]:
                    useless.pop(each, None)
    if not useless or problems.has_errors:
        return ()  # beside errors, not all warnings have been given
    if elsewhere is None:
        return tuple(useless)
    tell_useless(useless, elsewhere(), problems)
    return ()


def tell_useless(useless: Iterable[Suppression], others: Iterable[Problem] | None, problems: Problems) -> None:
    """Add a warning for each comment that suppresses nothing in the other variants either; None: there are too many to tell."""
    if others is None:
        return
    raised = {key for problem in others for key in _keys(problem)}
    for each in useless:
        if (each.code, each.line) in raised:
            continue
        where = f"at line {each.line}" if each.line else "in this file"
        candidates = () if each.comment is None else (Candidate((Edit(each.comment, ""),), "remove the comment"),)
        message = f"nothing {where} raises {each.code}, so there is nothing to suppress"
        problems.add("NS809", message, each.span, candidates=candidates)


def suppress_in(source: SourceText, base: int, problems: Problems) -> None:
    """Take away the warnings that the comments of another file suppress, which the spec uses.

    A comment of which there is no use here may be there for another spec.

    Args:
        source: The file, with lines of its own.
        base: The number that its lines are counted on from.
        problems: Those of the spec.
    """
    meant = {(each.code, base + each.line) for each in _suppressions(source, Problems())}
    for problem in problems.ordered():
        if any(key in meant for key in _keys(problem)):
            problems.remove(problem)


def suppressing(line: str, problem: Problem) -> Edit:
    """The edit that suppresses a warning at its line, whose text is given: a comment, or one code more in the one there is."""
    number = problem.span.line
    match = _COMMENT.search(line)
    if match is not None:
        listed = _CODE_LIST.match(line, match.end())
        if listed is not None:
            at = listed.end() + 1
            return Edit(Span(number, at, number, at), f", {problem.code}")
    if "#" in line:  # another comment may stand there
        indent = line[: len(line) - len(line.lstrip())]
        return Edit(Span(number, 1, number, 1), f"{indent}# {WORDS} {problem.code}\n")
    at = len(line.rstrip()) + 1
    return Edit(Span(number, at, number, len(line) + 1), f"   # {WORDS} {problem.code}")


def _keys(problem: Problem) -> tuple[tuple[str, int], ...]:
    """What the comments say that suppress a problem: its code, for its line or for the file."""
    line = problem.span.line
    return (problem.code, line), (problem.code, (line - 1) // FAR * FAR)


def _suppressions(source: SourceText, problems: Problems) -> Iterator[Suppression]:
    """What the comments name, each code by itself; what they should not name goes to `problems`."""
    lines = lines_of(source.text)
    following = _next_with_text(lines)
    for number, match in _comments(source, lines):
        end = len(lines[number].rstrip())
        if match["file"] and number >= _first_key(source.tree):
            place = Span(number + 1, match.start() + 1, number + 1, end + 1)
            problems.add("NS809", "`ignore-file` suppresses the warnings of a file only before its first key", place)
            continue
        listed = _CODE_LIST.match(lines[number], match.end())
        if listed is None:
            place = Span(number + 1, match.start() + 1, number + 1, end + 1)
            problems.add("NS809", "the comment names no code to suppress, as `# netspec: ignore NS801` does", place)
            continue
        words = list(re.finditer(r"\w+", listed.group()))
        before = len(lines[number][: match.start()].rstrip())
        comment = Span(number + 1, before + 1, number + 1, end + 1) if len(words) == 1 else None
        line = 0 if match["file"] else number + 1 if before else following[number] + 1
        for word in words:
            column = match.end() + word.start() + 1
            span = Span(number + 1, column, number + 1, column + len(word.group()))
            if _can_be_suppressed(word.group(), span, problems):
                yield Suppression(word.group(), span, line, comment)


def _comments(source: SourceText, lines: list[str]) -> Iterator[tuple[int, re.Match[str]]]:
    texts = sorted(quoted_places(source.tree, lines))
    for number, line in enumerate(lines):
        match = _COMMENT.search(line) if WORDS in line else None
        while match is not None:
            place = (number, match.start())
            inside = bisect_right(texts, (place, _END)) - 1
            if inside < 0 or texts[inside][1] <= place:
                yield number, match
                break
            match = _COMMENT.search(line, match.start() + 1)


def _first_key(tree: Tree | None) -> int:
    """The line of the first key, counted from 0."""
    return next((entry.key.start.line for entry in tree.entries.values()), 0) if isinstance(tree, Mapping) else 0


def _next_with_text(lines: list[str]) -> list[int]:
    """For each line, counted from 0, the next that holds more than a comment: of it speaks a comment that stands alone."""
    found = [len(lines)] * len(lines)
    for number in range(len(lines) - 2, -1, -1):
        after = lines[number + 1].lstrip()[:1]
        found[number] = found[number + 1] if after in ("", "#") else number + 1
    return found


def _can_be_suppressed(code: str, span: Span, problems: Problems) -> bool:
    if code not in CODES and problems.crowded:
        return False  # what was meant is not sought for nothing
    if code not in CODES:
        warnings = tuple(c.code for c in CODES.values() if c.severity == "warning")
        match = nearest(code.upper().replace("O", "0"), warnings)
        hint = f"; did you mean {match}?" if match else f"; warnings are {', '.join(warnings)}"
        candidates = (Candidate((Edit(span, match),), match),) if match else ()
        problems.add("NS809", f"there is no problem {show(code)}{hint}", span, candidates=candidates)
        return False
    if CODES[code].severity == "error":
        problems.add("NS809", f"{code} is an error, and only warnings can be suppressed", span)
        return False
    return True
