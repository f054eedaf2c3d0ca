"""Synthetic frontal chest images with known findings, made from a seed."""
