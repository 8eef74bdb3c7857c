"""What several tests and the tools share: random documents and edits, judges of them, references, breakages."""
