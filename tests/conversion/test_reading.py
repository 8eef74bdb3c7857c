"""Configurations are data: what is broken, or names code, is refused in a sentence."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from netspec.cli import main
from netspec.conversion.keras_config import MAX_DEPTH, read_config
from netspec.conversion.lifting import options_of
from netspec.conversion.model import ConversionError, Layer
from netspec.diagnostics.words import show


def dense(**more: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": "Dense", "config": {"name": "d", "units": 2}, **more}


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    entry = {"module": "keras.layers", "class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4]}}
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [entry, *layers]}}


def imported(path: Path, *words: str) -> tuple[int, str]:
    """What the command prints on both streams, without Keras."""
    out = io.StringIO()
    return main(["import", str(path), "--no-check", *words], out, out), out.getvalue()


def write(folder: Path, content: object) -> Path:
    path = folder / "m.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_list_of_layers(tmp_path: Path) -> None:
    status, text = imported(write(tmp_path, sequential(dense(), dense(config={"name": "end", "units": 3}))))
    assert (status, text) == (
        0,
        "netspec: 1\nname: m\ninput: [4]\nlayers:\n  - dense: {units: 2, name: d}\n  - dense: {units: 3, name: end}\n",
    )


def test_a_file_of_json_gets_json(tmp_path: Path) -> None:
    target = tmp_path / "spec.JSON"
    status, text = imported(write(tmp_path, sequential(dense())), "-o", str(target))
    assert (status, text) == (0, f"wrote {target}: 6 lines\n")
    assert target.read_text(encoding="utf-8") == (
        '{\n  "netspec": 1,\n  "name": "m",\n  "input": [4],\n  "layers": [{"dense": {"units": 2, "name": "d"}}]\n}\n'
    )


def test_json_has_no_marks(tmp_path: Path) -> None:
    target = tmp_path / "spec.json"
    status, text = imported(write(tmp_path, sequential(dense())), "--partial", "-o", str(target))
    assert (status, text) == (
        2,
        "netspec import: --partial marks nodes by comments, for which JSON has no place; name a .yaml file with -o\n",
    )
    assert not target.exists()


def test_the_shape_of_an_input_may_be_given(tmp_path: Path) -> None:
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [dense()]}}
    status, text = imported(write(tmp_path, config), "--input", "?, 4")
    assert (status, text) == (0, "netspec: 1\nname: m\ninput: [null, 4]\nlayers:\n  - dense: {units: 2, name: d}\n")
    for wrong, size in (
        ("four", "four"),
        ("4,x", "x"),
        ("0", "0"),
        ("-4", "-4"),
        ("4x4", "4x4"),
        ("9" * 5000, "9" * 5000),
    ):
        status, text = imported(write(tmp_path, config), "--input", wrong)
        said = text.splitlines()[0]
        assert (status, said) == (
            2,
            f"netspec import: argument --input: a size is a whole number of at least 1, not {show(size)}",
        )


def test_what_would_do_nothing_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, sequential(dense()))
    assert imported(path, "--input", "4") == (
        1,
        f"{path}: error NS719: it says the shape of its input itself; leave --input out\n",
    )
    scale = "netspec import: --scale is for a YAML of Ultralytics, which MODEL is not; leave it out\n"
    shape = "netspec import: --input is for a model that does not say the shape of its input, which MODEL is not; leave it out\n"
    for model, option, said in (
        (str(path), ("--scale", "n"), scale),
        ("m.prototxt", ("--scale", "n"), scale),
        ("m.onnx", ("--scale", "n"), scale),
        ("keras.applications:VGG16", ("--scale", "n"), scale),
        ("m.onnx", ("--input", "4"), shape),
        ("m.pt2", ("--input", "4"), shape),
        ("keras.applications:VGG16", ("--input", "4"), shape),
    ):
        status, text = imported(Path(model), *option)
        assert (status, text[: len(said)]) == (2, said), model
    out = io.StringIO()
    assert main(["import", str(path), "-o", "same", "--weights", "./same"], out, out) == 2
    assert out.getvalue().splitlines()[0] == "netspec import: -o and --weights name the same file"


def test_a_square_shape_is_not_one_number() -> None:
    shape = Layer("eye", "Learned", False, {"shape": [3, 3]}, ())
    assert options_of("learned", shape) == {"shape": [3, 3]}
    assert options_of("learned", shape._replace(config={"shape": [3]})) == {"shape": 3}
    window = shape._replace(class_name="Conv2D", config={"filters": 8, "kernel_size": [3, 3]})
    assert options_of("conv", window) == {"filters": 8, "kernel_size": 3}


def test_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(sequential(dense())))
    assert imported(path)[0] == 0


def test_all_that_has_no_kind_is_told_at_once(tmp_path: Path) -> None:
    first = {"module": "keras.layers", "class_name": "Juggle", "config": {"name": "a"}}
    second = dense(config={"name": "b", "units": 2, "lora_rank": 4})
    path = write(tmp_path, sequential(first, second))
    assert imported(path) == (
        1,
        f"{path}: error NS719: the layer `a` is a 'Juggle', a layer for which there is no kind\n",
    )
    path = write(tmp_path, sequential(second))
    assert imported(path) == (
        1,
        f"{path}: error NS719: the layer `b` has `lora_rank` 4, which `dense` has no word for\n",
    )


REFUSED: dict[str, tuple[object, str]] = {
    "a Lambda": (
        sequential({"module": "keras.layers", "class_name": "Lambda", "config": {"name": "f"}}),
        "`f` is a `Lambda`, which is code of its authors'",
    ),
    "a module that is not Keras's": (
        sequential(dense(module="os", class_name="system")),
        "`d` holds a 'system' of `os`, which is code of its authors'",
    ),
    "a function by name": (
        sequential(
            dense(
                config={
                    "name": "d",
                    "units": 2,
                    "activation": {"module": "builtins", "class_name": "function", "config": "eval"},
                }
            )
        ),
        "it uses the function 'eval', which is code of its authors'",
    ),
    "a list": ([1], "the file must be a map, not [1]"),
    "another class": (
        {"class_name": "Tower", "config": {}},
        "it is a 'Tower', and neither a Functional nor a Sequential model",
    ),
    "no layers": (sequential(), "`m` has no layers"),
    "no shape": (
        {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": [dense()]}},
        "`m` does not say the shape of its input; give it with `--input`",
    ),
    "another precision": (
        sequential(dense(config={"name": "d", "units": 2, "dtype": "float16"})),
        "the layer `d` computes in float16, and a spec's networks in float32",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    config, message = REFUSED[name]
    path = write(tmp_path, config)
    assert imported(path) == (1, f"{path}: error NS719: {message}\n")


def test_files_that_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    assert imported(path) == (1, f"{path}: error NS719: there is no such file\n")
    path.write_bytes(b"PK\x03\x04 and no more")
    assert imported(path) == (1, f"{path}: error NS719: it is a damaged archive ('File is not a zip file')\n")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "none")
    assert imported(path) == (1, f"{path}: error NS719: it is an archive without `config.json`, so no Keras model\n")
    path.write_bytes(b"")
    assert imported(path) == (1, f"{path}: error NS719: it is empty\n")
    path.write_text("{}", encoding="utf-8")
    said = "it is no model of Keras, whose configuration has `class_name` and `config`"
    assert imported(path) == (1, f"{path}: error NS719: {said}\n")
    path.write_text("{", encoding="utf-8")
    assert imported(path) == (1, f"{path}: error NS719: it is no model: what should be its configuration is no JSON\n")


def test_a_file_of_no_known_ending(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("some notes", encoding="utf-8")
    said = "it is no model of Keras, and other formats are known by their endings: .onnx, .pt2, .prototxt, .yaml"
    assert imported(path) == (1, f"{path}: error NS719: {said}\n")
    path.write_text(json.dumps(sequential(dense())), encoding="utf-8")
    assert imported(path)[0] == 0


def test_folders_are_no_models(tmp_path: Path) -> None:
    assert imported(tmp_path) == (1, f"{tmp_path}: error NS719: it is a folder; name a file in it\n")
    (tmp_path / "saved_model.pb").touch()
    said = "it is a SavedModel, which holds computations and no layers; save the model as a `.keras` file"
    assert imported(tmp_path) == (1, f"{tmp_path}: error NS719: {said}\n")


def test_hdf5_needs_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    path = tmp_path / "m.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    assert imported(path) == (
        1,
        f"{path}: error NS719: it is an HDF5 file, which h5py reads; every backend's extra brings it\n",
    )


def test_models_deep_in_models() -> None:
    config = sequential(dense())
    for _ in range(MAX_DEPTH + 1):
        config = {**sequential(), "config": {"name": "m", "layers": [sequential()["config"]["layers"][0], config]}}
    with pytest.raises(ConversionError, match="models lie more than 50 deep in models"):
        read_config(config)


def test_a_circle_is_told(tmp_path: Path) -> None:
    def reading(name: str, other: str) -> dict[str, Any]:
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [other, 0, 0]}}
        config = {"name": name, "units": 2}
        return dense(name=name, config=config, inbound_nodes=[{"args": [tensor], "kwargs": {}}])

    entry = sequential()["config"]["layers"][0]
    config = {
        "module": "keras",
        "class_name": "Functional",
        "config": {
            "name": "m",
            "layers": [entry, reading("a", "b"), reading("b", "a")],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["b", 0, 0]],
        },
    }
    path = write(tmp_path, config)
    assert imported(path) == (1, f"{path}: error NS719: `a` reads what no layer before it makes\n")


def test_arguments_that_are_a_tensor(tmp_path: Path) -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    config = sequential()
    config["class_name"] = "Functional"
    config["config"]["layers"].append(dense(name="d", inbound_nodes=[{"args": [tensor], "kwargs": tensor}]))
    config["config"] |= {"input_layers": [["x", 0, 0]], "output_layers": [["d", 0, 0]]}
    path = write(tmp_path, config)
    assert imported(path) == (1, f"{path}: error NS719: what `d` is called with must be a map, not a tensor\n")


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = write(tmp_path, sequential(dense()))
    target = tmp_path / "m.yaml"
    assert imported(path, "-o", str(target)) == (0, f"wrote {target}: 5 lines\n")
    status, text = imported(path, "-o", str(target))
    assert (status, text) == (
        1,
        f"{target}: error NS709: the file exists; choose another with -o, or replace it with --force\n",
    )
    assert imported(path, "-o", str(target), "--force")[0] == 0


def test_weights_replace_no_file_unasked_and_never_the_model(tmp_path: Path) -> None:
    path, kept = write(tmp_path, sequential(dense())), tmp_path / "kept.npz"
    kept.write_bytes(b"mine")
    before = path.read_bytes()
    for target, why in (
        (kept, "the file exists; choose another with --weights, or replace it with --force"),
        (path, "this is what is read, which would be lost; choose another with --weights"),
    ):
        out = io.StringIO()
        assert main(["import", str(path), "--weights", str(target)], out, out) == 1
        assert out.getvalue() == f"{target}: error NS709: {why}\n"
    assert (kept.read_bytes(), path.read_bytes()) == (b"mine", before)
