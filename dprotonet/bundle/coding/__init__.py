"""Codes of classes for other systems, in a bundle's manifest."""
