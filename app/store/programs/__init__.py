"""Jobs that a program of its own does beside the worker."""
