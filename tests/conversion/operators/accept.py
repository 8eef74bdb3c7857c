"""Write down what the cases come to: `python -m tests.conversion.operators.accept`, and look at what changed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from .building import imported, layers, proto, written
from .cases import CASES

ACCEPTED = Path(__file__).with_name("layers.txt")


def line(name: str, folder: Path) -> str:
    """A case and its layers, or why it is refused."""
    case = CASES[name]
    status, text = imported(written(folder, proto(case.nodes, case.inputs, case.weights, opset=case.opset)), "--flat")
    return f"{name}: {layers(text) if status == 0 else text.partition('error ')[2].strip()}"


def accepted() -> dict[str, str]:
    """The lines by their cases."""
    lines = ACCEPTED.read_text(encoding="utf-8").splitlines()
    return {each.partition(": ")[0]: each for each in lines}


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        ACCEPTED.write_text("".join(f"{line(name, Path(folder))}\n" for name in CASES), encoding="utf-8")
