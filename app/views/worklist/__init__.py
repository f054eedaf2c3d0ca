"""Parts of the list of cases: its filters and its rows."""
