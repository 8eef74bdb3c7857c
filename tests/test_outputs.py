"""What may be replaced: netspec's own files unasked, others by `--force`, and the spec never."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.diagnostics.problems import SpecError
from netspec.outputs import check_output, is_ours

SPEC = "netspec: 1\nname: net\ninput: [8]\nlayers: [{dense: 2}]\n"
FORCE = "choose another with -o, or replace it with --force\n"
FOREIGN = f"error NS709: the file exists and netspec did not write it; {FORCE}"
ITSELF = "error NS709: this is what is read, which would be lost; choose another with -o\n"
HAS_ONNX = all(importlib.util.find_spec(name) is not None for name in ("onnx", "tf2onnx", "onnxruntime"))


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC)


def test_a_script_of_one_s_own_is_replaced() -> None:
    for _ in range(2):
        assert run("build", "net.yaml", "--format", "python") == (
            0,
            "wrote net.py: a Python script for Keras, 18 parameters\n",
            "",
        )


def test_a_file_of_somebody_else_s_is_kept() -> None:
    Path("setup.yaml").write_text(SPEC.replace("name: net\n", ""))
    Path("setup.py").write_text("import setuptools\n")
    assert run("build", "setup.yaml", "--format", "python") == (1, "", f"setup.py: {FOREIGN}")
    assert Path("setup.py").read_text() == "import setuptools\n"
    assert run("build", "setup.yaml", "--format", "python", "--force")[0] == 0
    assert Path("setup.py").read_text().startswith("# The network `setup`, written by netspec from setup.yaml.\n")


@pytest.mark.parametrize("force", [[], ["--force"]], ids=str)
@pytest.mark.parametrize("way", ["itself", "dots", "link", "hard link"])
def test_the_spec_itself_is_never_written_over(way: str, force: list[str]) -> None:
    output = {"itself": "net.yaml", "dots": "./x/../net.yaml"}.get(way, "other.py")
    Path("x").mkdir()
    if way == "link":
        Path("other.py").symlink_to("net.yaml")
    if way == "hard link":
        os.link("net.yaml", "other.py")
    shown = str(Path(output))
    assert run("build", "net.yaml", "--format", "python", "-o", output, *force) == (1, "", f"{shown}: {ITSELF}")
    assert Path("net.yaml").read_text() == SPEC


def test_a_folder_that_holds_the_spec_is_never_replaced() -> None:
    lost = "error NS709: this folder holds what is read, which would be lost; choose another with -o\n"
    for output in (".", os.getcwd()):
        assert run("build", "net.yaml", "--format", "saved_model", "-o", output, "--force") == (
            1,
            "",
            f"{output}: {lost}",
        )


def test_an_empty_file_is_no_loss() -> None:
    Path("net.py").touch()
    assert run("build", "net.yaml", "--format", "python")[0] == 0


def test_a_link_that_leads_nowhere() -> None:
    Path("net.py").symlink_to("nowhere")
    said = f"net.py: error NS709: a link that leads nowhere has this name; {FORCE}"
    assert run("build", "net.yaml", "--format", "python") == (1, "", said)
    assert run("build", "net.yaml", "--format", "python", "--force")[0] == 0
    assert not Path("net.py").is_symlink()
    assert not Path("nowhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="has no devices in folders")
@pytest.mark.parametrize("force", [[], ["--force"]], ids=str)
def test_what_is_no_file(force: list[str]) -> None:
    os.mkfifo("pipe")
    Path("folder").mkdir()
    end = "choose another with -o\n"
    for output, why in {
        "pipe": "this is a pipe, and not a file",
        "folder": "this is a folder, and a file is to be written",
        "/dev/null": "what lies in /dev is a device or a stream, and no place for a file",
        "/dev/stdout": "what lies in /dev is a device or a stream, and no place for a file",
    }.items():
        said = (1, "", f"{output}: error NS709: {why}; {end}")
        assert run("build", "net.yaml", "--format", "python", "-o", output, *force) == said
        assert run("schema", "-o", output, *force) == said
        assert run("new", "lenet5", "-o", output, *force) == said


def test_an_output_without_a_name() -> None:
    end = "choose another with -o\n"
    said = f".: error NS709: this is a folder, and a file is to be written; {end}"
    assert run("schema", "-o", "") == (1, "", said)


def test_the_schema() -> None:
    assert run("schema", "-o", "s.json") == (0, "", "")
    assert run("schema", "-o", "s.json") == (0, "", "")
    Path("s.json").write_text('{"title": "mine"}\n')
    assert run("schema", "-o", "s.json") == (1, "", f"s.json: {FOREIGN}")
    assert Path("s.json").read_text() == '{"title": "mine"}\n'
    assert run("schema", "-o", "s.json", "--force") == (0, "", "")
    assert run("schema", "--check", "net.yaml", "-o", "s.json") == (
        2,
        "",
        "netspec schema: --check writes no schema; leave -o, --install and --force out\n",
    )
    assert run("schema", "--force") == (2, "", "netspec schema: --force requires -o or --install\n")


def test_the_file_of_a_run() -> None:
    run("build", "net.yaml", "--format", "python")
    Path("run.json").write_text("{}")
    assert run("build", "net.yaml", "--format", "python") == (
        1,
        "",
        f"net.py: error NS709: the file belongs to a run; {FORCE}",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        b"# The network of mine\n",
        b"x\n# The network `net`, written by netspec from net.yaml.\n",
        b'{"$schema": "http://json-schema.org/draft-07/schema#", "title": "other"}',
        b"\x08\x0a\x12\x07pytorch" + b" netspec" * 9,
        b"\xff" * 99,
    ],
)
def test_what_netspec_did_not_write(content: bytes) -> None:
    Path("f").write_bytes(content)
    assert not is_ours(Path("f"))
    with pytest.raises(SpecError, match="netspec did not write it"):
        check_output(Path("f"))


# --- models -----------------------------------------------------------------------------------------------------------


@pytest.mark.backend
def test_a_keras_file() -> None:
    for _ in range(2):
        assert run("build", "net.yaml")[0] == 0
    from netspec.backends.keras.importing import import_keras

    keras = import_keras()
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save("net.keras")
    before = Path("net.keras").read_bytes()
    assert run("build", "net.yaml") == (1, "", f"net.keras: {FOREIGN}")
    assert Path("net.keras").read_bytes() == before
    assert run("build", "net.yaml", "--force")[0] == 0


@pytest.mark.backend
@pytest.mark.skipif(not HAS_ONNX, reason="needs the extra `onnx`")
def test_an_onnx_file() -> None:
    for _ in range(2):
        assert run("build", "net.yaml", "-o", "net.onnx")[0] == 0
    import onnx

    model = onnx.load("net.onnx")
    assert model.producer_name == "netspec"
    model.producer_name = "pytorch"
    onnx.save(model, "net.onnx")
    assert run("build", "net.yaml", "-o", "net.onnx") == (1, "", f"net.onnx: {FOREIGN}")


@pytest.mark.backend
def test_a_saved_model() -> None:
    from netspec.backends.keras.importing import import_keras

    if import_keras().backend.backend() != "tensorflow":
        pytest.skip("a SavedModel is TensorFlow's")
    build = ("build", "net.yaml", "--format", "saved_model")
    Path("net").mkdir()
    for _ in range(2):
        assert run(*build)[0] == 0
    assert sorted(os.listdir()) == ["net", "net.yaml"]
    Path("net/assets.extra/netspec.json").unlink()
    assert run(*build) == (
        1,
        "",
        f"net: error NS709: the folder is a SavedModel that netspec did not write; {FORCE}",
    )
    assert run(*build, "--force")[0] == 0
    Path("net/notes.txt").write_text("mine\n")
    kept = "net: error NS709: the folder holds other things than a SavedModel; choose another with -o\n"
    assert run(*build) == run(*build, "--force") == (1, "", kept)
    assert Path("net/notes.txt").read_text() == "mine\n"


@pytest.mark.backend
@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError(28, "No space left on device")], ids=str)
def test_a_build_that_is_broken_off_leaves_nothing(fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.backends.keras import model_file

    def stop(*_: object, **__: object) -> None:
        raise fault  # type: ignore[misc]

    monkeypatch.setattr(model_file.json, "dumps", stop)
    assert run("build", "net.yaml", "-o", "new/net.keras")[0] == (130 if fault is KeyboardInterrupt else 1)
    assert list(Path("new").iterdir()) == []
