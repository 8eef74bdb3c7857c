"""`report.html`: what it tells of runs of every task, that nothing of a user's becomes markup, that it stays small."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

from netspec.api import train
from netspec.data.dataset import Split
from netspec.data.schema import Feature, Schema, Target
from netspec.training.objective import Output
from netspec.training.reports import page as pages
from netspec.training.reports.blocks import Block, Paragraph
from netspec.training.reports.collecting import Predictor
from netspec.training.reports.outcome_sections import mistakes, outcome
from netspec.training.reports.story import Examined, Story
from netspec.training.runs import RunFolder
from netspec.training.tables import duration, figure
from tests.support.browser import Browser, needs_browser

from .conftest import SMALL, netspec, only_run
from .test_train import HEADS

HOSTILE = ("<script>alert(1)</script>", "$x^2$ & \"q\" 'r'", "{{ 7 * 7 }}", "日本 ﷽")
VOID = {"img", "meta", "link", "br"}


class Page(HTMLParser):
    """What a page holds, its tags closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.counts: dict[str, int] = {}
        self.text = ""
        self.sources: list[str] = []
        self.headings: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        named = dict(attrs)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag == "img":
            assert named["alt"]
        if tag == "svg":
            assert named["role"] == "img"
            assert named["aria-label"]
        if tag == "th":
            assert named["scope"] in ("row", "col")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if "style" not in self.open:
            self.text += " ".join(data.split()) + " "


def of_classes() -> None:
    x = np.random.default_rng(0).random((120, 8, 8, 1), np.float32)
    np.savez("some.npz", x=x, y=np.array(HOSTILE)[np.arange(120) % 4])
    text = SMALL.replace("dense: 10", "dense: 4").replace("source: digits", "source: {npz: some.npz}")
    Path("net.yaml").write_text(text.replace("name: small", "name: small\ndescription: '<b>bold</b>'"))


def of_heads() -> None:
    Path("net.yaml").write_text(HEADS.replace("name: heads", "name: small"))


def of_numbers() -> None:
    rng = np.random.default_rng(1)
    rows = [f"{a:.3f},{b:.3f},{2 * a - b:.3f}\n" for a, b in rng.random((90, 2))]
    Path("rows.csv").write_text("wide,<i>tall</i>,price\n" + "".join(rows))
    Path("net.yaml").write_text(
        "netspec: 1\nname: small\ninput: [2]\nlayers: [{dense: 1}]\ndata: {source: {csv: {path: rows.csv, label: price}}}\n"
        "train: {epochs: 2, optimizer: {adam: 0.1}}\n"
    )


def of_masks() -> None:
    rng = np.random.default_rng(2)
    for name in ("images", "masks"):
        Path("ink", name).mkdir(parents=True)
    for number in range(30):
        ink = (rng.random((8, 8)) > 0.6).astype(np.uint8)
        Image.fromarray(ink * 200 + 20).save(f"ink/images/{number}.png")
        ink[0] = 255
        Image.fromarray(ink).save(f"ink/masks/{number}.png")
    Path("net.yaml").write_text(
        "netspec: 1\nname: small\ninput: [8, 8, 1]\nlayers: [{1x1: {filters: 2, activation: softmax}}]\n"
        "data: {source: {folder: ink}, ignore_label: 255}\ntrain: {epochs: 2, metrics: [accuracy, mean_iou]}\n"
    )


def of_labels() -> None:
    x = np.random.default_rng(3).random((100, 3), np.float32)
    np.savez("some.npz", x=x, y=(x > 0.5).astype(np.int64))
    Path("net.yaml").write_text(
        "netspec: 1\nname: small\ninput: [3]\nlayers: [{dense: {units: 3, activation: sigmoid}}]\ndata: {source: {npz: some.npz}}\n"
    )


def of_pictures() -> None:
    Path("net.yaml").write_text(
        "netspec: 1\nname: small\ninput: [8, 8, 1]\nlayers: [{conv: {filters: 1, kernel_size: 3, padding: same}}]\n"
        "data: {source: digits, target: input}\ntrain: {epochs: 1, augment: [{gaussian_noise: 0.1}]}\n"
    )


def of_two() -> None:
    Path("net.yaml").write_text(
        "netspec: 1\nname: small\ninput: [16, 16, 1]\nlayers: [flatten, {dense: {units: 1, activation: sigmoid}}]\n"
        "data: {source: {corners: {samples: 200}}}\ntrain: {epochs: 1}\n"
    )


def of_signs() -> None:
    x = np.random.default_rng(4).random((100, 2), np.float32)
    np.savez("some.npz", x=x, y=np.where(x[:, :1] > 0.5, 1, -1))
    Path("net.yaml").write_text(
        "netspec: 1\nname: small\ninput: [2]\nlayers: [{dense: 1}]\ndata: {source: {npz: some.npz}}\ntrain: {loss: hinge}\n"
    )


TASKS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "classes": (
        of_classes,
        ("Confusion matrix", "Calibration", "Most frequent mistakes", "Figures of each class", "<b>bold</b>", *HOSTILE),
    ),
    "heads": (of_heads, ("aux", "main", "Confusion matrix", "true ")),
    "numbers": (
        of_numbers,
        ("root mean squared error", "Predicted against true", "Residuals", "<i>tall</i>", "wide", "All 18 numbers."),
    ),
    "masks": (of_masks, ("IoU", "places are right", "mask", "predicted", "% right", " images/")),
    "labels": (of_labels, ("Figures of each label", "Calibration")),
    "pictures": (of_pictures, ("root mean squared error", "R²", "input", "output", " of 22,976 numbers.")),
    "two": (of_two, ("Confusion matrix", "Calibration", "said ")),
    "signs": (of_signs, ("Figures of each label", "The worst first")),
}
SECTIONS = ["Learning curves", "Test", "Worst examples", "Timings", "Network", "Data", "Settings and versions"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The run of each task."""
    found = {}
    for task, (make, _) in TASKS.items():
        folder = tmp_path_factory.mktemp(task)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("NETSPEC_DEBUG", "1")  # what is wrong with a report is an error here
            make()
            run = netspec("train", "net.yaml")
            assert run.status == 0, run.err
            found[task] = folder / only_run()
    return found


@pytest.mark.parametrize("task", TASKS)
def test_a_report_tells_of_the_task(reports: dict[str, Path], task: str) -> None:
    page = Page(reports[task] / "report.html")
    assert page.headings == SECTIONS
    for words in TASKS[task][1]:
        assert words in page.text, words
    assert page.counts["svg"] >= 1
    assert page.counts["th"] > 10
    assert "script" not in page.counts
    assert all(source.startswith(("data:", "#")) for source in page.sources), page.sources
    assert len(page.source) < 1_000_000


def test_nothing_of_a_user_is_markup(reports: dict[str, Path]) -> None:
    text = (reports["classes"] / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7 * 7 }}" in text
    assert (
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\""
        in text
    )


def test_the_figures_are_the_runs(reports: dict[str, Path]) -> None:
    record = json.loads((reports["two"] / "run.json").read_text())
    page = Page(reports["two"] / "report.html")
    results = record["results"]["test"]
    assert f"test accuracy {figure(results['accuracy'])} " in page.text
    assert f"{100 * results['accuracy']:.1f} % of {results['examples']:,} examples are right" in page.text
    assert record["fingerprint"]["digest"] in page.text
    assert "netspec train net.yaml" in page.text


@pytest.mark.browser
@pytest.mark.parametrize("task", TASKS)
def test_it_opens_offline_in_light_and_dark_narrow_and_wide(
    reports: dict[str, Path], task: str, browser: Browser
) -> None:
    shades = set()
    for dark in (False, True):
        for width in (400, 1280):
            with browser.page(width=width, dark=dark) as page:
                page.open(reports[task] / "report.html")
                assert (page.requests, page.complaints, page.overflow) == ([], [], 0)
                assert page.evaluate("document.querySelectorAll('script').length") == 0
                broken = "[...document.images].filter(each => !each.naturalWidth).length"
                assert page.evaluate(broken) == 0
                shades.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                # What a plot is drawn in follows the page.
                label = "getComputedStyle(document.querySelector('svg text')).fill"
                soft = "(() => { const e = document.createElement('i'); e.style.color = 'var(--soft)'; document.body.append(e); return getComputedStyle(e).color })()"
                assert page.evaluate(label) == page.evaluate(soft)
    assert shades == {"rgb(255, 255, 255)", "rgb(20, 23, 28)"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not hasattr(Browser, "page") or needs_browser[1].args[0]:
        pytest.skip("needs Chromium")
    with Browser() as browser:
        yield browser


# --- the command ------------------------------------------------------------------------------------------------------


def test_a_report_is_written_again(reports: dict[str, Path], tmp_path: Path) -> None:
    run = reports["two"]
    before = (run / "report.html").read_text()
    done = netspec("report", str(run), "-o", "elsewhere.html")
    assert (done.status, done.out, done.err) == (0, "wrote elsewhere.html\n", "")
    # Ids of drawings, and the time at which matplotlib numbered them, are all that differs.
    assert plain((tmp_path / "elsewhere.html").read_text()) == plain(before)


def plain(text: str) -> str:
    text = re.sub(r"<p>.*runs/small/", "<p>runs/small/", text)  # which may be named from elsewhere
    return re.sub(r"(?:id=\"|url\(#|xlink:href=\"#)[\w]+", "ID", text)


def test_a_run_that_was_interrupted_has_a_report_of_what_there_is(reports: dict[str, Path], tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(reports["two"], run)
    record = json.loads((run / "run.json").read_text())
    del record["digest"]
    record |= {"status": "interrupted", "results": None, "epochs": 9}
    (run / "run.json").write_text(json.dumps(record))
    assert netspec("report", str(run)).status == 0
    page = Page(run / "report.html")
    assert "interrupted" in page.text
    assert "epochs 1 of 9" in page.text
    assert "Confusion matrix" in page.text  # of the weights that there are
    for name in ("last.npz", "best.npz", "history.csv", "metrics.jsonl", "resolved.yaml"):
        (run / name).unlink()
    done = netspec("report", str(run))
    assert (done.status, done.err) == (
        0,
        "note: there is nothing of the test: the run has no last weights, and is interrupted\n",
    )
    page = Page(run / "report.html")
    assert page.headings == ["Network", "Data", "Settings and versions"]


def test_data_that_are_gone_are_told_of(reports: dict[str, Path], tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(reports["numbers"], run)
    record = json.loads((run / "run.json").read_text())
    del record["digest"]
    (run / "run.json").write_text(json.dumps({**record, "root": str(tmp_path / "gone")}))
    done = netspec("report", str(run))
    assert done.status == 0
    assert done.err.startswith("note: there is nothing of the test, as the data cannot be had: ")
    assert "rows.csv" in done.err
    assert "There is nothing of the test, as the data cannot be had" in Page(run / "report.html").text


def test_what_is_no_run() -> None:
    assert netspec("report", "nowhere").err == "nowhere: error NS708: cannot be read: there is no such folder\n"


def test_what_is_wrong_with_a_report_is_no_fault_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(story: Story) -> Iterator[Block]:
        raise ValueError("no\nsuch thing")

    Path("small.yaml").write_text(SMALL)
    monkeypatch.setattr(pages, "SECTIONS", (pages.Section("Broken", broken),))
    done = netspec("train", "small.yaml", "--epochs", "1")
    assert done.status == 0
    run = only_run()
    assert done.err == f"warning: the report could not be written: no; `netspec report {run}` tries again\n"
    assert json.loads((run / "run.json").read_text())["status"] == "finished"


def test_a_further_section_is_one_addition(
    reports: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    section = pages.Section("Mine & yours", lambda story: [Paragraph(f"of {story.record['name']}")])
    monkeypatch.setattr(pages, "SECTIONS", (*pages.SECTIONS, section))
    assert netspec("report", str(reports["two"]), "-o", "more.html").status == 0
    page = Page(tmp_path / "more.html")
    assert page.headings == [*SECTIONS, "Mine & yours"]
    assert "of small" in page.text


# --- size -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("examples", "classes"), [(50_000, 10), (4_000, 1_000), (2_000, 20_000)])
def test_a_large_test_makes_no_large_page(examples: int, classes: int) -> None:
    """The time of the report itself, which is bounded, without the network's."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, examples)

    def predict(x: Any) -> Any:
        made = np.zeros((len(x), classes), np.float32)
        made[np.arange(len(x)), (x[:, 0, 0, 0] * classes).astype(int) % classes] = 5
        return made

    x = np.broadcast_to((y / classes)[:, None, None, None], (examples, 64, 64, 3)).astype(np.float16)
    target = Target("made", "classes", classes, (), tuple(f"class {i}" for i in range(classes)))
    predictor = Predictor(SimpleNamespace(predict_on_batch=predict), [Output("main", (classes,), "")], {"main": target})
    split = Split({"input": x}, {"main": y})
    began = time.process_time()
    schema = Schema({"input": Feature("made", (64, 64, 3))}, {"main": target})
    tested = Examined(split, predictor, predictor.collect(split, 128), schema, "last")
    story = Story("run", {"name": "large"}, None, [], [], "", tested)  # type: ignore[arg-type]  # the sections need no plan
    blocks = [("Test", list(outcome(story))), ("Worst", list(mistakes(story)))]
    text = pages.render(title="large", over="", said=[], place="", headline=[], sections=blocks)
    assert time.process_time() - began < 60
    assert len(text) < 3_000_000
    if classes > 2_000:
        assert "20,000 classes are too many to show which was taken for which." in text


def test_words_for_numbers_and_times() -> None:
    assert [figure(value) for value in (None, 3.0, 12345, 0.12345, 1e-7, 123456.7)] == [
        "not finite", "3", "12,345", "0.1235", "1e-07", "1.23e+05",
    ]  # fmt: skip
    assert [duration(value) for value in (0.04, 59.96, 61, 3_661)] == ["0.0 s", "60.0 s", "1 min 01 s", "1 h 01 min"]


def test_the_folder_says_where_its_files_are(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert [path.name for path in (folder.report, folder.metrics, folder.events, folder.resolved)] == [
        "report.html", "metrics.jsonl", "tensorboard", "resolved.yaml",
    ]  # fmt: skip


def test_python_trains_without_a_command(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    run = train("small.yaml", epochs=1)
    assert json.loads((run.folder / "run.json").read_text())["commands"] == []
    assert (run.folder / "report.html").is_file()
