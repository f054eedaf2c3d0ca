"""A bundle in the form of a MONAI bundle, which `monai.bundle run` runs."""
