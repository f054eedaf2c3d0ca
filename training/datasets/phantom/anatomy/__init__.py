"""What the synthetic chest is made of."""
