"""A model on disk: safetensors and JSON in one folder."""
