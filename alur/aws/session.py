"""The clients under their former address, for a test that still imports them from here."""

from alur.aws_clients import SANDBOX_VARIABLE, Clients, aws_errors

__all__ = ["SANDBOX_VARIABLE", "Clients", "aws_errors"]
