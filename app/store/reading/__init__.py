"""What hangs on a reader at work: drafts."""
