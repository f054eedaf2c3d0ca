"""What runs the network that predicts: torch, or onnxruntime on a CPU."""
