"""The store as a whole: is it as it was written, what goes by rule, and what it is sealed with."""
