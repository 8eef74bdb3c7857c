"""Models that are graphs of operators, as ONNX and PyTorch write them, to flat specs."""
