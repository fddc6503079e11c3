"""The documentation of a project as a static site."""
