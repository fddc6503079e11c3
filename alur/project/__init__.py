"""What a project declares, checked as a whole."""
