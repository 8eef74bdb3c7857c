"""The declarations as JSON Schema, and what an editor says by it."""
