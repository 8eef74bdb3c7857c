"""Write every generated file, or with `--check` fail where one is not current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "specs" / "netspec.schema.json"


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    from netspec.cli.schema import text

    status = 0
    if "--check" in arguments:
        if not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != text():
            print(f"{SCHEMA.relative_to(ROOT)} is not current; run tools/write_generated.py")
            status = 1
    else:
        SCHEMA.write_text(text(), encoding="utf-8")
    reference = [sys.executable, str(ROOT / "tools" / "write_reference.py"), *arguments]
    return status | subprocess.run(reference, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
