"""What the README shows is what a reader gets: its network, its table, its commands, its Python."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

import netspec
from netspec.cli import COMMANDS, main
from tests.docs.pages import CAN_DRAW

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
TRAIN, TEST = (text.strip() for language, text in BLOCKS if language == "sh" and "venv" in text)
NETWORK = next(text for language, text in BLOCKS if language == "yaml" and text.startswith("netspec: 1\n"))
PYTHON = next(text for language, text in BLOCKS if language == "python")

# The spec whose mistake the README shows.
TOY = """\
netspec: 1
name: toy
input: [10, 10, 3]


layers:
  - conv: {filters: 16, kernel_size: 3, strides: 2, name: c1}
"""
# What a reader puts in place of the capitals in the table of commands.
EXAMPLES = {
    "validate FILE…": "validate lenet5.yaml resnet.yaml",
    "fmt FILE…": "fmt lenet5.yaml resnet.yaml",
    "simplify FILE…": "simplify lenet5.yaml resnet.yaml",
    "upgrade FILE": "upgrade lenet5.yaml",
    "inspect FILE…": "inspect lenet5.yaml resnet.yaml",
    "view FILE": "view lenet5.yaml",
    "diff A B": "diff lenet5.yaml lenet5.yaml",
    "build FILE -o MODEL.keras": "build lenet5.yaml -o lenet5.keras",
    "import MODEL -o SPEC.yaml": "import lenet5.keras -o imported.yaml",
    "train FILE": "train lenet5.yaml --epochs 2",
    "verify RUN": "verify RUN",
    "evaluate RUN": "evaluate RUN",
    "predict RUN INPUT…": "predict RUN image.png",
    "export RUN --format saved_model": "export RUN --format saved_model",
    "serve RUN": "serve RUN",
    "probe RUN …": "probe RUN --only translation --only nodes",
    "features RUN": "features RUN image.png",
    "report RUN": "report RUN",
    "runs": "runs",
    "runs compare RUN RUN": "runs compare RUN RUN",
    "explain CODE-or-KIND": "explain NS401",
    "explain FILE NODE": "explain lenet5.yaml f6",
    "schema": "schema",
    "lsp": "lsp",
    "playground": "playground",
    "new NAME": "new vgg16",
}
LIGHT = [
    form
    for form in EXAMPLES
    if form.split()[0]
    in ("validate", "fmt", "simplify", "upgrade", "inspect", "view", "diff", "explain", "schema", "new")
]


@pytest.fixture(autouse=True)
def in_a_folder_with_specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lenet5", "resnet"):
        shutil.copy(ROOT / "specs" / f"{name}.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> tuple[int, str]:
    """A command's status and what it printed."""
    out = io.StringIO()
    return main(arguments, out, out), out.getvalue()


def test_the_network_gets_no_warning() -> None:
    Path("network.yaml").write_text(NETWORK, encoding="utf-8")
    assert run("validate", "network.yaml") == (0, "1 file, no problems\n")


def test_the_table_is_what_inspect_prints() -> None:
    from tools.write_readme import current

    assert current(README) == README


def test_the_mistake_is_told_as_shown() -> None:
    Path("toy.yaml").write_text(TOY, encoding="utf-8")
    status, printed = run("validate", "toy.yaml")
    (shown,) = (text for _, text in BLOCKS if text.startswith("toy.yaml:"))
    assert status == 1
    assert printed.startswith(shown)


def test_the_table_of_commands_has_them_all() -> None:
    table = README[README.index("| command | does |") : README.index("`--set NAME=VALUE`")]
    forms = re.findall(r"`netspec ([^`]+)`", table)
    assert sorted(forms) == sorted(EXAMPLES)
    assert {form.split()[0] for form in forms} == set(COMMANDS)


@pytest.mark.parametrize("form", LIGHT)
def test_a_light_command_does_what_the_table_says(form: str) -> None:
    status, printed = run(*shlex.split(EXAMPLES[form]))
    assert status == 0, printed
    assert printed


@pytest.mark.backend
def test_the_heavy_commands_do_what_the_table_says() -> None:
    from PIL import Image

    Image.new("L", (32, 32)).save("image.png")
    without = {"serve RUN", "lsp", "playground"}  # which end when they are told, and have tests of their own
    without |= set() if CAN_DRAW else {"report RUN", "probe RUN …", "features RUN"}
    for form in (form for form in EXAMPLES if form not in {*LIGHT, *without}):
        words = [str(only_run()) if word == "RUN" else word for word in EXAMPLES[form].split()]
        status, printed = run(*words)
        assert status == 0, printed
        assert printed
    assert Path("lenet5.keras").is_file()


@pytest.mark.backend
def test_the_command_that_a_reader_tries_first_trains_lenet5() -> None:
    command = TRAIN.partition(" && .venv/bin/netspec ")[2]
    assert command == "train specs/lenet5.yaml"
    status, printed = run("train", str(ROOT / "specs" / "lenet5.yaml"), "--epochs", "2")
    assert status == 0, printed


@pytest.mark.backend
def test_the_python_runs() -> None:
    names: dict[str, object] = {"netspec": netspec}
    exec(compile(PYTHON.replace("epochs=5", "epochs=2"), "README.md", "exec"), names)
    assert names["problems"] == ()
    assert getattr(names["model"], "name", None) == "resnet"
    assert only_run().is_dir()


def test_ci_and_the_readme_run_the_same_tests() -> None:
    assert f"TEST='{TEST}'\n" in CI
    assert CI.rstrip().endswith('\neval "$TEST"')


def test_every_extra_that_is_named_exists() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for page in (README, CONTRIBUTING, CI):
        for named in re.findall(r"(?:netspec-keras|\"\.|`)\[([a-z,]+)\]", page):
            assert set(named.split(",")) <= set(extras), named


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_every_file_that_is_named_exists(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page)
    scripts = re.findall(r"\b((?:tools|tests|specs|netspec)/[\w./]+\w)", page)
    assert links
    assert [name for name in (*links, *scripts) if not (ROOT / name).exists()] == []


def only_run() -> Path:
    """The one run of the folder."""
    (found,) = Path("runs/lenet5").iterdir() if Path("runs/lenet5").is_dir() else (Path("no run"),)
    return found
