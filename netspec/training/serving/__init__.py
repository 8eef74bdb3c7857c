"""A network behind HTTP: requests are bounded, put together into batches, and answered as `netspec predict` answers."""
