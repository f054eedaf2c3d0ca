"""Editing a bundle's last layer: prototypes are switched off or required, and the rest fitted."""
