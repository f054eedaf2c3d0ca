"""Classifiers that came as ONNX files: their operators in torch, so that gradients come back."""
