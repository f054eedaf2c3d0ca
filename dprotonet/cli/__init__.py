"""The library from the shell: folders of images in, one record a frame out."""
