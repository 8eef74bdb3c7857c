"""Files as they are in a revision of git, which is asked with fixed arguments and never through a shell."""

from __future__ import annotations

import os
import re
import subprocess
from typing import NamedTuple

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import show
from netspec.syntax.reading import MAX_BYTES

LONGEST = 60  # seconds that git may take
# A revision may have a colon in braces: `main@{2026-01-31 12:00}`. None before it is what is staged.
_NAMED = re.compile(r"((?:[^:{}]|\{[^{}]*\})*):(.+)", re.DOTALL)


class Revision(NamedTuple):
    """A file in a revision."""

    revision: str  # empty for what is staged
    path: str

    def __str__(self) -> str:
        return f"{self.revision}:{self.path}"


def revision_of(text: str) -> Revision | None:
    """What `HEAD~1:specs/resnet.yaml` names; None of what is a path, with the letter of a drive too."""
    found = _NAMED.fullmatch(text)
    if found is None or os.path.exists(text) or (len(found[1]) == 1 and found[2].startswith(("\\", "/"))):
        return None
    return Revision(found[1], found[2])


def text_at(file: Revision) -> bytes:
    """What a file holds there.

    Args:
        file: The revision and the path, from the current folder.

    Raises:
        SpecError: There is no git, no repository, no such revision or no such file in it, or it is too large.
    """
    folder = os.path.abspath(os.path.dirname(file.path) or os.curdir)
    while not os.path.isdir(folder):  # which may be gone since
        folder = os.path.dirname(folder)
    inside = os.path.relpath(os.path.abspath(file.path), folder).replace(os.sep, "/")
    name = f"{file.revision}:./{inside}"
    if file.revision.startswith("-") or "\0" in name:
        raise _refused(file, f"{show(file.revision)} is no revision of git")
    _asked(file, folder, "rev-parse", "--show-toplevel", why="the folder is in no repository of git")
    if file.revision:
        unknown = f"git knows no revision {show(file.revision)} here"
        _asked(file, folder, "rev-parse", "--verify", "--quiet", f"{file.revision}^{{commit}}", why=unknown)
    missing = f"there is no such file in the revision {file.revision}" if file.revision else "no such file is staged"
    size = _asked(file, folder, "cat-file", "-s", name, why=missing).strip()
    if size.isdigit() and int(size) > MAX_BYTES:
        raise _refused(file, f"it is larger than {MAX_BYTES // 2**20} MiB, the most that netspec reads")
    return _asked(file, folder, "cat-file", "blob", name, why=f"it is no file in the revision {file.revision}")


def _asked(file: Revision, folder: str, *words: str, why: str) -> bytes:
    """What git says. Raises SpecError, which says `why`, where it says nothing."""
    # What is not in a partial clone is not fetched, and nobody is asked for a password.
    environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", "--no-pager", "-C", folder, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            timeout=LONGEST,
            check=False,
        )
    except FileNotFoundError:
        raise _refused(file, "git is not installed, or not on the PATH") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refused(file, f"git cannot be asked: {str(error).lower()}") from None
    if done.returncode:
        # git refuses repositories of other people, and says how to trust one.
        owner = b"dubious ownership" in done.stderr
        raise _refused(file, "git does not trust this repository, as it is somebody else's" if owner else why)
    return done.stdout


def _refused(file: Revision, why: str) -> SpecError:
    problem = Problem("NS111", f"cannot read {show(str(file), 200)}: {why}", FILE_START)
    return SpecError(str(file), (problem,))


class Beside:
    """The files that a spec uses, read from the spec's own revision; called with their absolute paths.

    Args:
        spec: The spec's file.
    """

    def __init__(self, spec: Revision) -> None:
        self.spec = spec

    def __call__(self, path: str) -> str:
        """A file's text. Raises FileNotFoundError where the revision has none, and OSError where it is no text."""
        try:
            return text_at(Revision(self.spec.revision, path)).decode()
        except SpecError as error:
            raise FileNotFoundError(str(error)) from None
        except UnicodeDecodeError:
            raise OSError(0, "it is not UTF-8") from None
