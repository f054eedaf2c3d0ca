"""A mark planted on the images of one class, so that what a network leans on is known."""
