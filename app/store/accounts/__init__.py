"""Accounts, their sessions, links and wrong passwords."""
