"""Studies with several readers: the protocol, who reads what in which order, the reads, and what
they come to. Imports no framework."""
