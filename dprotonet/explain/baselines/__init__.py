"""Other attribution methods, measured like the decoder."""
