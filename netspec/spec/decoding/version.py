"""`netspec: 1`, the version of the format."""

from __future__ import annotations

from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.spec.decoding.values import noun
from netspec.spec.document import FORMAT_VERSION
from netspec.syntax.tree import Entry, Mapping, Scalar, span_of

_NUMBER = later(r"[1-9]\d?")
NEAR = 9  # versions after this one that another netspec may read; what lies further on is mistyped


def is_of_another_version(problems: Problems, root: Mapping) -> bool:
    """Report a spec of another version than this netspec reads: nothing else in it can be judged, whose words may be others."""
    entry = root.entries.get("netspec")
    version = version_of(entry) if entry is not None else None
    if entry is None or version is None or version == FORMAT_VERSION:
        return False
    if version < FORMAT_VERSION:
        message = (
            f"this is format {version}, and this netspec reads format {FORMAT_VERSION}; "
            "`netspec upgrade FILE` writes it as that"
        )
    else:
        message = (
            f"this netspec knows format {FORMAT_VERSION}, and this is format {version}, which needs a newer netspec: "
            "pip install --upgrade netspec-keras"
        )
    problems.add("NS208", message, span_of(entry.value))
    return True


def check_version(problems: Problems, root: Mapping, head: Span) -> None:
    """Report a version that is missing, or that there is not; `head` is where what is missing is reported."""
    right = f"netspec: {FORMAT_VERSION}"
    entry = root.entries.get("netspec")
    if entry is None:
        start = Span(head.line, head.column, head.line, head.column)
        candidates = () if root.flow else (Candidate((Edit(start, f"{right}\n"),), right),)
        problems.add("NS208", f"the format version is missing; write `{right}` at the top", head, candidates=candidates)
        return
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if value != FORMAT_VERSION or isinstance(value, bool):
        span = span_of(entry.value)
        candidate = Candidate((Edit(span, str(FORMAT_VERSION)),), right)
        message = f"this netspec reads format {FORMAT_VERSION}, not {noun(entry.value)}"
        problems.add("NS208", message, span, candidates=(candidate,))


def version_of(entry: Entry) -> int | None:
    """The version that a spec says, another than this one also in quotes; None where it says none that there may be."""
    value = entry.value.value if isinstance(entry.value, Scalar) else None
    if isinstance(value, str) and _NUMBER.fullmatch(value) and int(value) != FORMAT_VERSION:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        return None
    return int(value) if 1 <= value <= FORMAT_VERSION + NEAR else None
