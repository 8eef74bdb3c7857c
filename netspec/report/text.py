"""Problems for people: the line, a caret under the position, notes and verified fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from netspec.diagnostics.problems import FILE_START, Fix, Problem
from netspec.diagnostics.words import printable, short
from netspec.pipeline import Spec
from netspec.syntax.tree import lines_of

MAX_SHOWN = 200  # problems of one file; the rest is counted

_RED, _YELLOW, _CYAN, BOLD, _DIM, END = (
    "\x1b[1;31m",
    "\x1b[1;33m",
    "\x1b[36m",
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[0m",
)


def write_problems(out: TextIO, spec: Spec) -> None:
    """All problems of a file, in order of position."""
    colour = has_style(out)
    lines = {"": lines_of(spec.text)}
    for problem in spec.problems[:MAX_SHOWN]:
        if problem.file not in lines:
            lines[problem.file] = lines_of(spec.text_of(problem.file))
        out.write(_problem(spec.path, lines[problem.file], problem, colour))
    left = len(spec.problems) - MAX_SHOWN
    if left > 0:
        out.write(f"… and {left} more in {printable(spec.path)}\n")


def has_style(out: TextIO) -> bool:
    """Is it a terminal that is to be written to in colours and bold letters?"""
    import os

    return (
        bool(getattr(out, "isatty", lambda: False)())
        and "NO_COLOR" not in os.environ
        and os.environ.get("TERM") != "dumb"
    )


def _problem(path: str, lines: Sequence[str], problem: Problem, colour: bool) -> str:
    def paint(style: str, text: str) -> str:
        return f"{style}{text}{END}" if colour else text

    span = problem.span
    style = _RED if problem.is_error else _YELLOW
    head = f"{printable(problem.file or path)}:{span.line}:{span.column}:"
    parts = [f"{paint(BOLD, head)} {paint(style, f'{problem.severity} {problem.code}')}: {printable(problem.message)}"]
    if span != FILE_START:  # the position of problems that have none: there is no line to show
        parts.extend(_excerpt(lines, problem, style, paint))
    width = max((len(fix.title) for fix in problem.fixes), default=0)
    parts.extend(paint(_DIM, "  note: ") + line for line in note_lines(problem, path))
    for fix in problem.fixes:
        result = f"   -> {'; '.join(filter(None, (fix.result, cost(fix))))}" if fix.result or cost(fix) else ""
        title = f"{fix.title:<{max(width, 28)}}" if result else fix.title
        parts.append(paint(_CYAN, "  fix: ") + printable(title) + result)
    return "\n".join(parts) + "\n"


def note_lines(problem: Problem, path: str) -> list[str]:
    """The notes of a problem, each with its line unless its text already names one.

    Args:
        problem: The problem.
        path: Of the spec, which is named where a note of another file's problem has its place there.
    """
    found = []
    for note in problem.notes:
        if note.told:
            continue
        where = "" if note.span is None or note.names_line else f"line {note.span.line}"
        if note.span is not None and note.file != problem.file:
            where += f"{' ' * bool(where)}of {printable(note.file or path)}"
        found.append(printable(note.message) + (f" ({where})" if where else ""))
    return found


def _excerpt(lines: Sequence[str], problem: Problem, style: str, paint: object) -> list[str]:
    assert callable(paint)
    span = problem.span
    if span.line > len(lines):
        return []
    text = lines[span.line - 1]
    start, end = span.column - 1, (span.end_column - 1 if span.end_line == span.line else len(text.rstrip()))
    shown, start, end = _window(text, start, end)
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown.replace("\t", " "))
    number = f"{span.line:>5}"
    caret = " " * _columns(shown[:start]) + "^" * max(1, _columns(shown[start:end]))
    return [paint(_DIM, f"{number} | ") + shown, paint(_DIM, "      | ") + paint(style, caret)]


def _window(text: str, start: int, end: int, width: int = 120) -> tuple[str, int, int]:
    """A long line cut to what surrounds the position."""
    end = min(max(end, start + 1), max(len(text), start + 1))
    if len(text) <= width:
        return text, start, end
    left = max(0, min(start - width // 3, len(text) - width))
    right = left + width
    cut = ("…" if left else text[0]) + text[left + 1 : right - 1] + (text[-1] if right >= len(text) else "…")
    return cut, start - left, min(end - left, width)


def _columns(text: str) -> int:
    """The width of the text on a terminal: ideographs and emoji take two columns, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def write_summary(out: TextIO, specs: Sequence[Spec]) -> None:
    """The last line: how many files, errors and warnings."""
    errors = sum(p.is_error for spec in specs for p in spec.problems)
    warnings = sum(not p.is_error for spec in specs for p in spec.problems)
    files = f"{len(specs)} file{'s' * (len(specs) != 1)}"
    if not errors and not warnings:
        out.write(f"{files}, no problems\n")
        return
    counts = [f"{n} {word}{'s' * (n != 1)}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    out.write(f"{files}, {' and '.join(counts)}\n")


def cost(fix: Fix) -> str:
    """What the whole network would cost with a fix: the change in parameters, or their total; multiply-accumulates."""
    if fix.parameters is None:
        return ""
    if fix.more is None:
        count = f"{short(fix.parameters)} parameters"
    else:
        count = f"{fix.more:+,} parameters" if fix.more else "same parameter count"
    return f"{count}, {short(fix.macs)} MACs in total" if fix.macs is not None else count
