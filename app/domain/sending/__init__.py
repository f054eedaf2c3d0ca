"""What leaves for archives: by which rule of the site, and how far each signed revision got."""
