"""Backups of all that is stored: database, stored files and models, with a manifest of hashes."""
