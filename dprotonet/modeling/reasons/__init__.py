"""Networks whose logits are sums over reasons that have names: prototypes, or concepts."""
