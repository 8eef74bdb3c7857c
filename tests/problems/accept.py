"""What `netspec validate` prints for the specs of this folder, and the files beside them that hold it.

`python -m tests.problems.accept` writes the files anew, after a message has been changed on purpose. Read the
difference before you commit it: every line of these files is what a user sees.
"""

from __future__ import annotations

import io
import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SPECS = tuple(sorted(path.name for path in HERE.iterdir() if path.suffix in (".yaml", ".json")))
# The formats for programs hold the same words; a few specs show notes, fixes, warnings and odd characters in them.
FORMATTED = ("merge_residual.yaml", "name_twice.yaml", "unicode.yaml", "unused_names.yaml", "window_in_block.yaml")
FORMATS = ("json", "sarif", "github")


def expected(name: str, form: str = "text") -> Path:
    """The file that holds what is printed for a spec."""
    stem = HERE / Path(name).stem
    return stem.with_suffix(".txt" if form == "text" else f".{form}.txt")


@contextmanager
def here() -> Iterator[None]:
    """Messages name a file as it was named on the command line."""
    before = Path.cwd()
    os.chdir(HERE)
    try:
        yield
    finally:
        os.chdir(before)


def printed(name: str, form: str = "text") -> str:
    """What the command prints for a spec; a first line `# arguments: …` adds options."""
    first = (HERE / name).read_text(encoding="utf-8").split("\n", 1)[0]
    more = shlex.split(first.removeprefix("# arguments:")) if first.startswith("# arguments:") else []
    out, err = io.StringIO(), io.StringIO()
    with here():
        status = main(["validate", "--format", form, *more, name], out, err)
    assert not err.getvalue(), err.getvalue()
    assert status in (0, 1)
    return out.getvalue()


def accept() -> None:
    """Write every file."""
    wanted = {expected(name): name for name in SPECS}
    for path, name in wanted.items():
        path.write_text(printed(name), encoding="utf-8")
    for name in FORMATTED:
        for form in FORMATS:
            wanted[expected(name, form)] = name
            expected(name, form).write_text(printed(name, form), encoding="utf-8")
    for path in HERE.glob("*.txt"):
        if path not in wanted:
            path.unlink()


if __name__ == "__main__":
    accept()
