"""Write every generated file, or with `--check` fail where one is not current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "specs" / "netspec.schema.json"


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    from netspec.schema.generation import text

    status = 0
    if "--check" in arguments:
        if not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != text():
            print(f"{SCHEMA.relative_to(ROOT)} is not current; run tools/write_generated.py")
            status = 1
    else:
        SCHEMA.write_text(text(), encoding="utf-8")
    for tool in ("write_reference.py", "write_zoo.py", "write_readme.py", "draw_structure.py"):
        status |= subprocess.run([sys.executable, str(ROOT / "tools" / tool), *arguments], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
