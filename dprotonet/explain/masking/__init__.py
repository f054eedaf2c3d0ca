"""What all mask-based methods share: masks, fills, a probe of the network, a heatmap."""
