"""Problems for programs: JSON, SARIF 2.1.0, GitHub annotations."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import PurePath
from urllib.parse import quote

from netspec.diagnostics.codes import CODES
from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import Edit, Fix, Note, Problem, Span
from netspec.diagnostics.words import printable
from netspec.expressions import Value
from netspec.pipeline import Spec
from netspec.report.text import note_lines


def _span(span: Span) -> dict[str, Value]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _note(note: Note) -> dict[str, Value]:
    made: dict[str, Value] = {"message": note.message, **(_span(note.span) if note.span is not None else {})}
    return {**made, "file": note.file} if note.file else made


def _edit(edit: Edit) -> dict[str, Value]:
    return {**_span(edit.span), "text": edit.text}


def _fix(fix: Fix) -> dict[str, Value]:
    made: dict[str, Value] = {"title": fix.title, "edits": [_edit(edit) for edit in fix.edits]}
    if fix.result:
        made["result"] = fix.result
    if fix.parameters is not None:
        made |= {"parameters": fix.parameters, "parameters_change": fix.more, "macs": fix.macs}
    return made


def problem_as_dict(problem: Problem) -> dict[str, Value]:
    """A problem in the shape that the language page fixes."""
    file: dict[str, Value] = {"file": problem.file} if problem.file else {}
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        **file,
        **_span(problem.span),
        "notes": [_note(note) for note in problem.notes],
        "fixes": [_fix(fix) for fix in problem.fixes],
    }


def as_json(specs: Sequence[Spec]) -> str:
    """The shape that the language page fixes."""
    files: list[Value] = [
        {"path": spec.path, "problems": [problem_as_dict(p) for p in spec.problems]} for spec in specs
    ]
    every = [p for spec in specs for p in spec.problems]
    errors = sum(p.is_error for p in every)
    return _json({"files": files, "errors": errors, "warnings": len(every) - errors})


_NOT_ASCII = later(r"[^\x20-\x7e\n]")


def _json(data: Value) -> str:
    """JSON with letters unescaped, but without control characters and what UTF-8 cannot encode."""

    def escaped(match: re.Match[str]) -> str:
        return match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]

    return _NOT_ASCII.sub(escaped, json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def as_sarif(specs: Sequence[Spec]) -> str:
    """SARIF 2.1.0 (OASIS standard), which code hosts show beside the lines."""
    from netspec import __version__

    codes = sorted({p.code for spec in specs for p in spec.problems})
    rules: list[Value] = [
        {
            "id": code,
            "shortDescription": {"text": CODES[code].title},
            "fullDescription": {"text": CODES[code].meaning},
            "help": {"text": CODES[code].how_to_fix},
            "defaultConfiguration": {"level": CODES[code].severity},
        }
        for code in codes
    ]
    results: list[Value] = [_sarif_result(spec, problem, codes) for spec in specs for problem in spec.problems]
    driver: Value = {"name": "netspec", "version": __version__, "rules": rules}
    # SARIF counts columns in UTF-16 code units unless told otherwise.
    run: Value = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log: Value = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return _json(log)


def _uri(path: str) -> str:
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(os.fsencode(pure.as_posix()))


def _region(span: Span) -> dict[str, Value]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _location(path: str, span: Span) -> dict[str, Value]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": _region(span)}}


def _sarif_result(spec: Spec, problem: Problem, codes: list[str]) -> dict[str, Value]:
    result: dict[str, Value] = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": problem.severity,
        "message": {"text": problem.message},
        "locations": [_location(problem.file or spec.path, problem.span)],
    }
    related: list[Value] = [
        {"id": number, "message": {"text": note.message}, **_location(note.file or spec.path, note.span)}
        for number, note in enumerate(problem.notes)
        if note.span is not None
    ]
    if related:
        result["relatedLocations"] = related
    if problem.fixes:
        result["fixes"] = [
            {
                "description": {"text": fix.title},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": _uri(spec.path)},
                        "replacements": [
                            {"deletedRegion": _region(e.span), "insertedContent": {"text": e.text}} for e in fix.edits
                        ],
                    }
                ],
            }
            for fix in problem.fixes
        ]
    return result


def _escaped(text: str, is_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text


def as_github(specs: Sequence[Spec]) -> str:
    """Workflow commands, which GitHub Actions turns into annotations."""
    lines = []
    for spec in specs:
        for p in spec.problems:
            place = {
                "file": printable(p.file or spec.path),
                "line": p.span.line,
                "endLine": p.span.end_line,
                "col": p.span.column,
                "endColumn": p.span.end_column,
                "title": p.code,
            }
            properties = ",".join(f"{name}={_escaped(str(value), True)}" for name, value in place.items())
            details = [
                printable(p.message),
                *(f"note: {line}" for line in note_lines(p, spec.path)),
                *(f"fix: {printable(f.title)}" + (f" -> {f.result}" if f.result else "") for f in p.fixes),
            ]
            message = "\n".join(details)
            lines.append(f"::{p.severity} {properties}::{_escaped(message)}\n")
    return "".join(lines)


FORMATS: dict[str, Callable[[Sequence[Spec]], str]] = {
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
