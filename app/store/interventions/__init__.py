"""What readers tried, kept."""
