"""A node's window, drawn: where it stands, the matrix product that it is, and the same output computed both ways."""
