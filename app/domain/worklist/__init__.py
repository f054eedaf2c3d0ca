"""The list of cases as work: what is doubtful, what readers disagree on, who is at what."""
