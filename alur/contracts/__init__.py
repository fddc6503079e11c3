"""Typed tables, declared as pydantic models."""
