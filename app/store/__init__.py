"""Everything that is kept: rows in SQL, originals and heatmaps as blobs."""
