"""What decides in which bits a training ends beside its plan: versions and machine."""

from __future__ import annotations

import platform
from pathlib import Path

from netspec.backends.keras.types import Keras
from netspec.data.dataset import cores
from netspec.training.devices import Machine
from netspec.training.runs import versions

Facts = dict[str, str]


def facts_of(keras: Keras, here: Machine, devices: int) -> Facts:
    """By name, in the order in which they are likely to matter."""
    return {
        **versions(keras, here.backend, here.version),
        "device": here.kind,
        "devices": str(devices),
        "threads": str(cores()),  # by which frameworks share out their sums
        "processor": processor(),
    }


def processor() -> str:
    """The processor's name; frameworks choose their code by its features."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
