"""Emacs itself, with the settings of the documentation: eglot starts the server, shows its problems, renames and completes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.programs import said_by, settings

EMACS = shutil.which("emacs")

# Typed by a script in the editor: wait for the problem, mend it, wait until it is gone, rename a node, ask for words.
SESSION = r"""
(package-initialize)
(require 'eglot)
(require 'json)
(load (expand-file-name "init.el"))
(defvar said nil)
(defun say (name value) (push (cons name value) said))
(defun wait-for (what)
  (let ((end (+ (float-time) 30)))
    (while (not (funcall what))
      (when (> (float-time) end) (error "no answer"))
      (accept-process-output nil 0.05))))
(defun problems () (flymake-start) (accept-process-output nil 0.1) (flymake-diagnostics))
(defun text-of (problem)
  (buffer-substring-no-properties (flymake-diagnostic-beg problem) (flymake-diagnostic-end problem)))
(find-file "net.netspec.yaml")
(run-hooks 'post-command-hook)
(wait-for #'eglot-current-server)
(say 'mode (symbol-name major-mode))
(wait-for #'problems)
(say 'problems
     (vconcat (mapcar (lambda (each)
                        (vector (line-number-at-pos (flymake-diagnostic-beg each)) (text-of each) (flymake-diagnostic-text each)))
                      (flymake-diagnostics))))
(goto-char (point-min))
(search-forward "rleu")
(replace-match "relu")
(eglot--signal-textDocument/didChange)
(wait-for (lambda () (not (problems))))
(goto-char (point-min))
(search-forward "name: st")
(eglot-rename "root")
(say 'renamed
     (vconcat (seq-filter (lambda (line) (string-match "root" line)) (split-string (buffer-string) "\n"))))
(goto-char (point-min))
(search-forward "- flat")
(say 'completed (vconcat (all-completions "flat" (nth 2 (eglot-completion-at-point)))))
(write-region (json-encode said) nil "said.json")
"""


def has_eglot() -> bool:
    """Is there an Emacs with eglot and a mode for YAML?"""
    if EMACS is None:
        return False
    needs = "(progn (package-initialize) (require 'eglot) (require 'yaml-mode))"
    return subprocess.run([EMACS, "--batch", "--eval", needs], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_eglot(), reason="needs Emacs with eglot and yaml-mode")
def test_the_settings_of_the_page_in_emacs(tmp_path: Path) -> None:
    assert EMACS is not None
    said = said_by(
        tmp_path, [EMACS, "--batch", "-l", "session.el"], {"init.el": settings("init.el"), "session.el": SESSION}
    )
    assert said == {
        "mode": "netspec-mode",
        "problems": [[5, "rleu", "netspec [NS201]: there is no kind 'rleu'; did you mean `relu`?"]],
        "renamed": [
            "  - conv: {filters: 8, kernel_size: 3, padding: same, name: root}",
            "  - add: {from: [root, act]}",
        ],
        "completed": ["flatten"],
    }


def test_the_settings_for_emacs_have_all_their_brackets() -> None:
    text = settings("init.el")
    assert text.count("(") == text.count(")") == 8
    assert text.count('"') % 2 == 0
