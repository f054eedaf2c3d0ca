"""Rows of tables as cases."""
