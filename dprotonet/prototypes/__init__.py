"""Learning prototypes from many images, and what is known of each."""
