"""The MDM decoder: initialise, search, select."""
