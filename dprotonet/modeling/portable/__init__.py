"""Networks as other programs run them: a fixed set of named outputs, and ONNX."""
