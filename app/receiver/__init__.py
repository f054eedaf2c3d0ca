"""A process of its own to which other systems send images by DICOM's C-STORE."""
