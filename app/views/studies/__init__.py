"""The page of studies with several readers."""
