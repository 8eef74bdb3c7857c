"""Type at random into every spec of the zoo through the language server, and compare with `netspec validate` in the end.

`python tools/keys.py [SPEC ...] [--keys 1000] [--seed 1]`. What fails is printed with its seed; status 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.lsp_client import Editor  # noqa: E402
from tests.support.typing import at_random  # noqa: E402


def main() -> int:
    """Returns 1 where something failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("specs", nargs="*", type=Path, metavar="SPEC")
    parser.add_argument("--keys", type=int, default=1000, help="for each spec (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = 0
    editor = Editor()
    began = time.monotonic()
    specs = options.specs or sorted((ROOT / "specs").glob("*.yaml"))
    for path in specs:
        try:
            text = path.read_text(encoding="utf-8")
            at_random(editor, text, f"{path.stem}.netspec.yaml", options.keys, options.seed)
        except AssertionError as error:
            failed += 1
            print(f"{path.name}: {error}", flush=True)
    print(f"{len(specs)} specs, {options.keys} keys each, seed {options.seed}: {failed} failed")
    print(f"{time.monotonic() - began:.0f} s; the server ended with status {editor.leave()}, said {editor.log}")
    return 1 if failed or editor.log else 0


if __name__ == "__main__":
    sys.exit(main())
