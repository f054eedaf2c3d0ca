"""What a bundle keeps to tell whether its model was made for an image."""
