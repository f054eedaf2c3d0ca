"""The audit: its table, what guards it, and reading and appending."""
