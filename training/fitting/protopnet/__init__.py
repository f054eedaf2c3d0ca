"""ProtoPNet's own steps: prototypes that start as training patches, and pruning by them."""
