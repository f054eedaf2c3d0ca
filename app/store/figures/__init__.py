"""What is counted, sorted and compared over many images, in SQL."""
