"""A site's own check of a finished bundle: figures, report, and settings beside the bundle."""
