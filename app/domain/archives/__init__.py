"""Archives that speak DICOMweb (PS3.18), as a site names them."""
