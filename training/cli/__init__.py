"""The commands of ``python -m training``, each with typed arguments."""
