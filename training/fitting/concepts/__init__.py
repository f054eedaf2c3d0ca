"""Training a concept network: its axes turn towards their concepts."""
