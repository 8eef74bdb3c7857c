"""Pictures of networks, grouped as the spec is written.

A spec's graph becomes a tree of boxes (`outline`); how the children of each stand is worked out once (`arrangement`); both,
with what there is to say of each box, are the `picture`, which is data. What is open is chosen (`opening`), the boxes that
are seen get their places (`placing`), and those are written as `svg`.
"""
