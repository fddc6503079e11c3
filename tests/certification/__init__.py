"""Compares Sail with Spark: runs every function over edge values, and writes the certificates."""
