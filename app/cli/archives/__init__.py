"""The commands ``archives list``, ``search`` and ``fetch``."""
