"""Rows as images, beside models of the table itself."""
