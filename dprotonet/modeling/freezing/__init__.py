"""A frozen copy of a network: folded, fused, in low precision, and how images pass through it."""
