"""Rows of a table as images: their description, checked reading, and encodings."""
