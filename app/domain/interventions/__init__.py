"""What readers try: prototypes off, regions hidden or kept, and what the model said then."""
