"""Compare the zoo with `keras.applications`, weight for weight, and print the table.

`python tools/fidelity.py [MODEL …] [--small] [--write]`: of every published model, or of those whose names contain a word
given, all weights are copied into the spec's model, and outputs and the ends of stages compared on random images.
`--small` takes small images; `--write` keeps the results for the zoo's page.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "zoo" / "fidelity.json"
BOUND = 1e-5


def main(arguments: list[str]) -> int:
    """Returns 1 where one is further away than allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", metavar="MODEL", nargs="*", help="only models whose names contain one of these words")
    parser.add_argument("--small", action="store_true", help="small images: what the fast tests compare")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {RESULTS.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    from netspec.backends.keras.importing import import_keras

    keras = import_keras()
    from tests.support.references import REFERENCES

    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    wrong = 0
    for reference in REFERENCES:
        if options.words and not any(word.lower() in reference.label.lower() for word in options.words):
            continue
        start = time.perf_counter()
        size = reference.small if options.small else reference.size
        try:
            comparison, ours, theirs = reference.compare(size)
        except Exception as error:  # noqa: BLE001 - one that fails must not hide the others
            print(f"{reference.label:30} {type(error).__name__}: {str(error)[:600]}", flush=True)
            wrong += 1
            continue
        results[reference.label] = {
            "spec": reference.spec,
            "variant": reference.variant,
            "size": size,
            "parameters": ours,
            "reference_parameters": theirs,
            "stages": len(comparison.taps),
            "difference": comparison.largest,
            "versions": f"keras {keras.__version__}, {keras.backend.backend()} {_backend_version(keras)}",
        }
        wrong += comparison.largest > BOUND
        print(
            f"{reference.label:30} {size:4} {ours:12,} {theirs:12,}  output {comparison.output:.1e}"
            f"  {len(comparison.taps)} stages {max(comparison.taps.values()):.1e}  {time.perf_counter() - start:.0f} s",
            flush=True,
        )
        keras.backend.clear_session()
    if options.write:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return int(wrong > 0)


def _backend_version(keras: Any) -> str:
    return str(sys.modules[keras.backend.backend()].__version__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
