"""Random documents, judged by netspec and by Keras."""
