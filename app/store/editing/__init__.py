"""The tables of proposed changes of models."""
