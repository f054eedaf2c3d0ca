"""A trained bundle goes on: what its last layer is fitted on, and what readers said of it."""
