"""The engines of this machine: how they start, and how they differ."""
