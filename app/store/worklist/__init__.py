"""What the list of cases is found, counted and narrowed by."""
