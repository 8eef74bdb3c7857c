"""Changes of a spec's text that leave the network as it is: a block made of nodes, a use of one written out, other forms of a node.

They are sought by reading, and offered once the text with them has been checked and its graph compared.
"""

from netspec.refactoring.offering import Refactoring, confirmed, mended, refactorings

__all__ = ["Refactoring", "confirmed", "mended", "refactorings"]
