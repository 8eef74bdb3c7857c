"""Networks of the zoo that `keras.applications` lacks, rebuilt in Keras's own words from their papers and their authors' code.

Nothing here reads a spec. `tests.support.twins` says which of them is which spec.
"""
