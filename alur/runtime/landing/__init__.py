"""Landing files: found, read by one parser whatever the engine, and staged as typed Parquet for it."""
