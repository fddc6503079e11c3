"""What a project is in an environment of AWS, as plain data."""
