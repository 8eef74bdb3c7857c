"""`Graph` to a Keras model, its initial values, the layers that Keras lacks, and models as files."""
