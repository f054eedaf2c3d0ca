"""Explaining a network's nodes: the MDM decoder, other methods, and how far each can be trusted."""
