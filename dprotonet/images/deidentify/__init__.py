"""Files without the person: headers by PS3.15, other formats without all but the picture."""
