"""Compares the deployed project with a run on this machine."""
