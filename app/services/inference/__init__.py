"""The worker's side: predictions, heatmaps and batches, in the order of its queue."""
