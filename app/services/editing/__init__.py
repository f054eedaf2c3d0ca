"""Changing a model: proposed, approved by a person, kept as a version of its own, and undone."""
