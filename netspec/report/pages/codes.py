"""The page of a problem's code."""

from __future__ import annotations

import io

from netspec.diagnostics.codes import Code
from netspec.diagnostics.words import printable
from netspec.report.pages.parts import CodeBlock, Heading, Page, Paragraph, Title

UNUSED_SUPPRESSION = "NS809"  # about the comments themselves, which no comment suppresses


def code_page(code: Code) -> Page:
    """What a problem means, an example with what netspec reports for it, how to fix and how to suppress it."""
    page: Page = [Title(code.code, f"{code.title} ({code.severity})"), Paragraph(code.meaning)]
    if code.example:
        shown = "".join(printable(line) + "\n" for line in code.example.splitlines())
        page += [Heading("Example"), CodeBlock(shown, "yaml"), CodeBlock(report_on(code.example), "text")]
    page += [Heading("How to fix"), Paragraph(code.how_to_fix)]
    if code.severity == "warning" and code.code != UNUSED_SUPPRESSION:
        text = f"If it is intended, write `# netspec: ignore {code.code}` at the end of the line or alone above it."
        page += [Heading("How to suppress"), Paragraph(text)]
    return page


def code_summary(code: Code) -> Page:
    """The page without its example."""
    return [Title(code.code, code.title), Paragraph(code.meaning), Paragraph(f"How to fix: {code.how_to_fix}")]


def report_on(example: str) -> str:
    """What `netspec validate` prints for a spec."""
    from netspec.pipeline import check_text
    from netspec.report.text import write_problems

    out = io.StringIO()
    write_problems(out, check_text(example, "example.yaml"))
    return out.getvalue()
