"""Commands that speak DICOM with other systems."""
