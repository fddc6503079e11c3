"""Runs of Glue jobs: their order, and the process of each."""
