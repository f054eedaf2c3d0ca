"""One reader for application, command line and training: file in, image on its native grid out."""
