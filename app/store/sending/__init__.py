"""The outbox: revisions on their way to archives."""
