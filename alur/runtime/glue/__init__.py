"""Runs of pipelines as Glue jobs: Spark and Iceberg with Glue's catalog, files in S3."""
