"""Figures over many images of a site."""
