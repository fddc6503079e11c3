"""Contracts in the forms of other tools, and as Python source."""
