"""Write what `netspec inspect` prints of the README's network into the README, and the network's picture beside the others.

With `--check`, fail where either says other.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.generated import write_or_check  # noqa: E402

README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "images" / "readme.svg"
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


def picture(page: str) -> str:
    """The network drawn."""
    from netspec.drawing.drawn import Drawing
    from netspec.pipeline import check_text

    spec = check_text(network(page), "readme.yaml", repairs=False)
    assert spec.ok, spec.problems
    return Drawing(spec).svg


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    page = README.read_text(encoding="utf-8")
    return write_or_check([(README, current(page)), (PICTURE, picture(page))], arguments, "write_readme.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
