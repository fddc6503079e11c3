"""The declarations of a project, checked as a whole."""
