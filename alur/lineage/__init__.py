"""The column lineage and the fingerprint of pipelines, read from their plans before anything runs."""
