"""Kill training at random moments, resume it, and compare with a run that nobody killed: every bit must be the same.

`python tools/kills.py [N] [--seed S]`, on the backend that KERAS_BACKEND names: a network with dropout, augmentation, averaged
weights and a schedule is trained on digits, killed by SIGKILL at some moment after it began or went on, and resumed, until N kills
are done and the last run has finished. Checkpoints are written every few steps, so that many a kill comes in the middle of one.
Prints where each kill came, and fails where a run ends in other bits, or cannot be resumed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.runs import same_bits  # noqa: E402

SPEC = """\
netspec: 1
name: killed
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3, use_bias: false}
  - batch_norm
  - relu
  - flatten
  - dropout: 0.3
  - dense: {units: 10, activation: softmax}
data: {source: digits}
train:
  epochs: 24
  batch_size: 16
  optimizer: {adam: {use_ema: true, ema_momentum: 0.9}}
  schedule: {cosine: {warmup_epochs: 0.5}}
  augment: [{random_translation: {height_factor: 0.1, width_factor: 0.1}}]
  checkpoint: {every: 8 steps, keep: 2}
"""
LONGEST = 1800  # seconds that a run may take
SHARE = 0.3  # of the time that a run takes, after which it is killed at the latest


def start(arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A command of netspec in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.Popen(
        [sys.executable, "-m", "netspec", "train", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finished(process: subprocess.Popen[bytes]) -> None:
    """Wait for a run. Raises SystemExit where it failed."""
    out, _ = process.communicate(timeout=LONGEST)
    if process.returncode:
        raise SystemExit(f"a run ended with status {process.returncode}:\n{out.decode()[-2000:]}")


def only_run(runs: Path) -> Path | None:
    """The one run in a folder, once it says that it runs."""
    return next((path.parent for path in runs.glob("killed/*/run.json")), None)


def trains(parent: Path, process: subprocess.Popen[bytes], stretch: int) -> None:
    """Wait until a run has begun to train for the `stretch`-th time, or its process has ended."""
    while process.poll() is None:
        run = only_run(parent)
        if run is not None and len(json.loads((run / "run.json").read_text()).get("stretches", [])) >= stretch:
            return
        time.sleep(0.01)


def latest(run: Path) -> str:
    """How far a run has come, for people."""
    kept = sorted((run / "checkpoints").glob("*.npz"))
    half = " in the middle of a file" if [*run.glob(".*.tmp*"), *(run / "checkpoints").glob(".*.tmp*")] else ""
    return (kept[-1].stem if kept else "before any checkpoint") + half


def main() -> int:
    """Returns 1 where a run ended in other bits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=50, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "killed.yaml").write_text(SPEC, encoding="utf-8")
        began = time.monotonic()
        process = start(["killed.yaml", "--runs", "whole"], folder)
        trains(folder / "whole", process, 1)
        made = time.monotonic()
        finished(process)
        whole = only_run(folder / "whole")
        assert whole is not None
        lasts = time.monotonic() - made
        print(f"nobody kills it: {made - began:.1f} s to its folder, {lasts:.1f} s from there", flush=True)
        kills = runs = halves = 0
        while kills < options.count:
            runs += 1
            parent = folder / f"runs-{runs}"
            process = start(["killed.yaml", "--runs", str(parent)], folder)
            stretch = 0
            while True:
                stretch += 1
                trains(parent, process, stretch)
                moment = draw.uniform(0, lasts * SHARE)
                try:
                    process.wait(timeout=moment if kills < options.count else LONGEST)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    kills += 1
                    run = only_run(parent)
                    assert run is not None
                    where = latest(run)
                    halves += "in the middle" in where
                    print(f"kill {kills}, run {runs}: {where}", flush=True)
                    if json.loads((run / "run.json").read_text())["status"] == "finished":
                        break  # it was killed at its very end
                    process = start(["--resume", str(run)], folder)
                    continue
                finished(process)
                break
            run = only_run(parent)
            assert run is not None
            if not same_bits(run, whole):
                print(f"run {runs} ended in other bits")
                return 1
            print(f"run {runs} ended in the same bits", flush=True)
    print(f"{kills} kills, {halves} in the middle of a file, {runs} runs, each ended in the same bits")
    return 0


if __name__ == "__main__":
    sys.exit(main())
