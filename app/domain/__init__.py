"""Plain frozen types and rules of the application; no framework is imported here."""
