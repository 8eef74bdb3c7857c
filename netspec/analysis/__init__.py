"""What is checked of a whole graph, advice, and the comments that suppress it."""
