"""Classifiers that were not made here: networks without prototypes, imported from a file."""
