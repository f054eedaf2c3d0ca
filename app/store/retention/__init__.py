"""What a site's rule lets go."""
