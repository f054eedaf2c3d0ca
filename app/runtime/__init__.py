"""Processes: the worker, its supervisor, and the lock of the data folder."""
