"""Checks of a model on a site's own images."""
