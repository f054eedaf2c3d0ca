"""Tables whose rows are the images of a data set."""
