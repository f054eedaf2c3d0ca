"""Networks trained, evaluated and compared: ``python -m training``."""
