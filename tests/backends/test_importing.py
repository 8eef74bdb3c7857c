"""How Keras is imported: whole for whoever calls netspec from Python, without what it never uses in a command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.backend

LOADED = """
import sys
from netspec.backends.keras import importing
importing.is_own_process = {own}
keras = importing.import_keras()
print(sorted(name for name in importing.SPARED if name in sys.modules))
import sklearn, matplotlib
print(sorted(name for name in importing.SPARED if name in sys.modules))
"""


@pytest.mark.parametrize(("own", "at_first"), [(True, "[]"), (False, "['matplotlib', 'sklearn']")])
def test_a_command_imports_keras_without_what_it_never_uses(own: bool, at_first: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(own=own)], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.splitlines() == [at_first, "['matplotlib', 'sklearn']"]


def test_the_command_says_that_the_process_is_its_own() -> None:
    code = (
        "import sys; sys.argv = ['netspec', 'build', '--help']\n"
        "from netspec.backends.keras import importing\nfrom netspec import cli\n"
        "assert not importing.is_own_process\n"
        "try:\n    cli.entry()\nfinally:\n    print(importing.is_own_process)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "True"


TOLD = """
import logging, os, sys
from netspec.backends.keras import importing
importing.is_own_process = {own}
if "{level}":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "{level}"
else:
    os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
importing.import_keras()
import tensorflow
logger = logging.getLogger("tensorflow")
logger.warning("traced again")
logger.error("an error")
"""


@pytest.mark.parametrize(("own", "level", "told"), [(True, "", False), (True, "0", True), (False, "", True)])
def test_tensorflow_s_library_in_python_is_as_quiet_as_the_other(own: bool, level: str, told: bool) -> None:
    """Keras makes a function for each grouped convolution, which TensorFlow advises against; whoever asks for more is told."""
    pytest.importorskip("tensorflow")
    code = TOLD.format(own=own, level=level)
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300, env=environment
    )
    assert ("traced again" in done.stderr, "an error" in done.stderr) == (told, True)
