"""Studies with several readers, and the blind read before the model's answer is shown."""
