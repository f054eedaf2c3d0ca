"""The reading room: one typed sheet of everything that it shows, and what comes back from it."""
