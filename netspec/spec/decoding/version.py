"""`netspec: 1`, the version of the format."""

from __future__ import annotations

from netspec.diagnostics.problems import Candidate, Edit, Problems, Span
from netspec.spec.decoding.values import noun
from netspec.spec.document import FORMAT_VERSION
from netspec.syntax.tree import Mapping, Scalar, span_of


def check_version(problems: Problems, root: Mapping, head: Span) -> None:
    """Report a version that is missing, or is another than this netspec reads; `head` is where what is missing is reported."""
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
