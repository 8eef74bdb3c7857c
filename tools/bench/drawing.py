"""How large the zoo's pictures are on paper, and how long `netspec view` takes.

`python tools/bench/drawing.py [paper|time|watch ...]`: `paper` prints the folded size of each spec, and of each of its variants, at
two units a point, which is the scale of a PDF, and fails where one is larger than a page of A4 within margins of 10 mm; `time` the
processor time of whole processes; `watch` how long it is by the clock from a save to the frame of headless Chromium that shows it.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from netspec.drawing.opening import first_sight  # noqa: E402
from netspec.drawing.picture import picture  # noqa: E402
from netspec.drawing.svg import svg  # noqa: E402
from netspec.drawing.watching import Watch, serving  # noqa: E402
from netspec.pipeline import check  # noqa: E402
from netspec.zoo import specs  # noqa: E402
from tests.support.browser import Browser  # noqa: E402

MILLIMETRES = 25.4 / 72 / 2  # a unit
PAGE = (190, 277)
ROUNDS = 5
LARGE = 20_000  # nodes
SAVES = 15
# When the drawing last changed, on the clock that this process reads too: after the frame in which it did.
NOTE_FRAMES = """
new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => { window.drawnAt = Date.now(); })))
  .observe(document.getElementById("canvas"), { childList: true, subtree: true })
"""


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


def paper() -> int:
    """The size of each picture; 1 where one is larger than a page."""
    status = 0
    for name, variant, boxes, width, height in sizes():
        fits = width <= PAGE[0] and height <= PAGE[1]
        status |= not fits
        print(
            f"{name:22}{variant:12}{boxes:4} boxes {width:6.0f} x {height:3.0f} mm{'' if fits else '  more than a page'}"
        )
    return status


def processes() -> int:
    """The processor time of drawing what is large."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "flat.yaml").write_text(flat(), encoding="utf-8")
        Path(folder, "blocks.yaml").write_text(in_blocks(), encoding="utf-8")
        print(f"seconds of processor time, the least of {ROUNDS} rounds     SVG   page")
        for words, *arguments in (
            ("ResNet-152", str(specs()["resnet"]), "--variant", "152"),
            ("20,000 nodes, written out", f"{folder}/flat.yaml"),
            ("20,000 nodes, in blocks", f"{folder}/blocks.yaml"),
        ):
            drawing, page = (seconds(*arguments, "-o", f"{folder}/drawn{ending}") for ending in (".svg", ".html"))
            print(f"{words:48}{drawing:6.2f}{page:7.2f}")
    return 0


def watched() -> int:
    """From a save to the frame that shows it."""
    print(f"milliseconds from a save to its frame, {SAVES} saves   median   most")
    with Browser() as browser, tempfile.TemporaryDirectory() as folder:
        for name, variant in (
            ("lenet5", None),
            ("resnet", "152"),
            ("googlenet", None),
            ("efficientdet", None),
            ("nasnet", None),
        ):
            source = specs()[name].read_text(encoding="utf-8")
            spec = Path(folder, f"{name}.yaml")
            spec.write_text(source, encoding="utf-8")
            with serving(Watch(str(spec), variant=variant), 0) as address, browser.page() as page:
                page.open(address)
                page.evaluate(NOTE_FRAMES)
                took = []
                for turn in range(SAVES):
                    page.evaluate("window.drawnAt = 0")
                    beside = spec.with_suffix(".new")
                    beside.write_text(_of_other_channels(source, turn), encoding="utf-8")
                    saved = 1000 * time.time()
                    beside.replace(spec)
                    page.wait_for("window.drawnAt")
                    took.append(page.evaluate("window.drawnAt") - saved)
                    time.sleep(0.3)
            print(f"{name + (f', {variant}' if variant else ''):48}{median(took):7.0f}{max(took):7.0f}")
    return 0


def _of_other_channels(source: str, turn: int) -> str:
    """A spec whose input has other channels, and so the first weights other sizes and the network other totals."""
    return re.sub(
        r"(?m)^(input:.*?)(\d+)", lambda found: f"{found[1]}{int(found[2]) + 32 * (turn % 2 + 1)}", source, count=1
    )


PARTS = {"paper": paper, "time": processes, "watch": watched}


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=[*PARTS], choices=[*PARTS])
    return max([PARTS[each]() for each in parser.parse_args().parts])


if __name__ == "__main__":
    sys.exit(main())
