"""An example of kinds of one's own for netspec."""
