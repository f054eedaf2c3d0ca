"""Tables of studies and reads."""
