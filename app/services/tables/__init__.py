"""Rows of tables: taken in, shown as pictures and as values, and exported."""
