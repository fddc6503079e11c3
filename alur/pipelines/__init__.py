"""Functions from sources to one target."""
