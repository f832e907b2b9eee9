"""Finding tickets by their words."""
