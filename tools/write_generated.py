"""Write every generated file, or with `--check` fail where one is not current."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.generated import write_or_check  # noqa: E402

SCHEMA = ROOT / "specs" / "netspec.schema.json"


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    from netspec.schema.generation import text

    status = write_or_check([(SCHEMA, text())], arguments, "write_generated.py")
    for tool in ("write_reference.py", "write_zoo.py", "write_readme.py", "draw_structure.py"):
        status |= subprocess.run([sys.executable, str(ROOT / "tools" / tool), *arguments], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
