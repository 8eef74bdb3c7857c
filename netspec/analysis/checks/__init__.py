"""What is checked of a whole graph: what nobody reads, budgets, data and training.

Each check is a function of the document, the graph and the problems; `CHECKS` is the order in which they run.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.analysis.checks.budgets import budgets
from netspec.analysis.checks.shadowing import shadowing
from netspec.analysis.checks.training import data_fits, training_fits
from netspec.analysis.checks.unused import nothing_to_do, unused_names, unused_nodes
from netspec.diagnostics.problems import Problems
from netspec.graph.model import Graph
from netspec.spec.document import Document

Check = Callable[[Document, Graph, Problems], None]

CHECKS: tuple[Check, ...] = (nothing_to_do, unused_nodes, unused_names, shadowing, budgets, data_fits, training_fits)
