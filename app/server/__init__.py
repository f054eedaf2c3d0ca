"""The web server: pages, own routes and the guard in front."""
