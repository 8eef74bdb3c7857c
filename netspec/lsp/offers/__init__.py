"""What is offered at places: `keys`, `nodes` and `values`, each with what it is asked about, an `asking.Asked`."""
