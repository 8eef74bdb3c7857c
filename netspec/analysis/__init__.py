"""What is checked of a whole graph, advice, and the comments that silence it."""
