"""Runs of Glue workflows, and Glue's API for runs."""
