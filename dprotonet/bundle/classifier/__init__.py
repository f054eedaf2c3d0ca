"""Importing a classifier that was made elsewhere, and keeping it as a bundle."""
