"""Images of patients, whose names are to go no further."""
