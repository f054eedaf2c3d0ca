"""Models are signed by those who made them, and trusted by those who read with them."""
