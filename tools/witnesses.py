"""A pytest plugin that writes down which lines of netspec each test runs, and how long it takes.

`PYTHONPATH=tools WITNESSES=FILE pytest -p witnesses tests/…`. FILE becomes JSON: `{"seconds": {test: seconds}, "tests": {module:
{line: [test, …]}}}`. Lines that only an import runs have no test. `mutants.py` uses it to meet each mutant with its own tests.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

_ROOT = Path.cwd()
_COVERAGE = coverage.Coverage(data_file=None, source=[str(_ROOT / "netspec")])
_SECONDS: dict[str, float] = {}
_COVERAGE.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What runs until the test's end is counted as its own."""
    _COVERAGE.switch_context(item.nodeid)
    start = time.perf_counter()
    try:
        return (yield)
    finally:
        _SECONDS[item.nodeid] = time.perf_counter() - start
        _COVERAGE.switch_context("")


def pytest_sessionfinish() -> None:
    """Write the file."""
    _COVERAGE.stop()
    data = _COVERAGE.get_data()
    tests = {
        str(Path(name).relative_to(_ROOT)): {
            line: found
            for line, contexts in data.contexts_by_lineno(name).items()
            if (found := [context for context in contexts if context])
        }
        for name in data.measured_files()
    }
    Path(os.environ["WITNESSES"]).write_text(json.dumps({"seconds": _SECONDS, "tests": tests}), encoding="utf-8")
