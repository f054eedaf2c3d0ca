"""DICOM files: header, pixels, grayscale and colour."""
