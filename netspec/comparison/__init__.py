"""Two networks side by side: which node of one is which of the other, what differs, and what that does to weights and costs.

`pairing` finds the pairs, `describing` says a node as data, `differences` compares, `sections` does so for what stands beside the
layers; `data` says all of it for programs, `summary` in a few lines what matters, which `text` and `markdown` write.
"""
