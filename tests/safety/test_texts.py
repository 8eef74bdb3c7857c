"""Hostile specs are refused, each with its problem; all of them together in little time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.pipeline import check_text

from .hostile import TEXTS

ROOT = Path(__file__).parent.parent.parent
SECONDS = 1.0  # of processor time for one text; the slowest takes a thirtieth
MEGABYTES = 200  # that reading them all may add to the process; 5 are enough


@pytest.mark.parametrize("name", TEXTS)
def test_refused(name: str) -> None:
    spec = check_text(TEXTS[name].data)
    assert [f"{p.span.line}:{p.span.column} {p.code} {p.message}" for p in spec.problems] == list(TEXTS[name].problems)
    assert not spec.ok


# A limit and not a measurement: the peak that the system reports of a process is, after a fork, its parent's.
MEASURE = f"""
import json, resource, time
from pathlib import Path
from netspec.pipeline import check_text
from tests.safety.hostile import TEXTS

check_text("netspec: 1\\ninput: [8]\\nlayers: [rleu]\\n")
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + {MEGABYTES} * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
seconds = {{}}
for name, text in TEXTS.items():
    began = time.process_time()
    check_text(text.data)
    seconds[name] = time.process_time() - began
print(json.dumps(seconds))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the address space of a process is limited on Linux")
def test_all_are_refused_in_little_time_and_memory() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name: seconds for name, seconds in json.loads(done.stdout).items() if seconds > SECONDS} == {}


@pytest.mark.parametrize(
    ("item", "code"),
    [("a: 1,", "NS102"), (".nan,", "NS108"), ("1e999,", "NS108")],
    ids=["duplicate keys", "numbers that are none", "numbers too large"],
)
def test_a_million_faults_end_the_reading(item: str, code: str) -> None:
    opening, closing = "{}" if ":" in item else "[]"
    problems = check_text(f"{opening}{item * 1_000_000}{closing}").problems
    assert {problem.code for problem in problems} == {code}
    assert len(problems) == 1_000


@pytest.mark.slow
def test_a_network_of_two_hundred_thousand_nodes_is_no_attack() -> None:
    four = """\
  - conv: {filters: 16, kernel_size: 3, padding: same, use_bias: false}
  - batch_norm: {momentum: 0.9, epsilon: 1e-5}
  - relu
  - 1x1: 16
"""
    assert check_text("netspec: 1\ninput: [64, 64, 16]\nlayers:\n" + four * 50_000).ok


def test_what_the_fuzzer_found_in_blocks_that_share_the_weights_of_a_wrong_one() -> None:
    spec = check_text(
        "netspec: 1\ninput: [8, 8, 1]\nblocks: {Tower: {layers: [{conv: {flters: 8, kernel_size: 4}}]}}\n"
        "layers: [{Tower: {name: one}}, {Tower: {name: two, from: input, share: one}}, {add: {from: [one, two]}}]\n"
    )
    assert [f"{p.code} {p.message}" for p in spec.problems] == [
        "NS202 `conv` has no hyperparameter 'flters'; did you mean `filters`?"
    ]
