"""Synthetic images as DICOM files."""
