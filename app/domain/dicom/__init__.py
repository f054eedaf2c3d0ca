"""DICOM objects that leave a site: what the site says of them."""
