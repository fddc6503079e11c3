"""Finds landing files, reads them with one parser for every engine, and stages them as typed Parquet."""
