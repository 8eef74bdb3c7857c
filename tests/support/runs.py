"""Whether two runs ended alike, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ENDS = ("last.npz", "best.npz")  # what a run leaves of its network


def history(run: Path) -> list[list[str]]:
    """The rows of a run's history, but for the seconds, which stand last."""
    return [line.split(",")[:-1] for line in (run / "history.csv").read_text().splitlines()]


def arrays(path: Path) -> dict[str, bytes]:
    """The numbers of a state, by position: names differ where a process has made other layers before, so
    the digest does, and seconds always do."""
    with open(path, "rb") as file, np.load(file) as archive:
        kept = (key for key in archive.files if not key.startswith(("digest/", "history/")))
        return {"/".join(key.split("/")[:2]): archive[key].tobytes() for key in kept}


def same_bits(run: Path, whole: Path) -> bool:
    """Whether two runs have the same history and ended in the same numbers."""
    return history(run) == history(whole) and all(arrays(run / name) == arrays(whole / name) for name in ENDS)
