"""Files that a page offers to one person."""
