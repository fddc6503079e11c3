"""Runs of Glue jobs: when each may start, and the process that carries it out."""
