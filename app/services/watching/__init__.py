"""Folders that are looked at every so often, and whose new files become batches."""
