"""Analyses a pipeline's plan without reading a row."""
