"""The mask reader: where it reads a network, and what it is."""
