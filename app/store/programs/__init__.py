"""Long jobs that are done beside the worker's own work."""
