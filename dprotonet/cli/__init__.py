"""The library from the shell: folders of films in, one record a frame out."""
