"""The audit: recording what is done, verifying the chain, anchoring its head outside."""
