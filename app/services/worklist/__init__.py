"""The list of cases as work: the way from one to the next, claims, thumbnails."""
