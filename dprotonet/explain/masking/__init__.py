"""What all methods are measured with: masks, fills, a probe of the network, the heatmap."""
