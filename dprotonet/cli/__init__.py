"""The command line of the library: folders of images in, one record for each frame out."""
