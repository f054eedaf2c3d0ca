"""Several files of a batch at once: claimed, written and ended in few statements."""
