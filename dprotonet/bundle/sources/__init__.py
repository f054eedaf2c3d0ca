"""What prototypes come from: their nearest patches, and the rows of a table."""
