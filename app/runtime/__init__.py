"""Processes: the worker, who starts it again, and the lock of the data folder."""
