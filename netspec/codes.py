"""The catalogue of problems: each code declared once, with its severity and its page."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """A kind of problem. `example` is a spec that raises it; a test proves so."""

    code: str
    severity: Severity
    title: str
    meaning: str
    mend: str
    example: str = ""


CODES: dict[str, Code] = {}


def _code(code: str, severity: Severity, title: str, meaning: str, mend: str, example: str = "") -> None:
    CODES[code] = Code(code, severity, title, " ".join(meaning.split()), " ".join(mend.split()), example.strip("\n"))


for _c in range(101, 113):
    _code(f"NS{_c}", "error", "", "", "")
for _c in (201,202,203,204,205,206,207,208,209,301,302,303,304,307,308,309,310,401,402,403,404,405,406,407,408,409,410,411,501,502,503,504,505,506,507,508,509,601,602,701,702,703,704,705,706,707,708,709,710):
    _code(f"NS{_c}", "error", "", "", "")
for _c in (305,306,801,802,803,804,805):
    _code(f"NS{_c}", "warning", "", "", "")
