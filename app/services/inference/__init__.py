"""What the worker does with models."""
