"""Everything under /api: what a browser asks for and sends."""
