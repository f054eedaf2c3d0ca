"""What the audit keeps, and how its entries hang together."""
