"""Discs and folders with a table of contents: a file that is called DICOMDIR (PS3.10, annex A)."""
