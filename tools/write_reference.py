"""Write the reference pages from the declarations, or with `--check` fail where one is not current."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
STATUSES = (
    ("0", "Success. There may be warnings."),
    ("1", "There are problems in the spec, the data or the model; they are printed."),
    ("2", "Wrong usage."),
    ("130", "Interrupted."),
)


def pages() -> dict[str, Callable[[], str]]:
    """The generated pages by the file that holds them."""
    from netspec.report.pages.reference import reference

    return {**reference(), "docs/commands.md": commands_reference, "docs/backends.md": backends_reference}


def backends_reference() -> str:
    """`docs/backends.md`, from the table of gaps."""
    from netspec.backends.gaps import page
    from netspec.report.pages.reference import GENERATED

    head = (
        "Keras runs on TensorFlow, JAX or PyTorch; the environment variable `KERAS_BACKEND` chooses. Networks and their "
        "weights are the same on all three, but for what Keras lacks on one. `netspec validate` looks at no backend; "
        "`build` and `train` report these before they start (NS712). A test runs each on its backend, and fails once it works "
        "there.\n"
    )
    return "\n".join(["# Backends\n", GENERATED, head, page()])


def commands_reference() -> str:
    """`docs/commands.md`, from the parsers of the command line."""
    from netspec.cli import COMMANDS
    from netspec.report.pages.parts import table
    from netspec.report.pages.reference import GENERATED

    parts = ["# Commands\n", GENERATED]
    parts.append(
        table(("Command", "Purpose"), [(f"[`netspec {n}`](#netspec-{n})", text) for n, text in COMMANDS.items()])
    )
    parts.append("`netspec COMMAND --help` prints the options of a command, `netspec --version` the version.\n")
    parts.append(table(("Exit status", "Meaning"), STATUSES))
    return "\n".join([*parts, *(part for name in COMMANDS for part in _command(name))])


def _command(name: str) -> Iterator[str]:
    from netspec.cli import parser_of
    from netspec.report.pages.parts import escaped, table

    parser = parser_of(name)
    actions = [action for action in parser._actions if action.dest != "help"]
    yield f"## netspec {name}\n"
    for paragraph in (parser.description or "").split("\n\n"):
        yield _paragraph(paragraph)
    yield f"```text\nnetspec {' '.join([name, *map(_usage, actions)])}\n```\n"
    yield table(("Argument", "Meaning"), [(f"`{_form(action)}`", escaped(action.help or "")) for action in actions])


def _paragraph(text: str) -> str:
    """A paragraph of a description; a heading over indented lines `word  explanation` is a list."""
    from netspec.report.pages.parts import escaped

    head, *lines = text.splitlines()
    items = [re.fullmatch(r"  (\S+) {2,}(.+)", line) for line in lines]
    if items and all(items):
        return f"{head.capitalize()}\n\n" + "".join(f"- `{item[1]}`: {escaped(item[2])}\n" for item in items if item)
    if lines and lines[-1].startswith("#"):  # a line to be copied
        return escaped(" ".join([head, *lines[:-1]])) + f"\n\n```yaml\n{lines[-1]}\n```\n"
    return escaped(" ".join([head, *lines])) + "\n"


def _form(action: argparse.Action) -> str:
    """An argument as it is written: `-o MODEL`, `--format text|json`, `FILE…`."""
    if not action.option_strings:
        return f"{action.metavar}{'…' if action.nargs == '+' else ''}"
    value = "|".join(action.choices) if action.choices else "" if action.nargs == 0 else str(action.metavar)
    many = "…" if action.nargs == "+" else ""
    return ", ".join(f"{name} {value}".rstrip() + many for name in action.option_strings)


def _usage(action: argparse.Action) -> str:
    form = _form(action).rpartition(", ")[2]
    required = not action.option_strings and action.nargs != "?"
    return form if required else f"[{form}]"


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    status = 0
    for name, text in pages().items():
        path = ROOT / name
        if "--check" not in arguments:
            path.write_text(text(), encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text():
            print(f"{name} is not current; run tools/write_reference.py")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
