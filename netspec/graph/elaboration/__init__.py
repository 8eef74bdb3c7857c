"""`Document` to `Graph` in one walk: blocks, repeats, expressions, names, shapes and costs.

A node that is wrong yields what can still be said of its shape and is marked tainted; everything after it is checked as
far as that goes, and what would only repeat the first problem is left unsaid.
"""

from netspec.graph.elaboration.walk import MAX_NODES, elaborate

__all__ = ["MAX_NODES", "elaborate"]
