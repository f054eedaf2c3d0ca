"""TIFF files of every layout and sample format."""
