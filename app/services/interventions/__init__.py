"""A reader changes something of an image or of its reasons, and sees what the model says then."""
