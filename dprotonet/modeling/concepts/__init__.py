"""Concept Whitening (Chen, Bei & Rudin 2020): a latent space whose axes are concepts."""
