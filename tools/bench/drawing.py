"""How large the zoo's pictures are on paper, and how long `netspec view` takes.

`python tools/bench/drawing.py` prints the folded size of each spec, and of each of its variants, at two units a point, which is the
scale of a PDF, and fails where one is larger than a page of A4 within margins of 10 mm; then the processor time of whole processes.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from netspec.drawing.opening import first_sight  # noqa: E402
from netspec.drawing.picture import picture  # noqa: E402
from netspec.drawing.svg import svg  # noqa: E402
from netspec.pipeline import check  # noqa: E402
from netspec.zoo import specs  # noqa: E402

MILLIMETRES = 25.4 / 72 / 2  # a unit
PAGE = (190, 277)
ROUNDS = 5
LARGE = 20_000  # nodes


def sizes() -> Iterator[tuple[str, str, int, float, float]]:
    """Name, variant, boxes, width and height of each picture, in millimetres."""
    for name, path in specs().items():
        first = check(path, repairs=False)
        assert first.document is not None
        for variant in (None, *first.document.variants):
            drawn = picture(check(path, variant=variant, repairs=False))
            text = svg(drawn, first_sight(drawn))
            size = re.search(r'width="(\d+)" height="(\d+)"', text)
            assert size is not None
            width, height = (float(each) * MILLIMETRES for each in size.groups())
            yield name, variant or "", text.count("data-path="), width, height


def seconds(*arguments: str) -> float:
    """The processor time of a command, the least of some rounds."""
    found = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "netspec", "view", *arguments], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def flat() -> str:
    """A spec of 20,000 nodes, each written out."""
    return "netspec: 1\ninput: [32]\nlayers:\n" + "  - dense: {units: 32}\n  - relu\n" * (LARGE // 2)


def in_blocks() -> str:
    """One of as many, in blocks."""
    body = "[{skip: [{conv: {filters: 8, kernel_size: 3, padding: same}}, batch_norm, relu]}, relu]"
    uses = "  - Unit: {repeat: 4}\n  - relu\n" * (LARGE // 21)
    return f"netspec: 1\ninput: [32, 32, 8]\nblocks:\n  Unit: {{layers: {body}}}\nlayers:\n{uses}"


def main() -> int:
    """Returns the exit status."""
    status = 0
    for name, variant, boxes, width, height in sizes():
        fits = width <= PAGE[0] and height <= PAGE[1]
        status |= not fits
        print(
            f"{name:22}{variant:12}{boxes:4} boxes {width:6.0f} x {height:3.0f} mm{'' if fits else '  more than a page'}"
        )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "flat.yaml").write_text(flat(), encoding="utf-8")
        Path(folder, "blocks.yaml").write_text(in_blocks(), encoding="utf-8")
        print(f"\nseconds of processor time, the least of {ROUNDS} rounds   SVG   page")
        for words, *arguments in (
            ("ResNet-152", str(specs()["resnet"]), "--variant", "152"),
            ("20,000 nodes, written out", f"{folder}/flat.yaml"),
            ("20,000 nodes, in blocks", f"{folder}/blocks.yaml"),
        ):
            drawing, page = (seconds(*arguments, "-o", f"{folder}/drawn{ending}") for ending in (".svg", ".html"))
            print(f"{words:48}{drawing:6.2f}{page:7.2f}")
    return status


if __name__ == "__main__":
    sys.exit(main())
