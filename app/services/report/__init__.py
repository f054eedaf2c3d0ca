"""The report of one image: everything that was said of it, in one PDF file."""
