"""Decoding in child processes that may do nothing else."""
