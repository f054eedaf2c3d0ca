"""Records that go into a file, file by file: a run that was stopped goes on where it was."""
