"""What a change of a project does to an environment, before anything runs."""
