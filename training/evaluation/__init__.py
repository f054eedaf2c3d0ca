"""Figures of a finished bundle."""
