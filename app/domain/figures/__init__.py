"""What is counted over many images: agreement with the readers, slices, weeks."""
