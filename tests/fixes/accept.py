"""Which repairs are offered for the zoo's specs when they are broken, and the file that holds them.

`python -m tests.fixes.accept` writes the file anew, after a rule has been changed on purpose. Read the difference before you commit
it: the first of each is what `--fix` takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from netspec.pipeline import Spec
from tests.support.broken import Broken, corpus, mended

FILE = Path(__file__).with_name("offered.txt")
NAMES = (
    "resnet*",
    "inception_[dv]*",
    "unet",
    "lenet5",
    "shufflenet",
    "text_bilstm",
    "signal_cnn",
    "siamese",
    "convnext",
)


def paragraph(broken: Broken, spec: Spec) -> str:
    """What is broken, and what is offered for each error."""
    lines = [f"{broken.spec}, {broken.way}: {broken.title}"]
    for problem in spec.problems:
        if problem.is_error:
            lines.append(f"  {problem.code} line {problem.span.line}")
            lines += [f"    {fix.title} -> {fix.result or '?'}, {fix.parameters} parameters" for fix in problem.fixes]
    return "\n".join(lines) + "\n"


def breakages(names: str) -> list[tuple[Broken, Spec, bool]]:
    """Some ways to break the specs of these names, what is said of each, and whether a repair makes it valid."""
    broken = corpus(2, seed=1, names=names)
    return [(each, spec, bool(whole)) for each in broken for spec, whole in (mended(each),)]


def paragraphs(found: Iterable[tuple[Broken, Spec, bool]]) -> str:
    """What is offered for each."""
    return "\n".join(paragraph(each, spec) for each, spec, _ in found)


def accepted() -> dict[str, str]:
    """What the file holds, by the names of the specs."""
    parts = FILE.read_text(encoding="utf-8").removeprefix("# ").split("\n# ")
    return dict(part.split("\n\n", 1) for part in parts)


def accept() -> None:
    """Write the file."""
    FILE.write_text("\n".join(f"# {names}\n\n{paragraphs(breakages(names))}" for names in NAMES), encoding="utf-8")


if __name__ == "__main__":
    accept()
