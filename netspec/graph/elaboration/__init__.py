"""`Document` to `Graph` in one walk: blocks, repeats, expressions, names, shapes and costs.

A node that is wrong yields what can still be said of its shape and is marked tainted; everything after it is checked as
far as that goes, and what would only repeat the first problem is left unsaid.

The parts have each other, from the bottom up: `scope` (names, and the way to a node), `construction` (the graph while it is
made), `lookups` (what `$names` stand for), `values` (hyperparameters and wiring), `blocks` (params at a use), `expansion`
(what is too large), `emitter` (one node), `names` (who reads whom), `builder` (what compositions are handed), `walk` (bodies
and steps), `top` (the whole).
"""

from netspec.graph.elaboration.top import elaborate

__all__ = ["elaborate"]
