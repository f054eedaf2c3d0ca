"""How a model does on a site's own images, and the settings that come of it."""
