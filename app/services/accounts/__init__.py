"""Who somebody is: accounts, passwords and sessions."""
