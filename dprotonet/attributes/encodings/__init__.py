"""From a row to an image, and from a heatmap back to attributes."""
