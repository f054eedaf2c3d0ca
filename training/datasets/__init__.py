"""Data sets as samples: a module for each, and the phantom's synthetic images."""
