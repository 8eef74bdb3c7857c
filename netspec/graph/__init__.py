"""What a spec means: nodes with shapes and costs, how they are elaborated, and for which input sizes they are valid."""
