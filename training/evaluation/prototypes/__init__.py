"""Whether prototypes are worth looking at: distinct, of their class, local, and steady."""
