"""Half-written specs: a text in place of one that cannot be read or checked as it stands, for editors.

Diagnostics are always those of the text as it stands. What is made here only feeds what an editor shows beside them: shapes,
hints, completion. The parts, from the bottom up: `lines` (texts by their lines, and what was done to them), `stops` (where the
parser stops, and what would bring it further), `mending` (a text that does not parse), `places` (where in a tree nodes and
entries stand), `standing` (what is wrong with a checked spec, as far as shapes depend on it), `lost` (names that stand for
nothing), `entries` (of nodes: what is taken out, what is needed), `nodes` (nodes that parse and cannot be said),
`taking_back` (what was last known good), `recovering` (the whole), `astray` (lines that stand where nothing can), `trust` (which
shapes may be wrong).
"""

from netspec.recovery.lines import Hole
from netspec.recovery.recovering import History, Recovered, is_ready, ready, recover
from netspec.recovery.standing import needs_recovery
from netspec.recovery.trust import provisional

__all__ = ["History", "Hole", "Recovered", "is_ready", "needs_recovery", "provisional", "ready", "recover"]
