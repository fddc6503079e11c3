"""Runs pipelines: reads sources, transforms, checks and writes."""
