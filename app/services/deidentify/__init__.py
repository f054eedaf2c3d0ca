"""Patients' images on their way in: pseudonyms by a key, and what was told apart from them."""
