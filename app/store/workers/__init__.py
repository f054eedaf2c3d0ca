"""Who works on the store: signs of life, and what each worker holds."""
