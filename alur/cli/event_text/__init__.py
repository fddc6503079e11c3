"""The text of each event and result of an operation, as a person reads it."""
