"""Several networks under one budget."""
