"""The routes for programs, /api/v1: images in, predictions, heatmaps and annotations out."""
