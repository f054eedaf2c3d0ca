"""The network: encoder, masks, prototypes as a layer, and ways to run it frozen."""
