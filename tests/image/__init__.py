"""The image, built without a daemon: what is in it, and each handler served in it."""
