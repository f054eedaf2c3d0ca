"""The reading room: what it shows, in words, and what a reader does in it."""
