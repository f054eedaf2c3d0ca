"""A bundle's mask reader: what the manifest says of it, its file, and how it gets into a bundle."""
