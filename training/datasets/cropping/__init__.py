"""Data sets whose images are cut to what matters in them."""
