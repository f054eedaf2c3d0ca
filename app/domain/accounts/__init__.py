"""Who may come in: people with accounts, people known elsewhere, and programs."""
