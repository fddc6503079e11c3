"""Runs of pipelines on this machine: Iceberg tables by PyIceberg, in a folder of the project."""
