"""The library behind the services: bundles and the image reader."""
