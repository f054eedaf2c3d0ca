"""What an image's class is known to rest on, whether a heatmap finds it, and what a card says."""
