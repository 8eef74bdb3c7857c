"""`netspec serve`: what is asked and answered, what is refused, how it ends. The server is a process of its own, on this machine."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from netspec.api import train
from tests.support.browser import CHROMIUM, Browser, Page

from .conftest import SMALL, netspec
from .test_evaluate import FLOWERS
from .test_predict import MASKS

for package in ("starlette", "uvicorn", "python_multipart", "prometheus_client"):
    pytest.importorskip(package, reason="needs the extra `serve`")

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        return self.status, self.json["error"]


class Client:
    """Asks a server."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def predict(self, body: object, kind: str = "application/json", query: str = "") -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self("POST", f"/predict{query}", content, content_type=kind)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def serving(*arguments: str) -> Iterator[Client]:
    """A server on any free port, ended afterwards."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "netspec", "serve", *arguments, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"serving (\w+) at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n", line)
        assert found is not None, line + process.stderr.read()
        yield Client(process, int(found[2]))
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A run of pictures, one of a table, one of masks; none of the tests may change them."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "small.yaml").write_text(SMALL)
    (folder / "flowers.yaml").write_text(FLOWERS)
    lines = [f"{5 + n % 3};2;rose" if n % 2 else f"1;{4 + n % 3};iris" for n in range(60)]
    (folder / "flowers.csv").write_text("length;width;species\n" + "\n".join(lines) + "\n")
    for name in ("images", "masks"):
        (folder / "ink" / name).mkdir(parents=True)
    for number in range(30):
        picture = RNG.integers(0, 255, (8, 8), np.uint8)
        Image.fromarray(picture).save(folder / f"ink/images/{number}.png")
        Image.fromarray((picture > 120).astype(np.uint8)).save(folder / f"ink/masks/{number}.png")
    (folder / "ink.yaml").write_text(MASKS)
    more: dict[str, Any] = {"epochs": 4, "optimizer": {"adam": 0.02}}
    return {
        name: str(train(folder / f"{name}.yaml", runs=folder / "runs", **(more if name == "small" else {})).folder)
        for name in ("small", "flowers", "ink")
    }


@pytest.fixture(scope="module")
def digits(runs: dict[str, str]) -> Iterator[Client]:
    """A server of the run of pictures."""
    with serving(runs["small"], "--max-bytes", "100000", "--max-pixels", "10000", "--max-examples", "40") as client:
        yield client


def picture(size: tuple[int, int] = (8, 8), kind: str = "PNG", seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, size, np.uint8)).save(file, kind)
    return file.getvalue()


def predicted(run: str, *arguments: str) -> list[dict[str, Any]]:
    result = netspec("predict", run, *arguments, "--format", "json")
    assert (result.status, result.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(result.out)["predictions"]
    return found


def form(files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A body of multipart/form-data, and its type."""
    parts = b"".join(
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
        b"Content-Type: image/png\r\n\r\n" + content + b"\r\n"
        for name, content in files.items()
    )
    return parts + b"--edge--\r\n", "multipart/form-data; boundary=edge"


# --- answers ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_answered_as_predict_does_to_the_bit(runs: dict[str, str], digits: Client) -> None:
    Path("a.png").write_bytes(picture((20, 30)))
    expected = predicted(runs["small"], "a.png")
    for kind in ("image/png", "application/octet-stream"):
        answer = digits.predict(picture((20, 30)), kind)
        assert answer.status == 200
        assert [{**each, "input": "a.png"} for each in answer.json["predictions"]] == expected


def test_several_pictures_in_a_form_are_answered_as_predict_does_to_the_bit(
    runs: dict[str, str], digits: Client
) -> None:
    Path("in").mkdir()
    files = {f"in/{number}.png": picture(seed=number) for number in range(5)}
    for name, content in files.items():
        Path(name).write_bytes(content)
    answer = digits.predict(*form(files), query="?top=2")
    assert answer.status == 200
    assert answer.json["predictions"] == predicted(runs["small"], "in", "--top", "2")


def test_arrays_and_lists_are_answered_as_predict_does_to_the_bit(runs: dict[str, str], digits: Client) -> None:
    values = RNG.integers(0, 17, (3, 8, 8, 1)).astype(np.float32)
    np.save("a.npy", values / 16)
    expected = [{**each, "input": "-"} for each in predicted(runs["small"], "a.npy")]
    by_array = digits.predict(Path("a.npy").read_bytes(), "application/octet-stream")
    assert by_array.json["predictions"] == expected
    rows = values.tolist()  # in the data's own numbers, which are divided by 16
    for body in (
        rows,
        {"examples": rows},
        {"examples": [{"input": row} for row in rows]},
        [{"input": row} for row in rows],
    ):
        assert digits.predict(body).json["predictions"] == expected
    one = digits.predict({"input": rows[0]}).json["predictions"]
    assert one[0]["classes"][0]["class"] == expected[0]["classes"][0]["class"]
    assert one[0]["classes"][0]["probability"] == pytest.approx(expected[0]["classes"][0]["probability"], rel=1e-5)


def test_rows_are_read_by_the_run_s_names(runs: dict[str, str]) -> None:
    Path("some.csv").write_text("species;width;length\n?;2;6\n?;5;1\n")
    expected = [{**each, "input": "-"} for each in predicted(runs["flowers"], "some.csv")]
    with serving(runs["flowers"]) as client:
        rows = [{"length": 6, "width": 2}, {"width": "5", "length": "1"}]
        assert client.predict(Path("some.csv").read_bytes(), "text/csv; charset=utf-8").json["predictions"] == expected
        assert client.predict({"examples": rows}).json["predictions"] == expected
        about = client("GET", "/model").json
        assert about == {
            "name": "flowers",
            "inputs": [{"name": "input", "shape": [2]}],
            "columns": ["length", "width"],
            "outputs": [{"name": "dense_1", "kind": "classes", "names": ["iris", "rose"]}],
            "takes": "row",
        }
        assert client.predict({"length": 6}).refusal == (
            400, "the request has no 'width'; the run reads `length` and `width`",
        )  # fmt: skip


def test_masks_are_drawn_on_demand(runs: dict[str, str]) -> None:
    with serving(f"{runs['ink']}/model.keras") as client:
        (each,) = client.predict(picture((16, 24)), "image/png", "?masks=png").json["predictions"]
        data = each["mask"].removeprefix("data:image/png;base64,")
        import base64

        with Image.open(io.BytesIO(base64.b64decode(data))) as mask:
            assert (mask.mode, mask.size) == ("P", (24, 16))
        Path("a.png").write_bytes(picture((16, 24)))
        (plain,) = client.predict(picture((16, 24)), "image/png").json["predictions"]
        assert {**plain, "input": "a.png"} == predicted(f"{runs['ink']}/model.keras", "a.png")[0]


def test_health_and_figures(digits: Client) -> None:
    health = digits("GET", "/health")
    assert (health.status, health.json["status"], health.json["model"]) == (200, "ok", "small")
    assert digits.predict(picture(), "image/png").status == 200
    figures = digits("GET", "/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    text = figures.body.decode()
    assert re.search(r'^netspec_requests_total\{path="/predict",status="200"\} [1-9]', text, re.M)
    for name in ("netspec_examples_total", "netspec_batch_examples_bucket", "netspec_request_seconds_sum"):
        assert name in text
    assert "netspec_waiting_examples 0.0" in text


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"", "image/png", 400, "the request is empty"),
        (b"nothing", "image/png", 400, "cannot read the request: not an image"),
        (b"{", "application/json", 400, "the request is not JSON: expecting property name enclosed in double quotes"),
        (b"[[1]]", "application/json", 400, "the request holds [[1]], and the network takes 8 x 8 x 1"),
        (b'{"x": 1}', "application/json", 400, "the request has no `input`; give `input`"),
        (b"[" * 50_000, "application/json", 400, "the request is not JSON: it is nested too deeply"),
        (b"a,b\n1,2\n", "text/csv", 400, "the request is read by the columns or arrays of a run that was trained on a csv"),
        (b"\x93NUMPY\x01\0", "image/png", 400, "cannot read the request: EOF: reading array header length, expected 2 bytes got 0"),
        (b"x", "video/mp4", 415, "'video/mp4' is not read; send application/json, text/csv, an image, a .npy array or multipart/form-data"),
        (b"x", "multipart/form-data", 400, "the form cannot be read: missing boundary in multipart"),
        (b"x" * 100_001, "image/png", 413, "a request may have 100,000 bytes, and this one has more"),
        (b'{"examples": []}', "application/json", 400, "the request holds no example"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_sentence(
    digits: Client, body: bytes, kind: str, status: int, message: str
) -> None:
    assert digits.predict(body, kind).refusal == (status, message)


def test_what_is_too_large_is_refused(digits: Client) -> None:
    assert digits.predict(picture((101, 100)), "image/png").refusal == (
        413, "a picture may have 10,000 pixels, and the request has 10,100",
    )  # fmt: skip
    rows = [[[[0]] * 8] * 8] * 41
    assert digits.predict(rows).refusal == (413, "a request may hold 40 examples, and this one holds more")
    chunked = digits("POST", "/predict", iter([b"x" * 60_000] * 2), content_type="image/png")  # type: ignore[arg-type]
    assert chunked.refusal == (413, "a request may have 100,000 bytes, and this one has more")
    assert digits.predict(picture(), "image/png", "?top=0").refusal == (
        400, "`top` is a whole number from 1 to 1,000, not '0'",
    )  # fmt: skip


def test_other_names_sites_and_paths_are_refused(digits: Client) -> None:
    assert digits("GET", "/", host="evil.example").refusal == (
        400, "the host name 'evil.example' is not served; start the server with --allow-host to allow it",
    )  # fmt: skip
    for name in ("localhost", f"127.0.0.1:{digits.port}", "[::1]:80"):
        assert digits("GET", "/health", host=name).status == 200
    other = digits("POST", "/predict", picture(), content_type="image/png", sec_fetch_site="cross-site")
    assert other.refusal == (403, "pages of other sites may not ask")
    assert digits("GET", "/../etc/passwd").refusal[0] == 404
    assert digits("GET", "/predict").refusal == (405, "/predict is asked by POST, and the others by GET")
    for path in ("/", "/page.css", "/page.js", "/model", "/nothing"):
        headers = digits("GET", path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "server" not in headers


def test_a_client_that_asks_too_often_is_told(runs: dict[str, str]) -> None:
    with serving(runs["small"], "--max-rate", "3") as client:
        answers = [client.predict(picture(), "image/png") for _ in range(20)]
        refused = [answer for answer in answers if answer.status == 429]
        assert {answer.status for answer in answers[:3]} == {200}
        assert refused
        assert refused[0].refusal == (429, "a client may ask 3 times a second")
        assert refused[0].headers["retry-after"] == "1"
        assert client("GET", "/health").status == 200


# --- at the same time -------------------------------------------------------------------------------------------------


def test_many_at_once_are_put_together_and_answered_alike(runs: dict[str, str]) -> None:
    pictures = [picture(seed=seed) for seed in range(60)]
    with serving(runs["small"], "--max-delay", "20") as client, serving(runs["small"], "--max-batch", "1") as apart:
        alone = [client.predict(each, "image/png").json for each in pictures]
        with ThreadPoolExecutor(12) as pool:
            together = [answer.json for answer in pool.map(lambda each: client.predict(each, "image/png"), pictures)]
            singly = [answer.json for answer in pool.map(lambda each: apart.predict(each, "image/png"), pictures)]
        text = client("GET", "/metrics").body.decode()
        batches = float(re.search(r"^netspec_batch_examples_count (\S+)$", text, re.M)[1])  # type: ignore[index]
    assert singly == alone
    for mine, other in zip(together, alone, strict=True):
        mine, other = (each["predictions"][0]["classes"] for each in (mine, other))
        assert [each["class"] for each in mine] == [each["class"] for each in other]
        assert [each["probability"] for each in mine] == pytest.approx(
            [each["probability"] for each in other], rel=1e-5
        )
    assert batches < 120


def test_more_than_may_wait_is_refused(runs: dict[str, str]) -> None:
    with (
        serving(runs["small"], "--max-requests", "2", "--max-delay", "500") as client,
        ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(lambda _: client.predict(picture(), "image/png"), range(8)))
        counts = {status: sum(answer.status == status for answer in answers) for status in (200, 503)}
        assert counts[200] >= 2
        assert counts[503] >= 1
        assert counts[200] + counts[503] == 8
        busy = next(answer for answer in answers if answer.status == 503)
        assert busy.refusal == (503, "too many requests wait; try again in a moment")


# --- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heard", [signal.SIGTERM, signal.SIGINT])
def test_requests_that_are_being_answered_are_answered_yet(runs: dict[str, str], heard: signal.Signals) -> None:
    with serving(runs["small"], "--max-delay", "1000") as client, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.predict, picture(), "image/png")
        time.sleep(0.4)
        client.process.send_signal(heard)
        assert waiting.result().status == 200
        out, err = client.process.communicate(timeout=30)
        assert (client.process.returncode, out, err) == (0, "ended\n", "")


def test_a_port_that_is_taken_and_packages_that_lack(runs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = netspec("serve", runs["small"], "--port", str(port))
        assert (result.status, result.out) == (1, "")
        assert result.err == f"<server>: error NS709: cannot listen on 127.0.0.1, port {port}: address already in use\n"
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name))
    result = netspec("serve", runs["small"])
    assert (result.status, result.err) == (
        1,
        "<environment>: error NS710: uvicorn is not installed, which serving needs; pip install 'netspec-keras[serve]'\n",
    )


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all tests of this module."""
    with Browser() as found:
        yield found


OWN = {"/page.css", "/page.js", "/model", "/predict?top=10&masks=png"}


def paths(page: Page, client: Client) -> set[str]:
    """What the page asked for: nothing but its server."""
    assert all(request.url.startswith(client.address) for request in page.requests)
    return {request.url.removeprefix(client.address.rstrip("/")) for request in page.requests}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_picture_is_shown_with_bars(
    digits: Client, browser: Browser, runs: dict[str, str], tmp_path: Path, width: int, dark: bool
) -> None:
    Path("seven.png").write_bytes(picture())
    (expected,) = predicted(runs["small"], "seven.png", "--top", "10")
    with browser.page(width=width, dark=dark) as page:
        page.open(digits.address)
        page.wait_for("!document.getElementById('image').hidden")
        page.choose_files("#file", Path("seven.png"))
        page.wait_for("document.querySelectorAll('.bars li').length === 10")
        shown = page.evaluate("[...document.querySelectorAll('.bars li')].map((item) => item.innerText.split('\\n'))")
        assert [name for name, _ in shown] == [each["class"] for each in expected["classes"]]
        assert shown[0][1] == f"{100 * expected['classes'][0]['probability']:.1f} %"
        assert page.evaluate("getComputedStyle(document.body).colorScheme") == "light dark"
        assert page.overflow == 0
        assert page.complaints == []
        assert paths(page, digits) == OWN
        shot(page, f"picture-{width}-{'dark' if dark else 'light'}")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_what_is_wrong_with_a_picture_is_told(digits: Client, browser: Browser) -> None:
    Path("no.png").write_bytes(b"nothing")
    with browser.page(width=700) as page:
        page.open(digits.address)
        page.wait_for("!document.getElementById('image').hidden")
        page.choose_files("#file", Path("no.png"))
        page.wait_for("!document.getElementById('error').hidden")
        assert page.evaluate("document.getElementById('error').textContent") == "cannot read the request: not an image"
        assert page.evaluate("document.getElementById('error').getAttribute('role')") == "alert"
        shot(page, "error")
        Path("yes.png").write_bytes(picture())
        page.choose_files("#file", Path("yes.png"))
        page.wait_for("document.querySelectorAll('.bars li').length === 10")
        assert page.evaluate("document.getElementById('error').hidden")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_row_is_typed_by_keyboard(runs: dict[str, str], browser: Browser) -> None:
    with serving(runs["flowers"]) as client, browser.page(width=800) as page:
        page.open(client.address)
        page.wait_for("document.querySelectorAll('#row input').length === 2")
        page.press("Tab", 9)
        for value in ("6", "2"):
            page.call("Input.insertText", text=value)
            page.press("Tab", 9)
        page.press("Enter", 13, text="\r")
        page.wait_for("document.querySelectorAll('.bars li').length === 2")
        assert page.evaluate("document.querySelector('.bars li').innerText").startswith("rose")
        page.evaluate("document.querySelector('#row input').value = ''")
        page.evaluate("document.querySelector('#row').requestSubmit()")
        page.wait_for("!document.getElementById('error').hidden")
        assert page.evaluate("document.getElementById('error').textContent") == "Fill in “length”."
        assert page.evaluate("document.activeElement.name") == "length"
        shot(page, "row")
        assert page.complaints == []


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_mask_is_shown_in_its_colours(runs: dict[str, str], browser: Browser) -> None:
    Path("field.png").write_bytes(picture((40, 60)))
    with serving(runs["ink"]) as client, browser.page(width=900) as page:
        page.open(client.address)
        page.wait_for("!document.getElementById('image').hidden")
        page.choose_files("#file", Path("field.png"))
        page.wait_for("document.querySelector('.mask') && document.querySelector('.mask').naturalWidth === 60")
        assert page.evaluate("document.querySelectorAll('.bars li canvas').length") >= 1
        shot(page, "mask")
        assert page.complaints == []


def shot(page: Page, name: str) -> None:
    """Keep a picture of a page, to be looked at, where SHOTS names a folder."""
    if os.environ.get("SHOTS"):
        page.screenshot(Path(os.environ["SHOTS"]) / f"{name}.png")
