"""`python -m netspec`."""

from netspec.cli import entry

entry()
