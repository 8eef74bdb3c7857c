"""The text of a spec with the blocks of other files in it, which hangs on no other file any more.

A run and a saved model keep it, because the other files may change. The spec's own lines stay as they are, comments
included, where its layout has room for the blocks; else all of it is written anew.
"""

from __future__ import annotations

import json

from netspec.diagnostics.problems import Problems
from netspec.expressions import Value
from netspec.spec.document import Used
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, entry_ending, is_block_scalar, lines_of, plain
from netspec.syntax.writing import as_yaml


def self_contained(text: str, used: Used) -> str:
    """The text.

    Args:
        text: A spec that was checked and has a `use`.
        used: What that came to.
    """
    tree = read_text(text, "<spec>", Problems()).tree
    assert isinstance(tree, Mapping)
    document = plain(tree)
    assert isinstance(document, dict)
    own = document.get("blocks")
    blocks: dict[str, Value] = {**(own if isinstance(own, dict) else {}), **used.written}
    wanted = {key: value for key, value in document.items() if key not in ("use", "blocks")}
    wanted["blocks"] = blocks
    for made in (_inserted(text, tree, used), as_yaml(_in_order(wanted))):
        if made is not None and _read(made) == wanted:
            return made
    return json.dumps(_in_order(wanted), indent=1) + "\n"


def _in_order(document: dict[str, Value]) -> dict[str, Value]:
    """The blocks before the layers that use them."""
    last = ("layers", "outputs", "weights", "limits", "data", "train")
    return {key: document[key] for key in sorted(document, key=last.__contains__)}


def _inserted(text: str, tree: Mapping, used: Used) -> str | None:
    """The text's own lines, with those of the blocks among them; None where there is no room."""
    if tree.flow or "\r" in text:
        return None
    lines = lines_of(text)
    use, own = tree.entries["use"], tree.entries.get("blocks")
    if own is None:
        column, at, head = 2, use.key.start.line, ["blocks:"]
    elif isinstance(own.value, Mapping) and not own.value.flow and own.value.entries:
        first = next(iter(own.value.entries.values())).key.start
        column, at, head = first.column, first.line, []
    else:
        return None
    files = ", ".join(each.path for each in used.files)
    note = f"{' ' * column}# of {files}" if files.isprintable() else ""
    made = [*head, *filter(None, [note])]
    made += (
        [" " * column + line if line else line for line in as_yaml(used.written).splitlines()] if used.written else []
    )
    last = entry_ending(use).tree
    end = last.end.line - 1 if is_block_scalar(last) else last.end.line
    gone = range(use.key.start.line, end + 1)
    kept: list[str] = []
    for number, line in enumerate(lines):
        if number == at and used.written:
            kept += made
        if number not in gone:
            kept.append(line)
    return "\n".join(kept)


def _read(text: str) -> Value:
    tree = read_text(text, "<spec>", Problems()).tree
    return None if tree is None else plain(tree)
