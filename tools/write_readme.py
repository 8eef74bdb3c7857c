"""Write what `netspec inspect` prints of the README's network into the README, or with `--check` fail where it says other."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
TABLE = re.compile(r"(?<=<!-- inspect -->\n```\n).*?(?=```\n<!-- /inspect -->)", re.DOTALL)


def network(page: str) -> str:
    """The spec that the page begins with."""
    found = re.search(r"^```yaml\n(netspec: 1\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def current(page: str) -> str:
    """The page, with the table as the command prints it now."""
    from netspec.cli import main as netspec

    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.yaml"
        path.write_text(network(page), encoding="utf-8")
        assert netspec(["inspect", str(path)], out, out) == 0, out.getvalue()
    return TABLE.sub(lambda _: out.getvalue(), page)


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    page = README.read_text(encoding="utf-8")
    if "--check" not in arguments:
        README.write_text(current(page), encoding="utf-8")
    elif current(page) != page:
        print(f"{README.name} is not current; run tools/write_readme.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
