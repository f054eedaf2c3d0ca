"""From samples to network inputs, split by patient."""
