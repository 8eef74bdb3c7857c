"""What a check or a graph looks like: for people, for programs, for other tools."""
