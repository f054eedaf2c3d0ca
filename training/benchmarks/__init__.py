"""Costs of training, and heatmap methods compared."""
