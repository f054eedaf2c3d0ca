"""Bundles in forms that other programs run: ONNX, TorchScript, torch.export and MONAI."""
