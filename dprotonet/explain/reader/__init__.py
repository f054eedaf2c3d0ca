"""The mask reader: trained once for a network, it marks what any node rests on in one pass."""
