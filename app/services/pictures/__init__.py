"""Pictures of training images that are attached to a model later."""
