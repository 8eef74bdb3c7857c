"""Write the reference pages from the declarations, or with `--check` fail where one is not current."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    from netspec.report.pages.reference import reference

    status = 0
    for name, text in reference().items():
        path = ROOT / name
        if "--check" not in arguments:
            path.write_text(text(), encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text():
            print(f"{name} is not current; run tools/write_reference.py")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
