"""Files that are written from something else: written, or with `--check` compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(files: Iterable[tuple[Path, str]], arguments: Sequence[str], tool: str) -> int:
    """Write files; with `--check` among the arguments say instead which are not current.

    Args:
        files: Their paths, and what is to stand in them.
        arguments: The tool's.
        tool: What writes them, by its name in `tools`.

    Returns:
        The exit status: 1 if one is not current.
    """
    status = 0
    for path, text in files:
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path.relative_to(ROOT)} is not current; run tools/{tool}")
            status = 1
    return status
