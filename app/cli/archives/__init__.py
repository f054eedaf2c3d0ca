"""The commands ``archives list``, ``search`` and ``fetch``, and those of the outbox."""
