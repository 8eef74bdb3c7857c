"""How long an editor waits: from a key to diagnostics and inlay hints, from the start to the first diagnostics.

Through `netspec lsp` as an editor speaks with it. A key changes one digit in a line with a node, and the next takes it back; what
counts is the time from sending the change to the answer with the hints of the lines in sight, before which diagnostics have come.
Where node's yaml-language-server is installed (tests/editors, see CONTRIBUTING.md), it gets the same keys in turn. Milliseconds
are a machine's and an hour's: how long Python takes there to import two packages is told first.

`python tools/bench/editing.py [zoo|large|variants|fixes|delays|start|memory ...] [--keys 60]`
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tools.bench.validation import spec_of  # noqa: E402

SPECS = ROOT / "specs"
OURS = [sys.executable, "-m", "netspec", "lsp"]
YAML = ROOT / "tests" / "editors" / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
# As VS Code: tooltips are asked for when they are shown, hints for the lines in sight and some around them.
HINTS = {"resolveSupport": {"properties": ["tooltip", "textEdits", "label.tooltip", "label.location", "label.command"]}}
CAPABILITIES = {"workspace": {"configuration": True}, "textDocument": {"publishDiagnostics": {}, "inlayHint": HINTS}}
# As installed packages are, whose modules have been compiled.
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
IN_SIGHT = 100  # lines
LOOKED = 0.5  # seconds, for which a person looks at a problem before asking what might mend it
LARGE = (2_000, 20_000)  # nodes


class Client:
    """A client that adds as little as may be to what it measures."""

    def __init__(self, command: list[str]) -> None:
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=COMPILED)
        self.asked = 0

    def __enter__(self) -> Client:
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES})
        self.tell("initialized", {})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()

    def send(self, message: dict[str, Any]) -> None:
        """One message."""
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, params: object) -> None:
        """A notification."""
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        """A request, and its answer."""
        self.asked += 1
        self.send({"id": self.asked, "method": method, "params": params})
        return self.until(lambda message: message.get("id") == self.asked and "method" not in message)["result"]

    def until(self, wanted: Any) -> dict[str, Any]:
        """The next message that is wanted; what the server asks meanwhile gets an answer."""
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline()).strip():
                if line.lower().startswith(b"content-length"):
                    length = int(line.partition(b":")[2])
            message: dict[str, Any] = json.loads(self.process.stdout.read(length))
            if wanted(message):
                return message
            if "id" in message and "method" in message:
                items = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
                self.send({"id": message["id"], "result": [self.setting(each) for each in items] or None})

    @staticmethod
    def setting(item: dict[str, Any]) -> object:
        """What a server is told of its settings."""
        if item.get("section") != "yaml":
            return None
        schema = str(SPECS / "netspec.schema.json")
        return {"validate": True, "hover": True, "completion": True, "schemas": {schema: ["*.netspec.yaml"]}}

    def open(self, uri: str, text: str) -> None:
        """Open a text, and wait for its problems."""
        self.tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}},
        )
        self.until(lambda message: message.get("method") == "textDocument/publishDiagnostics")

    def memory(self) -> float:
        """MiB that the server holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.findall(r"VmRSS:\s*(\d+)", status)[0]) / 1024


def keys(text: str, count: int, rng: random.Random) -> list[tuple[int, int, str, str]]:
    """Places with the character there and what is typed over it: digits in lines with nodes."""
    found = [
        (number, match.start())
        for number, line in enumerate(text.split("\n"))
        for match in re.finditer(r"(?<=[ \[{])[1-9](?=[ ,}\]0-9]|$)", line.partition("#")[0])
        if line.lstrip().startswith(("-", "{")) or ":" in line
    ]
    found = [each for each in found if each[0] > 2] or found
    lines = text.split("\n")
    chosen = [rng.choice(found) for _ in range(count)]
    return [(line, column, lines[line][column], str(int(lines[line][column]) % 9 + 1)) for line, column in chosen]


def waits(client: Client, uri: str, text: str, count: int, hints: bool) -> list[float]:
    """Milliseconds from each key to what it brings; `hints`: the server has inlay hints, after which it is done."""
    client.open(uri, text)
    time.sleep(0.3)  # as whoever opens a text looks at it first
    found = []
    version = 1
    for line, column, was, now in keys(text, count, random.Random(uri)):
        for new in (now, was):
            version += 1
            place = {"start": {"line": line, "character": column}, "end": {"line": line, "character": column + 1}}
            began = time.perf_counter()
            client.tell(
                "textDocument/didChange",
                {
                    "textDocument": {"uri": uri, "version": version},
                    "contentChanges": [{"range": place, "text": new}],
                },
            )
            client.until(lambda message: message.get("method") == "textDocument/publishDiagnostics")
            if hints:
                first = max(0, line - IN_SIGHT // 2)
                sight = {"start": {"line": first, "character": 0}, "end": {"line": first + IN_SIGHT, "character": 0}}
                client.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": sight})
            found.append(1000 * (time.perf_counter() - began))
            if len(found) % 10 == 0:
                time.sleep(0.1)  # as whoever types looks up
    return found


def quantile(values: list[float], share: float) -> float:
    """The value below which a share of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def zoo(count: int) -> None:
    """Every spec of the zoo."""
    rows = []
    with Client(OURS) as ours:
        for path in sorted(SPECS.glob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            found = waits(ours, f"file:///{path.stem}.netspec.yaml", text, count, hints=True)
            rows.append((median(found), quantile(found, 0.99), path.stem))
            ours.tell("textDocument/didClose", {"textDocument": {"uri": f"file:///{path.stem}.netspec.yaml"}})
    rows.sort(reverse=True)
    print("| spec | median, ms | 99th percentile, ms |\n| --- | ---: | ---: |")
    slowest = {*rows[:10], *sorted(rows, key=lambda row: row[1])[-5:]}
    for middle, high, name in sorted(slowest, reverse=True):  # by the median, and those of the slowest single keys
        print(f"| {name} | {middle:.1f} | {high:.1f} |")
    print(
        f"| all {len(rows)}: the median of them, the most | {median(row[0] for row in rows):.1f} | {max(r[1] for r in rows):.1f} |"
    )


def large(count: int) -> None:
    """Flat specs of many nodes, ours and yaml-language-server in turn."""
    for nodes in LARGE:
        text = spec_of("flat", nodes // 4)
        servers = {"netspec": OURS} | ({"yaml-language-server": [str(YAML), "--stdio"]} if YAML.exists() else {})
        found: dict[str, list[float]] = {name: [] for name in servers}
        for turn in range(2):
            for name, command in servers.items():
                with Client(command) as client:
                    keys_now = max(3, count // (nodes // 1_000)) if name == "netspec" else 3
                    uri = f"file:///large{turn}.netspec.yaml"
                    found[name] += waits(client, uri, text, keys_now, hints=name == "netspec")
        for name, times in found.items():
            print(
                f"{nodes:,} nodes, {name}: median {median(times):.0f} ms, 99th percentile {quantile(times, 0.99):.0f} ms"
            )


def variants(count: int) -> None:
    """From the last key to the errors of variants: an error in one of them is written, and taken away again."""
    for name in ("efficientnet_v2", "resnet", "densenet"):
        text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
        lines = text.split("\n")
        at = next(index for index, line in enumerate(lines) if line.startswith("variants:"))
        change = {"start": {"line": at + 1, "character": 0}, "end": {"line": at + 1, "character": 0}}
        added = "  broken: {classes: 0}\n"
        found, delays = [], []
        with Client(OURS) as client:
            uri = f"file:///{name}.netspec.yaml"
            client.open(uri, text)
            version = 1
            for _ in range(max(2, count // 10)):
                for new, codes in ((added, True), ("", False)):
                    version += 1
                    range_ = change if new else {**change, "end": {"line": at + 2, "character": 0}}
                    began = time.perf_counter()
                    client.tell(
                        "textDocument/didChange",
                        {
                            "textDocument": {"uri": uri, "version": version},
                            "contentChanges": [{"range": range_, "text": new}],
                        },
                    )
                    client.until(
                        lambda m, codes=codes, version=version: (
                            m.get("method") == "textDocument/publishDiagnostics"
                            and m["params"]["version"] == version
                            and bool(m["params"]["diagnostics"]) == codes
                        )
                    )
                    (found if new else delays).append(1000 * (time.perf_counter() - began))
        print(f"{name}: errors of variants after {median(found):.0f} ms (most {max(found):.0f})")


def fixes(count: int) -> None:
    """From asking for the repairs of a problem to the answer, over specs of the zoo with one shape broken in each."""
    from tests.support.broken import corpus

    found: dict[str, list[tuple[float, str]]] = {"at once": [], f"after {LOOKED:g} s": []}
    with Client(OURS) as client:
        for number, broken in enumerate(corpus(1, seed=1)):
            for pause, rows in zip((0, LOOKED), found.values(), strict=True):
                uri = f"file:///broken{number}_{1000 * pause:.0f}.netspec.yaml"
                problem = broken_at(client, uri, broken.text, broken.code)
                if problem is not None:  # not of a variant
                    time.sleep(pause)
                    context = {"diagnostics": [problem], "only": ["quickfix"]}
                    began = time.perf_counter()
                    client.ask(
                        "textDocument/codeAction",
                        {"textDocument": {"uri": uri}, "range": problem["range"], "context": context},
                    )
                    rows.append((1000 * (time.perf_counter() - began), f"{broken.spec}, {broken.way}"))
                client.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
    for when, rows in found.items():
        rows.sort(reverse=True)
        times = [each for each, _ in rows]
        print(
            f"repairs of {len(rows)} problems, asked for {when}: median {median(times):.0f} ms, "
            f"95 % within {quantile(times, 0.95):.0f}"
        )
        print("slowest: " + "; ".join(f"{name} {each:.0f} ms" for each, name in rows[:3]))


def broken_at(client: Client, uri: str, text: str, code: str) -> dict[str, Any] | None:
    """Open a text; returns its first problem of a code."""
    client.tell(
        "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}
    )
    told = client.until(lambda m: m.get("params", {}).get("uri") == uri and "method" in m)
    return next((each for each in told["params"]["diagnostics"] if each["code"] == code), None)


def delays(count: int) -> None:
    """How much longer a key takes that comes while variants are looked at, or repairs are found, than one that comes at once."""
    from tests.support.broken import corpus

    for name in ("efficientnet_v2", "resnet", "densenet"):
        delay(name, (SPECS / f"{name}.yaml").read_text(encoding="utf-8"), "variants are looked at", (0.08, 0.14), count)
    for broken in corpus(1, seed=1):
        if f"{broken.spec}, {broken.way}" in ("hrnet, does not tile", "nasnet, merge channels differ"):
            delay(f"{broken.spec}, {broken.way}", broken.text, "repairs are found", (0.1, 0.5), count)


def delay(name: str, text: str, what: str, late: tuple[float, float], count: int) -> None:
    """The same for one text, where late keys come between so many seconds after the last."""
    chosen = keys(text, count, random.Random(name))
    found: dict[bool, list[float]] = {False: [], True: []}
    with Client(OURS) as client:
        uri = "file:///delayed.netspec.yaml"
        client.open(uri, text)
        version = 1
        for line, column, was, now in chosen:
            for is_late in (False, True):
                for new in (now, was):
                    time.sleep(random.Random(version).uniform(*late) if is_late else 0.005)
                    version += 1
                    place = {"start": {"line": line, "character": column}}
                    place["end"] = {"line": line, "character": column + 1}
                    began = time.perf_counter()
                    client.tell(
                        "textDocument/didChange",
                        {
                            "textDocument": {"uri": uri, "version": version},
                            "contentChanges": [{"range": place, "text": new}],
                        },
                    )
                    client.until(
                        lambda message, version=version: (
                            message.get("method") == "textDocument/publishDiagnostics"
                            and message["params"]["version"] == version
                        )
                    )
                    found[is_late].append(1000 * (time.perf_counter() - began))
    more = quantile(found[True], 0.95) - quantile(found[False], 0.95)
    print(
        f"{name}: a key {median(found[False]):.1f} ms, while {what} {median(found[True]):.1f}; "
        f"at the 95th percentile {more:.1f} more"
    )


def importing() -> float:
    """Milliseconds that Python takes to start and import what netspec needs of others."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import yaml, jsonschema"], check=True, env=COMPILED)
    return 1000 * (time.perf_counter() - began)


def start(count: int) -> None:
    """From starting the server to its first diagnostics, beside starting Python alone."""
    text = (SPECS / "resnet.yaml").read_text(encoding="utf-8")
    ours, bare = [], []
    with Client(OURS) as client:  # which compiles what is not
        client.open("file:///resnet.netspec.yaml", text)
    for _ in range(max(5, count // 4)):
        bare.append(importing())
        with Client(OURS) as client:
            client.open("file:///resnet.netspec.yaml", text)
            ours.append(1000 * (time.perf_counter() - client.started))
    print(f"start to first diagnostics: median {median(ours):.0f} ms; `import yaml, jsonschema` {median(bare):.0f} ms")


def memory(count: int) -> None:
    """MiB after each thousand of ten thousand edits."""
    text = (SPECS / "inception_v4.yaml").read_text(encoding="utf-8")
    with Client(OURS) as client:
        held = []
        for turn in range(10):
            uri = f"file:///m{turn}.netspec.yaml"
            waits(client, uri, text, 500, hints=True)
            client.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
            held.append(client.memory())
    print("MiB after each thousand edits: " + ", ".join(f"{each:.0f}" for each in held))


PARTS = {
    "zoo": zoo,
    "large": large,
    "variants": variants,
    "fixes": fixes,
    "delays": delays,
    "start": start,
    "memory": memory,
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--keys", type=int, default=60)
    options = parser.parse_args()
    print(f"`import yaml, jsonschema` takes {median(importing() for _ in range(9)):.0f} ms here now")
    for name in options.parts or PARTS:
        PARTS[name](options.keys)


if __name__ == "__main__":
    main()
