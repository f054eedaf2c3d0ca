"""Folders that are looked at every so often: what was seen there, and what was taken."""
